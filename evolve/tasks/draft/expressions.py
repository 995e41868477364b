"""Expressions over the columns of a table: how they are parsed, and what one comes to."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import numpy as np

from evolve.errors import Argument, EvolveError
from evolve.law.faults import because, in_backticks, unquoted
from evolve.law.syntax import expression_of
from evolve.tasks.cells import is_blank, number, size_in_words
from evolve.tasks.decimals import THOUSANDS_BY_COMMAS
from evolve.tasks.draft.dates import decimal_year
from evolve.tasks.meant import how_to_write
from evolve.tasks.raw import RawTable
from evolve.tasks.roles import nearest_column
from evolve.typing import Array

MAX_CHARACTERS = 1000
MAX_DEPTH = 50
EXAMPLE = "flops = 6*params*tokens"
_TICKS = re.compile(r"`([^`]*)`")
_DERIVED = re.compile(r"\s*(?:`([^`]+)`|([^=`]*[^=`\s]))\s*=(.*)", re.DOTALL)
_OPERATORS: dict[type[ast.operator], Callable[[Array, Array], Array]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}
_FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "log": np.log,
    "ln": np.log,
    "log10": np.log10,
    "log2": np.log2,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "abs": np.abs,
}
NUMBER_IN = "number"  # the function that takes the one number out of texts such as d512
YEARS_OF = "years"  # the function that makes decimal years of dates such as 2024-03-01
# A text in quotes, or a size or share in words: 1B, 2.5M, 10%.
_SIZE_OR_TEXT = re.compile(
    r"""("[^"]*"|'[^']*')|(?<![\w.])(\d+(?:\.\d+)?(?:[kKmMbBtT]|%))(?!\w)"""
)
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![.,]?\d)")
_IN_TEXT = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?:[kKmMbBtT](?![A-Za-z]))?%?")


def in_quotes(text: str) -> str:
    """A text as a condition holds it: in double quotes if it may, as a shell has single ones."""
    return repr(text) if set('"\\\n') & set(text) else f'"{text}"'


def number_in(text: str, *, by_commas: bool = False) -> float | None:
    """The one number in a text such as ``d512``; None where it holds none or several.

    Args:
        text: The text.
        by_commas: Whether commas part thousands: ``13,000`` may have a decimal comma otherwise.
    """
    parts = _IN_TEXT.findall(_without_commas(text) if by_commas else text)
    return number(parts[0]) if len(parts) == 1 else None


def parts_thousands(texts: Iterable[str]) -> bool:
    """Whether one of the texts of a column shows that commas part thousands: ``13,000,000``."""
    return any(
        THOUSANDS_BY_COMMAS.fullmatch(match[0])
        for text in texts
        for match in _GROUPED.finditer(text)
    )


def around_number(text: str) -> str:
    """A text such as ``d512`` without its numbers."""
    return _IN_TEXT.sub("", _without_commas(text))


def _without_commas(text: str) -> str:
    return _GROUPED.sub(lambda match: match[0].replace(",", ""), text)


def parse_words(text: str) -> tuple[ast.expr, dict[str, str]]:
    """The tree of an expression, and the names that stood between backticks, by stand-in.

    A size or share in words is a constant whose `kind` holds the words.

    Raises:
        SyntaxError: It is too long or no expression.
    """
    names: dict[str, str] = {}
    sizes: dict[str, str] = {}

    def stand_in(match: re.Match[str]) -> str:
        word = f"_quoted_{len(names)}_"
        names[word] = match[1].strip()
        return word

    def size_stand_in(match: re.Match[str]) -> str:
        if match[1]:
            return match[1]
        word = f"_size_{len(sizes)}_"
        sizes[word] = match[2]
        return word

    if len(text) > MAX_CHARACTERS:
        raise SyntaxError(f"must have at most {MAX_CHARACTERS} characters")
    try:
        plain = _SIZE_OR_TEXT.sub(size_stand_in, _TICKS.sub(stand_in, text.strip()))
        tree: ast.expr = _Sizes(sizes).visit(expression_of(plain))
        return tree, names
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise SyntaxError("") from None


class _Sizes(ast.NodeTransformer):
    """Puts the numbers of sizes in words where their stand-ins are."""

    def __init__(self, sizes: Mapping[str, str]) -> None:
        self._sizes = sizes

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """A constant in place of a stand-in."""
        if (words := self._sizes.get(node.id)) is None:
            return node
        return ast.copy_location(ast.Constant(size_in_words(words), words), node)


def derived_names(texts: Sequence[str]) -> set[str]:
    """Names of the columns that are asked for as `derive` takes them."""
    matches = (_DERIVED.fullmatch(text) for text in texts)
    return {(match[1] or match[2]).strip() for match in matches if match}


def sources_of(texts: Sequence[str]) -> dict[str, frozenset[str]]:
    """The names in the expression of each derived column, as `derive` has read it."""
    found = {}
    for match in (_DERIVED.fullmatch(text) for text in texts):
        if match is not None:
            tree, names = parse_words(match[3])
            words = (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
            found[(match[1] or match[2]).strip()] = frozenset(names.get(w, w) for w in words)
    return found


def derive(raw: RawTable, texts: tuple[str, ...]) -> RawTable:
    """The table with further columns, each made of those before it.

    A cell that is made of a blank one is blank.

    Args:
        raw: The table.
        texts: ``name = expression`` each, such as ``flops = 6*params*tokens``: numbers, columns,
            ``+ - * / **``, brackets, ``log ln log10 log2 exp sqrt abs``, ``number(column)`` for
            the one number in texts such as ``d512``, and ``years(column)`` for dates.

    Raises:
        EvolveError: A text is none of that, or names a column that is there or is not.
        TaskError: A column holds other texts than numbers.
    """
    for text in texts:
        match = _DERIVED.fullmatch(text)
        if match is None:
            raise EvolveError(Argument("derive"), f" {text[:200]!r}: must be like {EXAMPLE!r}")
        name, expression = (match[1] or match[2]).strip(), match[3]
        if name in raw.columns:
            raise EvolveError(Argument("derive"), f" {text[:200]!r}: there is a column {name!r}")
        with np.errstate(all="ignore"):
            values = _Values(text, expression, raw).all()
        cells: list[object] = [None if math.isnan(value) else float(value) for value in values]
        raw = raw.with_column(name, cells)
    return raw


class _Values:
    """The values of an expression in every row of a table."""

    def __init__(self, text: str, expression: str, raw: RawTable) -> None:
        self._text, self._raw = text, raw
        try:
            self._tree, self._names = parse_words(expression)
        except SyntaxError as error:
            at = " " * (len(text) - len(expression))  # so that characters are counted in the text
            names = self._raw.columns
            told = unquoted(expression, names) or because(at + expression) + in_backticks(names)
            rule = f"must be like {EXAMPLE!r}{told}"
            raise self._wrong(str(error) or rule) from None

    def all(self) -> Array:
        """`(n,)` values; nan where a cell is blank."""
        return np.broadcast_to(self._of(self._tree, 0), (self._raw.n_rows,))

    def _of(self, node: ast.expr, depth: int) -> Array:
        if depth > MAX_DEPTH:
            raise self._wrong("has too many brackets")
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            sides = self._of(node.left, depth + 1), self._of(node.right, depth + 1)
            return _OPERATORS[type(node.op)](*sides)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -self._of(node.operand, depth + 1)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1:
            return self._call(node.func.id, node.args[0], depth)
        if isinstance(node, ast.Name):
            return np.array(self._raw.numbers_or_nan(self._column(node)))
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            if (value := number(node.value)) is not None:
                return np.array(value)
            raise self._wrong("holds a number beyond all")
        raise self._wrong(f"must be made of columns, numbers, + - * / ** and {self._functions()}")

    def _call(self, name: str, argument: ast.expr, depth: int) -> Array:
        if name == NUMBER_IN and isinstance(argument, ast.Name):
            column = self._column(argument)
            texts = (str(cell) for cell in self._raw.column(column) if not is_blank(cell))
            read = partial(number_in, by_commas=parts_thousands(texts))
            return self._read(column, read, "one number", how_to_write)
        if name == YEARS_OF and isinstance(argument, ast.Name):
            return self._read(self._column(argument), decimal_year, "a date such as 2024-03-01")
        if name not in _FUNCTIONS:
            raise self._wrong(f"there is no function {name!r}, there are {self._functions()}")
        return _FUNCTIONS[name](self._of(argument, depth + 1))

    def _read(
        self,
        name: str,
        read: Callable[[str], float | None],
        what: str,
        advice: Callable[[str], str] = lambda _: "",
    ) -> Array:
        values = []
        for row, cell in enumerate(self._raw.column(name), 1):
            value = math.nan if is_blank(cell) else read(str(cell))
            if value is None:
                complaint = self._raw.complaint(name, f"must hold {what}", row, repr(cell))
                how = advice(str(cell))
                raise self._wrong(f"{complaint}; {how}" if how else complaint)
            values.append(value)
        return np.array(values)

    def _column(self, node: ast.Name) -> str:
        name = self._names.get(node.id, node.id)
        if name not in self._raw.columns:
            have = ", ".join(self._raw.columns)
            close = nearest_column(name, self._raw.columns)
            hint = in_backticks(self._raw.columns)
            raise self._wrong(f"there is no column {name!r}{close}, there are {have}{hint}")
        return name

    def _functions(self) -> str:
        return ", ".join((*_FUNCTIONS, NUMBER_IN, YEARS_OF))

    def _wrong(self, rule: str) -> EvolveError:
        return EvolveError(Argument("derive"), f" {self._text[:200]!r}: {rule}")
