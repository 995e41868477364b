"""Constants of a law as its author wrote it, exchanged for ones that are easy to find.

Each is a function of the one that stands for it, so that errors carry over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from evolve.fitting.result import Fit
from evolve.fitting.tape import NONLINEAR, kinds
from evolve.law.graph import Law, Node, call, const, evaluate, replace_leaves, walk
from evolve.typing import Array

MINUS, INVERSE, LOG = "minus", "inverse", "log"
LARGEST_LOG = 300.0  # of a size whose square is a number
LEAST = 1e-300
_RATIOS = ("mul", "div")


@dataclass(frozen=True, slots=True)
class Eased:
    """A law in constants that are easy to find.

    Attributes:
        law: The law.
        kinds: Of each constant that another stands for: ``minus`` where it is minus that one,
            ``inverse`` where it is 1 over it, ``log`` where that one is its logarithm.
    """

    law: Law
    kinds: dict[int, str]

    def stated(self, fit: Fit) -> Fit:
        """A fit of the law, in the constants of its author."""
        constants, slopes = fit.constants.copy(), np.ones_like(fit.constants)
        for k, kind in self.kinds.items():
            constants[k], slopes[k] = _stated(kind, float(fit.constants[k]))
        return fit.stated_in(constants, slopes)


def _stated(kind: str, value: float) -> tuple[float, float]:
    """A constant from what stands for it, and its slope by that."""
    if kind == MINUS:
        return -value, -1.0
    if kind == INVERSE:
        value = value if abs(value) > LEAST else LEAST
        return 1.0 / value, -1.0 / max(value**2, LEAST)
    size = float(np.exp(np.clip(value, -LARGEST_LOG, LARGEST_LOG)))
    return size, size


def eased(law: Law, x: Array) -> Eased:
    """A law in constants that are easy to find from some rows.

    Starts and steps of a fit suit constants that multiply columns, that are compared with them,
    or stand as exponents. A size that columns are measured in, such as N0 in ``(N0/N)^a``, may lie
    many powers of ten away from these.

    Args:
        law: The law, as its author wrote it.
        x: `(n, f)` raw features.
    """
    root, found = law.root, dict[int, str]()
    is_hard = kinds(root, law.n_constants) == NONLINEAR
    for k in range(law.n_constants):
        if _is_negated(root, k):
            found[k] = MINUS
        elif is_hard[k] and (kind := _kind_of_size(root, k, x)):
            found[k] = kind
    minus = {const(k): call("neg", const(k)) for k, kind in found.items() if kind == MINUS}
    root = _rewritten(replace_leaves(root, minus), found)
    return Eased(replace(law, root=root), found)


def _is_negated(root: Node, k: int) -> bool:
    """Whether a constant never stands without a minus before it."""
    uses = [node for node in walk(root) if const(k) in node.args]
    return bool(uses) and all(node.op == "neg" for node in uses)


def _kind_of_size(root: Node, k: int, x: Array) -> str:
    """What stands for a constant in which columns are measured; empty for any other."""
    found = set(_uses(root, k, x, needs_positive=False))
    return found.pop() if len(found) == 1 else ""


def _uses(node: Node, k: int, x: Array, *, needs_positive: bool) -> Iterator[str]:
    """What may stand for a constant at each of its places in a tree; empty for nothing."""
    if node == const(k):
        yield ""
    elif node.op in _RATIOS and const(k) in node.args:
        yield _kind_in_ratio(node, const(k), x, needs_positive=needs_positive)
    else:
        for place, arg in enumerate(node.args):
            is_base = node.op in ("log", "sqrt") or (node.op == "pow" and place == 0)
            if k in arg.constants:
                yield from _uses(arg, k, x, needs_positive=needs_positive or is_base)


def _kind_in_ratio(node: Node, leaf: Node, x: Array, *, needs_positive: bool) -> str:
    column = node.args[1] if node.args[0] == leaf else node.args[0]
    if column.constants or not column.features:
        return ""
    if needs_positive:
        return LOG if bool((evaluate(column, x, np.zeros(0)) > 0).all()) else ""
    return INVERSE if node.op == "div" and node.args[1] == leaf else ""


def _rewritten(node: Node, found: dict[int, str]) -> Node:
    """The tree in what stands for its constants, exponentials of logarithms merged."""
    if not node.constants or not node.args:
        return node
    ratio = _ratio(node, found)
    if ratio is not None:
        return ratio
    args = tuple(_rewritten(arg, found) for arg in node.args)
    first, is_new = args[0], args[0] is not node.args[0]
    if node.op == "neg" and first.op == "neg":
        return first.args[0]
    if is_new and first.op == "exp" and node.op == "pow":
        return call("exp", call("mul", args[1], first.args[0]))
    if is_new and first.op == "exp" and node.op == "log":
        return first.args[0]
    return Node(node.op, args, node.value)


def _ratio(node: Node, found: dict[int, str]) -> Node | None:
    """A column over or times a size, in what stands for the size; None of any other node."""
    for leaf, column in (node.args, node.args[::-1]) if node.op in _RATIOS else ():
        kind = found.get(leaf.index) if leaf.op == "const" else None
        if kind == INVERSE:
            return call("mul", leaf, column)
        if kind == LOG and node.op == "mul":
            return call("exp", call("add", leaf, call("log", column)))
        if kind == LOG:
            logs = {leaf: leaf, column: call("log", column)}
            return call("exp", call("sub", *(logs[arg] for arg in node.args)))
    return None
