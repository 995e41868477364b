"""Give a law the constants that units and origins must not supply."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from evolve.fitting.reframe import moves_of, scaled_moves, signed_terms
from evolve.law.canonical import simplify
from evolve.law.graph import Law, Node, call, feat
from evolve.law.units import hidden_units
from evolve.search.operators.registry import SearchSpace
from evolve.search.operators.terms import fresh, times


def closed(law: Law, space: SearchSpace) -> Law | None:
    """The law with a constant wherever the unit of a feature or the target would stand for one.

    Without a natural zero of the targets, it gets one for their origin, too.

    Args:
        law: In its simplest form.
        space: Says which features share a unit and whether the targets have a natural zero.

    Returns:
        The law itself where it has all of them; None where it still depends on a unit.
    """
    new = fresh()
    root = _with_amplitudes(law.root, space, new)
    units = space.same_unit
    for number in hidden_units(root, units):
        root = _with_unit(root, units[number], next(new))
    if root == law.root:
        return law
    changed = simplify(replace(law, root=root))
    needs_origin = not space.natural_zero
    if hidden_units(changed.root, units) or moves_of(changed.root, origin=needs_origin) is None:
        return None
    return changed


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


def _with_unit(node: Node, features: tuple[int, ...], unit: Node) -> Node:
    """The tree with features times e^unit."""
    if node.op == "log" and node.args[0].op == "feat" and node.args[0].index in features:
        return call("add", unit, node)
    if node.op == "feat" and node.index in features:
        return call("mul", call("exp", unit), feat(node.index))
    return Node(node.op, tuple(_with_unit(a, features, unit) for a in node.args), node.value)
