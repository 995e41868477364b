"""The cells of a table to a checked `Table` of numbers; every broken rule names its cell."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evolve.errors import TaskError
from evolve.scoring.row_weights import RowWeights, weights_from, weights_from_sigma
from evolve.tasks.axes import axis_features, axis_values
from evolve.tasks.cells import is_blank, plain
from evolve.tasks.labels import GROUP_JOIN, as_spelled, group_labels, known_labels, run_labels
from evolve.tasks.raw import LEAST, RawTable
from evolve.tasks.roles import Facts, Role, guess_roles
from evolve.tasks.spec import DEFAULT_CONSTANTS, Feature, Filter, Target, TaskSpec
from evolve.typing import Array

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
        run: `(n,)` number of the name of the run that each row is a point of; None where rows are
            runs.
        weights: What each row counts; None where all count alike.
    """

    X: NDArray[np.float64]
    Y: NDArray[np.float64]
    group: NDArray[np.int64]
    run: NDArray[np.int64] | None = None
    weights: RowWeights | None = None

    @property
    def counts(self) -> Array | None:
        """`(n,)` what each row counts; None where all count alike."""
        return None if self.weights is None else self.weights.values

    @property
    def curve(self) -> NDArray[np.int64] | None:
        """`(n,)` number of the curve that each row is a point of: of one run in one group.

        Runs of one name in two groups are two runs. None where rows are runs.
        """
        if self.run is None:
            return None
        names = np.column_stack([self.group, self.run])
        return np.unique(names, axis=0, return_inverse=True)[1].ravel()

    def at(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Table:
        """The rows of these numbers in their order, or those of a mask."""
        run = None if self.run is None else self.run[rows]
        weights = None if self.weights is None else self.weights.at(rows)
        return Table(self.X[rows], self.Y[rows], self.group[rows], run, weights)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.X.shape[0])

    @property
    def n_values(self) -> int:
        """Number of target values, all groups and targets together."""
        return int(self.Y.size)


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
    whole, rows = raw, _kept_rows(raw, spec.filters)
    raw = whole.take(rows) if len(rows) < whole.n_rows else whole
    features = [raw.values(feature.name) for feature in spec.features]
    targets = [raw.values(target.name) for target in spec.targets]
    for feature, values in zip(spec.features, features, strict=True):
        if feature.logarithmic:
            _require_positive(raw, feature.name, values)
    if names := tuple(group_names):
        labels = known_labels(raw, spec.groups, names)
    else:
        labels = group_labels(raw, spec.groups)
        names = tuple(dict.fromkeys(labels))
        _require_filled(whole, spec, rows, names)
    index = {name: i for i, name in enumerate(names)}
    return Table(
        X=np.array(features, dtype=np.float64).T,
        Y=np.array(targets, dtype=np.float64).T,
        group=np.array([index[label] for label in labels], dtype=np.int64),
        run=_numbered(run_labels(raw, spec.folds.runs)) if spec.folds.runs else None,
        weights=None if group_names else _weights(raw, spec),
    ), names


def _weights(raw: RawTable, spec: TaskSpec) -> RowWeights | None:
    """What training rows count: as a column says, or by its standard deviations."""
    name = spec.weights or spec.sigma
    if not name:
        return None
    values = raw.numbers(name)
    for row, value in enumerate(values, 1):
        if value <= 0:
            what = "a weight" if spec.weights else "a standard deviation"
            raise TaskError(
                raw.complaint(name, f"must be above 0, as {what}", row, f"{value:g}")
                + "; take the row out"
            )
    return (weights_from if spec.weights else weights_from_sigma)(np.array(values, dtype=float))


def _numbered(labels: Sequence[str]) -> NDArray[np.int64]:
    """Labels by the number of their first appearance."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(text, len(numbers)) for text in labels], dtype=np.int64)


def _require_positive(raw: RawTable, name: str, values: Array) -> None:
    for row in np.flatnonzero(values < LEAST):
        value = float(values[row])
        least = "positive" if value <= 0 else f"at least {LEAST:g}"
        rule = f"must be {least} under a log scale"
        complaint = raw.complaint(name, rule, int(row) + 1, f"{value:g}")
        raise TaskError(f'{complaint}; take the row out or give the feature scale = "linear"')


def _kept_rows(raw: RawTable, filters: Sequence[Filter]) -> Sequence[int]:
    """Return the indices of the rows that pass every filter.

    A number that is missing passes, so that it is complained of, unless another filter takes the
    row out.
    """
    rows: Sequence[int] = range(raw.n_rows)
    for rule in filters:
        cells: Sequence[object]
        if isinstance(rule.value, str):
            cells = [str(cell) for cell in raw.column(rule.column)]
            value: float | str = plain(rule.value)
        else:
            cells, value = raw.numbers_or_nan(rule.column), rule.value
        rows = [i for i in rows if cells[i] != cells[i] or _OPS[rule.op](cells[i], value)]
    if not rows:
        rules = " and ".join(f"{f.column} {f.op} {f.value}" for f in filters)
        raise TaskError(f"{raw.path}: filters must leave rows, {rules} leaves 0 of {raw.n_rows}")
    left = raw.take(rows)
    for rule in filters:
        if not isinstance(rule.value, str):
            left.numbers(rule.column)
    return rows


def _require_filled(
    raw: RawTable, spec: TaskSpec, rows: Sequence[int], names: Sequence[str]
) -> None:
    """Require that every group keeps at least one row after the filters."""
    if len(rows) == raw.n_rows:
        return
    named = [
        i for i in range(raw.n_rows) if not any(is_blank(raw.column(g)[i]) for g in spec.groups)
    ]
    labels = as_spelled(group_labels(raw.take(named), spec.groups), names)
    left = set(names)
    for name in labels:
        if name not in left:
            raise TaskError(
                f"{raw.path}: groups must not be empty, filters leave 0 of "
                f"{labels.count(name)} rows of {name!r}"
            )


@dataclass(frozen=True, eq=False)
class TaskRows:
    """A table of training runs and what is asked of it, before any fold is made.

    Attributes:
        name: The folder's name.
        folder: Where `task.toml` lies.
        spec: What `task.toml` says.
        group_names: Groups in order of first appearance; `("all",)` where there are none.
        train: The training rows that pass the filters.
    """

    name: str
    folder: Path
    spec: TaskSpec
    group_names: tuple[str, ...]
    train: Table

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the features, in the order of `Table.X`."""
        return tuple(feature.name for feature in self.spec.features)

    @property
    def target_names(self) -> tuple[str, ...]:
        """Names of the targets, in the order of `Table.Y`."""
        return tuple(target.name for target in self.spec.targets)

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return len(self.group_names)

    @property
    def roles(self) -> dict[str, Role]:
        """The role of each feature and target: what `task.toml` says, else a guess."""
        columns: list[Feature | Target] = [*self.spec.features, *self.spec.targets]
        values = np.hstack([self.train.X, self.train.Y])
        return guess_roles(
            {
                column.name: Facts(True, float(x.min()), float(x.max()))
                for column, x in zip(columns, values.T, strict=True)
            },
            corrected={column.name: column.role for column in columns if column.role},
        )

    @property
    def sldbench_labels(self) -> tuple[str, ...]:
        """SLDBench's labels of the groups, in the order of `group_names`."""
        return tuple(_sldbench_label(self.spec, name) for name in self.group_names)

    @property
    def max_constants(self) -> int:
        """Most constants that a search allows, for each group and target."""
        return self.spec.max_constants or DEFAULT_CONSTANTS

    @property
    def axes(self) -> tuple[int, ...]:
        """Numbers of the features along which the task extrapolates; none where it does not."""
        return axis_features(self.spec.folds.axes, self.feature_names)

    @property
    def horizon(self) -> tuple[float, ...] | None:
        """Factor along each axis that forecasts will be asked for; None where none is declared."""
        declared, n_axes = self.spec.folds.horizon, len(self.spec.folds.axes)
        return tuple(declared * n_axes if len(declared) == 1 else declared) or None

    @property
    def logarithmic_axes(self) -> tuple[bool, ...]:
        """Whether each axis is of logarithmic features."""
        names, features = self.feature_names, self.spec.features
        each = (axis_features([axis], names) for axis in self.spec.folds.axes)
        return tuple(all(features[j].logarithmic for j in of_axis) for of_axis in each)

    @property
    def axis_values(self) -> NDArray[np.float64]:
        """`(n, a)` training rows along the axes, of which one may be a product of features."""
        return axis_values(self.train.X, self.spec.folds.axes, self.feature_names)


def _sldbench_label(spec: TaskSpec, group_name: str) -> str:
    if not spec.groups:
        return spec.sldbench.label or "all_data"
    if not spec.sldbench.label:
        return group_name
    label = spec.sldbench.label
    for column, value in zip(spec.groups, group_name.split(GROUP_JOIN), strict=True):
        renamed = spec.sldbench.values.get(column, {}).get(value, value)
        label = label.replace("{" + column + "}", renamed)
    return label
