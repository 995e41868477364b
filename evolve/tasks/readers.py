"""A file of runs to a `RawTable`, by its suffix; every broken rule names its place."""

from __future__ import annotations

import csv
import json
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

from evolve.errors import TaskError
from evolve.tasks.cells import is_blank, number, plain, what_to_do
from evolve.tasks.comments import MARK, Opening, below_comments
from evolve.tasks.decimals import with_points, with_points_of_tabs
from evolve.tasks.frames import plain_cell, raw_of, raw_of_records
from evolve.tasks.header import require_header, row_names_note
from evolve.tasks.raw import RawTable
from evolve.tasks.separators import are_semicolons, require_commas
from evolve.tasks.sizes import counted, lines_of, require_cells, require_table_bytes
from evolve.tasks.texts import Texts

_END = "\x1fend of the file\x1f"  # a line behind the last, which no open quote may swallow

__all__ = ["RawTable", "is_blank", "number", "raw_of", "read_table", "what_to_do"]

PARQUET = (".parquet", ".pq")
FEATHER = (".feather", ".arrow", ".ipc")
LINES_OF_JSON = (".jsonl", ".ndjson")
READABLE = "CSV, TSV, Parquet, Feather or JSONL"
OTHERS = {
    ".xlsx": "save the sheet as CSV",
    ".xls": "save the sheet as CSV",
    ".ods": "save the sheet as CSV",
    ".gz": "unpack it first",
    ".zip": "unpack it first",
}
ROWS_AT_ONCE = 4096  # that are held before they are cells of columns


def read_table(path: Path) -> RawTable:
    """Read the cells of a CSV, TSV, Parquet, Feather or JSONL file.

    Raises:
        TaskError: The file is missing, unreadable, has a duplicate header or a short row.
    """
    if not path.is_file():
        what = "it is no regular file" if path.exists() else "there is none"
        what = "it is a folder" if path.is_dir() else what
        raise TaskError(f"{path}: must be a file, {what}")
    suffix = path.suffix.lower()
    if suffix in OTHERS:
        raise TaskError(f"{path}: must be {READABLE}, it is {suffix}; {OTHERS[suffix]}")
    return _READERS.get(suffix, _read_csv)(path)


def _read_csv(path: Path) -> RawTable:
    return read_text(path, ",")


def _read_tsv(path: Path) -> RawTable:
    return with_points_of_tabs(read_text(path, "\t"))


def read_text(path: Path, separator: str) -> RawTable:
    """Read a text of rows whose cells stand between separators.

    Raises:
        TaskError: As `read_table`.
    """
    opening = _opening(path, separator)
    lines = _read_lines(path, separator, opening)
    _, names = next(lines, (0, None))
    if names is None:
        what = "holds comments alone" if opening.n_comments else "is empty"
        raise TaskError(f"{path}: must have a header, the file {what}")
    if separator != ";" and are_semicolons(*(_head(path, sign) for sign in (separator, ";"))):
        return with_points(read_text(path, ";"))
    if separator == "," and len(names) == 1:
        require_commas(path, names[0])
    header = [plain(name) for name in names]
    named = header[: len(header) - _n_loose(header)]
    before = not named[0] and len(named) > 1  # a column that may name the rows
    require_header(path, named[before:], 1 + before)
    columns = [Texts() for _ in header]
    starts = array("Q")
    while block := list(islice(lines, ROWS_AT_ONCE)):
        for start, line in block:
            if len(line) != len(header):
                raise TaskError(_ragged(path, header, line, len(starts) + 1, start))
            starts.append(start)
        parts = zip(*(line for _, line in block), strict=True)
        for column, cells in zip(columns, parts, strict=True):
            column.extend(_plain_cells(cells))
    note = row_names_note(columns[0]) if before and starts else ""
    if any(any(column) for column in columns[len(named) :]) or (before and starts and not note):
        require_header(path, header)
    cells_of = dict(zip(named[before:], columns[before:], strict=False))
    raw = RawTable(path, cells_of, len(starts), starts, n_comments=opening.n_comments)
    return _require_rows(replace(raw, notes=(note,)) if note else raw)


def _plain_cells(cells: Sequence[str]) -> Iterator[str]:
    """Cells as `plain` makes them, of which most are plain ASCII, in a third of its time."""
    return map(str.strip if "".join(cells).isascii() else plain, cells)


def _n_loose(header: Sequence[str]) -> int:
    """How many columns at the end have no name, as where lines end with a separator."""
    return next((n for n, name in enumerate(reversed(header[1:])) if name), len(header) - 1)


def _ragged(path: Path, header: list[str], line: list[str], row: int, start: int) -> str:
    """What to say of a row that has more or fewer cells than the header."""
    why = f"the header has {len(header)}"
    if any("\n" in cell for cell in line):
        why = "a quote seems to be left open"
    elif line[0].startswith(MARK):
        why = f"a comment may stand above the header alone; take out lines that begin with {MARK}"
    elif len(line) == len(header) + 1 and not line[-1].strip():
        why += "; the row ends with a separator, the header does not"
    return (
        f"{path}: rows must have {len(header)} cells, row {row} has {len(line)} "
        f"(line {start}); {why}"
    )


def _head(path: Path, separator: str) -> list[list[str]]:
    """The header and the first row; none of what no such separator parts."""
    try:
        lines = _read_lines(path, separator, _opening(path, separator))
        return [cells for _, cells in islice(lines, 2)]
    except TaskError:
        return []


def _opening(path: Path, separator: str) -> Opening:
    with _told(path):
        return below_comments(lines_of(path), separator)


def _read_lines(path: Path, separator: str, opening: Opening) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV that are not blank, header included, each after where it begins."""
    with _told(path):
        last = above = opening.n_above
        reader = csv.reader(chain(opening.lines, [_END]), delimiter=separator)
        for line in counted(path, reader, len):
            if line and line[-1].endswith(_END):
                if line != [_END]:  # the quote took it in, and all rows before it
                    raise TaskError(f"{path}: line {last + 1} opens a quote that nothing closes")
                return
            if line:
                yield last + 1, line
            last = above + reader.line_num


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Complain in a line of a text that cannot be read."""
    try:
        yield
    except OSError as error:
        raise TaskError(f"{path}: must be a readable file, {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise TaskError(
            f"{path}: must be UTF-8 text, byte {error.start} is not; save it as UTF-8 CSV"
        ) from None
    except csv.Error as error:
        raise TaskError(f"{path}: must be CSV, {error}") from None


def _read_parquet(path: Path) -> RawTable:
    def load() -> Any:
        from pyarrow.parquet import ParquetFile

        require_table_bytes(path)
        with ParquetFile(path) as file:
            require_cells(path, file.metadata.num_rows * file.metadata.num_columns)
            return file.read()

    return _of_arrow(path, "Parquet", load)


def _read_feather(path: Path) -> RawTable:
    def load() -> Any:
        from pyarrow.feather import read_table as read_arrow

        require_table_bytes(path)
        arrow = read_arrow(path, memory_map=True)
        require_cells(path, arrow.num_rows * arrow.num_columns)
        return arrow

    return _of_arrow(path, "Feather", load)


def _of_arrow(path: Path, kind: str, load: Callable[[], Any]) -> RawTable:
    try:
        from pyarrow import ArrowException
    except ImportError:
        raise TaskError(
            f"{path}: {kind} needs the extra 'parquet', run: pip install pyarrow; "
            "or save the table as CSV"
        ) from None
    try:
        arrow = load()
    except (OSError, ArrowException) as error:
        raise TaskError(f"{path}: must be {kind}, {str(error).splitlines()[0]}") from None
    header = [plain(name) for name in arrow.column_names]
    require_header(path, header)
    columns = {
        name: [plain_cell(cell) for cell in arrow.column(i).to_pylist()]
        for i, name in enumerate(header)
    }
    return _require_rows(RawTable(path, columns, arrow.num_rows))


def _read_jsonl(path: Path) -> RawTable:
    """One object a line; keys of objects inside it are joined by dots."""
    lines, records = [], []
    for n, record in counted(path, read_json_lines(path), lambda row: len(row[1])):
        lines.append(n)
        records.append(record)
    raw = raw_of_records(records, path)
    require_header(path, list(raw.columns))
    return RawTable(path, raw.columns, raw.n_rows, tuple(lines))


def read_json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file of JSON lines, each with the number of its line.

    Raises:
        TaskError: The file cannot be read, or a line holds no object.
    """
    try:
        for n, line in enumerate(lines_of(path), 1):
            if line.strip():
                yield n, _record(path, n, line)
    except OSError as error:
        raise TaskError(f"{path}: must be a readable file, {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise TaskError(f"{path}: must be UTF-8 text, byte {error.start} is not") from None


def _record(path: Path, n: int, line: str) -> dict[str, Any]:
    """The object of a line."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        raise TaskError(f"{path}: must hold one JSON object a line, line {n} is none") from None
    if not isinstance(record, dict):
        raise TaskError(f"{path}: must hold one JSON object a line, line {n} is no object")
    return record


_READERS: dict[str, Callable[[Path], RawTable]] = {
    **dict.fromkeys(PARQUET, _read_parquet),
    **dict.fromkeys(FEATHER, _read_feather),
    **dict.fromkeys(LINES_OF_JSON, _read_jsonl),
    **dict.fromkeys((".tsv", ".tab"), _read_tsv),
}


def _require_rows(raw: RawTable) -> RawTable:
    if raw.n_rows == 0:
        raise TaskError(f"{raw.path}: must have rows, there is a header and nothing below it")
    return raw
