"""Rebuild a tree of binary operations, in reading order, from flat sums and products."""

from __future__ import annotations

import math
from collections.abc import Iterable

from evolve.law.algebra import Rewriter, is_unit_scaled
from evolve.law.graph import Law, Node, const, num, replace_leaves, walk
from evolve.law.order import CHAINS, bounded
from evolve.law.products import Product
from evolve.law.rules import Power
from evolve.typing import Array

LARGEST_EXPONENT = 600.0
_LOWERED: dict[Node, Node] = {}  # of flat trees whose constants are free


class Lowering:
    """Turns flat sums and products back into binary operations, in reading order."""

    def __init__(self, rules: Rewriter, *, fractions: bool = True) -> None:
        """Start for the trees of `rules`; `fractions` writes every ``x^-b`` as ``1/x^b``."""
        self.rules = rules
        self.fractions = fractions
        self._memo: dict[Node, Node] = {}
        self._open_memo = bounded(_LOWERED) if fractions else self._memo

    def lower(self, node: Node) -> Node:
        """The tree of binary operations of a flat node."""
        if not node.args:
            return node
        memo = self._open_memo if self.rules.is_open(node) else self._memo
        result = memo.get(node)
        if result is None:
            result = memo[node] = self._lower(node)
        return result

    def _lower(self, node: Node) -> Node:
        if node.op == "sum":
            return self._sum(node, falling=False)
        if node.op in ("prod", "pow"):
            return self._product(node)
        if node.op == "exp" and node.args[0].op == "sum":
            return Node("exp", (self._sum(node.args[0], falling=True),))
        args = tuple(self.lower(a) for a in node.args)
        if node.op in CHAINS:
            return _fold(node.op, args)
        return Node(node.op, args)

    def _sum(self, node: Node, *, falling: bool) -> Node:
        """Left-leaning sum; with `falling`, free multiples of logarithms are subtracted."""
        plus = [num(node.value)] if node.value > 0 else []
        minus = [num(-node.value)] if node.value < 0 else []
        for term in node.args:
            if term.op == "prod" and term.value < 0:
                minus.append(self.lower(Node("prod", term.args, -term.value)))
            elif falling and self._is_log_term(term):
                minus.append(self.lower(term))
            else:
                plus.append(self.lower(term))
        if not plus:
            return Node("neg", (_fold("add", minus),))
        return _fold("sub", [_fold("add", plus), *minus])

    def _is_log_term(self, term: Node) -> bool:
        return self.rules.is_free_term(term) and len(term.args) == 2 and term.args[1].op == "log"

    def _product(self, node: Node) -> Node:
        factors = node.args if node.op == "prod" else (node,)
        coef = node.value if node.op == "prod" else 1.0
        above: list[Node] = []
        below: list[Node] = []
        for factor in factors:
            base, power = factor.args if factor.op == "pow" else (factor, num(1.0))
            is_below = power.op == "num" and power.value < 0
            is_below = is_below and (self.fractions or power.value == int(power.value))
            power = num(-power.value) if is_below else power
            (below if is_below else above).append(self._power(base, power))
        if abs(coef) != 1.0 or not above:
            above.insert(0, num(coef if abs(coef) != 1.0 else 1.0))
        result = _fold("mul", above)
        if below:
            result = Node("div", (result, _fold("mul", below)))
        return Node("neg", (result,)) if coef == -1.0 else result

    def _power(self, base: Node, power: Node) -> Node:
        inner = self.lower(base)
        if power.op != "num":
            return Node("pow", (inner, self.lower(power)))
        short = {1.0: None, 2.0: "square", 0.5: "sqrt"}
        if power.value not in short:
            return Node("pow", (inner, power))
        name = short[power.value]
        return Node(name, (inner,)) if name else inner


def _fold(op: str, nodes: Iterable[Node]) -> Node:
    result: Node | None = None
    for node in nodes:
        result = node if result is None else Node(op, (result, node))
    if result is None:
        raise ValueError(f"canonical: {op} of nothing")
    return result


def readable(root: Node, constants: Array | None = None) -> Node:
    """A tree for the eye: exponentials of logarithms as powers, values in place of constants.

    Args:
        root: The tree.
        constants: `(p,)` values of its constants; `None` keeps them as letters.
    """
    if constants is not None:
        root = replace_leaves(root, {const(i): num(v) for i, v in enumerate(constants)})
    rules = Rewriter({n: 2 for n in walk(root) if n.op == "const"})
    flat = _spread_powers(rules.rewrite(root), rules)
    shown = Lowering(rules, fractions=False).lower(flat)
    is_sound = all(math.isfinite(n.value) for n in walk(shown))
    return shown if is_sound else root


def _spread_powers(node: Node, rules: Rewriter) -> Node:
    """``exp(a - b*log(x))`` is ``exp(a) * x^-b``, at every depth of a flat tree."""
    if not node.args or is_unit_scaled(node):
        return node
    args = [_spread_powers(a, rules) for a in node.args]
    if node.op == "exp":
        return _spread_exponential(args[0], rules)
    if node.op == "prod":
        return rules.product([(a, 1.0) for a in (*args, num(node.value))])
    if node.op == "sum":
        return rules.total([(1.0, a) for a in (*args, num(node.value))])
    return Node(node.op, tuple(args), node.value)


def _spread_exponential(inner: Node, rules: Rewriter) -> Node:
    inner = rules.total(_opened(inner, rules))
    terms = inner.args if inner.op == "sum" else (inner,)
    offset = inner.value if inner.op == "sum" else 0.0
    product = Product(rules, [])
    pairs = [product.split_log(term) for term in terms]
    if not any(pairs) or abs(offset) > LARGEST_EXPONENT:
        return Node("exp", (inner,))
    rest: list[tuple[float, Node]] = []
    factors: list[tuple[Node, Power]] = [(num(math.exp(offset)), 1.0)]
    for term, pair in zip(terms, pairs, strict=True):
        if pair is None:
            rest.append((1.0, term))
        else:
            factors.append(pair)
    if rest:
        factors.append((Node("exp", (rules.total(rest),)), 1.0))
    return rules.product(factors)


def _opened(inner: Node, rules: Rewriter) -> list[tuple[float, Node]]:
    """Terms of an exponent, ``k*(log(x) + log(y))`` multiplied out."""
    terms = inner.args if inner.op == "sum" else (inner,)
    out = [(inner.value, num(1.0))] if inner.op == "sum" else []
    for term in terms:
        sums = [a for a in term.args if a.op == "sum"] if term.op == "prod" else []
        rest = [(a, 1.0) for a in term.args if a.op != "sum"] if sums else []
        if len(sums) != 1 or any(a.features for a, _ in rest):
            out.append((1.0, term))
            continue
        for part in (*sums[0].args, num(sums[0].value)):
            out.append((term.value, rules.product([*rest, (part, 1.0)])))
    return out


def for_the_eye(law: Law, constants: Array | None = None) -> Node:
    """The tree of a law in school notation: as its author wrote it, else with powers.

    Args:
        law: The law.
        constants: `(p,)` values of its constants; `None` keeps them as letters.
    """
    root = plain(law.root)
    return root if law.as_written and constants is None else plain(readable(root, constants))


def plain(node: Node) -> Node:
    """The tree in school notation: no ``square``, ``log1p``, ``expm1`` or ``logaddexp``.

    A number of times a feature over its unit is the feature over another.
    """
    if not node.args:
        return node
    args = tuple([plain(a) for a in node.args])
    if node.op == "mul" and args[0].op == "num" and args[0].value > 0 and is_unit_scaled(args[1]):
        return _over(args[1].args[0], args[1].args[1].value / args[0].value)
    if node.op == "square":
        return Node("pow", (args[0], num(2.0)))
    if node.op == "log1p":
        return Node("log", (Node("add", (num(1.0), args[0])),))
    if node.op == "expm1":
        return Node("sub", (Node("exp", args), num(1.0)))
    if node.op == "logaddexp":
        raised = tuple(num(1.0) if a == num(0.0) else Node("exp", (a,)) for a in args)
        return Node("log", (Node("add", raised),))
    return node if args == node.args else Node(node.op, args, node.value)


def _over(feature: Node, unit: float) -> Node:
    """A feature over a unit that is a quotient of two, without what rounding left of it."""
    unit = float(f"{unit:.12g}")
    return feature if unit == 1.0 else Node("div", (feature, num(unit)))
