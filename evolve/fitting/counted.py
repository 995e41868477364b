"""Constants of a law counted in the size of what they stand beside.

Starts of a fit are of the size of 1 and its steps are damped by an amount of their own, so that a
constant that no linear solve finds should be of that size in whatever unit columns are measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial, reduce

import numpy as np

from evolve.law.graph import Node, call, const, evaluate, num, replace_leaves, walk
from evolve.typing import Array

LEAST = 1e-300
SMALL = 1e-3  # deviation of a column below which its constant counts in a unit of its own
RATIOS = ("mul", "div")
_SUMS, _ENDS = ("add", "sub", "neg"), ("max", "min")


def in_units(node: Node, unit: float, units: dict[int, float]) -> Node:
    """The tree with each maximum and minimum that is a term of it as a multiple of a unit.

    Args:
        node: The tree.
        unit: The unit.
        units: Filled in: what constants count in that.
    """
    if node.op in _SUMS and node.constants:
        return Node(node.op, tuple(in_units(arg, unit, units) for arg in node.args), node.value)
    if node.op not in _ENDS or not node.constants:
        return node
    return call("mul", num(unit), _over(node, unit, units))


def _over(node: Node, unit: float, units: dict[int, float]) -> Node:
    """A tree divided by a unit, in constants that count in it where they can."""
    if node.op in (*_SUMS, *_ENDS):
        return Node(node.op, tuple(_over(arg, unit, units) for arg in node.args), node.value)
    for factor, is_above in factors_of(node):
        if is_above and factor.op == "const":
            units[factor.index] = unit
            return node
    return node if node == num(0.0) else call("div", node, num(unit))


def size_beside(root: Node, k: int, x: Array) -> float:
    """A typical size of the column that a constant is added to, as in ``K + N``; 0 for none.

    So is that of K in ``K^h + N^h`` and in ``K*(1 + D/J) + N``.
    """
    for node in walk(root):
        if node.op not in _SUMS or len(node.args) != 2:
            continue
        for own, other in (node.args, node.args[::-1]):
            if own.op == other.op == "pow" and own.args[1] == other.args[1]:
                own, other = own.args[0], other.args[0]
            if (const(k), True) in (factors := list(factors_of(own))):
                others = [factor for factor, _ in factors if factor != const(k)]
                own = const(k) if all(factor.constants for factor in others) else own
            if own == const(k) and other.features and not other.constants:
                sizes = np.abs(evaluate(other, x, np.zeros(0)))
                size = float(np.median(sizes[sizes > 0.0])) if (sizes > 0.0).any() else 0.0
                return size if LEAST < size < np.inf else 0.0
    return 0.0


def size_across(root: Node, k: int, x: Array) -> float:
    """What a constant is of the size of that divides or multiplies a shifted column; 0 for none.

    So is W in ``(N - K)/W``. Logarithms are of the size of 1 as they are.
    """
    for node in walk(root):
        if node.op not in RATIOS or const(k) not in node.args:
            continue
        own = node.args.index(const(k))
        other = node.args[1 - own]
        is_shifted = other.op in _SUMS and other.features and other.constants
        if not is_shifted or any(part.op == "log" for part in walk(other)):
            continue
        sizes = np.abs(evaluate(other, x, np.zeros(max(other.constants) + 1)))
        size = float(np.median(sizes)) if np.isfinite(sizes).all() else 0.0
        if LEAST < size < np.inf:
            return 1.0 / size if node.op == "mul" else size
    return 0.0


def against_large(
    root: Node, k: int, x: Array, units: dict[int, float], sized: frozenset[int], *, is_hard: bool
) -> Node:
    """The tree with a constant of a column that hardly varies, as 1/N, counted in a large unit.

    Steps of a fit are damped by an amount of their own, beside which such a column is nothing;
    and starts of a constant over a column would go by the size of that, not of 1 over it. So it is
    with A and B of ``A/(K + N)`` and ``exp(-B/(K + N))``.

    Args:
        root: The tree.
        k: Number of the constant.
        x: `(n, f)` raw features.
        units: Filled in, as of `Eased`.
        sized: Numbers of constants that count in the size of a column already.
        is_hard: Whether no linear solve finds the constant, which may be of a column alone.
    """
    for node in walk(root):
        if node.op not in RATIOS or const(k) not in node.args:
            continue
        column = replace_leaves(node, {const(k): num(1.0)})
        known = column.constants <= sized and (is_hard or bool(column.constants))
        if not known or (node.op == "div" and node.args[1] == const(k)):
            continue
        deviation = float(np.std(evaluate(column, x, _one_of_each(root, sized))))
        if LEAST < deviation < (SMALL if node.op == "mul" else np.inf):
            units[k] = units.get(k, 1.0) / deviation
            large = call("mul", const(k), call("div", column, num(deviation)))
            return with_part(root, node, large)
    return root


def _one_of_each(root: Node, sized: frozenset[int]) -> Array:
    """Constants of 1, -1 where they are taken from a column: the difference is nowhere 0 then."""
    ones = np.ones(max(sized, default=-1) + 1)
    for node in walk(root):
        for own, other in (node.args, node.args[::-1]) if node.op == "sub" else ():
            if other.features and not other.constants and not own.features:
                ones[[k for k in own.constants if k in sized]] = -1.0
    return ones


def with_part(node: Node, old: Node, new: Node) -> Node:
    """The tree with another in place of a part of it."""
    if node == old or not node.constants:
        return new if node == old else node
    return Node(node.op, tuple(with_part(arg, old, new) for arg in node.args), node.value)


def factors_of(node: Node, *, above: bool = True) -> Iterator[tuple[Node, bool]]:
    """Factors of products and ratios, and whether each stands above the line."""
    if node.op in RATIOS:
        yield from factors_of(node.args[0], above=above)
        yield from factors_of(node.args[1], above=above == (node.op == "mul"))
    else:
        yield node, above


def product_of(factors: Sequence[tuple[Node, bool]]) -> Node:
    """The product of factors, those below the line in the denominator."""
    above = [factor for factor, is_above in factors if is_above] or [num(1.0)]
    product = reduce(partial(call, "mul"), above)
    return reduce(partial(call, "div"), [f for f, is_above in factors if not is_above], product)
