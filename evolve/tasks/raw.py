"""The cells of a table as read, before any of them is a number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from evolve.errors import TaskError, nearest
from evolve.tasks.cells import is_blank, number, shown, what_to_do

MOST = 1e150  # largest size of a number whose square is one, too
LEAST = 1e-150  # smallest size of a number whose square is not 0


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
    """

    path: Path
    columns: dict[str, list[object]]
    n_rows: int
    lines: tuple[int, ...] = ()
    index: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    _numbers: dict[str, list[float]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def column(self, name: str) -> list[object]:
        """Return a column's cells.

        Raises:
            TaskError: The file has no such column.
        """
        if name not in self.columns:
            have = ", ".join(self.columns)
            raise TaskError(
                f"{self.path}: column {name!r} is missing{nearest(name, self.columns)}, "
                f"the header holds {have}{self.in_index(name)}"
            )
        return self.columns[name]

    def numbers(self, name: str) -> list[float]:
        """Return a column as finite numbers.

        Raises:
            TaskError: The column is missing, or a cell is no finite number.
        """
        if name not in self._numbers:
            cells = self.column(name)
            values = [number(cell) for cell in cells]
            if not all(value is not None and abs(value) <= MOST for value in values):
                for row, cell in enumerate(cells, 1):
                    self._number(name, row, cell)  # raises at the one that is none
            self._numbers[name] = [value for value in values if value is not None]
        return list(self._numbers[name])

    def numbers_or_nan(self, name: str) -> list[float]:
        """A column as numbers for a comparison: nan where a cell is blank.

        Raises:
            TaskError: The column is missing, or a cell holds another text than a number.
        """
        cells = enumerate(self.column(name), 1)
        return [
            math.nan if is_blank(cell) else self._number(name, row, cell, finite=False)
            for row, cell in cells
        ]

    def _number(self, name: str, row: int, cell: object, *, finite: bool = True) -> float:
        value = number(cell)
        if value is None:
            raise TaskError(
                self.complaint(name, "must hold numbers", row, shown(cell)) + what_to_do(cell)
            )
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
        if list(rows) == list(range(self.n_rows)):
            return self
        columns = {name: [cells[i] for i in rows] for name, cells in self.columns.items()}
        lines = tuple(self.lines[i] for i in rows) if self.lines else ()
        numbers = tuple(self.row_number(i + 1) for i in rows)
        return RawTable(self.path, columns, len(rows), lines, self.index, numbers)

    def with_column(self, name: str, cells: list[object]) -> RawTable:
        """The table with a further column."""
        return replace(self, columns={**self.columns, name: cells})
