"""A CSV or Parquet file to a checked `Table` of numbers; every broken rule names its cell."""

from __future__ import annotations

import csv
import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evolve.errors import TaskError, nearest
from evolve.spec import Filter, TaskSpec

GROUP_JOIN = " | "
ALL_ROWS = "all"

_OPS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of a task, in the order of the file.

    Attributes:
        X: `(n, F)` raw feature values, in the order of `task.toml`.
        Y: `(n, T)` targets.
        group: `(n,)` indices into the task's group names.
    """

    X: NDArray[np.float64]
    Y: NDArray[np.float64]
    group: NDArray[np.int64]

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.X.shape[0])


@dataclass(frozen=True)
class RawTable:
    """A table as read: cells by column, rows counted from 1 below the header."""

    path: Path
    columns: dict[str, list[object]]
    n_rows: int

    def column(self, name: str) -> list[object]:
        """Return a column's cells.

        Raises:
            TaskError: The file has no such column.
        """
        if name not in self.columns:
            have = ", ".join(self.columns)
            raise TaskError(
                f"{self.path}: column {name!r} is missing{nearest(name, self.columns)}, "
                f"the header holds {have}"
            )
        return self.columns[name]

    def numbers(self, name: str) -> list[float]:
        """Return a column as finite numbers.

        Raises:
            TaskError: The column is missing, or a cell is no finite number.
        """
        return [self._number(name, row, cell) for row, cell in enumerate(self.column(name), 1)]

    def _number(self, name: str, row: int, cell: object) -> float:
        try:
            value = float(cell) if isinstance(cell, str | int | float) else None
        except (ValueError, OverflowError):
            value = None
        if value is None:
            shown = "nothing" if cell is None or cell == "" else repr(cell)
            raise TaskError(self.complaint(name, "must hold numbers", row, shown))
        if not math.isfinite(value):
            raise TaskError(self.complaint(name, "must be finite", row, str(value)))
        return value

    def complaint(self, name: str, rule: str, row: int, shown: str) -> str:
        """Word an error: file, column, rule, row, value."""
        return f"{self.path}: column {name!r} {rule}, row {row} holds {shown}"


def read_table(path: Path) -> RawTable:
    """Read the cells of a CSV or Parquet file.

    Raises:
        TaskError: The file is missing, unreadable, has a duplicate header or a short row.
    """
    if not path.is_file():
        raise TaskError(f"{path}: must be a file, there is none")
    return _read_parquet(path) if path.suffix == ".parquet" else _read_csv(path)


def build_table(
    raw: RawTable, spec: TaskSpec, group_names: Sequence[str] = ()
) -> tuple[Table, tuple[str, ...]]:
    """Check a table against its spec, filter it and turn it into arrays.

    Args:
        raw: The cells.
        spec: The task's columns, scales and filters.
        group_names: Names of the groups of the training rows; empty to take them from this table.

    Returns:
        The table and the names of its groups, in order of first appearance.

    Raises:
        TaskError: A cell breaks a rule, filters leave no rows, or a group is empty or unknown.
    """
    features = [raw.numbers(feature.name) for feature in spec.features]
    targets = [raw.numbers(target.name) for target in spec.targets]
    for feature, values in zip(spec.features, features, strict=True):
        if feature.scale == "log":
            _require_positive(raw, feature.name, values)
    labels = _group_labels(raw, spec.groups)
    kept = _kept_rows(raw, spec.filters)
    names = tuple(group_names) or tuple(dict.fromkeys(labels))
    _require_groups(raw, spec, labels, names)
    index = {name: i for i, name in enumerate(names)}
    group = np.array([index[labels[row]] for row in kept], dtype=np.int64)
    table = Table(
        X=np.array(features, dtype=np.float64).T[kept],
        Y=np.array(targets, dtype=np.float64).T[kept],
        group=group,
    )
    if not group_names:
        _require_filled(raw, labels, names, group)
    return table, names


def _read_csv(path: Path) -> RawTable:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = [line for line in csv.reader(file) if line]
    except OSError as error:
        raise TaskError(f"{path}: must be a readable file, {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise TaskError(f"{path}: must be UTF-8 text, byte {error.start} is not") from None
    except csv.Error as error:
        raise TaskError(f"{path}: must be CSV, {error}") from None
    if not lines:
        raise TaskError(f"{path}: must have a header, the file is empty")
    header = [name.strip() for name in lines[0]]
    _require_header(path, header)
    for row, line in enumerate(lines[1:], 1):
        if len(line) != len(header):
            raise TaskError(
                f"{path}: rows must have {len(header)} cells, row {row} has {len(line)}"
            )
    columns: dict[str, list[object]] = {
        name: [line[i].strip() for line in lines[1:]] for i, name in enumerate(header)
    }
    return _require_rows(RawTable(path, columns, len(lines) - 1))


def _read_parquet(path: Path) -> RawTable:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import read_table as read_arrow
    except ImportError:
        raise TaskError(
            f"{path}: Parquet needs pyarrow, run: pip install 'evolve-laws[parquet]'"
        ) from None
    try:
        arrow = read_arrow(path)
    except (OSError, ArrowException) as error:
        raise TaskError(f"{path}: must be Parquet, {str(error).splitlines()[0]}") from None
    header = [str(name) for name in arrow.column_names]
    _require_header(path, header)
    columns = {name: arrow.column(i).to_pylist() for i, name in enumerate(header)}
    return _require_rows(RawTable(path, columns, arrow.num_rows))


def _require_header(path: Path, header: list[str]) -> None:
    for position, name in enumerate(header, 1):
        if not name:
            raise TaskError(f"{path}: columns must have names, column {position} has none")
        if header.count(name) > 1:
            raise TaskError(
                f"{path}: columns must have different names, the header holds {name!r} "
                f"{header.count(name)} times"
            )


def _require_rows(raw: RawTable) -> RawTable:
    if raw.n_rows == 0:
        raise TaskError(f"{raw.path}: must have rows, there is a header and nothing below it")
    return raw


def _require_positive(raw: RawTable, name: str, values: list[float]) -> None:
    for row, value in enumerate(values, 1):
        if value <= 0:
            rule = "must be positive under a log scale"
            raise TaskError(raw.complaint(name, rule, row, f"{value:g}"))


def _group_labels(raw: RawTable, columns: list[str]) -> list[str]:
    """Return each row's group label: the values of the group columns, joined."""
    if not columns:
        return [ALL_ROWS] * raw.n_rows
    cells = []
    for name in columns:
        texts = ["" if cell is None else str(cell) for cell in raw.column(name)]
        for row, text in enumerate(texts, 1):
            if not text:
                raise TaskError(raw.complaint(name, "must name a group", row, "nothing"))
            if GROUP_JOIN in text:
                raise TaskError(
                    raw.complaint(name, f"may not hold {GROUP_JOIN!r}", row, repr(text))
                )
        cells.append(texts)
    return [GROUP_JOIN.join(values) for values in zip(*cells, strict=True)]


def _kept_rows(raw: RawTable, filters: list[Filter]) -> list[int]:
    """Return the indices of the rows that pass every filter."""
    kept = list(range(raw.n_rows))
    for rule in filters:
        cells: Sequence[object]
        if isinstance(rule.value, str):
            cells = [str(cell) for cell in raw.column(rule.column)]
        else:
            cells = raw.numbers(rule.column)
        kept = [row for row in kept if _OPS[rule.op](cells[row], rule.value)]
    if not kept:
        rules = " and ".join(f"{f.column} {f.op} {f.value}" for f in filters)
        raise TaskError(f"{raw.path}: filters must leave rows, {rules} leaves 0 of {raw.n_rows}")
    return kept


def _require_groups(
    raw: RawTable, spec: TaskSpec, labels: list[str], names: tuple[str, ...]
) -> None:
    """Require that every row belongs to a known group."""
    for row, label in enumerate(labels, 1):
        if label not in names:
            raise TaskError(
                f"{raw.path}: groups ({', '.join(spec.groups)}) must be those of the training "
                f"rows, row {row} holds {label!r}{nearest(label, names)}"
            )


def _require_filled(
    raw: RawTable, labels: list[str], names: tuple[str, ...], group: NDArray[np.int64]
) -> None:
    """Require that every group keeps at least one row after the filters."""
    for i, name in enumerate(names):
        if not np.any(group == i):
            raise TaskError(
                f"{raw.path}: groups must not be empty, filters leave 0 of "
                f"{labels.count(name)} rows of {name!r}"
            )
