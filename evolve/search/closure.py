"""Give a law the constants that the unit and the origin of its target must not supply.

A scale of a feature may stand for one: a search sees features over values of their own, the same
whatever they were measured in, and pays for it (`law.canonical.complexity`). To ask for a constant
instead makes forecasts worse on nested rows (`bench nested`): it leaves fewer forms within reach.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from evolve.fitting.reframe import moves_of, scaled_moves, signed_terms
from evolve.fitting.shares import is_of_shares
from evolve.law.canonical import simplify
from evolve.law.graph import Law, Node, call
from evolve.search.operators.registry import SearchSpace
from evolve.search.operators.terms import fresh, times


def closed(law: Law, space: SearchSpace) -> Law | None:
    """The law with a constant wherever the unit of the target would stand for one.

    Without a natural zero of the targets, it gets one for their origin, too.

    Args:
        law: In its simplest form.
        space: Says whether the targets have a natural zero.

    Returns:
        The law itself where it has all of them; None where it still depends on the unit.
    """
    if space.share_of is not None and is_of_shares(law.root):
        return law  # the bounds say what the unit and the origin are
    root = _with_amplitudes(law.root, space, fresh())
    if root == law.root:
        return law
    changed = simplify(replace(law, root=root))
    needs_origin = not space.natural_zero
    return None if moves_of(changed.root, origin=needs_origin) is None else changed


def _with_amplitudes(root: Node, space: SearchSpace, new: Iterator[Node]) -> Node:
    """The tree with an amplitude for each term that has none, and an origin where one is due."""
    if moves_of(root, origin=not space.natural_zero) is not None:
        return root
    result: Node | None = None if space.natural_zero else next(new)
    for sign, term in signed_terms(root):
        one = term if scaled_moves(term) is not None else times(next(new), term)
        if result is None:
            result = one if sign > 0 else call("neg", one)
        else:
            result = call("add" if sign > 0 else "sub", result, one)
    return root if result is None else result
