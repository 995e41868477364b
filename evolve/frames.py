"""Turns a data frame into the cells of a table, as they would be read from a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from evolve.cells import RawTable
from evolve.errors import TaskError

if TYPE_CHECKING:
    import pandas as pd

WHERE = Path("data frame")


def raw_of(frame: pd.DataFrame) -> RawTable:
    """The cells of a data frame, as they would be read from a file.

    Raises:
        TaskError: Two columns have the same name, or there are no rows.
    """
    names = [str(name).strip() for name in frame.columns]
    for name in names:
        if names.count(name) > 1:
            raise TaskError(
                f"{WHERE}: columns must have different names, {name!r} stands "
                f"{names.count(name)} times"
            )
    if not len(frame):
        raise TaskError(f"{WHERE}: must have rows, it has none")
    columns = {name: _cells(frame.iloc[:, i]) for i, name in enumerate(names)}
    return RawTable(WHERE, columns, len(frame))


def _cells(column: pd.Series) -> list[object]:
    """Python values; a category or a date becomes the text that a file would hold."""
    return [_cell(value) for value in column.tolist()]


def _cell(value: object) -> object:
    if value is None or isinstance(value, int | float):
        return value
    return str(value).strip()
