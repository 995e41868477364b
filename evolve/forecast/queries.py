"""Words of a command line, or a table, to rows to forecast."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evolve.errors import Argument, EvolveError, nearest
from evolve.forecast.assigned import pairs
from evolve.tasks.cells import number, plain
from evolve.tasks.labels import as_spelled, known_labels
from evolve.tasks.meant import how_to_write
from evolve.tasks.mixture import mixture
from evolve.tasks.name_units import as_column_counts, cells_as_column_counts
from evolve.tasks.readers import RawTable, read_table
from evolve.tasks.roles import nearest_column
from evolve.tasks.schedules import SUMS, with_sums
from evolve.tasks.task import Task
from evolve.typing import Array, Ints


@dataclass(frozen=True, slots=True)
class Query:
    """Rows of one group to forecast.

    Attributes:
        group: The group's name.
        x: `(n, f)` raw features.
        at: `(n,)` numbers of the rows in the table they come from.
    """

    group: str
    x: Array
    at: Ints


def from_words(task: Task, words: Sequence[str], group: str | None) -> list[Query]:
    """One row, for one group or for all.

    Args:
        task: The task.
        words: ``feature=value`` of every feature.
        group: A group's name; None for all.

    Raises:
        EvolveError: A feature is missing, unknown, given twice or no number.
    """
    given = read_words(task, words)
    if made := [name for name in schedule_sums(task) if name not in given]:
        rule = f": needs a value for {', '.join(made)}, or give whole schedules by "
        columns = f": columns {', '.join(schedule_columns(task))}"
        raise EvolveError(Argument("at"), rule, Argument("rows"), columns)
    point = checked_point(task, given)
    x = np.array([list(point.values())])
    groups = task.group_names if group is None else (known_group(task, group),)
    return [Query(name, x, np.zeros(1, dtype=np.int64)) for name in groups]


def read_words(task: Task, words: Sequence[str], argument: str = "at") -> dict[str, float]:
    """Values of features by name, of texts such as ``params=7e9`` or ``params=7B,tokens=2T``.

    Args:
        task: Its features are named.
        words: The texts.
        argument: Where they were given.

    Raises:
        EvolveError: A word is not ``feature=value``, or its feature unknown or given twice.
    """
    given = pairs(words, task.feature_names, argument)
    for name, _ in given:
        _require_known(task, name, argument)
    return {name: _number(task, name, text, argument) for name, text in given}


def from_table(
    task: Task, path: Path, group: str | None, tell: Callable[[str], None] = lambda line: None
) -> tuple[RawTable, list[Query]]:
    """The rows of a CSV or Parquet file, by group.

    Args:
        task: The task.
        path: The file; it needs a column for every feature, and for the groups if there are
            several and `group` is not given. Other columns are kept as they are.
        group: The group of all rows.
        tell: Called with a line about what was made of the rows, if anything was.

    Raises:
        EvolveError: A column is missing, a cell is no number, or a group is not known.
    """
    given = read_table(path)
    for line in given.remarks():
        tell(line)
    raw, rows = _with_schedule(task, given)
    if raw is not given:
        spec, n_left = task.spec.schedule, raw.n_rows - len(rows)
        rest = f"; no forecast at {spec.step} 0, {n_left} of the rows" if n_left else ""
        tell(f"{' and '.join(SUMS)} made of {spec.rate} over {spec.step} of each run{rest}")
    return raw, _queries(task, raw, rows, group)


def from_cells(task: Task, raw: RawTable, group: str | None) -> list[Query]:
    """The rows of a table that was read, by group; it needs what `from_table` needs.

    Where features are sums of the learning rate, whole schedules will do: the rate at each step
    of each run. A row at step 0 is then none to forecast.

    Raises:
        EvolveError: As `from_table`.
    """
    return _queries(task, *_with_schedule(task, raw), group)


def _queries(task: Task, raw: RawTable, rows: Ints, group: str | None) -> list[Query]:
    """Some rows of a table, by group."""
    x = np.array([_values(task, raw, name) for name in task.feature_names], dtype=float).T
    _require_positive(task, x, rows)
    labels = np.array(_labels(task, raw, group))[rows]
    found = [(name, rows[labels == name]) for name in task.group_names]
    return [Query(name, x[at], at) for name, at in found if len(at)]


def _values(task: Task, raw: RawTable, name: str) -> Array:
    """`(n,)` numbers of a feature's column, in words as `_number` reads them."""
    return cells_as_column_counts(name, raw.column(name), raw.values(name), _largest(task, name))


def _with_schedule(task: Task, raw: RawTable) -> tuple[RawTable, Ints]:
    """Rows with the sums of the learning rate that are features, and which are to forecast.

    Rows that hold the sums are as they are.

    Raises:
        EvolveError: A column of the schedule is missing, a run has no name, a rate or a step is
            none, or every step is 0.
    """
    schedule, every = task.spec.schedule, np.arange(raw.n_rows)
    if not (made := schedule_sums(task)) or set(made) & set(raw.columns):
        return raw, every
    needed = (task.spec.folds.runs, schedule.step, schedule.rate)
    if missing := [name for name in needed if name not in raw.columns]:
        columns = ", ".join(map(repr, missing))
        raise EvolveError(
            f"{raw.path}: column{'s' * (len(missing) > 1)} {columns} must be there, the header "
            f"holds {', '.join(raw.columns)}: {' and '.join(made)} are made of whole schedules, "
            f"{schedule.rate} over {schedule.step} of each {task.spec.folds.runs}, or given"
        )
    groups = [name for name in task.spec.groups if name in raw.columns]
    raw = with_sums(raw, schedule.rate, schedule.step, task.spec.folds.runs, groups)
    rows = every[np.array(raw.numbers(schedule.step)) > 0]
    if not len(rows):
        rule = "must be above 0 in a row to forecast, all are 0"
        raise EvolveError(f"{raw.path}: column {schedule.step!r} {rule}")
    return raw, rows


def schedule_sums(task: Task) -> list[str]:
    """Features that are made of a schedule of the learning rate."""
    return [name for name in SUMS if task.spec.schedule.rate and name in task.feature_names]


def schedule_columns(task: Task) -> list[str]:
    """Columns of a table of whole schedules that can be forecast."""
    spec = task.spec
    others = [name for name in task.feature_names if name not in SUMS]
    columns = [spec.folds.runs, *spec.groups, *others, spec.schedule.step, spec.schedule.rate]
    return list(dict.fromkeys(columns))


def _labels(task: Task, raw: RawTable, group: str | None) -> list[str]:
    if group is not None:
        return [known_group(task, group)] * raw.n_rows
    named = all(name in raw.columns for name in task.spec.groups)
    if task.n_groups == 1 and not (task.spec.groups and named):
        return [task.group_names[0]] * raw.n_rows
    return known_labels(raw, task.spec.groups, task.group_names)


def known_group(task: Task, group: str) -> str:
    """A group's name as it is.

    Raises:
        EvolveError: There is no such group.
    """
    group = as_spelled([plain(group)], task.group_names)[0]
    if group not in task.group_names:
        raise EvolveError(
            Argument("group"),
            f": no group {group!r}{nearest(group, task.group_names)}; there are "
            f"{', '.join(task.group_names[:12])}{', …' if task.n_groups > 12 else ''}",
        )
    return group


def _require_known(task: Task, name: str, argument: str) -> None:
    valid = task.feature_names
    if name in task.target_names:
        rule = f": {name} is a target, not a feature; plan finds what reaches a value of it, by "
        raise EvolveError(Argument(argument), rule, Argument("reach"))
    if name in task.spec.groups:
        rule = f": {name} is no feature, it tells groups apart; one is named by "
        which = f", one of {', '.join(task.group_names[:12])}{', …' if task.n_groups > 12 else ''}"
        raise EvolveError(Argument(argument), rule, Argument("group"), which)
    if name not in valid:
        rule = f": no feature {name!r}{nearest_column(name, valid)}; there are {', '.join(valid)}"
        raise EvolveError(Argument(argument), rule)


def _require_positive(task: Task, x: Array, rows: Ints) -> None:
    """Features that act through their logarithm must be above 0 in the rows of some numbers."""
    for j, feature in enumerate(task.spec.features):
        if feature.logarithmic and not (x[rows, j] > 0).all():
            row = int(rows[~(x[rows, j] > 0)][0])
            raise EvolveError(
                f"{feature.name}: must be above 0, row {row + 1} holds {x[row, j]:g}"
            )


def read_values(
    task: Task, values: Mapping[str, object], argument: str = "at"
) -> dict[str, float]:
    """Values of features by name, of numbers or texts such as ``7B``.

    Args:
        task: Its features are named.
        values: By feature.
        argument: Where they were given.

    Raises:
        EvolveError: A feature is not known, or its value no finite number.
    """
    for name in values:
        _require_known(task, name, argument)
    return {name: _number(task, name, value, argument) for name, value in values.items()}


def checked_point(
    task: Task, values: Mapping[str, object], argument: str = "at"
) -> dict[str, float]:
    """A value of every feature, in the task's order; arguments as `read_values`.

    Raises:
        EvolveError: A feature is missing or not known, or its value is none that it can have.
    """
    given = read_values(task, values, argument)
    if missing := [name for name in task.feature_names if name not in given]:
        raise EvolveError(Argument(argument), f": needs a value for {', '.join(missing)}")
    for feature in task.spec.features:
        if feature.logarithmic and not (value := given[feature.name]) > 0:
            rule = f" {feature.name}: must be above 0, it is {value:g}"
            raise EvolveError(Argument(argument), rule)
    return {name: given[name] for name in task.feature_names}


def finite_number(argument: str, value: object, name: str = "") -> float:
    """What was given as a number, such as a budget, a size in words among them.

    Args:
        argument: Where it was given.
        value: The number or text.
        name: Of the feature whose value it is, if any.

    Raises:
        EvolveError: It is no finite number.
    """
    read = number(value.item() if isinstance(value, np.generic) else value)
    if read is None or not np.isfinite(read):
        rule = f"must be {'a number' if read is None else 'finite'}, it is {value!r}"
        how = f"; {words}" if (words := how_to_write(str(value))) else ""
        if "=" in str(value):
            how = "; each value has a name of its own, such as params=7B tokens=2T"
        raise EvolveError(Argument(argument), f" {name}".rstrip(), f": {rule}{how}")
    return read


def _number(task: Task, name: str, given: object, argument: str) -> float:
    value = finite_number(argument, given, name)
    if not isinstance(given, str):
        return value
    return as_column_counts(name, given, value, _largest(task, name))


def _largest(task: Task, name: str) -> float:
    """Largest value of a feature, by which it is seen what it counts: a share may be the whole."""
    shares = mixture(task)
    if name in shares.names:
        return shares.whole
    return float(task.train.X[:, task.feature_names.index(name)].max())
