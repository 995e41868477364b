"""Flatten a law's tree into sums and products; merge like terms, absorb redundant constants.

Inside this module two extra operations stand for whole chains: ``sum`` (terms, plus the literal
`value`) and ``prod`` (factors, times the literal `value`); powers are ``pow`` nodes. `lower`
turns them back into the binary operations of `graph`. A constant that is used once is *free*: it
takes up any literal, sign or other free constant that multiplies it (or is added to it).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from evolve.law.graph import BINARY, UNARY, Node, num
from evolve.law.order import CHAINS, Order, bounded
from evolve.law.products import Product, bare
from evolve.law.rules import Power, Terms

ONE = num(1.0)
_FLAT: dict[Node, Node] = {}  # flat forms of trees whose constants are free


def is_unit_scaled(node: Node) -> bool:
    """Whether a node is a raw feature over a literal unit, which stays one piece."""
    return node.op == "div" and node.args[0].op == "feat" and node.args[1].op == "num"


def _fold(op: str, *values: float) -> Node | None:
    """The literal that an operation on literals gives, or `None` where it is not finite."""
    with np.errstate(all="ignore"):
        function: Callable[..., Any] = UNARY[op] if op in UNARY else BINARY[op]
        value = float(function(*values))
    return num(value) if math.isfinite(value) else None


class Rewriter(Order):
    """Rewrites trees bottom-up, for one set of free constants."""

    def __init__(self, uses: dict[Node, int]) -> None:
        """Start with the number of times that each constant is used in the whole tree."""
        super().__init__(uses)
        self._memo: dict[Node, Node] = {}
        self._open_memo: dict[Node, Node] = bounded(_FLAT)

    def rewrite(self, node: Node) -> Node:
        """The flat form of a tree."""
        if not node.args:
            return num(math.inf) if math.isnan(node.value) else node
        memo = self._open_memo if self.is_open(node) else self._memo
        result = memo.get(node)
        if result is None:
            result = memo[node] = self._rewrite(node)
        return result

    def _rewrite(self, node: Node) -> Node:
        op = node.op
        if is_unit_scaled(node):
            return node
        if op in ("add", "sub", "neg"):
            terms: Terms = []
            self._collect_terms(node, 1.0, terms)
            return self.total(terms)
        if op in ("mul", "div"):
            factors: list[tuple[Node, Power]] = []
            self._collect_factors(node, 1.0, factors)
            return self.product(factors)
        args = [self.rewrite(a) for a in node.args]
        if op in CHAINS:
            return self._chain(op, args)
        if op == "pow":
            return self._power(args[0], args[1])
        return self._unary(op, args[0])

    def _collect_terms(self, node: Node, sign: float, out: Terms) -> None:
        if node.op == "neg":
            self._collect_terms(node.args[0], -sign, out)
        elif node.op in ("add", "sub"):
            self._collect_terms(node.args[0], sign, out)
            self._collect_terms(node.args[1], sign if node.op == "add" else -sign, out)
        else:
            out.append((sign, self.rewrite(node)))

    def _collect_factors(self, node: Node, power: float, out: list[tuple[Node, Power]]) -> None:
        if node.op in ("mul", "div") and not is_unit_scaled(node):
            self._collect_factors(node.args[0], power, out)
            self._collect_factors(node.args[1], power if node.op == "mul" else -power, out)
        else:
            out.append((self.rewrite(node), power))

    # sums

    def total(self, terms: Terms) -> Node:
        """The flat sum of `coefficient * node` terms that are flat themselves."""
        offset, anchor = 0.0, None
        table: dict[Node, float | Node] = {}
        todo = list(reversed(terms))
        while todo:
            coef, node = todo.pop()
            if node.op == "num":
                offset += coef * node.value
            elif node.op == "sum":
                offset += coef * node.value
                todo.extend((coef, a) for a in reversed(node.args))
            elif node in self.free:
                anchor = anchor or node
            else:
                self._merge_term(table, coef, node)
        if anchor is not None:
            offset = 0.0
            table = {rest: c for rest, c in table.items() if rest.features}
            table = self._without_log_scales(table)
        rests = sorted(table, key=self.key) if len(table) > 1 else list(table)
        flat = [self._term(rest, table[rest]) for rest in rests if table[rest] != 0.0]
        if anchor is not None:
            flat.insert(0, anchor)
        if not flat:
            return num(math.inf if math.isnan(offset) else offset)
        return flat[0] if len(flat) == 1 and offset == 0.0 else Node("sum", tuple(flat), offset)

    def _merge_term(self, table: dict[Node, float | Node], coef: float, node: Node) -> None:
        if node.op == "prod" and node.args[0] in self.free:
            rest = bare(node.args[1:])
            if not isinstance(table.get(rest), Node):
                table[rest] = node.args[0]
            return
        if node.op == "prod":
            coef *= node.value
            node = bare(node.args)
        old = table.get(node, 0.0)
        if not isinstance(old, Node):
            table[node] = old + coef

    def _without_log_scales(self, table: dict[Node, float | Node]) -> dict[Node, float | Node]:
        """Beside a free term, ``log(c*f)`` and ``log(2*f)`` are ``log(f)``."""
        if not any(rest.op == "log" and rest.args[0].op == "prod" for rest in table):
            return table
        out: dict[Node, float | Node] = {}
        for rest, coef in table.items():
            if rest.op == "log" and rest.args[0].op == "prod":
                rest = self.rewrite_log(self.unscaled(rest.args[0]))
            if isinstance(coef, Node):
                both: list[tuple[Node, Power]] = [(coef, 1.0), (rest, 1.0)]
                self._merge_term(out, 1.0, self.product(both))
            else:
                self._merge_term(out, coef, rest)
        return out

    def unscaled(self, node: Node) -> Node:
        """A flat product without its free constant and its positive literal."""
        if node.op != "prod":
            return node
        if node.args[0] in self.free:
            return bare(node.args[1:])
        return bare(node.args) if node.value > 0 else node

    def _term(self, rest: Node, coef: float | Node) -> Node:
        factors = rest.args if rest.op == "prod" else (rest,)
        if isinstance(coef, Node):
            return Node("prod", (coef, *factors), 1.0)
        return bare(factors, coef)

    # products

    def product(self, factors: Iterable[tuple[Node, Power]]) -> Node:
        """The flat product of `node ** power` factors that are flat themselves."""
        return Product(self, factors).build()

    def _power(self, base: Node, power: Node) -> Node:
        if power.op == "num":
            return self.product([(base, power.value)])
        if base.op != "num" and power.features:
            log = self.rewrite_log(base)
            return self._unary("exp", self.product([(power, 1.0), (log, 1.0)]))
        if base.op == "num" and base.value > 0 and self.is_homogeneous(power):
            return self._unary("exp", power)
        return self.product([(base, power)])

    def is_homogeneous(self, node: Node) -> bool:
        """Whether every term of a sum carries a free constant."""
        terms = node.args if node.op == "sum" else (node,)
        return (node.op != "sum" or node.value == 0.0) and all(map(self.is_free_term, terms))

    def is_free_term(self, node: Node) -> bool:
        """Whether a term is a free constant or carries one as a factor."""
        return node in self.free or (node.op == "prod" and node.args[0] in self.free)

    # functions

    def _chain(self, op: str, args: list[Node]) -> Node:
        flat: list[Node] = []
        for arg in args:
            flat.extend(arg.args if arg.op == op else (arg,))
        literals = [a.value for a in flat if a.op == "num"]
        free = [a for a in flat if a in self.free]
        rest = [a for a in flat if a.op != "num" and a not in self.free]
        if op != "logaddexp":
            rest = list(dict.fromkeys(rest))
        rest.sort(key=self.key)
        head: list[Node] = free[:1]
        while literals and not free:
            value = literals.pop()
            folded = _fold(op, value, head[0].value) if head else num(value)
            head = [folded or num(value)]
        flat = head + rest
        return flat[0] if len(flat) == 1 else Node(op, tuple(flat))

    def _unary(self, op: str, arg: Node) -> Node:
        if arg.op == "num":
            folded = _fold(op, arg.value)
            return folded if folded is not None else Node(op, (arg,))
        rule = _RULES.get(op)
        return rule(self, arg) if rule else Node(op, (arg,))

    def rewrite_log(self, arg: Node) -> Node:
        """Logarithm of a flat node, literals folded."""
        return self._unary("log", arg)

    def log(self, arg: Node) -> Node:
        """Logarithm of a flat node."""
        if arg.op == "exp":
            return arg.args[0]
        if arg in self.free:
            return arg
        if arg.op == "pow" and not _is_even(arg.args[1]):
            inner = self.rewrite_log(arg.args[0])
            return self.product([(arg.args[1], 1.0), (inner, 1.0)])
        if arg.op == "sum" and arg.value == 1.0:
            return Node("log1p", (self.total([(1.0, arg), (-1.0, ONE)]),))
        return Node("log", (arg,))

    def log1p(self, arg: Node) -> Node:
        """``log(1 + arg)`` of a flat node."""
        if arg.op == "expm1":
            return arg.args[0]
        if arg.op == "sum" and (arg.value != 0.0 or arg.args[0] in self.free):
            return self.rewrite_log(self.total([(1.0, arg), (1.0, ONE)]))
        return Node("log1p", (arg,))

    def odd(self, op: str, arg: Node) -> Node:
        """An odd function of a flat node: the sign moves outside."""
        if self.is_negative(arg):
            return self.total([(-1.0, Node(op, (self.total([(-1.0, arg)]),)))])
        return Node(op, (arg,))

    def magnitude(self, arg: Node) -> Node:
        """Absolute value of a flat node."""
        if arg.op in ("exp", "abs") or (arg.op == "pow" and _is_even(arg.args[1])):
            return arg
        return Node("abs", (self.total([(-1.0, arg)]) if self.is_negative(arg) else arg,))

    def is_negative(self, node: Node) -> bool:
        """Whether the first literal coefficient of a flat node is negative."""
        if node.op == "prod":
            return node.value < 0
        if node.op != "sum":
            return False
        bound = [t for t in node.args if not self.is_free_term(t)]
        return self.is_negative(bound[0]) if bound else node.value < 0


def _is_even(power: Node) -> bool:
    return power.op == "num" and power.value % 2 == 0


_RULES: dict[str, Callable[[Rewriter, Node], Node]] = {
    "exp": lambda r, a: r.product([(Node("exp", (a,)), 1.0)]),
    "log": Rewriter.log,
    "sqrt": lambda r, a: r.product([(a, 0.5)]),
    "square": lambda r, a: r.product([(a, 2.0)]),
    "log1p": Rewriter.log1p,
    "expm1": lambda r, a: a.args[0] if a.op == "log1p" else Node("expm1", (a,)),
    "tanh": lambda r, a: r.odd("tanh", a),
    "abs": Rewriter.magnitude,
}
