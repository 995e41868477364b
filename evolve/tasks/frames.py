"""Rows that Python holds to a `RawTable`: data frames of any library, dictionaries, records."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evolve.errors import TaskError
from evolve.tasks.cells import plain
from evolve.tasks.names import why_no_name
from evolve.tasks.raw import RawTable

if TYPE_CHECKING:
    import pandas as pd

DATA_FRAME = Path("data frame")  # where the cells of a data frame are said to stand
DEEPEST = 20  # objects inside objects whose keys are joined


def raw_of(data: Any) -> RawTable:
    """The cells of rows, as they would be read from a file.

    Args:
        data: A data frame of pandas, polars (also a lazy one) or another library that narwhals
            reads, an Arrow table, a DuckDB relation, a mapping of names to columns, or a sequence
            of mappings, one a row; a mapping of names to cells, or a row of a frame of pandas,
            is one row.

    Raises:
        TaskError: It is none of those, two columns have the same name, or there are no rows.
    """
    is_pandas = type(data).__module__.split(".")[0] == "pandas"
    if is_pandas and hasattr(data, "columns"):
        return _of_pandas(data)
    if is_pandas and _is_row(data):
        data = data.to_dict()
    if isinstance(data, Mapping) and data and not any(map(_is_listed, data.values())):
        return _checked(list(raw_of_records([data], DATA_FRAME).columns.items()))
    if isinstance(data, Mapping):
        return _checked([(plain(name), _listed(name, c)) for name, c in data.items()])
    if isinstance(data, Sequence) and not isinstance(data, str) and _are_records(data):
        return _checked(list(raw_of_records(data, DATA_FRAME).columns.items()))
    return _checked(_of_narwhals(data))


def raw_of_records(records: Sequence[Mapping[str, Any]], path: Path) -> RawTable:
    """Rows given one by one; a key that a row lacks is a blank cell.

    Keys of mappings inside a row are joined by dots, as `config.lr`.

    Raises:
        TaskError: There are no rows, or two keys of a row come to one name.
    """
    rows = [_row(record, n, path) for n, record in enumerate(records, 1)]
    if not rows:
        raise TaskError(f"{path}: must have rows, it has none")
    names = dict.fromkeys(name for row in rows for name in row)
    columns: dict[str, list[object]] = {name: [row.get(name) for row in rows] for name in names}
    return RawTable(path, columns, len(rows))


def plain_cell(value: object) -> object:
    """A cell as a file would hold it: a number, a truth value, a text or nothing."""
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, list | tuple | dict):
        return json.dumps(value, default=str)
    text = plain(value.decode(errors="backslashreplace") if isinstance(value, bytes) else value)
    return None if text in ("<NA>", "NaT") else text


def _row(record: Mapping[str, Any], n: int, path: Path) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, cell in _flat(record):
        if name in row and row[name] != cell:
            rule = f"keys must have different names, row {n} holds {name!r} twice"
            raise TaskError(f"{path}: {rule}")
        row[name] = cell
    return row


def _flat(
    record: Mapping[str, Any], prefix: str = "", depth: int = 0
) -> Iterable[tuple[str, Any]]:
    for key, value in record.items():
        name = plain(f"{prefix}{key}")
        if isinstance(value, Mapping) and value and depth < DEEPEST:
            yield from _flat(value, f"{name}.", depth + 1)
        else:
            yield name, plain_cell(value)


def _are_records(data: Sequence[Any]) -> bool:
    return all(isinstance(row, Mapping) for row in data)


def _is_listed(column: Any) -> bool:
    """Whether a value holds cells, and is none."""
    return isinstance(column, Iterable) and not isinstance(column, str | bytes)


def _listed(name: object, column: Any) -> list[object]:
    if not _is_listed(column):
        raise TaskError(f"{DATA_FRAME}: column {str(name)!r} must be a list of cells")
    cells = column.tolist() if hasattr(column, "tolist") else list(column)
    return [plain_cell(cell) for cell in cells]


def _of_pandas(frame: pd.DataFrame) -> RawTable:
    index = tuple(str(name) for name in frame.index.names if name is not None)
    names = [plain(name) for name in frame.columns]
    columns = [frame.iloc[:, i].tolist() for i in range(len(names))]
    cells = [(n, [plain_cell(v) for v in c]) for n, c in zip(names, columns, strict=True)]
    return _checked(cells, index)


def _is_row(series: Any) -> bool:
    """Whether a series goes by names, as `frame.iloc[0]`, and not by numbers of rows."""
    names = list(series.index) if hasattr(series, "to_dict") else []
    return bool(names) and all(isinstance(name, str) for name in names)


def _is_path(data: Any) -> bool:
    return isinstance(data, str | os.PathLike)


def _of_narwhals(data: Any) -> list[tuple[str, list[object]]]:
    import narwhals as nw

    try:
        frame = nw.from_native(data)
    except TypeError:
        kind = f"{type(data).__module__}.{type(data).__qualname__}"
        how = "; a file is read first, as by pandas.read_csv" if _is_path(data) else ""
        raise TaskError(
            f"{DATA_FRAME}: must be a data frame (pandas, polars, Arrow, DuckDB, …), a mapping of "
            f"columns or a list of rows, it is {kind}{how}"
        ) from None
    whole = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
    return [
        (plain(name), [plain_cell(cell) for cell in whole[name].to_list()])
        for name in whole.columns
    ]


def _checked(
    cells: Sequence[tuple[str, Sequence[object]]], index: tuple[str, ...] = ()
) -> RawTable:
    names = [name for name, _ in cells]
    for position, name in enumerate(names, 1):
        if not name:
            rule = f"columns must have names, column {position} has none"
            raise TaskError(f"{DATA_FRAME}: {rule}")
        if reason := why_no_name(name):
            raise TaskError(f"{DATA_FRAME}: names of columns {reason}")
        if names.count(name) > 1:
            raise TaskError(
                f"{DATA_FRAME}: columns must have different names, {name!r} stands "
                f"{names.count(name)} times"
            )
    lengths = {len(column) for _, column in cells}
    if len(lengths) > 1:
        raise TaskError(f"{DATA_FRAME}: columns must be equally long, they have {lengths} cells")
    if not lengths or lengths == {0}:
        raise TaskError(f"{DATA_FRAME}: must have rows, it has none")
    return RawTable(DATA_FRAME, dict(cells), lengths.pop(), index=index)
