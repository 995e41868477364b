"""Multiply factors to one flat product; absorb redundant constants."""

from __future__ import annotations

import math
from collections.abc import Iterable

from evolve.law.graph import Node, num
from evolve.law.rules import Power, Rules


def bare(factors: tuple[Node, ...], coef: float = 1.0) -> Node:
    """The product of flat factors and a literal, without a wrapper where it needs none."""
    if coef == 1.0 and len(factors) == 1:
        return factors[0]
    return Node("prod", factors, coef) if factors else num(coef)


def _is_whole(power: float) -> bool:
    return power.is_integer()


class Product:
    """One product under construction.

    `coef` is its literal, `scale` the free constant that multiplies it, `table` maps each base to
    its exponent, `exponents` are the terms of the one exponential that it contains.
    """

    def __init__(self, rules: Rules, factors: Iterable[tuple[Node, Power]]) -> None:
        """Sort `base ** power` factors into the parts of the product."""
        self.rules = rules
        self.coef = 1.0
        self.scale: Node | None = None
        self.exponents: list[tuple[float, Node]] = []
        self.table: dict[Node, Power] = {}
        for base, power in factors:
            if isinstance(power, Node) and power.op == "num":
                power = power.value
            if isinstance(power, Node):
                self._add_general(base, power)
            else:
                self._add(base, power)

    def _add(self, base: Node, power: float) -> None:
        op = base.op
        if op == "num":
            self._add_literal(base, power)
        elif base in self.rules.free and abs(power) == 1.0:
            self.scale = self.scale or base
        elif op == "prod" and (_is_whole(power) or all(a.op == "exp" for a in base.args)):
            self._add_literal(num(base.value), power)
            for factor in base.args:
                self._add(factor, power)
        elif op == "exp":
            self.exponents.append((power, base.args[0]))
        elif op == "pow" and self._may_multiply(base.args[1], power):
            inner = base.args[1]
            if inner.op == "num":
                self._add(base.args[0], inner.value * power)
            else:
                self._put(base.args[0], self.rules.product([(num(power), 1.0), (inner, 1.0)]))
        else:
            self._put(base, power)

    @staticmethod
    def _may_multiply(inner: Node, outer: float) -> bool:
        return inner.op != "num" or inner.value % 2 != 0 or _is_whole(outer)

    def _add_literal(self, base: Node, power: float) -> None:
        if base.value < 0 and not _is_whole(power):
            self._put(base, power)
            return
        try:
            self.coef *= base.value**power
        except (ArithmeticError, ValueError):
            self.coef = math.nan

    def _add_general(self, base: Node, power: Node) -> None:
        if base.op == "exp":
            self.exponents.append((1.0, self.rules.product([(power, 1.0), (base.args[0], 1.0)])))
        elif base.op == "pow" and self._may_multiply(base.args[1], 0.5):
            self._put(base.args[0], self.rules.product([(base.args[1], 1.0), (power, 1.0)]))
        elif base.op == "num" and base.value == 1.0:
            return
        else:
            self._put(base, power)

    def _put(self, base: Node, power: Power) -> None:
        if isinstance(power, float) and power % 2 == 0 and self.rules.is_negative(base):
            base = self.rules.total([(-1.0, base)])
        old = self.table.get(base)
        if old is None:
            self.table[base] = power
            return
        if isinstance(old, float) and isinstance(power, float):
            self.table[base] = old + power
            return
        terms = [(1.0, num(p) if isinstance(p, float) else p) for p in (old, power)]
        merged = self.rules.total(terms)
        self.table[base] = merged.value if merged.op == "num" else merged

    def build(self) -> Node:
        """The finished product."""
        if self.exponents:
            self._merge_exponentials()
        self.table = {b: p for b, p in self.table.items() if p != 0.0}
        if self.coef == 0.0 or not math.isfinite(self.coef):
            return num(0.0 if self.coef == 0.0 else math.inf)
        if not self.table:
            return self._scaled(())
        if any(base.op == "sum" for base in self.table):
            self._settle_sums()
        if self.scale is not None:
            self._drop_spare_scales()
        return self._assemble()

    def _drop_spare_scales(self) -> None:
        """Beside a free factor, powers of constants and scales under powers mean nothing."""
        for base, power in list(self.table.items()):
            is_literal = isinstance(power, float)
            if base in self.rules.free and is_literal:
                del self.table[base]
            elif base.op == "prod" and not is_literal:
                del self.table[base]
                self._put(self.rules.unscaled(base), power)

    def _scaled(self, factors: tuple[Node, ...]) -> Node:
        if self.scale is None:
            return bare(factors, self.coef)
        return bare((self.scale, *factors))

    # exponentials

    def _merge_exponentials(self) -> None:
        inner = self.rules.total(self.exponents)
        if self.scale is not None:
            inner = self._without_anchor(inner)
        terms = inner.args if inner.op == "sum" else (inner,)
        offset = inner.value if inner.op == "sum" else 0.0
        split = [self.split_log(term) for term in terms]
        if inner.op == "num":
            self.coef *= math.exp(inner.value) if inner.value < 700 else math.nan
        elif offset == 0.0 and all(split):
            for pair in split:
                self._put_power(*pair)  # type: ignore[misc]
        else:
            self._put(Node("exp", (inner,)), 1.0)

    def _put_power(self, base: Node, power: Node) -> None:
        if power.op == "num":
            self._add(base, power.value)
        else:
            self._add_general(base, power)

    def _without_anchor(self, inner: Node) -> Node:
        if inner in self.rules.free:
            return num(0.0)
        if inner.op == "sum" and inner.args[0] in self.rules.free:
            return self.rules.total([(1.0, a) for a in inner.args[1:]])
        return inner

    def split_log(self, term: Node) -> tuple[Node, Node] | None:
        """``(b, k)`` for ``k * log(b)`` with `k` free of features, else `None`."""
        factors = term.args if term.op == "prod" else (term,)
        logs = [a for a in factors if a.op in ("log", "log1p")]
        rest = [a for a in factors if a.op not in ("log", "log1p")]
        if len(logs) != 1 or any(a.features for a in rest):
            return None
        base = logs[0].args[0]
        if logs[0].op == "log1p":
            base = self.rules.total([(1.0, base), (1.0, num(1.0))])
        return base, bare(tuple(rest), term.value if term.op == "prod" else 1.0)

    # sums among the factors

    def _settle_sums(self) -> None:
        """Leave at most one constant to scale the product, in its first sum or in front."""
        rules = self.rules
        for base in [b for b in self.table if b.op == "sum"]:
            power = self.table[base]
            if power not in (1.0, -1.0) or not rules.is_homogeneous(base):
                continue
            del self.table[base]
            lead, rest = self._normalised(base)
            self.scale = self.scale or lead
            self._put(rest, power)
        if self.scale is not None:
            self._anchor_denominators()
            self._unify_signs()
        sums = [b for b, p in self.table.items() if b.op == "sum" and p == 1.0]
        if self.scale is not None:
            open_sums = [b for b in sums if any(map(rules.is_free_term, b.args))]
            if open_sums:
                self._push_scale(min(open_sums, key=rules.key))
        elif len(self.table) == 1 and sums and self.coef != 1.0:
            total = rules.total([(self.coef, sums[0])])
            self.table, self.coef = {total: 1.0}, 1.0

    def _normalised(self, base: Node) -> tuple[Node, Node]:
        """A sum of free terms as its first constant and the sum with that constant set to 1."""
        first, *others = base.args
        if first in self.rules.free:
            lead, one = first, num(1.0)
        else:
            lead, one = first.args[0], bare(first.args[1:])
        return lead, self.rules.total([(1.0, one), *((1.0, a) for a in others)])

    def _anchor_denominators(self) -> None:
        """``c0/(c1 + r)`` is ``c0/(1 + c1*r)``."""
        rules = self.rules
        for base in [b for b, p in self.table.items() if b.op == "sum" and p == -1.0]:
            anchor, *others = base.args
            if anchor not in rules.free:
                continue
            free_terms = [(1.0, a) for a in others if rules.is_free_term(a)]
            bound = rules.total([(1.0, a) for a in others if not rules.is_free_term(a)])
            del self.table[base]
            scaled = rules.product([(anchor, 1.0), (bound, 1.0)])
            self._put(rules.total([(1.0, num(1.0)), *free_terms, (1.0, scaled)]), -1.0)

    def _unify_signs(self) -> None:
        for base in [b for b, p in self.table.items() if b.op == "sum" and p in (1.0, -1.0)]:
            literals = [self._literal(t) for t in base.args]
            if base.value != 0.0:
                literals.append(base.value)
            lead = literals[0]
            if lead != 1.0 and all(abs(v) == abs(lead) for v in literals):
                power = self.table.pop(base)
                self._put(self.rules.total([(1.0 / lead, base)]), power)

    def _literal(self, term: Node) -> float:
        if self.rules.is_free_term(term):
            return math.nan
        return term.value if term.op == "prod" else 1.0

    def _push_scale(self, target: Node) -> None:
        """``c*(c1*x + r)`` is ``c1*x + c*r``."""
        rules = self.rules
        if self.scale is None:
            return
        del self.table[target]
        free_terms = [(1.0, a) for a in target.args if rules.is_free_term(a)]
        rest = [(1.0, a) for a in target.args if not rules.is_free_term(a)]
        bound = rules.total([*rest, (target.value, num(1.0))])
        if bound != num(0.0):
            free_terms.append((1.0, rules.product([(self.scale, 1.0), (bound, 1.0)])))
        self.scale, self.coef = None, 1.0
        merged = rules.total(free_terms)
        self._put(merged, 1.0)

    # the end

    def _assemble(self) -> Node:
        factors = []
        for base, power in self.table.items():
            exponent = num(power) if isinstance(power, float) else power
            factors.append(base if power == 1.0 else Node("pow", (base, exponent)))
        factors.sort(key=self.rules.key)
        if self.scale is not None and len(factors) == 1 and factors[0].op == "log":
            inner = factors[0].args[0]
            if inner.op == "prod" and inner.args[0] in self.rules.free:
                plain = self.rules.rewrite_log(bare(inner.args[1:]))
                scaled = self.rules.product([(self.scale, 1.0), (plain, 1.0)])
                return self.rules.total([(1.0, inner.args[0]), (1.0, scaled)])
        return self._scaled(tuple(factors))
