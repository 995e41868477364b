"""Amplitudes of exponentials and powers, exchanged for what these come to amid the rows.

In ``A*exp(-B/x)`` of rows far from where the exponent is 0, amplitude and rate go up and down
together along one narrow valley, through which steps of a fit creep. In ``A*exp(-B*(1/x - 1/m))``,
m amid the rows, each has a minimum of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial, reduce

import numpy as np

from evolve.fitting.counted import RATIOS, factors_of, product_of, with_part
from evolve.law.graph import Node, call, evaluate, num, walk
from evolve.typing import Array

Mean = Callable[[Node], float]  # what a constant-free subtree is in the middle of the rows
_Part = tuple[Node, Node | None]


def centred(root: Node, mean: Mean) -> tuple[Node, dict[int, Node]]:
    """The tree in amplitudes amid the rows.

    Args:
        root: The tree.
        mean: Gives the middle of a column; nan where there is none.

    Returns:
        The tree, and of each amplitude that another stands for the logarithm of that over it, in
        the other constants.
    """
    uses = [node.index for node in walk(root) if node.op == "const"]
    once = frozenset(k for k in uses if uses.count(k) == 1)
    centre = _Centre(mean, once, {})
    return centre.tree(root), centre.logs


class _Centre:
    """Goes through a tree."""

    def __init__(self, mean: Mean, once: frozenset[int], logs: dict[int, Node]) -> None:
        self.mean, self.once, self.logs = mean, once, logs

    def tree(self, node: Node) -> Node:
        """A part of the tree, with its amplitudes centred."""
        if not node.constants or not node.args:
            return node
        if node.op in RATIOS:
            for factor, is_above in factors_of(node):
                if factor.op == "const" and factor.index in self.once:
                    return self._product(node, factor.index, is_above)
        return self._within(node)

    def _within(self, node: Node) -> Node:
        return Node(node.op, tuple(self.tree(arg) for arg in node.args), node.value)

    def _product(self, node: Node, k: int, is_above: bool) -> Node:
        """A product whose amplitude is constant number k, which may stand below the line.

        Factors with a constant in common stay as they are, as in ``A*x^h/(K^h + x^h)``: turned
        alone, one of them would tie the amplitude to that constant in place of freeing it.
        """
        logs: list[Node] = []
        uses = Counter(c for factor, _ in factors_of(node) for c in factor.constants)

        def along(part: Node, above: bool) -> Node:
            if part.op in RATIOS and part.constants:
                first, second = part.args
                below = above == (part.op == "mul")
                return call(part.op, along(first, above), along(second, below))
            if any(uses[c] > 1 for c in part.constants):
                return self.tree(part)
            new, log = self._factor(part)
            if log is not None:
                logs.append(log if above == is_above else call("neg", log))
            return new

        found = along(node, True)
        if logs:
            self.logs[k] = reduce(partial(call, "add"), logs)
        return found

    def _factor(self, node: Node) -> _Part:
        """A factor over what it is amid the rows, and the logarithm of that; None for no other."""
        if node.op == "exp" and node.constants:
            exponent, log = self._exponent(node.args[0])
            return call("exp", exponent), log
        if node.op in ("add", "sub") and node.constants:
            return self._sum(node)
        if node.op == "pow" and node.args[1].constants and not node.args[1].features:
            return self._power(*node.args)
        if node.op == "pow" and node.args[0].op == "num" and node.args[0].value > 0.0:
            exponent, log = self._exponent(node.args[1])
            turned = None if log is None else call("mul", num(np.log(node.args[0].value)), log)
            return call("pow", node.args[0], exponent), turned
        return self.tree(node), None

    def _power(self, base: Node, exponent: Node) -> _Part:
        """A power of a column, or of one beside a constant, whose exponent all rows share."""
        column = base if not base.constants else self._beside(base)
        if column is None or not column.features:
            return call("pow", self.tree(base), exponent), None
        middle = self.mean(call("log", column))
        if not np.isfinite(middle):  # of a column with a 0: by its size
            with np.errstate(all="ignore"):
                middle = float(np.log(self.mean(call("abs", column))))
        if not np.isfinite(middle):
            return call("pow", self.tree(base), exponent), None
        log = call("mul", exponent, num(middle))
        return call("pow", call("div", base, num(np.exp(middle))), exponent), log

    def _sum(self, node: Node) -> _Part:
        """A sum of an exponential or a power and a constant, or of an exponential and 1."""
        for place, (own, other) in enumerate((node.args, node.args[::-1])):
            is_lone = own.op == "const" and own.index in self.once
            if not is_lone and own != num(1.0):
                continue
            new, log = self._factor(other) if other.op in ("exp", "pow") else (other, None)
            if log is not None and is_lone:
                self.logs[own.index] = call("neg", log)
                return call(node.op, *((own, new) if place == 0 else (new, own))), log
            if log is not None and node.op == "sub" and other.op == "exp":
                total = call("logaddexp", num(0.0), log)
                return call("div", node, call("exp", total)), total
        return self.tree(node), None

    def _exponent(self, node: Node) -> _Part:
        """An exponent less what it is amid the rows, and that; None for no other."""
        if not node.constants or not node.features:
            return node, None
        if node.op in ("add", "sub", "neg"):
            args, logs = zip(*(self._exponent(arg) for arg in node.args), strict=True)
            return call(node.op, *args), _log_of_sum(node.op, *logs)
        factors = list(factors_of(node))
        mixed = [factor for factor, _ in factors if factor.constants and factor.features]
        if mixed:
            column = self._beside(mixed[0]) if len(mixed) == 1 else None
            if column is None or not np.isfinite(middle := self.mean(column)):
                return self.tree(node), None
            log = with_part(node, column, num(middle))
            return call("sub", node, log), log
        slope = product_of([each for each in factors if each[0].constants])
        column = product_of([each for each in factors if not each[0].constants])
        middle = self.mean(column)
        if not np.isfinite(middle):
            return node, None
        log = call("mul", slope, num(middle))
        return call("mul", slope, call("sub", column, num(middle))), log

    def _beside(self, node: Node) -> Node | None:
        """The column of a sum with what holds no features; None of any other node."""
        for column, other in (node.args, node.args[::-1]) if node.op in ("add", "sub") else ():
            if column.features and not column.constants and not other.features:
                return column
        return None


def _log_of_sum(op: str, first: Node | None, second: Node | None = None) -> Node | None:
    """The sum of those terms of an exponent that there are, with the signs they have in it."""
    if op == "neg" or first is None or second is None:
        turned, other = (first, None) if op == "neg" else (second, first)
        if turned is None:
            return other
        return turned if op == "add" else call("neg", turned)
    return call(op, first, second)


def raised(root: Node, x: Array, kept: frozenset[int]) -> tuple[Node, tuple[int, ...]]:
    """A product with amplitudes of its own as the exponential of a sum; any other as it is.

    Only where all other factors are positive whatever their constants: of any other product,
    targets above 0 do not tell the sign of the amplitude.

    Args:
        root: The law.
        x: `(n, f)` raw features.
        kept: Numbers of constants that stay as they are.

    Returns:
        The tree, and the amplitudes whose logarithms stand in their places.
    """
    factors = list(factors_of(root)) if root.op in RATIOS else []
    uses = [node.index for node in walk(root) if node.op == "const"]
    scales = [f.index for f, _ in factors if f.op == "const" and uses.count(f.index) == 1]
    scales = [k for k in scales if k not in kept]
    others = [f for f, _ in factors if f.op != "const" or f.index not in scales]
    if not scales or not all(_is_positive_on(other, x) for other in others):
        return root, ()
    above, below = ([_log_of(f) for f, a in factors if a == up] for up in (True, False))
    total = reduce(partial(call, "sub"), below, reduce(partial(call, "add"), above or [num(0.0)]))
    return call("exp", total), tuple(scales)


def _is_positive_on(node: Node, x: Array) -> bool:
    """Whether a tree is not below 0 in any row, whatever its constants."""
    if not node.constants:
        return bool((evaluate(node, x, np.zeros(0)) > 0.0).all())
    if _is_even_power(node):
        return True
    if node.op in ("pow", "sqrt"):
        return _is_positive_on(node.args[0], x)
    if node.op in ("mul", "div", "add"):
        return all(_is_positive_on(arg, x) for arg in node.args)
    return node.op in ("exp", "abs", "square")


def _is_even_power(node: Node) -> bool:
    """Whether a tree is a power of 2, 4 and so on, which has no sign."""
    exponent = node.args[1] if node.op == "pow" else num(1.0)
    return exponent.op == "num" and exponent.value % 2.0 == 0.0


def _log_of(factor: Node) -> Node:
    """The logarithm of a factor, without a function that undoes it; an amplitude is one itself."""
    if factor.op == "const":
        return factor
    if factor.op == "exp":
        return factor.args[0]
    if factor.op == "pow" and factor.constants:
        base = call("abs", factor.args[0]) if _is_even_power(factor) else factor.args[0]
        return call("mul", factor.args[1], call("log", base))
    return num(np.log(factor.value)) if factor.op == "num" else call("log", factor)
