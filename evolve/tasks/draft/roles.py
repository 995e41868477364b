"""What a user asked for to the columns of a task, each with one role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evolve.errors import Argument, EvolveError, TaskError, nearest
from evolve.law.faults import quoted
from evolve.tasks.cells import is_blank, plain
from evolve.tasks.draft.condition import Condition
from evolve.tasks.draft.leave_out import leave_out
from evolve.tasks.draft.made import require_numbers, rows_without
from evolve.tasks.folds import require_n_rows
from evolve.tasks.labels import group_labels
from evolve.tasks.names import why_no_column
from evolve.tasks.raw import RawTable
from evolve.tasks.roles import nearest_column
from evolve.tasks.task import Task

NO_AXES = "none"
# What names columns, several or one.
SEVERAL = ("targets", "features", "groups", "extrapolate", "decreasing", "increasing")
ONE = ("weights", "sigma", "run_id", "step", "wide")


@dataclass(frozen=True)
class Wishes:
    """What a user asked for.

    Attributes:
        targets: Columns to predict.
        features: Columns to predict from; empty for all that are left and hold numbers.
        groups: Columns whose values, joined, name the groups.
        extrapolate: Features to extrapolate along; empty for a guess, ``none`` for none.
        horizon: Factors beyond the data that forecasts will be asked for, for all axes or for
            each; empty for where the test begins.
        test: Condition of the rows that are kept for a test.
        roles: Roles of columns that a guess would get wrong, by name.
        where: Condition of the rows that are used at all.
        derive: Further columns, each as ``name = expression``.
        decreasing: Features that the target certainly falls in; empty for a guess, ``none`` for
            none.
        increasing: Features that it certainly rises in.
        floor: Value that it certainly stays above; None for a guess, -inf for none.
        ceiling: Value that it certainly stays below.
        bounds: Lowest and highest value that it can have; empty for a guess.
        weights: Column of what each training row counts; None for all alike.
        sigma: Column of the standard deviation of each row's targets, in place of weights.
        run_id: Column that names the run of each row, where rows are points of curves, or
            evaluations of runs.
        step: Column of the steps of points.
        points: Which points are used: ``last``, ``all``, or the most of each run.
        wide: Name of the feature whose values are the names of columns; the target is in these.
        keep_outliers: Whether rows far from what all others say are used, too.
        every_row: Whether all rows are used, points at step 0 and outliers too: whoever gives them
            has chosen them.
        named_by: The argument that names a feature, by feature, where that is not `features`: a
            formula does, or a run to forecast.
    """

    targets: tuple[str, ...]
    features: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    extrapolate: tuple[str, ...] = ()
    horizon: tuple[float, ...] = ()
    test: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    where: str | None = None
    derive: tuple[str, ...] = ()
    decreasing: tuple[str, ...] = ()
    increasing: tuple[str, ...] = ()
    floor: float | None = None
    ceiling: float | None = None
    bounds: tuple[float, ...] = ()
    weights: str | None = None
    sigma: str | None = None
    run_id: str | None = None
    step: str | None = None
    points: str | None = None
    wide: str | None = None
    keep_outliers: bool = False
    every_row: bool = False
    named_by: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Name columns as tables do: those called by numbers by texts, without outer spaces."""
        for several in SEVERAL:
            object.__setattr__(self, several, tuple(map(plain, getattr(self, several))))
        for one in ONE:
            if (name := getattr(self, one)) is not None:
                object.__setattr__(self, one, plain(name))
        roles = {plain(name): role for name, role in self.roles.items()}
        object.__setattr__(self, "roles", roles)

    @property
    def axes(self) -> tuple[str, ...]:
        """Features that the user wants to extrapolate along."""
        return () if self.extrapolate == (NO_AXES,) else self.extrapolate

    def use_of(self, name: str) -> str:
        """What a column that is neither input nor outcome is used for; empty for nothing."""
        if name == self.run_id:
            return "names the run of each row"
        if name in (self.weights, self.sigma):
            return "says what each row counts"
        return "says how far the run of each row had come" if name == self.step else ""


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
    if wishes.weights is not None and wishes.sigma is not None:
        raise EvolveError(
            Argument("weights"), " and ", Argument("sigma"), ": both say what rows count, give one"
        )
    taken: dict[str, str] = {}
    for argument, names in _uses(wishes).items():
        for name in names:
            _require_known(argument, name, raw)
            taken.setdefault(name, argument)
    for name in wishes.axes:
        _require_known("extrapolate", name, raw)
        if name not in (wishes.features or set(raw.columns) - set(taken)):
            place = ("named by ", taken[name]) if name in taken else ("not among ", "features")
            rule = f": must name features, {name!r} is {place[0]}"
            raise EvolveError(Argument("extrapolate"), rule, Argument(place[1]))
    if len(set(wishes.axes)) < len(wishes.axes):
        rule = f": names {' '.join(wishes.axes)}, one of them twice"
        raise EvolveError(Argument("extrapolate"), rule)


def require_one_use(wishes: Wishes) -> None:
    """Require that no column is named for two uses that exclude each other.

    A feature may name the steps of curves, or the runs, which its values tell apart; with steps
    runs may be groups.

    Raises:
        EvolveError: One is.
    """
    curves = {("groups", "run_id")} if wishes.step is not None else set()
    may_share = curves | {("features", "run_id"), ("features", "step")}
    taken: dict[str, list[str]] = {}
    for argument, names in _uses(wishes).items():
        for name in names:
            for other in taken.get(name, ()):
                if (other, argument) in may_share:
                    continue
                by = ("twice",) if other == argument else ("by ", Argument(other), " too")
                rule = f": a column has one role, {name!r} is named "
                raise EvolveError(Argument(argument), rule, *by)
            taken.setdefault(name, []).append(argument)


def _uses(wishes: Wishes) -> dict[str, tuple[str, ...]]:
    """Columns by the argument that names them."""
    single = {name: getattr(wishes, name) for name in ("weights", "sigma", "run_id", "step")}
    several = {"target": wishes.targets, "features": wishes.features, "groups": wishes.groups}
    return several | {name: () if one is None else (one,) for name, one in single.items()}


def _require_known(argument: str, name: str, raw: RawTable) -> None:
    if name not in raw.columns:
        hint = "; names stand apart by spaces: a b" if "," in name else _odd_form(name, raw)
        raise EvolveError(
            Argument(argument),
            f": {raw.path} has no column {name!r}{nearest_column(name, raw.columns)}, "
            f"it has {', '.join(raw.columns)}{hint}{raw.in_index(name)}",
        )


def _odd_form(name: str, raw: RawTable) -> str:
    """What is odd about the form of a table that lacks a column, if anything is."""
    (first, cells), *others = raw.columns.items()
    if not others and " " in first:
        return "; it seems to be separated by spaces: put commas there"
    row = next((row for row, cell in enumerate(cells, 1) if cell == name), None)
    if row is None:
        return ""
    return f"; row {raw.row_number(row)} is called so: if each column is a run, turn the table"


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
    """Require rows enough that are not all the same, targets that are numbers, and labels.

    Raises:
        TaskError: They are not.
    """
    require_n_rows(raw.path, raw.n_rows)
    if all(len({repr(c) for c in cells}) == 1 for cells in raw.columns.values()):
        raise TaskError(f"{raw.path}: rows must differ, all {raw.n_rows} are the same")
    for name in wishes.targets:
        try:
            require_numbers(raw, name)
        except TaskError as error:
            raise TaskError(*error.args, *rows_without(raw, name, wishes.where)) from None
    for name in wishes.groups:
        _require_labels(raw, name, wishes.where)


def _require_labels(raw: RawTable, name: str, where: str | None) -> None:
    """Require a label in every row: a missing one is no group."""
    blank = [row for row, cell in enumerate(raw.column(name), 1) if is_blank(cell)]
    if blank:
        complaint = raw.complaint(name, "must name a group", blank[0], "nothing")
        others = f", nor do {len(blank) - 1} further rows" if len(blank) > 1 else ""
        raise TaskError(
            f"{complaint}{others}; fill it in, or leave such rows out by ",
            *leave_out([f'{quoted(name)} != ""'], where),
        )


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


def require_known_groups(raw: RawTable, test: list[int], task: Task) -> None:
    """Require that every test row belongs to a group with training rows.

    Raises:
        EvolveError: One does not.
    """
    labels = group_labels(raw, task.spec.groups)
    for i in test:
        if labels[i] not in task.group_names:
            raise EvolveError(
                f"{raw.path}: a group must have training rows, ",
                Argument("test"),
                f" takes all rows of {labels[i]!r}{nearest(labels[i], task.group_names)}, "
                f"row {raw.row_number(i + 1)} among them{raw.line(i + 1)}",
            )
