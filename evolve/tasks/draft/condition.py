"""The text of a condition on columns to the rows that satisfy it, by an allow-list."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from evolve.errors import Argument, EvolveError
from evolve.law.faults import because, in_backticks, unquoted
from evolve.tasks.cells import is_blank, long_number, plain
from evolve.tasks.draft.dates import dates_in
from evolve.tasks.draft.expressions import MAX_DEPTH, parse_words
from evolve.tasks.draft.made import years_of
from evolve.tasks.name_units import as_column_counts
from evolve.tasks.raw import RawTable
from evolve.tasks.roles import nearest_column

EXAMPLES = 'params>=4e9, or "params>=4e9 or tokens>=6e11", or corpus=="code"'
_UPWARD = (ast.Gt, ast.GtE)
_DOWNWARD = (ast.Lt, ast.LtE)
_SWAPPED = {ast.Gt: ast.Lt, ast.GtE: ast.LtE, ast.Lt: ast.Gt, ast.LtE: ast.GtE}
_OPS: dict[type[ast.cmpop], Callable[..., npt.NDArray[np.bool_]]] = {
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Condition:
    """Rows chosen by a condition.

    Attributes:
        text: The condition as given.
        rows: `(n,)` whether each row satisfies it.
        columns: Columns that it names, in order of appearance.
        upward: Those bounded below alone, as by ``params>=4e9``.
        downward: Those bounded above alone.
        thresholds: Least number above which each of the former lies.
        together: ``all`` where every comparison must hold at once, else ``any``.
    """

    text: str
    rows: Mask
    columns: tuple[str, ...]
    upward: tuple[str, ...]
    downward: tuple[str, ...]
    together: Literal["any", "all"]
    thresholds: dict[str, float] = field(default_factory=dict)


def parse_condition(text: str, raw: RawTable, argument: str = "test") -> Condition:
    """Read comparisons of columns with numbers or texts, joined by and, or, not and brackets.

    Args:
        text: The condition; a name that is no plain word stands between backticks.
        raw: The table.
        argument: By which the condition is given.

    A blank cell is no number, so that only `!=` holds of it, and equals the text ``''``. A size or
    share in words is counted as its column counts: of `params (M)` `1B` is 1000, of percents `50%`
    is 50.

    Raises:
        EvolveError: It holds anything else, or selects no row or all of them.
        TaskError: A column compared with a number holds another text.
    """
    reader = _Reader(text, raw, argument)
    rows = reader.mask(reader.tree)
    if rows.all() or not rows.any():
        how_many = f"all {raw.n_rows} rows" if rows.all() else f"none of {raw.n_rows} rows"
        raise EvolveError(
            Argument(argument),
            f" {text!r}: must select some rows and leave others, it selects {how_many}; "
            f"{reader.ranges()}",
        )
    up, down = reader.bounds(_UPWARD), reader.bounds(_DOWNWARD)
    joint = isinstance(reader.tree, ast.BoolOp) and isinstance(reader.tree.op, ast.And)
    return Condition(
        text,
        rows,
        reader.columns(),
        tuple(name for name in up if name not in down),
        tuple(name for name in down if name not in up),
        "all" if joint else "any",
        {name: least for name, least in reader.thresholds().items() if name not in down},
    )


class _Reader:
    """A parsed condition over one table."""

    def __init__(self, text: str, raw: RawTable, argument: str) -> None:
        self._text, self._raw, self._argument = text, raw, argument
        self.tree, self._quoted = self._parse()

    def mask(self, node: ast.expr, depth: int = 0) -> Mask:
        """`(n,)` rows that satisfy a part."""
        if depth > MAX_DEPTH:
            raise self._wrong("has too many brackets")
        if isinstance(node, ast.BoolOp):
            parts = [self.mask(value, depth + 1) for value in node.values]
            combine = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
            return np.asarray(combine.reduce(parts), dtype=np.bool_)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return ~self.mask(node.operand, depth + 1)
        if isinstance(node, ast.Name) and self._is_truth(node):
            values = np.array(self._raw.numbers_or_nan(self._column(node)))
            return np.asarray(values == 1.0, dtype=np.bool_)
        if isinstance(node, ast.Compare):
            holds = [self._compare(*pair) for pair in _pairs(node)]
            return np.asarray(np.logical_and.reduce(holds), dtype=np.bool_)
        raise self._no_comparison()

    def columns(self) -> tuple[str, ...]:
        """Columns named, in order of appearance."""
        names = [n for n in ast.walk(self.tree) if isinstance(n, ast.Name)]
        names.sort(key=lambda n: n.col_offset)
        return tuple(dict.fromkeys(self._column(n) for n in names))

    def thresholds(self) -> dict[str, float]:
        """Least number that each column of `bounds` is to lie above; none where one is negated."""
        least: dict[str, float] = {}
        upward = self.bounds(_UPWARD)
        compared = [node for node in ast.walk(self.tree) if isinstance(node, ast.Compare)]
        for left, op, right in (pair for node in compared for pair in _pairs(node)):
            column, turned, number = _turned(left, op, right)
            if not (isinstance(column, ast.Name) and isinstance(turned, _UPWARD)):
                continue
            name, value = self._column(column), self._value(number)
            if name in upward and not isinstance(value, str):
                value = self._in_units(name, value, number)
                least[name] = min(float(value), least.get(name, math.inf))
        return least

    def bounds(self, ops: tuple[type[ast.cmpop], ...]) -> tuple[str, ...]:
        """Columns compared by one of some operators, as if each stood on the left.

        None where anything is negated, which turns the operators round.
        """
        nodes = list(ast.walk(self.tree))
        if any(isinstance(node, ast.Not) for node in nodes):
            return ()
        columns: dict[str, None] = {}
        for node in nodes:
            for left, op, right in _pairs(node) if isinstance(node, ast.Compare) else ():
                column, turned, _ = _turned(left, op, right)
                if isinstance(column, ast.Name) and isinstance(turned, ops):
                    columns.setdefault(self._column(column))
        return tuple(columns)

    def ranges(self) -> str:
        """What the columns named hold, in words."""
        words = []
        for name in self.columns():
            cells = self._raw.column(name)
            try:
                values = [v for v in self._raw.numbers_or_nan(name) if v == v]
                words.append(f"{name} runs from {min(values):g} to {max(values):g}")
            except (EvolveError, ValueError):  # ValueError: of min, where all are blank
                some = list(dict.fromkeys(str(cell) for cell in cells))
                words.append(f"{name} holds {', '.join(some[:5])}{', …' if len(some) > 5 else ''}")
        return ", ".join(words)

    def _parse(self) -> tuple[ast.expr, dict[str, str]]:
        try:
            return parse_words(self._text)
        except SyntaxError as error:
            one = "; equal is ==" if re.search(r"[^=<>!]=[^=]", self._text) else ""
            names = self._raw.columns
            told = f"{one}{unquoted(self._text, names)}"
            told = told or because(self._text) + in_backticks(names)
            rule = f"must be like {EXAMPLES}{told}"
            raise self._wrong(str(error) or rule) from None

    def _compare(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Mask:
        column, op, value = _turned(left, op, right)
        if not isinstance(column, ast.Name) or type(op) not in _OPS:
            raise self._no_comparison()
        if isinstance(value, ast.Name):
            self._column(value)  # most likely a text without its quotes
        name, other = self._column(column), self._value(value)
        if isinstance(other, str):
            if not isinstance(op, ast.Eq | ast.NotEq):
                raise self._no_text(name, other)
            texts = ["" if is_blank(cell) else str(cell) for cell in self._raw.column(name)]
            same = np.array([text == other for text in texts])
            return same if isinstance(op, ast.Eq) else ~same
        values, holds = self._raw.numbers_or_nan(name), _OPS[type(op)]
        other = self._in_units(name, other, value)
        if isinstance(other, int):
            return np.array([bool(holds(value, other)) for value in values])
        return np.asarray(holds(np.array(values, dtype=float), other))

    def _is_truth(self, node: ast.Name) -> bool:
        """Whether a column holds truth values alone, so that its name is a condition."""
        cells = self._raw.columns.get(self._quoted.get(node.id, node.id), [])
        texts = {str(cell).lower() for cell in cells if not is_blank(cell)}
        return bool(texts) and texts <= {"true", "false"}

    def _column(self, node: ast.Name) -> str:
        name = self._quoted.get(node.id, node.id)
        if name not in self._raw.columns:
            have = ", ".join(self._raw.columns)
            close = nearest_column(name, self._raw.columns)
            hint = "" if close else "; a text stands in quotes"
            hint += in_backticks(self._raw.columns)
            raise self._wrong(f"there is no column {name!r}{close}, there are {have}{hint}")
        return name

    def _value(self, node: ast.expr) -> float | int | str:
        """What a column is compared with; an `int` where it is longer than a float tells."""
        sign = 1
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            sign, node = -1 if isinstance(node.op, ast.USub) else 1, node.operand
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(value, str) and sign == 1:
            return plain(value)
        if type(value) in (int, float, bool) and abs(value) < 1e308:  # type: ignore[arg-type]
            if (long := long_number(value)) is not None:
                return sign * long
            number = sign * float(value)  # type: ignore[arg-type]
            if math.isfinite(number):
                return number
        raise self._no_comparison()

    def _in_units(self, name: str, value: float, node: ast.expr) -> float:
        """A number in what its column counts, where it was given in words; else as it is."""
        node = node.operand if isinstance(node, ast.UnaryOp) else node
        if not isinstance(node, ast.Constant) or not (words := node.kind):
            return value
        cells = self._raw.numbers_or_nan(name)
        return as_column_counts(name, words, value, max((c for c in cells if c == c), default=0.0))

    def _no_comparison(self) -> EvolveError:
        if any(isinstance(node, ast.BitAnd | ast.BitOr) for node in ast.walk(self.tree)):
            return self._wrong("must join comparisons by the words and, or; it has & or |")
        rule = f"must compare a column with a number or text, like {EXAMPLES}"
        return self._wrong(rule + unquoted(self._text, self._raw.columns))

    def _no_text(self, name: str, text: str) -> EvolveError:
        """That texts have no order, and how dates, which have one, are compared."""
        made = years_of(self._raw, name) if name in dates_in(self._raw) else ()
        how = ("; dates are compared as years, of a column made by ", *made) if made else ()
        rule = f"must compare {name} with the text {text!r} by == or !="
        return EvolveError(*self._wrong(rule).args, *how)

    def _wrong(self, rule: str) -> EvolveError:
        return EvolveError(Argument(self._argument), f" {self._text[:200]!r}: {rule}")


def _pairs(node: ast.Compare) -> list[tuple[ast.expr, ast.cmpop, ast.expr]]:
    """The single comparisons of one that may be chained, as in ``1 < a < 2``."""
    sides = [node.left, *node.comparators]
    return list(zip(sides, node.ops, sides[1:], strict=False))


def _turned(
    left: ast.expr, op: ast.cmpop, right: ast.expr
) -> tuple[ast.expr, ast.cmpop, ast.expr]:
    """A comparison with its column on the left."""
    if isinstance(right, ast.Name) and not isinstance(left, ast.Name):
        return right, _SWAPPED.get(type(op), type(op))(), left
    return left, op, right
