"""Operators that change a law by tying, untying and fixing its constants."""

from __future__ import annotations

import numpy as np

from evolve.law.candidate import Candidate
from evolve.law.graph import Node, const, constants_of, num, walk
from evolve.search.operators.registry import SearchSpace, chosen, operator
from evolve.search.operators.structure import substitute, with_root
from evolve.search.operators.terms import FIRST_FRESH

SLOPES = (1.0, 0.5, -1.0, -0.5, 2.0, 0.0)
BENDING = ("exp", "logaddexp", "tanh", "log", "pow", "log1p", "expm1")


def slopes_of(root: Node) -> list[int]:
    """Numbers of the constants that multiply something in an exponent or the like, in order.

    They have no unit of the features or the target, so two of them may be one and the same, or
    a small whole number. An amplitude has the target's unit.
    """
    inside = [a for n in walk(root) if n.op in BENDING for a in n.args]
    slopes = {a for top in inside for n in walk(top) if n.op in ("mul", "pow") for a in n.args}
    slopes |= {n.args[1] for n in walk(root) if n.op == "pow"}
    return sorted(n.index for n in slopes if n.op == "const")


@operator
def tie_constants(
    parent: Candidate, other: Candidate, space: SearchSpace, rng: np.random.Generator
) -> Candidate | None:
    """Two slopes or exponents become one."""
    numbers = slopes_of(parent.law.root)
    if len(numbers) < 2:
        return None
    keep, drop = (numbers[i] for i in rng.choice(len(numbers), 2, replace=False))
    return with_root(parent, substitute(parent.law.root, const(drop), const(keep)))


@operator
def untie_constants(
    parent: Candidate, other: Candidate, space: SearchSpace, rng: np.random.Generator
) -> Candidate | None:
    """One use of a constant that stands in several places gets a constant of its own."""
    uses = [n.index for n in walk(parent.law.root) if n.op == "const"]
    shared = sorted({k for k in uses if uses.count(k) > 1})
    if not shared:
        return None
    old = const(shared[int(rng.integers(len(shared)))])
    at = int(rng.integers(uses.count(old.index)))
    root, _ = _exchange(parent.law.root, old, const(FIRST_FRESH), at)
    return with_root(parent, root)


def _exchange(node: Node, old: Node, new: Node, at: int) -> tuple[Node, int]:
    """The tree with occurrence number `at` of a leaf exchanged, and the count left over."""
    if node == old:
        return (new, -1) if at == 0 else (node, at - 1)
    args = []
    for arg in node.args:
        changed, at = _exchange(arg, old, new, at)
        args.append(changed)
    return Node(node.op, tuple(args), node.value), at


@operator
def fix_constant(
    parent: Candidate, other: Candidate, space: SearchSpace, rng: np.random.Generator
) -> Candidate | None:
    """A slope or exponent becomes a small literal, or any other constant becomes 0."""
    numbers = sorted(constants_of(parent.law.root))
    if len(numbers) < 2:
        return None
    old = const(numbers[int(rng.integers(len(numbers)))])
    options = SLOPES if old.index in slopes_of(parent.law.root) else (0.0,)
    value = chosen(rng, [num(v) for v in options])
    return with_root(parent, substitute(parent.law.root, old, value))
