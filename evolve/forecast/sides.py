"""Systems that are compared, runs or groups of one: what each forecasts, how far apart they are.

An interval of a difference is recovered from those of its parts, which are taken to be
independent (Zou and Donner 2008, "MOVER"); of runs of the same rows it is therefore wide.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evolve.errors import Argument, EvolveError, nearest
from evolve.forecast.departures import departures
from evolve.forecast.interval import LEVEL, interval_at, quantiles_of
from evolve.forecast.model import ForecastModel
from evolve.forecast.tested import untested
from evolve.tasks.directions import is_better_higher
from evolve.tasks.task import Task
from evolve.typing import Array

USUAL = np.array([0.05, 0.95])  # ends of an interval whose width is told of, whatever is asked


@dataclass(frozen=True, slots=True)
class Ends:
    """Points, the ends of their intervals, and whether nothing bounds them, each `(n,)`."""

    point: Array
    low: Array
    high: Array
    is_open: npt.NDArray[np.bool_]

    @property
    def first(self) -> tuple[float, float, float]:
        """Point, low and high of the first row."""
        return float(self.point[0]), float(self.low[0]), float(self.high[0])

    def minus(self, other: Ends) -> Ends:
        """Differences and their intervals."""
        point = self.point - other.point
        below = np.hypot(self.point - self.low, other.high - other.point)
        above = np.hypot(self.high - self.point, other.point - other.low)
        return Ends(point, point - below, point + above, self.is_open | other.is_open)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far the rows of a system reach towards a point.

    Attributes:
        extrapolation_distance: Steps outside the training rows, by feature.
        width_over_rows: Width of the interval of 90 % over the range of the target in the rows.
        untested: Ends of the rows beyond which the point lies, and that no fold holds out, so
            that nothing tests the law there; in words.
    """

    extrapolation_distance: Mapping[str, float]
    width_over_rows: float
    untested: tuple[str, ...]

    @property
    def is_wide(self) -> bool:
        """Whether the forecast leaves more open than rows differ, so that chances say little."""
        return self.width_over_rows > 1.0


@dataclass(frozen=True, slots=True)
class Side:
    """One of several systems that are compared: a run, or a group of one.

    Attributes:
        task: Its task.
        forecast_model: What its forecasts are made from.
        group: The group that is forecast.
        target: The target's name.
        level: Of the intervals.
        run: The run's name, for what is said of it; empty if it has none.
    """

    task: Task
    forecast_model: ForecastModel
    group: str
    target: str
    level: float
    run: str = ""

    @property
    def _number(self) -> int:
        return self.task.target_names.index(self.target)

    def at(self, values: Mapping[str, Array]) -> Ends:
        """Point and ends at rows given as `(n,)` values of every feature; nan where undefined."""
        x = np.stack([values[name] for name in self.task.feature_names], axis=1)
        result = interval_at(self.task, self.forecast_model, self.group, x, self.level)
        t = self._number
        return Ends(result.point[:, t], result.low[:, t], result.high[:, t], result.is_open[:, t])

    def quantiles(self, at: Mapping[str, float], shares: Array) -> Array:
        """`(m,)` values that shares `(m,)` of new runs are forecast to lie below at a point."""
        x = self._row(at)
        result = interval_at(self.task, self.forecast_model, self.group, x, self.level)
        each = quantiles_of(self.task, self.forecast_model, result, shares)
        return np.asarray(each[:, self._number])

    def departures(self, at: Mapping[str, float]) -> list[str]:
        """What a point breaks that every training row keeps to, in words."""
        return departures(self.task, self.group, self._row(at))[0]

    def reach(self, at: Mapping[str, float]) -> Reach:
        """How far a point lies outside the rows, and how wide the forecast is there."""
        row = self._row(at)
        result = interval_at(self.task, self.forecast_model, self.group, row, LEVEL)
        steps = result.extrapolation_distance[0].tolist()
        low, high = self.quantiles(at, USUAL)
        of_group = self.task.train.group == self.task.group_names.index(self.group)
        span = float(np.ptp(self.task.train.Y[of_group, self._number]))
        width = float(high - low) / span if span > 0 else float("inf")
        names = self.task.feature_names
        ends = untested(self.task, [(self.group, row)])
        return Reach(dict(zip(names, steps, strict=True)), width, ends)

    def _row(self, at: Mapping[str, float]) -> Array:
        return np.array([[at[name] for name in self.task.feature_names]])

    def range_of(self, name: str) -> tuple[float, float]:
        """Smallest and largest training value of a feature."""
        column = self.task.train.X[:, self.task.feature_names.index(name)]
        return float(column.min()), float(column.max())


def make_sides(
    tasks: Sequence[Task],
    bases: Sequence[ForecastModel],
    *,
    group: str | Sequence[str] | None,
    target: str | None,
    level: float,
    runs: Sequence[str] = (),
) -> tuple[Side, ...]:
    """Check that runs, or groups of one run, can be compared at one point.

    Args:
        tasks: Those of the runs.
        bases: What their forecasts are made from.
        group: The group of all runs, or one a run; None where each run has one alone. Of a single
            run the groups to compare; None for every one.
        target: The target; None where they have one alone.
        level: Of the intervals.
        runs: Names of the runs, for what is wrong with one; none if they have none.

    Raises:
        EvolveError: The runs have other features or no common target, there is nothing to compare
            with, or a name is not known.
    """
    runs = [*runs] or [""] * len(tasks)
    _require_same_features(tasks, runs)
    common = [n for n in tasks[0].target_names if all(n in t.target_names for t in tasks)]
    if not common:
        words = " and ".join(
            f"{', '.join(task.target_names)}{_of_run(run)}"
            for task, run in zip(tasks, runs, strict=True)
        )
        raise EvolveError(f"compare: all runs must have a target in common, they have {words}")
    chosen = _one("target", target, common)
    given = [group] if group is None or isinstance(group, str) else list(group)
    if len(tasks) == 1:
        given = list(tasks[0].group_names) if given == [None] else given
        tasks, bases, runs = [*tasks] * len(given), [*bases] * len(given), runs * len(given)
        if len(given) < 2:
            raise EvolveError("compare: needs another run, or a run of several groups")
        ((name, times),) = Counter(given).most_common(1)
        if times > 1:
            raise EvolveError(Argument("group"), f": {name!r} is given twice")
    given = given * len(tasks) if len(given) == 1 else given
    if len(given) != len(tasks):
        rule = f": must be one of all {len(tasks)} runs or one a run, they are {len(given)}"
        raise EvolveError(Argument("group"), rule)
    return tuple(
        Side(task, basis, _one("group", name, task.group_names, run), chosen, level, run)
        for task, basis, name, run in zip(tasks, bases, given, runs, strict=True)
    )


def _require_same_features(tasks: Sequence[Task], runs: Sequence[str]) -> None:
    first = set(tasks[0].feature_names)
    for task, run in zip(tasks, runs, strict=True):
        if apart := sorted(first ^ set(task.feature_names)):
            has = f"{', '.join(tasks[0].feature_names)}{_of_run(runs[0])} and "
            has += f"{', '.join(task.feature_names)}{_of_run(run)}"
            rule = f"all runs must have the same features, {', '.join(apart)} differ: there are "
            raise EvolveError(f"compare: {rule}{has}")


def _of_run(run: str) -> str:
    """Which run something is of, where it has a name."""
    return f" in run {run!r}" if run else ""


def more_is_better(sides: Sequence[Side], maximise: bool | None) -> bool:
    """Whether the best forecast of several is the highest, or else the lowest.

    Args:
        sides: What is compared.
        maximise: What the user says; None for what the target's role says.

    Raises:
        EvolveError: The target has one role in one task and another in another.
    """
    if maximise is not None:
        return maximise
    said = {is_better_higher(side.target, side.task.roles[side.target]) for side in sides}
    if len(said) > 1:
        words = f"compare: whether more {sides[0].target} is better differs between the tasks, "
        raise EvolveError(words, Argument("maximise"), " is to say")
    return said.pop()


def _one(argument: str, value: str | None, valid: Sequence[str], run: str = "") -> str:
    """A name that must be one of several of a run; the only one where none is given."""
    if value is None and len(valid) == 1:
        return valid[0]
    if value is None or value not in valid:
        hint = "" if value is None else f", it is {value!r}{nearest(value, valid)}"
        listed = f"{', '.join(valid[:12])}{', …' if len(valid) > 12 else ''}{_of_run(run)}"
        rule = ": must be one of " if len(valid) > 1 else ": must be "
        raise EvolveError(Argument(argument), f"{rule}{listed}{hint}")
    return value
