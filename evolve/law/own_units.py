"""Keep what a law says where its features are put over units.

``A/(params/1e8)^a`` is ``A/params^a`` with another A; ``log(params/1e8)`` is no ``log(params)``,
nor is ``(params/1e8)^-0.5`` a ``params^-0.5`` where no amplitude makes up for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from evolve.law.algebra import is_unit_scaled
from evolve.law.graph import Node, call, const, walk
from evolve.law.units import is_covered

# Only constants of the argument make up for a unit there: one outside would have to shift, and
# would be no longer what its author means by it.
LOGARITHMS = ("log", "log1p")

Place = tuple[int, ...]  # number of the argument to go to at each node from the root on


def meant(root: Node, free: Collection[int]) -> Node:
    """The tree with units where its constants make up for them, and with bare features elsewhere.

    Args:
        root: The law, its features over units or as they are.
        free: Numbers of the constants that may have any value.
    """
    together: dict[tuple[Place, Node], list[Place]] = {}
    for place in _places(root):
        together.setdefault((_scope(root, place), _at(root, place)), []).append(place)
    factors: list[tuple[Place, Node]] = []
    for (scope, scaled), places in together.items():
        if _is_made_up_for(root, scope, places, free):
            continue
        has_constants = bool(scope and _at(root, scope).constants)
        if has_constants and _is_made_up_for(root, scope, places, free, as_factor=True):
            factors.append((scope, scaled.args[1]))
            continue
        for place in places:
            if len(places) == 1 or not _is_made_up_for(root, scope, [place], free):
                root = _with(root, place, _at(root, place).args[0])
    for scope, unit in sorted(factors, key=lambda factor: -len(factor[0])):
        root = _with(root, scope, call("mul", unit, _at(root, scope)))
    return root


def _is_made_up_for(
    root: Node,
    scope: Place,
    places: Collection[Place],
    free: Collection[int],
    *,
    as_factor: bool = False,
) -> bool:
    """Whether constants within a part of a law make up for a factor of a feature at some places.

    A constant that also stands outside of that part cannot.

    Args:
        root: The law.
        scope: Where the part begins.
        places: Where the feature stands.
        free: Numbers of the constants that may have any value.
        as_factor: The part itself may become that many times as large.
    """
    part = _at(root, scope)
    uses, within = (Counter(n for n in walk(tree) if n.op == "const") for tree in (root, part))
    own = [leaf.index for leaf in within if within[leaf] == uses[leaf] and leaf.index in free]
    unit = const(1 + max((leaf.index for leaf in uses), default=-1))
    for place in places:
        marked = call("mul", call("exp", unit), _at(root, place))
        part = _with(part, place[len(scope) :], marked)
    part = call("div", part, call("exp", unit)) if as_factor else part
    return is_covered(_bare(part), unit.index, own)


def _places(node: Node) -> Iterator[Place]:
    """Where a feature stands over a unit."""
    if is_unit_scaled(node):
        yield ()
        return
    for k, arg in enumerate(node.args):
        yield from ((k, *rest) for rest in _places(arg))


def _scope(root: Node, place: Place) -> Place:
    """Where the argument of the innermost logarithm around a place begins; else the whole tree."""
    inner = (k for k in range(len(place), 0, -1) if _at(root, place[: k - 1]).op in LOGARITHMS)
    return place[: next(inner, 0)]


def _at(node: Node, place: Place) -> Node:
    for k in place:
        node = node.args[k]
    return node


def _with(node: Node, place: Place, new: Node) -> Node:
    """The tree with another node at a place."""
    if not place:
        return new
    args = list(node.args)
    args[place[0]] = _with(args[place[0]], place[1:], new)
    return Node(node.op, tuple(args), node.value)


def _bare(node: Node) -> Node:
    """The tree of features without units."""
    if is_unit_scaled(node):
        return node.args[0]
    return Node(node.op, tuple(_bare(arg) for arg in node.args), node.value)
