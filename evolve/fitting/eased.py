"""Constants of a law as its author wrote it, exchanged for ones that are easy to find.

Each is a function of the one that stands for it, so that errors carry over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from evolve.fitting.centred import Mean, centred, raised
from evolve.fitting.counted import (
    LEAST,
    RATIOS,
    against_large,
    factors_of,
    in_units,
    product_of,
    size_across,
    size_beside,
)
from evolve.fitting.result import Fit
from evolve.fitting.tape import NONLINEAR, kinds
from evolve.law.graph import Law, Node, call, const, evaluate, num, replace_leaves, walk
from evolve.law.slopes import slopes as derivatives
from evolve.typing import Array

MINUS, INVERSE, LOG, SIZE = "minus", "inverse", "log", "size"
LARGEST_LOG = 300.0  # of a size whose square is a number
LARGEST = 1e300
_NO_ROW = np.zeros((1, 0))  # on which trees without features are evaluated


@dataclass(frozen=True, slots=True)
class Eased:
    """A law in constants that are easy to find.

    Attributes:
        law: The law.
        kinds: Of each constant that another stands for: ``minus`` where it is minus that one,
            ``inverse`` where it is 1 over it, ``log`` where that one is its logarithm, ``size``
            where it is the modulus of that.
        units: Of each constant that counts in one, that unit; it comes before the kind.
        centres: Of each amplitude that stands for another, as of `centred`; it comes before both.
        logs: Amplitudes whose logarithms stand for them, before all else.
    """

    law: Law
    kinds: dict[int, str]
    units: dict[int, float] = field(default_factory=dict)
    centres: dict[int, Node] = field(default_factory=dict)
    logs: tuple[int, ...] = ()

    def amid(self, x: Array, mean: Mean, *, on_logs: bool) -> Eased:
        """The law in amplitudes amid some rows.

        Args:
            x: `(n, f)` raw features.
            mean: Gives the middle of a column; nan where there is none.
            on_logs: Whether logarithms of positive targets are fitted: to that of a product the
                one of its amplitude is added, and so may all be that stands in its exponentials.
        """
        root, centres = centred(self.law.root, mean)
        root, scales = raised(root, x, frozenset(self.kinds)) if on_logs else (root, ())
        return replace(self, law=replace(self.law, root=root), centres=centres, logs=scales)

    def stated(self, fit: Fit) -> Fit:
        """A fit of the law, in the constants of its author."""
        fit = self._uncentred(_in_kinds(fit, dict.fromkeys(self.logs, LOG)))
        constants, slopes = fit.constants.copy(), np.ones_like(fit.constants)
        for k, unit in self.units.items():
            constants[k], slopes[k] = unit * constants[k], unit
        return _in_kinds(fit.stated_in(constants, slopes), self.kinds)

    def _uncentred(self, fit: Fit) -> Fit:
        """A fit in amplitudes of exponentials and powers as they are."""
        if not self.centres:
            return fit
        constants, back = fit.constants.copy(), np.eye(len(fit.constants))
        for k, log in self.centres.items():
            with np.errstate(all="ignore"):
                ratio = float(evaluate(log, _NO_ROW, fit.constants)[0])
                back[k] = fit.constants[k] * derivatives(log, _NO_ROW, fit.constants)[0]
                back[k, k] = np.exp(ratio)
                constants[k] = np.clip(fit.constants[k] * np.exp(-ratio), -LARGEST, LARGEST)
        return fit.mixed_into(constants, back)

    def eased(self, constants: Array) -> Array:
        """Constants of the law from those of its author; not finite where there are none."""
        found = constants.copy()
        with np.errstate(all="ignore"):
            for k, kind in self.kinds.items():
                found[k] = _EASED[kind](found[k])
            for k, unit in self.units.items():
                found[k] /= unit
            ratios = {k: evaluate(log, _NO_ROW, found)[0] for k, log in self.centres.items()}
            for k, ratio in ratios.items():
                found[k] *= np.exp(ratio)
            for k in self.logs:
                found[k] = np.log(found[k])
        return found


def _in_kinds(fit: Fit, exchanged: dict[int, str]) -> Fit:
    """A fit in constants that others stand for, from these."""
    constants, slopes = fit.constants.copy(), np.ones_like(fit.constants)
    for k, kind in exchanged.items():
        constants[k], slopes[k] = _stated(kind, float(constants[k]))
    return fit.stated_in(constants, slopes)


_EASED = {MINUS: np.negative, INVERSE: np.reciprocal, LOG: np.log, SIZE: np.abs}


def _stated(kind: str, value: float) -> tuple[float, float]:
    """A constant from what stands for it, and its slope by that."""
    if kind == MINUS:
        return -value, -1.0
    if kind == SIZE:
        return abs(value), -1.0 if value < 0.0 else 1.0
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
    root = _gathered(law.root)
    is_hard = kinds(root, law.n_constants) == NONLINEAR
    found = _kinds_of(root, is_hard, x)
    minus = {const(k): call("neg", const(k)) for k, kind in found.items() if kind == MINUS}
    root, units = _counted(_rewritten(replace_leaves(root, minus), found), found, is_hard, x, unit)
    return Eased(replace(law, root=root), found, units)


def _kinds_of(root: Node, is_hard: npt.NDArray[np.bool_], x: Array) -> dict[int, str]:
    """What stands for each constant that another stands for."""
    found: dict[int, str] = {}
    for k in range(len(is_hard)):
        if _is_negated(root, k):
            found[k] = MINUS
        elif is_hard[k] and (kind := _kind_of_size(root, k, x)):
            found[k] = kind
        elif is_hard[k] and _is_base(root, k):
            found[k] = SIZE
    return found


def _counted(
    root: Node, found: dict[int, str], is_hard: npt.NDArray[np.bool_], x: Array, unit: float
) -> tuple[Node, dict[int, float]]:
    """The tree with constants in units, and these; arguments as they are in `eased`."""
    units: dict[int, float] = {}
    is_each_once = sum(node.op == "const" for node in walk(root)) == len(is_hard)
    if unit != 1.0 and is_each_once:  # none counts in two ways
        root = in_units(root, unit, units)
    free = [k for k in np.flatnonzero(is_hard).tolist() if found.get(k, SIZE) == SIZE]
    sizes: dict[int, float] = {}
    for k in free:
        size = size_beside(root, k, x) or size_across(root, k, x)
        sizes |= {k: size} if size and k not in units else {}
    large = {const(k): call("mul", num(size), const(k)) for k, size in sizes.items()}
    bases = {const(k): call("abs", const(k)) for k, kind in found.items() if kind == SIZE}
    root, units = replace_leaves(replace_leaves(root, bases), large), units | sizes
    for k, hard in enumerate(is_hard.tolist() if is_each_once else ()):
        if found.get(k) != LOG and k not in sizes:
            root = against_large(root, k, x, units, frozenset(sizes), is_hard=hard)
    return root, units


def _gathered(node: Node) -> Node:
    """The tree with each product of a constant, columns and more as one with their product.

    In ``a*x*y`` the constant multiplies x, and its size would be looked for by that of x alone; in
    ``a*exp(b*y)*x`` it would be looked for by no column at all.
    """
    if not node.constants or not node.args:
        return node
    if node.op not in RATIOS:
        return Node(node.op, tuple(_gathered(arg) for arg in node.args), node.value)
    factors = list(factors_of(node))
    columns = [each for each in factors if not each[0].constants]
    leaf = next((each for each in factors if _is_lone(each[0])), None)
    if leaf is None or len(factors) < 3 or not any(factor.features for factor, _ in columns):
        return Node(node.op, tuple(_gathered(arg) for arg in node.args), node.value)
    column = product_of(columns)
    gathered = product_of([leaf, (column, True)]) if leaf[1] else call("div", column, leaf[0])
    others = [each for each in factors if each[0].constants and each is not leaf]
    return product_of([(gathered, True), *((_gathered(other), above) for other, above in others)])


def _is_lone(node: Node) -> bool:
    """Whether a factor is a constant, or minus one."""
    return (node.args[0] if node.op == "neg" else node).op == "const"


def _is_negated(root: Node, k: int) -> bool:
    """Whether a constant never stands without a minus before it."""
    uses = [node for node in walk(root) if const(k) in node.args]
    return bool(uses) and all(node.op == "neg" for node in uses)


def _is_base(root: Node, k: int) -> bool:
    """Whether a constant is what some power is of, whose exponent is another, as in ``K^h``."""
    return any(
        node.op == "pow" and node.args[0] == const(k) and node.args[1].op == "const"
        for node in walk(root)
    )


def _kind_of_size(root: Node, k: int, x: Array) -> str:
    """What stands for a constant in which columns are measured; empty for any other."""
    found = set(_uses(root, k, x, needs_positive=False))
    return found.pop() if len(found) == 1 else ""


def _uses(node: Node, k: int, x: Array, *, needs_positive: bool) -> Iterator[str]:
    """What may stand for a constant at each of its places in a tree; empty for nothing."""
    if node == const(k):
        yield ""
    elif node == call("log", const(k)):
        yield LOG
    elif node.op in RATIOS and const(k) in node.args:
        yield _kind_in_ratio(node, const(k), x, needs_positive=needs_positive)
    else:
        needs_positive &= node.op != "exp"  # which is positive of whatever
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
    if node.op == "log" and first.op == "const" and found.get(first.index) == LOG:
        return first
    if is_new and first.op == "exp" and node.op == "pow":
        return call("exp", call("mul", args[1], first.args[0]))
    if is_new and first.op == "exp" and node.op == "log":
        return first.args[0]
    return Node(node.op, args, node.value)


def _ratio(node: Node, found: dict[int, str]) -> Node | None:
    """A column over or times a size, in what stands for the size; None of any other node."""
    for leaf, column in (node.args, node.args[::-1]) if node.op in RATIOS else ():
        kind = found.get(leaf.index) if leaf.op == "const" else None
        if kind == INVERSE:
            return call("mul", leaf, column)
        if kind == LOG and node.op == "mul":
            return call("exp", call("add", leaf, call("log", column)))
        if kind == LOG:
            logs = {leaf: leaf, column: call("log", column)}
            return call("exp", call("sub", *(logs[arg] for arg in node.args)))
    return None
