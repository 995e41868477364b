"""One operation of a law: equal trees are one and the same object.

A search builds the same trees again and again and asks of each whether it has been seen. As there
is one object for each tree, trees are compared and looked up by identity, and what one finds out
about a tree is found out once.
"""

from __future__ import annotations

from threading import RLock
from weakref import ref

_FEWEST = 1 << 14  # entries of the table before it is swept; judgement


class Node:
    """One operation of a law, and its arguments; nobody changes it.

    Attributes:
        op: A key of `graph.UNARY` or `graph.BINARY`, or a leaf: ``feat`` (raw feature number
            `value`), ``const`` (fitted constant number `value`) or ``num`` (the literal `value`).
        args: What it operates on.
        value: Of a leaf; -0 is 0.
        size: Number of nodes of the tree.
        features: Numbers of the features that it uses.
        constants: Numbers of the constants that it uses.
    """

    __slots__ = ("__weakref__", "args", "constants", "features", "op", "size", "value")
    op: str
    args: tuple[Node, ...]
    value: float
    size: int
    features: frozenset[int]
    constants: frozenset[int]

    def __new__(cls, op: str, args: tuple[Node, ...] = (), value: float = 0.0) -> Node:
        """The node of an operation, arguments and a value, which is made if there is none."""
        key = op, args, value
        held = _NODES.get(key)
        node = None if held is None else held()
        return _made(key) if node is None else node

    def __reduce__(self) -> tuple[type[Node], tuple[str, tuple[Node, ...], float]]:
        """Pickle what makes it, so that wherever it is read it is the one node of its kind."""
        return Node, (self.op, self.args, self.value)

    @property
    def index(self) -> int:
        """Number of the feature or constant that a leaf stands for."""
        return int(self.value)

    def __repr__(self) -> str:
        """The call that makes it."""
        return f"Node(op={self.op!r}, args={self.args!r}, value={self.value!r})"


_NONE: frozenset[int] = frozenset()
_Key = tuple[str, tuple[Node, ...], float]
_NODES: dict[_Key, ref[Node]] = {}
_LOCK = RLock()


def _made(key: _Key) -> Node:
    """The node of a key, which another thread may have made meanwhile."""
    global _swept_to
    with _LOCK:
        held = _NODES.get(key)
        node = None if held is None else held()
        if node is None:
            node = _new(*key)
            _NODES[key] = ref(node)
            if len(_NODES) > _swept_to:
                _sweep()
                _swept_to = max(_FEWEST, 2 * len(_NODES))
    return node


def _new(op: str, args: tuple[Node, ...], value: float) -> Node:
    node = object.__new__(Node)
    node.op, node.args, node.value = op, args, value + 0.0
    size = 1
    features = frozenset((int(value),)) if op == "feat" else _NONE
    constants = frozenset((int(value),)) if op == "const" else _NONE
    for arg in args:
        size += arg.size
        if arg.features is not features:
            features = features | arg.features if features else arg.features
        if arg.constants is not constants:
            constants = constants | arg.constants if constants else arg.constants
    node.size, node.features, node.constants = size, features, constants
    return node


_swept_to = _FEWEST


def _sweep() -> None:
    """Drop the nodes that nobody has any more, those last made first: they may hold others."""
    keys = list(_NODES)
    while keys:
        key = keys.pop()  # which lets go of the one before, and so of the nodes in it
        if _NODES[key]() is None:
            del _NODES[key]
