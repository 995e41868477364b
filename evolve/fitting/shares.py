"""Laws of targets that are shares of a known whole, such as percentages.

Such a law needs no constant for the unit of its targets: where it is a share, or 1, the whole
stands for the unit. Of percentages it is fitted as of the shares themselves.
"""

from __future__ import annotations

from collections.abc import Sequence

from evolve.fitting.frames import AskedFrames, Frames
from evolve.fitting.reframe import Moves, has_divisor, moves_of, scaled_moves, signed_terms
from evolve.law.graph import Node, call, walk
from evolve.law.share import WHOLE, is_share, less_scale, scale_of, scaled


def is_of_shares(root: Node) -> bool:
    """Whether each term of a law is a share, 1, or has an amplitude, and not all have one.

    A share stands somewhere in it: to others, such as 1 - A x^-a, a constant says as much as 1.
    """
    terms = [term for _, term in signed_terms(root)]
    others = [term for term in terms if not is_bare(term)]
    if len(others) == len(terms) or not any(map(is_share, walk(root))):
        return False
    return all(scaled_moves(term) is not None for term in others)


def is_bare(term: Node) -> bool:
    """Whether a term is a share, or 1."""
    return term == WHOLE or is_share(term)


def in_amounts(root: Node, whole: float) -> Node:
    """A law of shares as one of amounts, which are shares of `whole`; others as they are."""
    if whole == 1.0 or not is_of_shares(root):
        return root
    terms = signed_terms(root)
    return _summed([(sign, scaled(t, whole) if is_bare(t) else t) for sign, t in terms])


def in_shares(root: Node, whole: float) -> Node:
    """A law of amounts as one of shares of `whole`, where it is one; others as they are."""
    if whole == 1.0:
        return root
    terms = signed_terms(root)
    law = _summed([(sign, less_scale(term, whole) or term) for sign, term in terms])
    return law if is_of_shares(law) else root


def _summed(terms: Sequence[tuple[float, Node]]) -> Node:
    """The sum of terms with their signs."""
    (sign, first), *rest = terms
    result = first if sign > 0 else call("neg", first)
    for sign, term in rest:
        result = call("add" if sign > 0 else "sub", result, term)
    return result


def usable_shares(
    root: Node, asked: AskedFrames, *, by_priors: bool
) -> tuple[Node, Moves, Frames] | None:
    """A law of amounts as it is fitted to the shares of their whole; None where it is no such law.

    Args:
        root: The law.
        asked: What the problems ask for.
        by_priors: Constants have priors, as in `usable`.

    Returns:
        The law of shares, how its constants change, and the frame of every problem.
    """
    wholes = {scale_of(term) for _, term in signed_terms(root)} - {None}
    if len(wholes) != 1 or not (whole := wholes.pop() or 0.0) > 0.0:
        return None
    law = in_shares(root, whole)
    if not is_of_shares(law):
        return None
    terms = [term for _, term in signed_terms(law) if not is_bare(term)]
    moves = moves_of(_summed([(1.0, term) for term in terms]), origin=False) if terms else {}
    if moves is None or (by_priors and has_divisor(moves)):
        return None
    return law, moves, asked.of_whole(whole)
