"""The cells of a table as read, before any of them is a number."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from evolve.errors import TaskError
from evolve.tasks.cells import is_blank, long_number, number, shown, what_to_do
from evolve.tasks.roles import nearest_column
from evolve.tasks.texts import Texts
from evolve.typing import Array

MOST = 1e150  # largest size of a number whose square is one, too
LEAST = 1e-150  # smallest size of a number whose square is not 0
_DIGITS = re.compile(r"[0-9.eE+-]*")


@dataclass(frozen=True)
class RawTable:
    """A table as read.

    Attributes:
        path: The file.
        columns: Cells by column.
        n_rows: Number of rows.
        lines: Each row's first line in a text file; empty for other files.
        index: Names in the index of a data frame, which are no columns.
        rows: Each row's number in the file, from 1; empty where none was left out.
        n_comments: Comments above the header of a text file, which were passed over.
        notes: What else was made of a text file, in words.
    """

    path: Path
    columns: Mapping[str, Sequence[object]]
    n_rows: int
    lines: Sequence[int] = ()
    index: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    n_comments: int = 0
    notes: tuple[str, ...] = ()
    _numbers: dict[str, Array | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def column(self, name: str) -> Sequence[object]:
        """Return a column's cells.

        Raises:
            TaskError: The file has no such column.
        """
        if name not in self.columns:
            have = ", ".join(self.columns)
            raise TaskError(
                f"{self.path}: column {name!r} is missing{nearest_column(name, self.columns)}, "
                f"the header holds {have}{self.in_index(name)}"
            )
        return self.columns[name]

    def numbers(self, name: str) -> list[float]:
        """Return a column as finite numbers, as `values` does."""
        values: list[float] = self.values(name).tolist()
        return values

    def values(self, name: str) -> Array:
        """Return a column as `(n,)` finite numbers, which are not to be changed.

        Raises:
            TaskError: The column is missing, or a cell is no finite number.
        """
        values = self.finite(name)
        if values is None or not (np.abs(values) <= MOST).all():
            cells = enumerate(self.column(name), 1)
            values = np.array([self._number(name, row, cell) for row, cell in cells])
        return values

    def finite(self, name: str) -> Array | None:
        """A column as `values` returns it, of numbers of any size; None where some are none."""
        if name not in self._numbers:
            values = _finite_numbers(self.column(name))
            if values is not None:
                values.flags.writeable = False
            self._numbers[name] = values
        return self._numbers[name]

    def numbers_or_nan(self, name: str) -> list[float]:
        """A column as numbers for a comparison: nan where a cell is blank, long ones to the digit.

        Raises:
            TaskError: The column is missing, or a cell holds another text than a number.
        """
        cells = enumerate(self.column(name), 1)
        return [
            math.nan
            if is_blank(cell)
            else long_number(cell) or self._number(name, row, cell, finite=False)
            for row, cell in cells
        ]

    def _number(self, name: str, row: int, cell: object, *, finite: bool = True) -> float:
        value = number(cell)
        if value is None:
            complaint = self.complaint(name, "must hold numbers", row, shown(cell))
            raise TaskError(complaint + what_to_do(cell) + self._second_header(row, cell))
        if not finite:
            return value
        if not math.isfinite(value):
            complaint = self.complaint(name, "must be finite", row, str(value))
            raise TaskError(f"{complaint}; put a number there or take the row out")
        if abs(value) > MOST:
            rule = f"must be at most {MOST:g} in size"
            complaint = self.complaint(name, rule, row, f"{value:.4g}")
            hint = "a logger may have written inf so: put a number there or take the row out"
            raise TaskError(f"{complaint}; {hint}")
        return value

    def _second_header(self, row: int, cell: object) -> str:
        """What to do about a first row of a text file that holds words where numbers are."""
        is_word = isinstance(cell, str) and not any(sign.isdecimal() for sign in cell)
        if not (is_word and self.lines and self.row_number(row) == 1) or is_blank(cell):
            return ""
        return "; of a header of two lines, as of names and units, one has to be taken out"

    def in_index(self, name: str) -> str:
        """What to do about a column that is missing because it is in a data frame's index."""
        return (
            f"; {name!r} is in the frame's index, pass df.reset_index()"
            if name in self.index
            else ""
        )

    def complaint(self, name: str, rule: str, row: int, value: str) -> str:
        """Word an error: file, column, rule, row (from 1, below the header), value, line."""
        return (
            f"{self.path}: column {name!r} {rule}, row {self.row_number(row)} holds "
            f"{value}{self.line(row)}"
        )

    def row_number(self, row: int) -> int:
        """The number in the file of a row that is numbered, from 1, among those left."""
        return self.rows[row - 1] if self.rows else row

    def line(self, row: int) -> str:
        """Where a row stands in a text file, for an editor; nothing for other files."""
        return f" (line {self.lines[row - 1]})" if self.lines else ""

    def take(self, rows: Sequence[int]) -> RawTable:
        """The rows of some indices, from 0."""
        if len(rows) == self.n_rows and all(i == row for i, row in enumerate(rows)):
            return self
        columns = {name: _taken(cells, rows) for name, cells in self.columns.items()}
        lines = array("Q", (self.lines[i] for i in rows)) if self.lines else ()
        numbers = tuple(self.row_number(i + 1) for i in rows)
        return replace(self, columns=columns, n_rows=len(rows), lines=lines, rows=numbers)

    def remarks(self) -> list[str]:
        """What was made of the file beside reading its cells, in words, if anything was."""
        n = self.n_comments
        passed = [f"{n} comment line{'s' * (n > 1)} above the header passed over"] if n else []
        return [*passed, *self.notes]

    def with_column(self, name: str, cells: Sequence[object]) -> RawTable:
        """The table with a further column."""
        return replace(self, columns={**self.columns, name: cells})


def _finite_numbers(cells: Sequence[object]) -> Array | None:
    """Cells as `(n,)` numbers; None where one is no finite number."""
    try:
        values = np.fromiter(_parsed(cells), dtype=float, count=len(cells))
    except (TypeError, ValueError):
        return None
    return values if np.isfinite(values).all() else None


def _parsed(cells: Sequence[object]) -> Iterator[float | None]:
    """Each cell as `number` reads it; of digits and signs alone, `float` does so in less time."""
    if not isinstance(cells, Texts):
        yield from map(number, cells)
        return
    for block in cells.blocks():
        is_plain = _DIGITS.fullmatch("".join(block))
        yield from map(float, block) if is_plain else map(number, block)


def _taken(cells: Sequence[object], rows: Sequence[int]) -> Sequence[object]:
    """The cells of some rows, held as those of all are."""
    taken = (cells[i] for i in rows)
    return Texts(map(str, taken)) if isinstance(cells, Texts) else list(taken)
