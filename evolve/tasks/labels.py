"""Labels of groups: which rows share constants, however their group is spelled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np

from evolve.errors import TaskError, nearest
from evolve.tasks.cells import is_blank, label_key, what_to_do
from evolve.tasks.names import why_no_name
from evolve.tasks.raw import RawTable
from evolve.typing import Ints

GROUP_JOIN = " | "
ALL_ROWS = "all"
FEWEST = 3  # values of which a spread is worth to be told
MOST = 0.5  # of all pairs of a run and a value that are there, where runs share values


def group_labels(raw: RawTable, columns: Sequence[str]) -> list[str]:
    """Each row's group label: the values of the group columns, joined.

    Values that mean the same, as 12 and 12.0 do, get the spelling of the first.

    Raises:
        TaskError: A cell is blank, or cannot be a label.
    """
    if not columns:
        return [ALL_ROWS] * raw.n_rows
    cells = [[_label(raw, name, row) for row in range(1, raw.n_rows + 1)] for name in columns]
    labels = [GROUP_JOIN.join(values) for values in zip(*cells, strict=True)]
    return as_spelled(labels, labels)


def known_labels(raw: RawTable, columns: Sequence[str], names: Sequence[str]) -> list[str]:
    """Each row's group label, which must be one of the training rows.

    Args:
        raw: The rows.
        columns: Those that name groups.
        names: The groups of the training rows, in whose spelling labels are.

    Raises:
        TaskError: A cell is blank or cannot be a label, or a group is not known.
    """
    labels, known = as_spelled(group_labels(raw, columns), names), set(names)
    for row, label in enumerate(labels, 1):
        if label not in known:
            place = f"row {raw.row_number(row)}{raw.line(row)}, {' and '.join(columns)}"
            rule = f"no group {label!r}{nearest(label, names)} is in the training rows"
            raise TaskError(f"{raw.path}: {place}: {rule}")
    return labels


def run_labels(raw: RawTable, column: str) -> list[str]:
    """The name of each row's run, in the spelling of the first that means the same.

    Raises:
        TaskError: The column is missing or a cell is blank: a missing name is no run.
    """
    cells = raw.column(column)
    for row, cell in enumerate(cells, 1):
        if is_blank(cell):
            raise TaskError(_why_blank(raw, column, row, "must name the run of each row"))
    labels = [str(cell) for cell in cells]
    return as_spelled(labels, labels)


def curves_of(raw: RawTable, run_id: str, groups: Sequence[str] = ()) -> list[Ints]:
    """The rows of each run, runs in order of first appearance.

    Args:
        raw: The rows.
        run_id: The column that names the run of each.
        groups: Columns that name groups: runs of one name in two groups are two runs.

    Raises:
        TaskError: A run has no name.
    """
    parts = [raw.column(name) for name in groups if name in raw.columns]
    rows: dict[tuple[str, ...], list[int]] = {}
    for i, label in enumerate(run_labels(raw, run_id)):
        key = (label, *(label_key(str(cells[i])) for cells in parts))
        rows.setdefault(key, []).append(i)
    return [np.array(numbers, dtype=np.int64) for numbers in rows.values()]


def curve_labels(raw: RawTable, run_id: str, groups: Sequence[str] = ()) -> list[str]:
    """A name of each row's run, another in each group; arguments and errors as `curves_of`."""
    labels = [""] * raw.n_rows
    for number, rows in enumerate(curves_of(raw, run_id, groups)):
        for row in rows.tolist():
            labels[row] = str(number)
    return labels


def shared_columns(raw: RawTable, runs: Sequence[str], taken: Collection[str]) -> list[str]:
    """Columns of at least three values that most runs have, as test sets on which each is run.

    Args:
        raw: The rows.
        runs: The name of each row's run.
        taken: Columns of another use, which are none.
    """
    n_runs = len(set(runs))
    found = []
    for name, cells in raw.columns.items():
        if name in taken or any(is_blank(cell) for cell in cells):
            continue
        labels = [str(cell) for cell in cells]
        n_values, pairs = len(set(labels)), set(zip(runs, labels, strict=True))
        several = sum(n > 1 for n in Counter(run for run, _ in pairs).values())
        if 2 * several > n_runs and n_values >= FEWEST and len(pairs) >= MOST * n_runs * n_values:
            found.append(name)
    return found


def _why_blank(raw: RawTable, name: str, row: int, rule: str) -> str:
    """Complain of a cell that is blank, and say how many others are."""
    n_blank = sum(map(is_blank, raw.column(name)))
    others = f", and {n_blank - 1} others" if n_blank > 1 else ""
    return raw.complaint(name, rule, row, "nothing") + others + what_to_do("")


def as_spelled(labels: Sequence[str], names: Sequence[str]) -> list[str]:
    """Labels, each in the spelling of the first name that means the same, if there is one."""
    spelling: dict[str, str] = {}
    for name in dict.fromkeys(names):
        spelling.setdefault(_key(name), name)
    spelled = {label: spelling.get(_key(label), label) for label in dict.fromkeys(labels)}
    return [spelled[label] for label in labels]


def _key(label: str) -> str:
    return GROUP_JOIN.join(label_key(part) for part in label.split(GROUP_JOIN))


def _label(raw: RawTable, name: str, row: int) -> str:
    cell = raw.column(name)[row - 1]
    if is_blank(cell):
        raise TaskError(_why_blank(raw, name, row, "must name a group"))
    text = str(cell)
    if reason := why_no_name(text):
        place = f"row {raw.row_number(row)}{raw.line(row)}"
        raise TaskError(f"{raw.path}: groups ({name}) {reason}, {place}")
    if GROUP_JOIN in text:
        raise TaskError(raw.complaint(name, f"may not hold {GROUP_JOIN!r}", row, repr(text)))
    return text
