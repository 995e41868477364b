"""Trace a program's law to an expression graph by running it once on stand-in values."""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from evolve.errors import ProgramError
from evolve.law.calls import read_fit_call
from evolve.law.graph import (
    COMMUTATIVE,
    Law,
    Node,
    const,
    constants_of,
    feat,
    features_of,
    num,
    replace_leaves,
    to_data,
    walk,
)
from evolve.law.recipe import Recipe
from evolve.law.traced_code import ENDLESS, guarded, load_function, rebound
from evolve.law.tracer import Tracer, TracerArray, as_array
from evolve.law.untraceable import refuse

MAX_CONSTANTS = 64
LOOK_AHEAD = 12
FUNCTION = "scaling_law_func"
_Laws = dict[tuple[int, int, int], Law]
_TRACED: WeakKeyDictionary[Callable[[Any, Any], Any], _Laws] = WeakKeyDictionary()


def trace_law(
    source: str | Callable[[Any, Any], Any],
    n_features: int,
    n_targets: int,
    n_constants: int | None = None,
) -> Law:
    """Trace the law of a program.

    This runs the program's code: call it where that code may run.

    Args:
        source: Text of a program, or its `scaling_law_func`.
        n_features: Number of columns of `data_points`.
        n_targets: Number of targets; with more than one, `params` is `(t, p)`.
        n_constants: Constants of each target. If not given, the program's `fit_law` call states
            it, or the largest number is taken with which all constants are used.

    Raises:
        ProgramError: the law cannot be traced; the message says why.
    """
    if isinstance(source, str):
        call = read_fit_call(source)
        n_constants = call.n_constants if n_constants is None and call else n_constants
        function = load_function(source, FUNCTION)
    else:
        function = rebound(source)
    if n_constants is None:
        return _search(function, n_features, n_targets)
    return _trace(function, n_features, n_targets, n_constants)


def trace_function(
    function: types.FunctionType, n_features: int, n_targets: int, n_constants: int
) -> Law:
    """Trace a live `scaling_law_func`, which is left as it is; see `trace_law`.

    A function is traced once: later calls with the same counts give the same law.
    """
    laws = _TRACED.setdefault(function, {})
    counts = (n_features, n_targets, n_constants)
    if counts not in laws:
        laws[counts] = _trace(rebound(function), *counts)
    return laws[counts]


def trace_recipe(text: str) -> Recipe | None:
    """The recipe of a program whose fitting code is one literal `fit_law` call, else `None`."""
    call = read_fit_call(text)
    return call.recipe if call else None


# the run


def _search(function: types.FunctionType, n_features: int, n_targets: int) -> Law:
    """The law with the most constants that are all used.

    Slices of `params` also run with too few constants, so the first number that works may be
    too small.
    """
    largest: Law | None = None
    message = f"no number of constants up to {MAX_CONSTANTS} is used in full"
    for n_constants in range(1, MAX_CONSTANTS + 1):
        if largest is not None and n_constants > largest.n_constants + LOOK_AHEAD:
            return largest
        try:
            law = _trace(function, n_features, n_targets, n_constants)
        except ProgramError as fault:
            message = str(fault).removeprefix("cannot be traced: ")
            if message == ENDLESS:
                break
            continue
        if len(constants_of(law.root)) == n_constants:
            largest = law
    if largest is None:
        refuse(message)
    return largest


def _trace(function: types.FunctionType, n_features: int, n_targets: int, n_constants: int) -> Law:
    taken = {1, n_features, n_targets, n_constants}
    few, many = [n for n in range(2, 10) if n not in taken][:2]
    roots = _run(function, (few, n_features), n_targets, n_constants)
    if roots != _run(function, (many, n_features), n_targets, n_constants):
        refuse("the law depends on the number of rows")
    return joined(roots, n_features, n_constants)


def _run(
    function: types.FunctionType, shape: tuple[int, int], n_targets: int, n_constants: int
) -> list[Node]:
    """One tree a target, each with constants 0, 1, … of its own."""
    n_rows, n_features = shape
    x = _leaves(feat, shape)
    own = (n_constants,) if n_targets == 1 else (n_targets, n_constants)
    params = _leaves(const, own)
    with guarded(function.__code__.co_filename):
        out: Any = as_array(function(x, params))
    wanted = (n_rows,) if n_targets == 1 else (n_rows, n_targets)
    if n_targets == 1 and out.shape in ((n_rows, 1), (1, n_rows)):
        out = out.reshape(n_rows)
    if out.shape != wanted:
        refuse(f"expected the law's value to have shape {wanted} but it had shape {out.shape}")
    table = out.reshape(n_rows, n_targets)
    columns = [[node_of(v) for v in column] for column in table.T]
    roots = [_single_row(column, n_features) for column in columns]
    return [_own_constants(root, t, n_constants) for t, root in enumerate(roots)]


def _leaves(leaf: Callable[[int], Node], shape: tuple[int, ...]) -> TracerArray:
    array = np.empty(shape, dtype=object)
    for i, index in enumerate(np.ndindex(*shape)):
        array[index] = Tracer(leaf(i))
    return array.view(TracerArray)


def node_of(value: Any) -> Node:
    """The tree of a value that a traced law gave.

    Raises:
        ProgramError: It is no number, or holds one that is not finite.
    """
    if isinstance(value, Tracer):
        node = value.node
    elif isinstance(value, (int, float, np.number)):
        node = num(float(value))
    else:
        refuse(f"the law gave a {type(value).__name__}, not a number")
    if any(n.op == "num" and not np.isfinite(n.value) for n in walk(node)):
        refuse("the law holds a literal that is not finite")
    return node


def _single_row(column: list[Node], n_features: int) -> Node:
    """The tree that all rows share, in the features of one row."""
    seen = set()
    for row, node in enumerate(column):
        own = {feat(row * n_features + j): feat(j) for j in range(n_features)}
        if not {feat(i) for i in features_of(node)} <= set(own):
            refuse("one row's value depends on other rows (a statistic of the batch)")
        seen.add(replace_leaves(node, own))
    if len(seen) != 1:
        refuse("the law differs from row to row")
    return seen.pop()


def _own_constants(root: Node, target: int, n_constants: int) -> Node:
    own = {const(target * n_constants + k): const(k) for k in range(n_constants)}
    if not {const(i) for i in constants_of(root)} <= set(own):
        refuse("one target's value depends on the constants of another")
    return replace_leaves(root, own)


def joined(roots: Sequence[Node], n_features: int, n_constants: int) -> Law:
    """One law of all targets: the same tree for each, as it is or rotated.

    Raises:
        ProgramError: Targets have different laws.
    """
    first = roots[0]
    plain = [_sorted_data(root) for root in roots]
    if all(data == plain[0] for data in plain):
        return Law(first, n_constants)
    for target, root in enumerate(roots):
        slots = {feat(j): feat((j - target) % n_features) for j in range(n_features)}
        if _sorted_data(replace_leaves(root, slots)) != plain[0]:
            refuse("targets have different laws")
    return Law(first, n_constants, own_feature_first=True)


def _sorted_data(node: Node) -> Any:
    """Nested tuples of a tree in which the order of sums and products does not count."""
    if not node.args:
        return tuple(to_data(node))
    if node.op not in COMMUTATIVE:
        return (node.op, *(_sorted_data(a) for a in node.args))
    flat, todo = [], [node]
    while todo:
        part = todo.pop()
        if part.op == node.op:
            todo.extend(part.args)
        else:
            flat.append(_sorted_data(part))
    return (node.op, *sorted(flat, key=repr))
