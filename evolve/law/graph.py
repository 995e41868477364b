"""Expression graphs of scaling laws: how they are built, evaluated, compared and stored."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from evolve.law.node import Node as Node
from evolve.typing import Array

UNARY = {
    "neg": np.negative,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "tanh": np.tanh,
    "abs": np.abs,
    "log1p": np.log1p,
    "expm1": np.expm1,
    "square": np.square,
    "sin": np.sin,
    "cos": np.cos,
    "arctan": np.arctan,
}
BINARY = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "pow": np.power,
    "max": np.maximum,
    "min": np.minimum,
    "logaddexp": np.logaddexp,
}
LEAVES = ("feat", "const", "num")
_N_ARGS = dict.fromkeys(UNARY, 1) | dict.fromkeys(BINARY, 2)
COMMUTATIVE = frozenset({"add", "mul", "max", "min", "logaddexp"})
# A law's key in JSON, and the name that it had first; stored runs hold either.
OWN_FIRST, ROLLED = "own_feature_first", "rolled"
NAMES = "constant_names"  # key of what its author calls a law's constants
AS_WRITTEN = "as_written"  # key of whether its spelling stays, as that of any with names did first


@lru_cache(maxsize=1024)
def feat(index: int) -> Node:
    """Leaf: raw feature `index`."""
    return Node("feat", (), float(index))


@lru_cache(maxsize=1024)
def const(index: int) -> Node:
    """Leaf: fitted constant `index`."""
    return Node("const", (), float(index))


def num(value: float) -> Node:
    """Leaf: a literal."""
    return Node("num", (), float(value))


def call(op: str, *args: Node) -> Node:
    """Inner node of operation `op`.

    Raises:
        ValueError: `op` is unknown or has another number of arguments.
    """
    if _N_ARGS.get(op) != len(args):
        raise ValueError(f"graph: operation {op!r} with {len(args)} arguments is not known")
    return Node(op, args)


def walk(node: Node) -> list[Node]:
    """Every node of the tree, children before parents, repeats included."""
    nodes, todo = [], [node]
    while todo:
        last = todo.pop()
        nodes.append(last)
        todo.extend(last.args)
    nodes.reverse()
    return nodes


def size(node: Node) -> int:
    """Number of nodes of the tree."""
    return node.size


def constants_of(node: Node) -> frozenset[int]:
    """Numbers of the constants that a tree uses."""
    return node.constants


def features_of(node: Node) -> frozenset[int]:
    """Numbers of the features that a tree uses."""
    return node.features


def replace_leaves(node: Node, mapping: dict[Node, Node]) -> Node:
    """The tree with every leaf that `mapping` names exchanged."""
    if not node.args:
        return mapping.get(node, node)
    args = tuple([replace_leaves(a, mapping) for a in node.args])
    return node if args == node.args else Node(node.op, args, node.value)


def renumber(node: Node) -> tuple[Node, int]:
    """The tree with its constants numbered 0, 1, … in order of first use, and their count."""
    order: dict[Node, Node] = {}
    _number(node, order)
    if all(leaf is numbered for leaf, numbered in order.items()):
        return node, len(order)
    return _numbered(node, order), len(order)


def _numbered(node: Node, order: dict[Node, Node]) -> Node:
    """The tree with new numbers of its constants; parts without any are as they were."""
    if not node.args:
        return order.get(node, node)
    args = tuple([_numbered(a, order) if a.constants else a for a in node.args])
    return node if args == node.args else Node(node.op, args, node.value)


def _number(node: Node, order: dict[Node, Node]) -> None:
    """Number the constants of a tree that have no number yet."""
    if node.op == "const":
        if node not in order:
            order[node] = const(len(order))
    elif node.constants:
        for arg in node.args:
            _number(arg, order)


def evaluate(root: Node, x: Array, constants: Array) -> Array:
    """Value of a tree on rows of raw features.

    Args:
        root: The tree.
        x: `(n, f)` raw features.
        constants: `(p,)` or `(s, p)` constants.

    Returns:
        `(n,)` or `(s, n)` values; not finite where the law is not defined.
    """
    columns = np.asarray(constants, dtype=float)[..., None]
    return _evaluate(root, x, columns)


def evaluate_rows(root: Node, x: Array, constants: Array) -> Array:
    """`(n,)` values of a tree on `(n, f)` rows, each under `(n, p)` constants of its own."""
    return _evaluate(root, x, np.asarray(constants, dtype=float).T)


def _evaluate(root: Node, x: Array, columns: Array) -> Array:
    """Value of a tree; constants stand along the second last axis of `columns`."""
    memo: dict[Node, Any] = {}
    with np.errstate(all="ignore"):
        for node in walk(root):
            if node not in memo:
                memo[node] = _apply(node, x, columns, memo)
    shape = columns.shape[:-2] + (x.shape[0],)
    return np.broadcast_to(memo[root], shape).astype(float)


def _apply(node: Node, x: Array, columns: Array, memo: dict[Node, Any]) -> Any:
    """Value of one node whose arguments are in `memo`."""
    args = node.args
    if len(args) == 1:
        return UNARY[node.op](memo[args[0]])
    if args:
        return BINARY[node.op](memo[args[0]], memo[args[1]])
    if node.op == "feat":
        # Of every n-th number in memory, numpy 2.0 may give logarithms of other last digits.
        return np.ascontiguousarray(x[:, node.index])
    if node.op == "const":
        return columns[..., node.index, :]
    return np.float64(node.value)


def numbered_names(n_constants: int) -> tuple[str, ...]:
    """What constants are called to which nobody has given names: c0, c1, …."""
    return tuple(f"c{k}" for k in range(n_constants))


@dataclass(frozen=True, slots=True)
class Law:
    """A scaling law: one tree for every target.

    Each target has constants of its own. With `own_feature_first`, target `t` sees the
    features rotated so that feature 0 is its own one: slot `k` holds feature
    ``(t + k) % n_features`` (domain mixtures, where output `i` belongs to proportion `i`).

    `names` are what its author calls its constants; none of a law that nobody wrote. A law that is
    `as_written` keeps the spelling of its author where it is fitted and shown.
    """

    root: Node
    n_constants: int
    own_feature_first: bool = False
    names: tuple[str, ...] = ()
    as_written: bool = False

    @property
    def constant_names(self) -> tuple[str, ...]:
        """What its constants are called: by their author, else c0, c1, …."""
        return self.names or numbered_names(self.n_constants)

    def held_of(self, n_features: int) -> frozenset[int]:
        """Numbers of the features that it holds, of so many, for any of its targets."""
        return frozenset(range(n_features)) if self.own_feature_first else self.root.features

    def view(self, x: Array, target: int) -> Array:
        """`(n, f)` features as target number `target` sees them."""
        return np.roll(x, -target, axis=1) if self.own_feature_first and target else x

    def predict(self, x: Array, constants: Array) -> Array:
        """Predictions for all targets.

        Args:
            x: `(n, f)` raw features.
            constants: `(t, p)` constants, one row a target.

        Returns:
            `(n, t)` predictions.
        """
        table = np.atleast_2d(constants)
        columns = [evaluate(self.root, self.view(x, t), c) for t, c in enumerate(table)]
        return np.stack(columns, axis=1)


def to_data(node: Node) -> list[Any]:
    """Nested lists of JSON values that `from_data` reads back."""
    if not node.args:
        return [node.op, node.value if node.op == "num" else node.index]
    return [node.op, *[to_data(a) for a in node.args]]


def from_data(data: list[Any]) -> Node:
    """Tree from the nested lists of `to_data`.

    Raises:
        ValueError: an operation or leaf is not known.
    """
    op, *rest = data
    if op in LEAVES:
        return Node(op, (), float(rest[0]))
    return call(op, *[from_data(a) for a in rest])


def law_to_data(law: Law) -> dict[str, Any]:
    """JSON value of a law that `law_from_data` reads back."""
    return {
        "root": to_data(law.root),
        "n_constants": law.n_constants,
        OWN_FIRST: law.own_feature_first,
        **({NAMES: list(law.names)} if law.names else {}),
        **({AS_WRITTEN: False} if law.names and not law.as_written else {}),
    }


def law_from_data(data: dict[str, Any]) -> Law:
    """Law from the value that `law_to_data` makes, or made when its key was `ROLLED`."""
    own_first = data[ROLLED] if ROLLED in data else data[OWN_FIRST]
    names = tuple(data.get(NAMES, ()))
    as_written = bool(names) and bool(data.get(AS_WRITTEN, True))
    root, n_constants = from_data(data["root"]), int(data["n_constants"])
    return Law(root, n_constants, bool(own_first), names, as_written)


def law_with_first_names(data: dict[str, Any]) -> dict[str, Any]:
    """A law's JSON value with its renamed key under both names, for other programs."""
    own_first = [data[name] for name in (OWN_FIRST, ROLLED) if name in data]
    return data | {name: value for value in own_first for name in (OWN_FIRST, ROLLED)}
