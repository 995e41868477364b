"""Trace a `law` that holds its constants, and free them, so that they can be fitted.

Such a program (dialect `law` of SLDBench) takes rows as dictionaries and the name of a group. Each
number in it that says something becomes a constant: what differs between groups or targets, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from evolve.law.canonical import is_plain
from evolve.law.graph import Law, Node, const, feat, num, replace_leaves
from evolve.law.trace import MAX_CONSTANTS, joined, node_of
from evolve.law.traced_code import guarded, load_function
from evolve.law.tracer import Tracer
from evolve.law.untraceable import refuse

FUNCTION = "law"


def trace_rows(
    text: str, features: Sequence[str], targets: Sequence[str], groups: Sequence[str]
) -> Law:
    """Trace a program in the dialect `law`.

    This runs the program's code: call it where that code may run.

    Args:
        text: The program.
        features: Keys of the rows that it takes.
        targets: Keys of the rows that it gives.
        groups: Names of the groups.

    Raises:
        ProgramError: It cannot be traced, or groups or targets have different forms.
    """
    function = load_function(text, FUNCTION)
    n_features = len(features)
    trees: list[list[Node]] = []
    for group in groups:
        row = {name: Tracer(feat(j)) for j, name in enumerate(features)}
        with guarded(function.__code__.co_filename):
            answer: Any = function([row], group)
        trees.append(_targets_of(answer, targets))
    rotated = _rotated(trees, n_features)
    places = list(zip(*map(_literals, rotated), strict=True))
    at, n_constants = _constants(places)
    if n_constants > MAX_CONSTANTS:
        refuse(f"it holds {n_constants} numbers that may be constants, {MAX_CONSTANTS} are most")
    roots = [_freed(tree, iter(range(len(places))), at) for tree in trees[0]]
    return joined(roots, n_features, n_constants)


def _constants(places: Sequence[tuple[float, ...]]) -> tuple[dict[int, Node], int]:
    """The constants that stand at places of literals, by place, and how many there are.

    Args:
        places: Values of each literal in the trees of all groups and targets.
    """
    constants: dict[tuple[float, ...], Node] = {}
    at: dict[int, Node] = {}
    for place, values in enumerate(places):
        if len(set(values)) == 1 and is_plain(abs(values[0])):
            continue
        negated = tuple(-v for v in values)
        if values not in constants and negated in constants:  # x^0.3 + x^-0.3 has one exponent
            at[place] = Node("neg", (constants[negated],))
        else:
            at[place] = constants.setdefault(values, const(len(constants)))
    return at, len(constants)


def _targets_of(answer: Any, targets: Sequence[str]) -> list[Node]:
    """The tree of each target in what a law answered for one row."""
    if (
        not isinstance(answer, (list, tuple))
        or len(answer) != 1
        or not isinstance(answer[0], dict)
    ):
        refuse("expected a list of one dictionary for one row")
    missing = [name for name in targets if name not in answer[0]]
    if missing:
        refuse(f"the law gives no {missing[0]!r}")
    return [node_of(answer[0][name]) for name in targets]


def _rotated(trees: Sequence[Sequence[Node]], n_features: int) -> list[Node]:
    """All trees, of all groups and targets, in one form: as they are, or own feature first."""
    plain = [tree for targets in trees for tree in targets]
    if len({_form(tree) for tree in plain}) == 1:
        return plain
    own = [_own_first(tree, t, n_features) for targets in trees for t, tree in enumerate(targets)]
    if len({_form(tree) for tree in own}) > 1:
        refuse("groups or targets have different forms")
    return own


def _own_first(root: Node, target: int, n_features: int) -> Node:
    slots = {feat(j): feat((j - target) % n_features) for j in range(n_features)}
    return replace_leaves(root, slots)


def _form(node: Node) -> Node:
    """The tree without the values of its literals."""
    if node.op == "num":
        return num(0.0)
    return Node(node.op, tuple(_form(a) for a in node.args), node.value)


def _literals(node: Node) -> Iterator[float]:
    """Values of the literals in the order of the tree."""
    if node.op == "num":
        yield node.value
    for arg in node.args:
        yield from _literals(arg)


def _freed(node: Node, places: Iterator[int], at: dict[int, Node]) -> Node:
    """The tree with constants in place of some literals, by their places."""
    if node.op == "num":
        return at.get(next(places), node)
    return Node(node.op, tuple(_freed(a, places, at) for a in node.args), node.value)
