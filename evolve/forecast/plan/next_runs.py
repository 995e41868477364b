"""A point and a cost to the runs that would narrow the forecast there most."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from evolve.forecast.interval import Forecast
from evolve.forecast.plan.greedy import cheapest_of_best, taken_off, without
from evolve.forecast.plan.narrowing import interval_of, open_of
from evolve.forecast.plan.question import Question
from evolve.forecast.plan.shares import at_cost, simplex
from evolve.typing import Array

LEVELS = {1: 200, 2: 40, 3: 14, 4: 8}
APART = 0.3  # factors of 10 between runs
SHARES_APART = 0.1  # of the training range, for features that act as they are
FURTHER = 10.0
LEAST = 0.01  # of the spread, which a run must take off to be named; judgement


@dataclass(frozen=True, slots=True)
class NextRun:
    """A run worth making.

    Attributes:
        values: Every feature by name: the cost's, then those that are the same in all these runs.
        cost: What it costs.
        then: Ends of the interval at the point once it and those named before it are made, as is
            expected now.
        predictions: What each law says, by entry (by name where no run holds it), the champion's
            first.
        disagreement: Deviation of the laws around what they say together.
        noise: Scatter of single runs there.
        far: Entries that are further off than the targets of the group span, or not defined:
            what they say counts as that far off and is no forecast of the run.
    """

    values: dict[str, float]
    cost: float
    then: tuple[float, float]
    predictions: dict[int | str, float]
    disagreement: float
    noise: float
    far: tuple[int, ...] = ()


def next_runs(question: Question, wanted: Forecast, budget: float, n: int = 5) -> list[NextRun]:
    """Runs of at most a budget that narrow the interval at a point most, made one after another.

    Each is the cheapest of those that narrow it about most, given those before it. Runs lie apart
    from each other and from the training rows.

    Args:
        question: What is planned; the runs are of its cost's features, the others are fixed.
        wanted: The forecast at the point.
        budget: Most that one run may cost.
        n: At most so many.

    Returns:
        The one to make first; none where no run narrows the interval to be seen.
    """
    free = _mixtures(question, budget) if question.linear else _grid(question)
    costs = question.cost.of(question.rows(free))
    defined = np.isfinite(question.loss(free)) & (costs > 0)
    if not question.linear:  # mixtures cost the budget, but for rounding
        defined &= costs <= budget
    free, costs = free[defined], costs[defined]
    if not len(free):
        return []
    forecasts = question.forecast(free)
    return [
        _next_run(question, forecasts, i, float(costs[i]), interval_of(question, wanted, left))
        for i, left in _chosen(question, wanted, forecasts, free, costs, n)
    ]


def _chosen(
    question: Question, wanted: Forecast, forecasts: Forecast, free: Array, costs: Array, n: int
) -> Iterator[tuple[int, float]]:
    """Numbers of the runs to make, and the spread that is left at the point after each."""
    runs, point = open_of(question, forecasts), open_of(question, wanted).along[0]
    along, spread = runs.along, float(wanted.parts.total[0, question.target])
    places = _places(question, free)
    gaps = _distances(places, _places(question, _known(question)))
    for _ in range(n):
        off = taken_off(along, runs.noise, point)
        off = np.where(gaps >= APART, off, 0.0)
        i = cheapest_of_best(off, costs)
        if i is None:
            return
        left = float(np.sqrt(max(spread**2 - off[i], 0.0)))
        if left > (1.0 - LEAST) * spread:
            return
        yield i, left
        both = without(np.vstack([along, point]), along[i], float(runs.noise[i]))
        along, point, spread = both[:-1], both[-1], left
        gaps = np.minimum(gaps, _distances(places, places[[i]]))


def _distances(places: Array, others: Array) -> Array:
    """`(n,)` distances of places from the nearest of some others, in the widest direction."""
    from scipy.spatial import cKDTree

    distances, _ = cKDTree(others).query(places, p=np.inf)
    return np.asarray(distances)


def _next_run(
    question: Question,
    forecasts: Forecast,
    i: int,
    cost: float,
    then: tuple[float, float],
) -> NextRun:
    t = question.target
    names, free = question.task.feature_names, question.cost.features
    order = [*free, *(j for j in range(len(names)) if j not in free)]
    entries = [m.label for m in question.forecast_model.members]
    said = [float(forecasts.champion[i, t]), *forecasts.parts.rivals[:, i, t].tolist()]
    return NextRun(
        {names[j]: float(forecasts.x[i, j]) for j in order},
        cost,
        then,
        dict(zip(entries, said, strict=True)),
        float(forecasts.parts.form[i, t]),
        float(forecasts.parts.noise[i, t]),
        _far(question, forecasts, i),
    )


def _far(question: Question, forecasts: Forecast, row: int) -> tuple[int, ...]:
    """Entries of rivals that are further from the forecast than the targets span."""
    t = question.target
    span = question.forecast_model.spreads[question.group].cap[t]
    gaps = np.abs(forecasts.parts.rivals[:, row, t] - forecasts.point[row, t])
    return tuple(k for k, gap in zip(forecasts.rivals, gaps, strict=True) if not gap <= span)


def _known(question: Question) -> Array:
    return question.known[:, list(question.cost.features)]


def _places(question: Question, free: Array) -> Array:
    """`(n, k)` coordinates in which runs lie `APART` from each other."""
    if not question.linear:
        return np.asarray(np.log10(free))
    spans = np.ptp(_known(question), axis=0)
    return np.asarray(free / np.where(spans > 0, spans, 1.0) * (APART / SHARES_APART))


def _mixtures(question: Question, budget: float) -> Array:
    """`(n, k)` values within the training ranges that cost the whole budget."""
    train = _known(question)
    free, reached = at_cost(
        train, lambda x: question.cost.of(question.rows(x)), simplex(train.shape[1]), budget
    )
    return np.asarray(free[reached])


def _grid(question: Question) -> Array:
    """`(n, k)` values from the smallest training value to ten times the largest."""
    train = _known(question)
    count = LEVELS[train.shape[1]]
    axes = [np.geomspace(c.min(), FURTHER * c.max(), count) for c in train.T]
    return np.array(list(itertools.product(*axes)))
