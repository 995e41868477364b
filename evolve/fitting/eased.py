"""Constants of a law as its author wrote it, exchanged for ones that are easy to find.

Each is a function of the one that stands for it, so that errors carry over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial, reduce

import numpy as np

from evolve.fitting.result import Fit
from evolve.fitting.tape import NONLINEAR, kinds
from evolve.law.graph import Law, Node, call, const, evaluate, num, replace_leaves, walk
from evolve.typing import Array

MINUS, INVERSE, LOG = "minus", "inverse", "log"
LARGEST_LOG = 300.0  # of a size whose square is a number
LEAST = 1e-300
SMALL = 1e-3  # deviation of a column below which its constant counts in a unit of its own
_RATIOS = ("mul", "div")
_SUMS, _ENDS = ("add", "sub", "neg"), ("max", "min")


@dataclass(frozen=True, slots=True)
class Eased:
    """A law in constants that are easy to find.

    Attributes:
        law: The law.
        kinds: Of each constant that another stands for: ``minus`` where it is minus that one,
            ``inverse`` where it is 1 over it, ``log`` where that one is its logarithm.
        units: Of each constant that counts in one, that unit; it comes before the kind.
    """

    law: Law
    kinds: dict[int, str]
    units: dict[int, float] = field(default_factory=dict)

    def stated(self, fit: Fit) -> Fit:
        """A fit of the law, in the constants of its author."""
        constants, slopes = fit.constants.copy(), np.ones_like(fit.constants)
        for k, unit in self.units.items():
            constants[k], slopes[k] = unit * constants[k], unit
        for k, kind in self.kinds.items():
            constants[k], slope = _stated(kind, float(constants[k]))
            slopes[k] *= slope
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


def eased(law: Law, x: Array, unit: float = 1.0) -> Eased:
    """A law in constants that are easy to find from some rows.

    Starts and steps of a fit suit constants that multiply columns, that are compared with them,
    or stand as exponents. A size that columns are measured in, such as N0 in ``(N0/N)^a``, may lie
    many powers of ten away from these.

    Args:
        law: The law, as its author wrote it.
        x: `(n, f)` raw features.
        unit: A typical difference of targets, in which constants within a maximum or minimum
            count: starts are of the size of 1, and no linear solve finds these.
    """
    root, found = _gathered(law.root), dict[int, str]()
    is_hard = kinds(root, law.n_constants) == NONLINEAR
    for k in range(law.n_constants):
        if _is_negated(root, k):
            found[k] = MINUS
        elif is_hard[k] and (kind := _kind_of_size(root, k, x)):
            found[k] = kind
    minus = {const(k): call("neg", const(k)) for k, kind in found.items() if kind == MINUS}
    root = _rewritten(replace_leaves(root, minus), found)
    units: dict[int, float] = {}
    n_leaves = sum(node.op == "const" for node in walk(root))
    if unit != 1.0 and n_leaves == law.n_constants:  # none counts in two ways
        root = _in_units(root, unit, units)
    for k in np.flatnonzero(is_hard).tolist():
        if n_leaves == law.n_constants and found.get(k) != LOG:
            root = _against_large(root, k, x, units)
    return Eased(replace(law, root=root), found, units)


def _against_large(root: Node, k: int, x: Array, units: dict[int, float]) -> Node:
    """The tree with a constant of a column that hardly varies, as 1/N, counted in a large unit.

    Steps of a fit are damped by an amount of their own, beside which such a column is nothing;
    and starts of a constant over a column would go by the size of that, not of 1 over it.
    """
    for node in walk(root):
        if node.op not in _RATIOS or const(k) not in node.args:
            continue
        column = replace_leaves(node, {const(k): num(1.0)})
        if column.constants or (node.op == "div" and node.args[1] == const(k)):
            continue
        deviation = float(np.std(evaluate(column, x, np.zeros(0))))
        if LEAST < deviation < (SMALL if node.op == "mul" else np.inf):
            units[k] = units.get(k, 1.0) / deviation
            large = call("mul", const(k), call("div", column, num(deviation)))
            return _with(root, node, large)
    return root


def _with(node: Node, old: Node, new: Node) -> Node:
    """The tree with another in place of a part of it."""
    if node == old or not node.constants:
        return new if node == old else node
    return Node(node.op, tuple(_with(arg, old, new) for arg in node.args), node.value)


def _in_units(node: Node, unit: float, units: dict[int, float]) -> Node:
    """The tree with each maximum and minimum that is a term of it as a multiple of a unit.

    Args:
        node: The tree.
        unit: The unit.
        units: Filled in: what constants count in that.
    """
    if node.op in _SUMS and node.constants:
        return Node(node.op, tuple(_in_units(arg, unit, units) for arg in node.args), node.value)
    if node.op not in _ENDS or not node.constants:
        return node
    return call("mul", num(unit), _over(node, unit, units))


def _over(node: Node, unit: float, units: dict[int, float]) -> Node:
    """A tree divided by a unit, in constants that count in it where they can."""
    if node.op in (*_SUMS, *_ENDS):
        return Node(node.op, tuple(_over(arg, unit, units) for arg in node.args), node.value)
    for factor, is_above in _factors(node):
        if is_above and factor.op == "const":
            units[factor.index] = unit
            return node
    return node if node == num(0.0) else call("div", node, num(unit))


def _gathered(node: Node) -> Node:
    """The tree with each product of a constant and several columns as one with their product.

    In ``a*x*y`` the constant multiplies x, and its size would be looked for by that of x alone.
    """
    if not node.constants or not node.args:
        return node
    if node.op not in _RATIOS:
        return Node(node.op, tuple(_gathered(arg) for arg in node.args), node.value)
    factors = list(_factors(node))
    columns = [each for each in factors if not each[0].constants]
    leaf = next((each for each in factors if _is_lone(each[0])), None)
    if leaf is None or sum(bool(factor.features) for factor, _ in columns) < 2:
        return Node(node.op, tuple(_gathered(arg) for arg in node.args), node.value)
    column = _product(columns)
    gathered = _product([leaf, (column, True)]) if leaf[1] else call("div", column, leaf[0])
    others = [each for each in factors if each[0].constants and each is not leaf]
    return _product([(gathered, True), *((_gathered(other), above) for other, above in others)])


def _factors(node: Node, *, above: bool = True) -> Iterator[tuple[Node, bool]]:
    """Factors of products and ratios, and whether each stands above the line."""
    if node.op in _RATIOS:
        yield from _factors(node.args[0], above=above)
        yield from _factors(node.args[1], above=above == (node.op == "mul"))
    else:
        yield node, above


def _is_lone(node: Node) -> bool:
    """Whether a factor is a constant, or minus one."""
    return (node.args[0] if node.op == "neg" else node).op == "const"


def _product(factors: Sequence[tuple[Node, bool]]) -> Node:
    """The product of factors, those below the line in the denominator."""
    above = [factor for factor, is_above in factors if is_above] or [num(1.0)]
    product = reduce(partial(call, "mul"), above)
    return reduce(partial(call, "div"), [f for f, is_above in factors if not is_above], product)


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
