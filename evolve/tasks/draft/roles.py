"""What a user asked for to the columns of a task, each with one role."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evolve.errors import Argument, EvolveError, TaskError, nearest
from evolve.tasks.draft.columns import Column
from evolve.tasks.draft.condition import Condition
from evolve.tasks.folds import require_n_rows
from evolve.tasks.names import why_no_column
from evolve.tasks.readers import RawTable, number
from evolve.tasks.spec import TaskSpec
from evolve.tasks.task import Task

NO_AXES = "none"
FEW_TEXTS = 0.5  # a column of texts with fewer levels than this share of the rows names groups


@dataclass(frozen=True)
class Wishes:
    """What a user asked for.

    Attributes:
        targets: Columns to predict.
        features: Columns to predict from; empty for all that are left and hold numbers.
        groups: Columns whose values, joined, name the groups.
        extrapolate: Features to extrapolate along; empty for a guess, ``none`` for none.
        test: Condition of the rows that are kept for a test.
    """

    targets: tuple[str, ...]
    features: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    extrapolate: tuple[str, ...] = ()
    test: str | None = None

    @property
    def axes(self) -> tuple[str, ...]:
        """Features that the user wants to extrapolate along."""
        return () if self.extrapolate == (NO_AXES,) else self.extrapolate


def require_roles(raw: RawTable, wishes: Wishes) -> None:
    """Require that the columns asked for exist and have one role each.

    Raises:
        EvolveError: One does not, or there is no target.
    """
    have = ", ".join(raw.columns)
    if not wishes.targets:
        raise EvolveError(
            Argument("target"), f": which column is to be predicted? {raw.path} has {have}"
        )
    roles = {
        "target": wishes.targets,
        "features": wishes.features,
        "groups": wishes.groups,
    }
    taken: dict[str, str] = {}
    for argument, names in roles.items():
        for name in names:
            _require_known(argument, name, raw)
            if name in taken:
                twice = taken[name] == argument
                other = ("twice",) if twice else ("by ", Argument(taken[name]), " too")
                rule = f": a column has one role, {name!r} is named "
                raise EvolveError(Argument(argument), rule, *other)
            taken[name] = argument
    for name in wishes.axes:
        _require_known("extrapolate", name, raw)
        if name not in (wishes.features or set(raw.columns) - set(taken)):
            place = ("named by ", taken[name]) if name in taken else ("not among ", "features")
            rule = f": must name features, {name!r} is {place[0]}"
            raise EvolveError(Argument("extrapolate"), rule, Argument(place[1]))
    if len(set(wishes.axes)) < len(wishes.axes):
        rule = f": names {' '.join(wishes.axes)}, one of them twice"
        raise EvolveError(Argument("extrapolate"), rule)


def _require_known(argument: str, name: str, raw: RawTable) -> None:
    if name not in raw.columns:
        hint = "; names stand apart by spaces: a b" if "," in name else ""
        raise EvolveError(
            Argument(argument),
            f": {raw.path} has no column {name!r}{nearest(name, raw.columns)}, "
            f"it has {', '.join(raw.columns)}{hint}{raw.in_index(name)}",
        )


def require_names(raw: RawTable, names: Sequence[str]) -> None:
    """Require that features and targets have names that a formula can hold.

    Raises:
        EvolveError: One has not.
    """
    for name in names:
        if reason := why_no_column(name):
            raise EvolveError(f"{raw.path}: a feature or target {reason}")


def require_unbiased(wishes: Wishes, condition: Condition | None) -> None:
    """Require that the rows of the test are not chosen by what is to be predicted.

    Raises:
        EvolveError: They are.
    """
    for name in condition.columns if condition is not None else ():
        if name in wishes.targets:
            raise EvolveError(
                Argument("test"),
                f" {wishes.test!r}: may not choose rows by the target, it names {name!r}; "
                "choose them by what is known before a run, such as its size",
            )


def require_differing(raw: RawTable, wishes: Wishes) -> None:
    """Require rows enough that are not all the same, and targets that are numbers.

    Raises:
        TaskError: They are not.
    """
    require_n_rows(raw.path, raw.n_rows)
    if all(len({repr(c) for c in cells}) == 1 for cells in raw.columns.values()):
        raise TaskError(f"{raw.path}: rows must differ, all {raw.n_rows} are the same")
    for name in wishes.targets:
        raw.numbers(name)


def choose_features(
    raw: RawTable, columns: dict[str, Column], wishes: Wishes
) -> tuple[list[str], str]:
    """The features, and why they are.

    Args:
        raw: The whole table.
        columns: Facts of the training rows.
        wishes: What was asked for.

    Raises:
        EvolveError: No column is left that could be one, or one that was named is constant.
        TaskError: A cell of one that was named is no number.
    """
    if wishes.features:
        for name in wishes.features:
            _require_varying(raw, name)
        return list(wishes.features), "named by the user"
    taken = {*wishes.targets, *wishes.groups}
    left = [c for name, c in columns.items() if name not in taken]
    for column in left:
        _require_no_odd_cell(raw, column.name)
    found = [c.name for c in left if c.name in wishes.axes or not why_not(raw, c)]
    for name in wishes.axes:
        _require_varying(raw, name)
    if not found:
        told = "; ".join(f"{c.name} {why_not(raw, c)}" for c in left)
        raise EvolveError(
            f"{raw.path}: no column is left to predict from{': ' + told if told else ''}"
        )
    return found, "not given: all other columns of numbers; name those that are inputs"


def _require_varying(raw: RawTable, name: str) -> None:
    values = raw.numbers(name)
    if min(values) == max(values):
        raise EvolveError(
            f"{raw.path}: feature {name!r} must vary, all {raw.n_rows} rows hold "
            f"{values[0]:g}; leave it out of ",
            Argument("features"),
        )


def _require_no_odd_cell(raw: RawTable, name: str) -> None:
    """Require that a column of numbers, by most of its cells, holds nothing else.

    Left out in silence, it would be missed; as the user named no features, it may be one.
    """
    values = [number(cell) for cell in raw.column(name)]
    if 2 * sum(value is not None for value in values) <= len(values):
        return
    try:
        raw.numbers(name)
    except TaskError as error:
        raise TaskError(
            *error.args, "; or name the inputs by ", Argument("features"), ", without it"
        ) from None


def why_not(raw: RawTable, column: Column) -> str:
    """Why a column is not proposed as a feature; empty where nothing speaks against it."""
    if column.kind != "numbers":
        blank = "has blank cells" if column.n_blank else "holds texts too"
        return {"texts": "holds texts", "empty": "holds nothing"}.get(column.kind, blank)
    if column.n_levels < 2:
        return "is constant"
    values = np.array([number(cell) for cell in raw.column(column.name)], dtype=float)
    starts = (0, 1) if len(values) > 2 else ()
    if any(np.array_equal(values, np.arange(len(values)) + start) for start in starts):
        return "counts the rows"
    return ""


def unused(
    raw: RawTable, columns: dict[str, Column], spec: TaskSpec, *, named: bool
) -> dict[str, str]:
    """Why each column without a role has none."""
    used = {f.name for f in spec.features} | {t.name for t in spec.targets} | set(spec.groups)
    return {
        name: "not among the features named" if named else why_not(raw, column)
        for name, column in columns.items()
        if name not in used
    }


def require_varied(task: Task, path: Path) -> None:
    """Require that every target and feature varies over the training rows.

    Raises:
        TaskError: One does not.
    """
    parts = (
        ("target", task.target_names, task.train.Y),
        ("feature", task.feature_names, task.train.X),
    )
    for what, names, values in parts:
        for name, column in zip(names, values.T, strict=True):
            if column.min() == column.max():
                raise TaskError(
                    f"{path}: {what} {name!r} must vary over the training rows, all "
                    f"{len(column)} hold {column[0]:g}"
                )


def could_be_groups(columns: dict[str, Column], n_rows: int, spec: TaskSpec) -> list[str]:
    """Columns of texts that are not used and that name groups, by the look of them."""
    return [
        name
        for name, column in columns.items()
        if name not in spec.groups
        and column.kind == "texts"
        and 1 < column.n_levels < FEW_TEXTS * n_rows
    ]
