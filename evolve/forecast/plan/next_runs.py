"""Rival laws and a cost to the runs that would tell them apart best for their compute."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from evolve.forecast.interval import Forecast
from evolve.forecast.plan.question import Question
from evolve.forecast.plan.shares import at_cost, simplex
from evolve.typing import Array

LEVELS = {1: 200, 2: 40, 3: 14, 4: 8}
APART = 0.3  # factors of 10 between runs
SHARES_APART = 0.1  # of the training range, for features that act as they are
FURTHER = 10.0


@dataclass(frozen=True, slots=True)
class NextRun:
    """A run worth making.

    Attributes:
        values: The cost's features by name.
        cost: What it costs.
        predictions: What each law says, by entry, the champion's first.
        disagreement: Root mean square difference of the rivals from the champion.
        noise: Scatter of single runs there.
        far: Entries that are further off than the targets of the group span, or not defined:
            what they say counts as that far off and is no forecast of the run.
    """

    values: dict[str, float]
    cost: float
    predictions: dict[int, float]
    disagreement: float
    noise: float
    far: tuple[int, ...] = ()


def next_runs(question: Question, budget: float, n: int = 5) -> list[NextRun]:
    """Runs of at most a budget where leading laws differ most for each unit of compute.

    A run's worth is ``log(1 + (disagreement / noise)**2)`` over its cost: what one outcome can
    tell about which law holds. Runs lie apart from each other and from the training rows.

    Args:
        question: What is planned.
        budget: Most that one run may cost.
        n: At most so many.

    Returns:
        The best first; none where no law rivals the champion.
    """
    if len(question.forecast_model.members) < 2:
        return []
    free = _mixtures(question, budget) if question.linear else _grid(question)
    costs = question.cost.of(question.rows(free))
    defined = np.isfinite(question.loss(free)) & (costs > 0)
    if not question.linear:  # mixtures cost the budget, but for rounding
        defined &= costs <= budget
    free, costs = free[defined], costs[defined]
    if not len(free):
        return []
    forecasts, t = question.forecast(free), question.target
    gap, noise = forecasts.parts.form[:, t], np.maximum(forecasts.parts.noise[:, t], 1e-300)
    worth = np.log1p((gap / noise) ** 2) / costs
    worth = np.where(gap > noise, worth, 0.0)
    chosen = _apart(_places(question, free), worth, _places(question, _known(question)), n)
    names = [question.task.feature_names[j] for j in question.cost.features]
    entries = [m.index for m in question.forecast_model.members]
    return [
        NextRun(
            dict(zip(names, free[i].tolist(), strict=True)),
            float(costs[i]),
            dict(
                zip(
                    entries,
                    [float(forecasts.point[i, t]), *forecasts.parts.rivals[:, i, t].tolist()],
                    strict=True,
                )
            ),
            float(gap[i]),
            float(noise[i]),
            _far(question, forecasts, i),
        )
        for i in chosen
    ]


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
    return np.asarray(free / np.ptp(_known(question), axis=0) * (APART / SHARES_APART))


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


def _apart(logs: Array, worth: Array, train: Array, n: int) -> list[int]:
    """Row numbers of the greatest worth, each away from those before and from known rows."""
    taken: list[int] = []
    for i in np.argsort(-worth, kind="stable"):
        if worth[i] <= 0.0 or len(taken) == n:
            break
        others = np.concatenate([train, logs[taken].reshape(-1, logs.shape[1])])
        if np.abs(others - logs[i]).max(axis=1).min() >= APART:
            taken.append(int(i))
    return taken
