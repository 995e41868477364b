"""Two runs that are compared: what each forecasts, and how far they are from one another.

An interval of a difference is recovered from those of its parts, which are taken to be
independent (Zou and Donner 2008, "MOVER"); of runs of the same rows it is therefore wide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evolve.errors import Argument, EvolveError, nearest
from evolve.forecast.departures import departures
from evolve.forecast.interval import interval_at
from evolve.forecast.model import ForecastModel
from evolve.tasks.task import Task
from evolve.typing import Array


@dataclass(frozen=True, slots=True)
class Ends:
    """Points and the ends of their intervals, each `(n,)`."""

    point: Array
    low: Array
    high: Array

    def minus(self, other: Ends) -> Ends:
        """Differences and their intervals."""
        point = self.point - other.point
        below = np.hypot(self.point - self.low, other.high - other.point)
        above = np.hypot(self.high - self.point, other.point - other.low)
        return Ends(point, point - below, point + above)


@dataclass(frozen=True, slots=True)
class Side:
    """One of two runs that are compared.

    Attributes:
        task: Its task.
        forecast_model: What its forecasts are made from.
        group: The group that is forecast.
        target: The target's name.
        level: Of the intervals.
    """

    task: Task
    forecast_model: ForecastModel
    group: str
    target: str
    level: float

    def at(self, values: Mapping[str, Array]) -> Ends:
        """Point and ends at rows given as `(n,)` values of every feature; nan where undefined."""
        x = np.stack([values[name] for name in self.task.feature_names], axis=1)
        result = interval_at(self.task, self.forecast_model, self.group, x, self.level)
        t = self.task.target_names.index(self.target)
        return Ends(result.point[:, t], result.low[:, t], result.high[:, t])

    def departures(self, at: Mapping[str, float]) -> list[str]:
        """What a point breaks that every training row keeps to, in words."""
        x = np.array([[at[name] for name in self.task.feature_names]])
        return departures(self.task, self.group, x)[0]

    def range_of(self, name: str) -> tuple[float, float]:
        """Smallest and largest training value of a feature."""
        column = self.task.train.X[:, self.task.feature_names.index(name)]
        return float(column.min()), float(column.max())


def make_sides(
    tasks: Sequence[Task],
    bases: Sequence[ForecastModel],
    *,
    group: str | None,
    target: str | None,
    level: float,
) -> tuple[Side, Side]:
    """Check that two runs can be compared at one point.

    Args:
        tasks: Those of the two runs.
        bases: What their forecasts are made from.
        group: The group; None where each run has one alone.
        target: The target; None where they have one alone.
        level: Of the intervals.

    Raises:
        EvolveError: The runs have other features or no common target, or a name is not known.
    """
    names = [set(task.feature_names) for task in tasks]
    if names[0] != names[1]:
        apart = ", ".join(sorted(names[0] ^ names[1]))
        raise EvolveError(f"compare: both runs must have the same features, {apart} differ")
    common = [name for name in tasks[0].target_names if name in tasks[1].target_names]
    if not common:
        words = " and ".join(", ".join(task.target_names) for task in tasks)
        raise EvolveError(f"compare: both runs must have a target in common, they have {words}")
    chosen = _one("target", target, common)
    groups = [
        task.group_names[0] if group is None and task.n_groups == 1
        else _one("group", group, task.group_names)
        for task in tasks
    ]  # fmt: skip
    one, two = (
        Side(task, forecast_model, of, chosen, level)
        for task, forecast_model, of in zip(tasks, bases, groups, strict=True)
    )
    return one, two


def _one(argument: str, value: str | None, valid: Sequence[str]) -> str:
    """A name that must be one of several; the only one where none is given."""
    if value is None and len(valid) == 1:
        return valid[0]
    if value is None or value not in valid:
        hint = "" if value is None else f", it is {value!r}{nearest(value, valid)}"
        raise EvolveError(Argument(argument), f": must be one of {', '.join(valid[:12])}{hint}")
    return value
