"""A CSV or Parquet file or a data frame to a `RawTable`; every broken rule names its place."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from evolve.errors import TaskError, nearest
from evolve.tasks.names import why_no_name

if TYPE_CHECKING:
    import pandas as pd

PARQUET = (".parquet", ".pq")
DATA_FRAME = Path("data frame")  # where the cells of a data frame are said to stand
OTHERS = {
    ".xlsx": "save the sheet as CSV",
    ".xls": "save the sheet as CSV",
    ".ods": "save the sheet as CSV",
    ".json": "pandas writes it with to_csv(…, index=False)",
    ".jsonl": "pandas writes it with to_csv(…, index=False)",
    ".feather": "pandas writes it with to_csv(…, index=False)",
    ".gz": "unpack it first",
    ".zip": "unpack it first",
}
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
_SHORT = re.compile(r"([+-]?\d+(?:\.\d*)?)\s*([kmbtKMBT])")
MOST = 1e150  # largest size of a number whose square is one, too
_INFINITE = re.compile(r"[+-]?(inf|infinity)", re.IGNORECASE)
_POWERS = {"k": 3, "m": 6, "b": 9, "t": 12}
_THOUSANDS = re.compile(r"[+-]?\d{1,3}([, '_  ]\d{3})+(\.\d*)?")


@dataclass(frozen=True)
class RawTable:
    """A table as read.

    Attributes:
        path: The file.
        columns: Cells by column.
        n_rows: Number of rows.
        lines: Each row's first line in a text file; empty for other files.
        index: Names in the index of a data frame, which are no columns.
    """

    path: Path
    columns: dict[str, list[object]]
    n_rows: int
    lines: tuple[int, ...] = ()
    index: tuple[str, ...] = ()

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
        return [self._number(name, row, cell) for row, cell in enumerate(self.column(name), 1)]

    def _number(self, name: str, row: int, cell: object) -> float:
        value = number(cell)
        if value is None:
            shown = "nothing" if is_blank(cell) else repr(cell)
            raise TaskError(
                self.complaint(name, "must hold numbers", row, shown) + what_to_do(cell)
            )
        if not math.isfinite(value):
            told = self.complaint(name, "must be finite", row, str(value))
            raise TaskError(f"{told}; put a number there or take the row out")
        if abs(value) > MOST:
            told = self.complaint(name, f"must be at most {MOST:g} in size", row, f"{value:.4g}")
            raise TaskError(
                f"{told}; a logger may have written inf so: put a number there or take the row out"
            )
        return value

    def in_index(self, name: str) -> str:
        """What to do about a column that is missing because it is in a data frame's index."""
        return (
            f"; {name!r} is in the frame's index, pass df.reset_index()"
            if name in self.index
            else ""
        )

    def complaint(self, name: str, rule: str, row: int, shown: str) -> str:
        """Word an error: file, column, rule, row (from 1, below the header), value, line."""
        return f"{self.path}: column {name!r} {rule}, row {row} holds {shown}{self.line(row)}"

    def line(self, row: int) -> str:
        """Where a row stands in a text file, for an editor; nothing for other files."""
        return f" (line {self.lines[row - 1]})" if self.lines else ""

    def take(self, rows: Sequence[int]) -> RawTable:
        """The rows of some indices, from 0."""
        columns = {name: [cells[i] for i in rows] for name, cells in self.columns.items()}
        lines = tuple(self.lines[i] for i in rows) if self.lines else ()
        return RawTable(self.path, columns, len(rows), lines, self.index)


def number(cell: object) -> float | None:
    """A cell as a number, which may be nan or infinite; None if it is none.

    Python's `1_000` is a text here, and so are digits that make more than any number holds.
    """
    if not isinstance(cell, str | int | float) or (isinstance(cell, str) and "_" in cell):
        return None
    try:
        value = float(cell)
    except (ValueError, OverflowError):
        return None
    if isinstance(cell, str) and math.isinf(value) and not _INFINITE.fullmatch(cell.strip()):
        return None
    return value


def is_blank(cell: object) -> bool:
    """Whether a cell holds nothing; pandas writes `<NA>` for that."""
    return cell is None or cell in ("", "<NA>")


def what_to_do(cell: object) -> str:
    """How to put a cell right that is no number."""
    if is_blank(cell):
        return "; fill it in or take the row out"
    text = str(cell)
    if short := _SHORT.fullmatch(text):
        return f"; write {short[1]}e{_POWERS[short[2].lower()]}"
    if _THOUSANDS.fullmatch(text):
        return f"; write {re.sub(r'[^0-9.+-]', '', text)}"
    return "; put a number there or take the row out"


def read_table(path: Path) -> RawTable:
    """Read the cells of a CSV or Parquet file.

    Raises:
        TaskError: The file is missing, unreadable, has a duplicate header or a short row.
    """
    if not path.is_file():
        what = "it is a folder" if path.is_dir() else "there is none"
        raise TaskError(f"{path}: must be a file, {what}")
    suffix = path.suffix.lower()
    if suffix in OTHERS:
        raise TaskError(f"{path}: must be CSV or Parquet, it is {suffix}; {OTHERS[suffix]}")
    return _read_parquet(path) if suffix in PARQUET else _read_csv(path)


def _read_csv(path: Path) -> RawTable:
    starts, lines = _read_lines(path)
    if not lines:
        raise TaskError(f"{path}: must have a header, the file is empty")
    header = [name.strip() for name in lines[0]]
    _require_commas(path, lines[0])
    _require_header(path, header)
    for row, line in enumerate(lines[1:], 1):
        if len(line) != len(header):
            ragged = any("\n" in cell for cell in line)
            why = "a quote seems to be left open" if ragged else f"the header has {len(header)}"
            raise TaskError(
                f"{path}: rows must have {len(header)} cells, row {row} has {len(line)} "
                f"(line {starts[row]}); {why}"
            )
    columns: dict[str, list[object]] = {
        name: [line[i].strip() for line in lines[1:]] for i, name in enumerate(header)
    }
    return _require_rows(RawTable(path, columns, len(lines) - 1, tuple(starts[1:])))


def _read_lines(path: Path) -> tuple[list[int], list[list[str]]]:
    """Return the rows of a CSV that are not blank, header included, and where each begins."""
    starts, lines = [], []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader, last = csv.reader(file), 0
            for line in reader:
                if line:
                    starts.append(last + 1)
                    lines.append(line)
                last = reader.line_num
    except OSError as error:
        raise TaskError(f"{path}: must be a readable file, {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise TaskError(
            f"{path}: must be UTF-8 text, byte {error.start} is not; save it as UTF-8 CSV"
        ) from None
    except csv.Error as error:
        raise TaskError(f"{path}: must be CSV, {error}") from None
    return starts, lines


def _read_parquet(path: Path) -> RawTable:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import read_table as read_arrow
    except ImportError:
        raise TaskError(
            f"{path}: Parquet needs the extra 'parquet', run: pip install pyarrow; "
            "or save the table as CSV"
        ) from None
    try:
        arrow = read_arrow(path)
    except (OSError, ArrowException) as error:
        raise TaskError(f"{path}: must be Parquet, {str(error).splitlines()[0]}") from None
    header = [str(name) for name in arrow.column_names]
    _require_header(path, header)
    columns = {name: arrow.column(i).to_pylist() for i, name in enumerate(header)}
    return _require_rows(RawTable(path, columns, arrow.num_rows))


def _require_commas(path: Path, header: list[str]) -> None:
    """Require that a header of one column is not many columns under another separator."""
    for sign, name in _SEPARATORS.items():
        if len(header) == 1 and sign in header[0]:
            raise TaskError(
                f"{path}: columns must be separated by commas, the header "
                f"{header[0][:60]!r} is separated by {name}"
            )


def _require_header(path: Path, header: list[str]) -> None:
    for position, name in enumerate(header, 1):
        if not name:
            raise TaskError(
                f"{path}: columns must have names, column {position} has none; name it or take "
                "it out (pandas leaves its index out with to_csv(…, index=False))"
            )
        _require_name(path, name)
        if header.count(name) > 1:
            raise TaskError(
                f"{path}: columns must have different names, the header holds {name!r} "
                f"{header.count(name)} times; rename or take out all but one"
            )


def _require_name(path: Path, name: str) -> None:
    if reason := why_no_name(name):
        raise TaskError(f"{path}: names of columns {reason}")


def _require_rows(raw: RawTable) -> RawTable:
    if raw.n_rows == 0:
        raise TaskError(f"{raw.path}: must have rows, there is a header and nothing below it")
    return raw


def raw_of(frame: pd.DataFrame) -> RawTable:
    """The cells of a data frame, as they would be read from a file.

    Raises:
        TaskError: Two columns have the same name, or there are no rows.
    """
    names = [str(name).strip() for name in frame.columns]
    for name in names:
        _require_name(DATA_FRAME, name)
        if names.count(name) > 1:
            raise TaskError(
                f"{DATA_FRAME}: columns must have different names, {name!r} stands "
                f"{names.count(name)} times"
            )
    if not len(frame):
        raise TaskError(f"{DATA_FRAME}: must have rows, it has none")
    columns = {name: _cells(frame.iloc[:, i]) for i, name in enumerate(names)}
    index = tuple(str(name) for name in frame.index.names if name is not None)
    return RawTable(DATA_FRAME, columns, len(frame), index=index)


def _cells(column: pd.Series) -> list[object]:
    """Python values; a category or a date becomes the text that a file would hold."""
    return [_cell(value) for value in column.tolist()]


def _cell(value: object) -> object:
    if value is None or isinstance(value, int | float):
        return value
    text = str(value).strip()
    return None if text in ("<NA>", "NaT") else text
