"""Operations of a law as a formula shows them: what a user forbids or allows by sign or name."""

from __future__ import annotations

from evolve.law.algebra import is_unit_scaled
from evolve.law.graph import Node
from evolve.law.lowering import plain, readable

# Operations by the sign or name that a user gives; a difference is a sum, and signs are free.
SHOWN = {
    "+": frozenset({"add", "sub"}),
    "-": frozenset({"add", "sub"}),
    "*": frozenset({"mul"}),
    "/": frozenset({"div"}),
    "^": frozenset({"pow"}),
    **{name: frozenset({name}) for name in ("exp", "log", "sqrt", "tanh", "abs", "max", "min")},
    **{name: frozenset({name}) for name in ("sin", "cos", "arctan")},
}
OPERATIONS = frozenset().union(*SHOWN.values())


def shown_operations(root: Node) -> frozenset[str]:
    """Operations on features in a tree's formula, where exponentials of logarithms are powers.

    What only constants enter, and the unit that a feature is divided by, does not count.
    """
    signs: set[str] = set()
    todo = [plain(readable(root))]
    while todo:
        node = todo.pop()
        if node.args and node.features and not is_unit_scaled(node):
            signs.add(node.op)
            todo.extend(node.args)
    return frozenset(signs - {"neg"})
