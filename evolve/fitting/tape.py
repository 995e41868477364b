"""Compile a law's graph to a tape: integer arrays that the fitting kernel runs over all rows."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from evolve.fitting.adjoint import as_table, reverse_sweep
from evolve.fitting.primitives import CODE
from evolve.law.graph import Law, Node, call, evaluate, num
from evolve.scoring.frame import rounded
from evolve.typing import Array, Ints

NONLINEAR, LINEAR, LOG_SCALE = 0, 1, 2
FREE, SLOPE, SHIFT, ORIGIN, MINUS_ORIGIN = range(5)


@dataclass(frozen=True, slots=True)
class Tape:
    """A law as the kernel runs it.

    Slots are numbered columns first, then constants, literals, and one a step.

    Attributes:
        columns: Constant-free subtrees; their values are computed once a data set.
        literals: `(n_literals,)` values.
        steps: `(n_steps, 3)` operation code and two argument slots (-1 for none).
        back: `(m, 5)` reverse sweep over the steps (`primitives.backward`).
        rows: `(n_constants,)` row of the sweep that holds the derivative by each constant.
        n_rows: Rows of the sweep.
        n_constants: Number of constants.
        kind: `(n_constants,)` how a constant enters: NONLINEAR, LINEAR (the law is affine in
            all of these together) or LOG_SCALE (the exponent of a positive amplitude).
        role: `(n_constants, 2)` FREE, SLOPE of a column, SHIFT against a column, or ORIGIN from
            which a power of it counts, with either sign, and that column's number (-1 for none):
            where starting values come from.
        log_output: The tape yields log y already (the law was exp of something).
    """

    columns: tuple[Node, ...]
    literals: Array
    steps: Ints
    back: Ints
    rows: Ints
    n_rows: int
    n_constants: int
    kind: Ints
    role: Ints
    log_output: bool

    def column_values(
        self, x: Array, kept: MutableMapping[Node, Array] | None = None, *, exact: bool = True
    ) -> Array:
        """`(n_columns, n)` values of the constant-free subtrees.

        Args:
            x: `(n, f)` raw features.
            kept: Values on these rows that other laws have asked for, filled in.
            exact: Whether they must be exact; else they are `rounded`.
        """
        kept = {} if kept is None else kept
        table = np.empty((len(self.columns), len(x)))
        for row, node in zip(table, self.columns, strict=True):
            if node not in kept:
                values = evaluate(node, x, np.zeros(0))
                least = 1.0 if node.op == "log" else 0.0
                kept[node] = values if exact else rounded(values, least)
            row[:] = kept[node]
        return table


@lru_cache(maxsize=4096)
def compile_tape(law: Law, target_scale: str) -> Tape:
    """Compile a law for one scale of its target.

    Args:
        law: The law.
        target_scale: With ``log``, a law of the form exp(g) becomes the tape of g, so that
            constants linear in g stay linear in the fit.

    Returns:
        The tape.
    """
    log_output = target_scale == "log" and law.root.op == "exp"
    root = law.root.args[0] if log_output else law.root
    return _Compiler(law.n_constants).compile(root, log_output)


class _Compiler:
    """Numbers the slots of one tree."""

    def __init__(self, n_constants: int) -> None:
        self.n_constants = n_constants
        self.columns: dict[Node, int] = {}
        self.literals: dict[float, int] = {}
        self.steps: list[tuple[int, tuple[str, int], tuple[str, int]]] = []
        self.slots: dict[Node, tuple[str, int]] = {}
        self.role: dict[int, tuple[int, Node]] = {}

    def compile(self, root: Node, log_output: bool) -> Tape:
        place = self._slot(root)
        if place[0] != "step":
            zero = ("literal", self.literals.setdefault(0.0, len(self.literals)))
            self.steps.append((CODE["add"], place, zero))
        first = len(self.columns)
        base = first + self.n_constants + len(self.literals)
        begins = {"none": -1, "column": 0, "const": first, "step": base}
        begins["literal"] = first + self.n_constants
        numbered = [
            (op, begins[kind_a] + a, begins[kind_b] + b)
            for op, (kind_a, a), (kind_b, b) in self.steps
        ]
        steps = np.array(numbered, dtype=np.int64).reshape(-1, 3)
        sweep = reverse_sweep(numbered, base, first, self.n_constants)
        rows = [sweep.rows[first + k] for k in range(self.n_constants)]
        return Tape(
            columns=tuple(self.columns),
            literals=np.array(list(self.literals), dtype=float),
            steps=steps,
            back=as_table(sweep),
            rows=np.array(rows, dtype=np.int64),
            n_rows=sweep.n_rows,
            n_constants=self.n_constants,
            kind=kinds(root, self.n_constants),
            role=self._roles(),
            log_output=log_output,
        )

    def _slot(self, node: Node) -> tuple[str, int]:
        if node not in self.slots:
            self.slots[node] = self._place(node)
        return self.slots[node]

    def _place(self, node: Node) -> tuple[str, int]:
        if node.op == "num":
            return ("literal", self.literals.setdefault(node.value, len(self.literals)))
        if node.op == "const":
            return ("const", node.index)
        if not node.constants:
            return self._column(node)
        if node.op == "pow":
            return self._power(*node.args)
        self._note_roles(node)
        args = [self._slot(a) for a in node.args]
        return self._step(CODE[node.op], args[0], args[1] if len(args) == 2 else ("none", 0))

    def _column(self, node: Node) -> tuple[str, int]:
        return ("column", self.columns.setdefault(node, len(self.columns)))

    def _step(self, code: int, a: tuple[str, int], b: tuple[str, int]) -> tuple[str, int]:
        self.steps.append((code, a, b))
        return ("step", len(self.steps) - 1)

    def _power(self, base: Node, exponent: Node) -> tuple[str, int]:
        """A power; of a column it is exp(exponent * log column), which is cheap and safe at 0."""
        if exponent == num(2.0):
            return self._step(CODE["square"], self._slot(base), ("none", 0))
        if base.constants:
            self._note_origin(base)
            return self._step(CODE["pow"], self._slot(base), self._slot(exponent))
        log_base = call("log", base)
        if exponent.op == "const":
            self.role.setdefault(exponent.index, (SLOPE, log_base))
        return self._step(CODE["powc"], self._slot(exponent), self._column(log_base))

    def _note_origin(self, base: Node) -> None:
        """Remember the column whose power counts from a constant, as in max(x - c, 0)^b."""
        parts = [a for a in base.args if a != num(0.0)] if base.op == "max" else [base]
        if len(parts) != 1 or parts[0].op not in ("add", "sub"):
            return
        column, constant = parts[0].args
        if parts[0].op == "add" and column.op == "const":
            column, constant = constant, column
        if constant.op == "const" and column.op != "num" and not column.constants:
            role = ORIGIN if parts[0].op == "sub" else MINUS_ORIGIN
            self.role.setdefault(constant.index, (role, column))

    def _note_roles(self, node: Node) -> None:
        """Remember which column a constant multiplies or is compared with."""
        if node.op not in ("mul", "add", "sub", "div", "max", "min"):
            return
        role = SLOPE if node.op in ("mul", "div") else SHIFT
        for one, other in (node.args, node.args[::-1]):
            if one.op == "const" and other.op != "num" and not other.constants:
                self.role.setdefault(one.index, (role, other))

    def _roles(self) -> Ints:
        table = np.tile(np.array([FREE, -1], dtype=np.int64), (self.n_constants, 1))
        for index, (role, column) in self.role.items():
            if column in self.columns:
                table[index] = role, self.columns[column]
        return table


def kinds(root: Node, n_constants: int) -> Ints:
    """Classify the constants of a tree: `(n_constants,)` of NONLINEAR, LINEAR, LOG_SCALE."""
    kind = np.full(n_constants, NONLINEAR, dtype=np.int64)
    scales = [_log_scale(term) for _, term in _terms(root)]
    for scale in scales:
        if scale is not None and _uses(root, scale) == 1:
            kind[scale] = LOG_SCALE
    kind[sorted(_affine(root))] = LINEAR
    return kind


@lru_cache(maxsize=1 << 14)  # a search varies its laws by parts
def _affine(node: Node) -> frozenset[int]:
    """Constants in which a tree is affine, all together."""
    if not node.constants or node.op == "const":
        return node.constants
    if node.op == "neg":
        return _affine(node.args[0])
    if node.op not in ("add", "sub", "mul", "div"):
        return frozenset()
    one, other = node.args
    first, second = _affine(one), _affine(other)
    if node.op in ("add", "sub"):
        return (first | second) - (one.constants - first) - (other.constants - second)
    first = first - other.constants
    second = second - one.constants if node.op == "mul" else frozenset()
    return first if len(first) >= len(second) else second


def _uses(node: Node, constant: int) -> int:
    """How often a constant stands in a tree."""
    if node.op == "const":
        return int(node.index == constant)
    return sum([_uses(a, constant) for a in node.args if constant in a.constants])


def _terms(node: Node, sign: int = 1) -> list[tuple[int, Node]]:
    """Terms of a sum, each with its sign."""
    if node.op in ("add", "sub"):
        second = sign if node.op == "add" else -sign
        return _terms(node.args[0], sign) + _terms(node.args[1], second)
    return _terms(node.args[0], -sign) if node.op == "neg" else [(sign, node)]


def _log_scale(term: Node) -> int | None:
    """The constant a of a term exp(a + …), alone or times something."""
    for factor in _factors(term):
        if factor.op == "exp":
            for sign, part in _terms(factor.args[0]):
                if part.op == "const" and sign > 0:
                    return part.index
    return None


def _factors(node: Node) -> list[Node]:
    if node.op == "mul":
        return _factors(node.args[0]) + _factors(node.args[1])
    return _factors(node.args[0]) if node.op == "div" else [node]
