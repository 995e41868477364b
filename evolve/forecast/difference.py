"""Forecasts of two runs to their difference, where they cross, and what the one saves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np

from evolve.errors import Argument, EvolveError
from evolve.forecast.chances import SHARES, chances_of
from evolve.forecast.plan.cost import Cost
from evolve.forecast.sides import Ends, Reach, Side, more_is_better
from evolve.tasks.task import Task
from evolve.typing import Array

DECADES = 4.0  # of a feature or of compute, to each side of the point that is asked for
PER_DECADE = 60
SEEN_BEYOND = 100.0  # a crossing is looked for up to so many times the largest training value
EQUAL = 1e-9  # of the forecasts: laws that differ by less are taken to say the same
GRID = np.linspace(-DECADES, DECADES, 2 * int(DECADES) * PER_DECADE + 1)  # powers of ten
SLACK = 0.5 / PER_DECADE
N_FINER = 21
REFINEMENTS = 5


@dataclass(frozen=True, slots=True)
class Saving:
    """The two runs along a feature, or along compute at one ratio of features.

    Attributes:
        along: The feature, or the text of the compute.
        at: Its value at the point.
        crossing: The nearest value at which the forecasts are equal; None where there is none.
        searched: Smallest and largest value between which a crossing was looked for.
        factor: How many times the value the second run needs for what the first one is forecast
            to reach at the point; None where no value within four decades does.
        low: Lower end of the interval of the factor; None where it is open.
        high: Upper end.
    """

    along: str
    at: float
    crossing: float | None
    searched: tuple[float, float]
    factor: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What two runs forecast at one point.

    Attributes:
        first: Point, low and high of the first run.
        second: Of the second.
        difference: First less second, with its interval.
        is_open: Whether nothing bounds the forecast of the first, and of the second.
        chances: Of the first and the second, that one new run of it comes out better.
        maximise: Whether more is better.
        savings: Along every axis, and along compute where it was given.
        departures: What the point breaks that every training row of a run keeps to, in words.
        reaches: How far the rows of the first, and of the second, reach towards the point.
    """

    first: tuple[float, float, float]
    second: tuple[float, float, float]
    difference: tuple[float, float, float]
    is_open: tuple[bool, bool]
    chances: tuple[float, float]
    maximise: bool
    savings: tuple[Saving, ...]
    departures: tuple[str, ...] = ()
    reaches: tuple[Reach, ...] = ()

    @property
    def same(self) -> bool:
        """Whether the interval of the difference holds 0."""
        return self.difference[1] <= 0.0 <= self.difference[2]


def differ(
    one: Side,
    two: Side,
    at: Mapping[str, float],
    cost: Cost | None = None,
    maximise: bool | None = None,
) -> Difference:
    """Compare the forecasts of two runs at a point.

    Args:
        one: The first run.
        two: The second; its task has the same features, in any order.
        at: A value of every feature.
        cost: What a run costs.
        maximise: Whether more is better; None for what the target's role says.

    Raises:
        EvolveError: A run's laws are not defined at the point.
    """
    sides, rising = (one, two), more_is_better((one, two), maximise)
    ends = ends_at(sides, at)
    first, second = chances_at(sides, at, maximise=rising)
    return Difference(
        ends[0].first,
        ends[1].first,
        ends[0].minus(ends[1]).first,
        (bool(ends[0].is_open[0]), bool(ends[1].is_open[0])),
        (first, second),
        rising,
        savings_of(one, two, at, cost),
        departures_at(sides, at),
        (one.reach(at), two.reach(at)),
    )


def ends_at(sides: Sequence[Side], at: Mapping[str, float]) -> list[Ends]:
    """Point and ends of each system at a point.

    Raises:
        EvolveError: A system's laws are not defined there.
    """
    place = {name: np.array([value]) for name, value in at.items()}
    ends = [side.at(place) for side in sides]
    for side, part in zip(sides, ends, strict=True):
        if not np.isfinite(part.point).all():
            words = ", ".join(f"{name}={value:g}" for name, value in at.items())
            which = f"run {side.run!r}" if side.run else "one of the runs"
            raise EvolveError(f"compare: no law of {which} is defined at ", words)
    return ends


def chances_at(sides: Sequence[Side], at: Mapping[str, float], *, maximise: bool) -> list[float]:
    """The chance of each system that one new run of it comes out best at a point."""
    each = np.array([side.quantiles(at, SHARES) for side in sides])
    return list(chances_of(each, maximise=maximise).tolist())


def departures_at(sides: Sequence[Side], at: Mapping[str, float]) -> tuple[str, ...]:
    """What a point breaks that every training row of a system keeps to, in words.

    Where that is so of some systems alone, they stand before it by their numbers, from 1 on.
    """
    found: dict[str, list[str]] = {}
    for number, side in enumerate(sides, 1):
        for words in side.departures(at):
            found.setdefault(words, []).append(str(number))
    return tuple(
        words if len(of) == len(sides) else f"of {', '.join(of)}, {words}"
        for words, of in found.items()
    )


def savings_of(
    one: Side, two: Side, at: Mapping[str, float], cost: Cost | None
) -> tuple[Saving, ...]:
    """Two systems along every axis and along compute, where a cost is given."""
    return tuple(_saving(one, two, ray) for ray in _rays(one.task, at, cost))


@dataclass(frozen=True, slots=True)
class _Ray:
    """Rows along which some features move by one factor from a point.

    Attributes:
        along: What they are called together.
        names: The features.
        at: The point.
        amount: `(n,)` values of each feature to `(n,)` of what is saved.
    """

    along: str
    names: Sequence[str]
    at: Mapping[str, float]
    amount: Callable[[Mapping[str, Array]], Array]

    def rows(self, logs: Array) -> dict[str, Array]:
        """`(n,)` values of each feature, the ray's at `(n,)` powers of ten of the point."""
        steps = {name: 10.0**logs if name in self.names else 1.0 for name in self.at}
        return {name: np.full(len(logs), v) * steps[name] for name, v in self.at.items()}

    def amounts(self, logs: Array) -> Array:
        """`(n,)` of what is saved."""
        return self.amount(self.rows(logs))


def _rays(task: Task, at: Mapping[str, float], cost: Cost | None) -> list[_Ray]:
    """One along each axis on a log scale (each such feature, without axes), one along compute."""
    names = task.feature_names
    logarithmic = [f.name for f in task.spec.features if f.logarithmic]
    rays = [
        _Ray(names[j], (names[j],), at, itemgetter(names[j]))
        for j in task.axes or range(len(names))
        if names[j] in logarithmic
    ]
    if cost is None:
        return rays
    if linear := [name for name in cost.names if name not in logarithmic]:
        rule = f": {linear[0]} acts as it is, not through its logarithm, and cannot be scaled"
        raise EvolveError(Argument("compute"), rule)
    ray = _Ray(cost.text, cost.names, at, cost.of_named)
    amounts = ray.amounts(GRID)
    if not (np.isfinite(amounts).all() and amounts[0] > 0 and (np.diff(amounts) > 0).all()):
        raise EvolveError(Argument("compute"), ": must be above 0 and grow with its features")
    return [*rays, ray]


def _saving(one: Side, two: Side, ray: _Ray) -> Saving:
    """Where two runs cross along a ray, and how far along it the second reaches the first."""
    here = np.zeros(1)
    reached = one.at(ray.rows(here))
    amount = float(ray.amounts(here)[0])

    def gap(logs: Array) -> Array:
        rows = ray.rows(logs)
        first, second = one.at(rows).point, two.at(rows).point
        difference = first - second
        return np.where(np.abs(difference) > EQUAL * np.abs(first), difference, 0.0)

    def behind(logs: Array) -> Ends:
        return reached.minus(two.at(ray.rows(logs)))

    seen = _seen(one, two, ray)
    crossing = _nearest_root(gap, seen)
    step = _nearest_root(lambda logs: behind(logs).point, GRID)
    low, high = (None, None) if step is None else _around(step, behind(GRID))
    return Saving(
        ray.along,
        amount,
        None if crossing is None else float(ray.amounts(np.array([crossing]))[0]),
        (float(ray.amounts(seen[:1])[0]), float(ray.amounts(seen[-1:])[0])),
        *(
            None if log is None else float(ray.amounts(np.array([log]))[0]) / amount
            for log in (step, low, high)
        ),
    )


def _seen(one: Side, two: Side, ray: _Ray) -> Array:
    """`(m,)` of the grid where every feature of a ray lies in the rows or not far beyond."""
    ends = [(min(a[0], b[0]), max(a[1], b[1]))
            for a, b in ((one.range_of(n), two.range_of(n)) for n in ray.names)]  # fmt: skip
    logs = [
        np.log10(np.array(pair)) - np.log10(ray.at[n])
        for n, pair in zip(ray.names, ends, strict=True)
    ]
    low = min(0.0, max(pair[0] for pair in logs))
    high = max(0.0, min(pair[1] for pair in logs) + np.log10(SEEN_BEYOND))
    seen: Array = GRID[(low - SLACK <= GRID) & (high + SLACK >= GRID)]
    return seen


def _nearest_root(function: Callable[[Array], Array], logs: Array) -> float | None:
    """The root nearest to 0 of a function on an ascending grid; None where it has none."""
    for _ in range(REFINEMENTS):
        values = function(logs)
        told_apart = np.flatnonzero(np.isfinite(values) & (values != 0.0))
        signs = np.sign(values[told_apart])
        turns = np.flatnonzero(signs[:-1] != signs[1:])
        if not len(turns):
            return None
        starts, stops = logs[told_apart[turns]], logs[told_apart[turns + 1]]
        first = np.argmin(np.abs(starts + stops))
        logs = np.linspace(starts[first], stops[first], N_FINER)
    return float(logs.mean())


def _around(step: float, behind: Ends) -> tuple[float | None, float | None]:
    """Ends of the grid's stretch around a step whose intervals hold 0; None at the grid's end."""
    within = (behind.low <= 0.0) & (behind.high >= 0.0)
    below = np.flatnonzero(~within & (step > GRID))
    above = np.flatnonzero(~within & (step < GRID))
    low = float(GRID[min(below[-1] + 1, len(GRID) - 1)]) if len(below) else None
    high = float(GRID[max(above[0] - 1, 0)]) if len(above) else None
    return (None if low is None else min(low, step)), (None if high is None else max(high, step))
