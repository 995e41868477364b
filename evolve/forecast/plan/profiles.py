"""What runs of one cost are forecast to reach: isoFLOP profiles, and the best of each cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from evolve.errors import Argument, EvolveError
from evolve.forecast.interval import interval_at
from evolve.forecast.plan.allocate import Allocation, scaled_to, tune
from evolve.forecast.plan.budgets import pinned
from evolve.forecast.plan.question import Question
from evolve.forecast.plan.reach import allocate_if_possible
from evolve.typing import Array

DECADES = 1.5  # of a profile, to each side of the usual ratio of the training rows
POINTS = 121
N_BUDGETS = 5
N_FRONTIER = 25
BEYOND = 10.0  # budgets go so many times beyond the dearest training row


@dataclass(frozen=True, slots=True)
class Profile:
    """Runs of one cost, which differ in nothing else: what is tuned is as in the best of them.

    Attributes:
        budget: The cost.
        values: `(n, 2)` values of the cost's two features; the first ascends.
        point: `(n,)` forecasts of the target; nan where no law is defined.
        best: The best run of the cost; None where it lies at no finite ratio.
    """

    budget: float
    values: Array
    point: Array
    best: Allocation | None


def profiles(question: Question, budgets: Sequence[float] = ()) -> list[Profile]:
    """The profile of each budget; of budgets over the training rows and beyond if none is given.

    Raises:
        EvolveError: The cost holds not two features that scale, or grows with neither.
    """
    if len(question.cost.features) != 2:
        names = [question.task.feature_names[j] for j in question.cost.features]
        rule = f": a profile is along the ratio of two features, it holds {', '.join(names)}"
        raise EvolveError(Argument("compute"), rule)
    if question.linear:
        name = question.task.feature_names[question.cost.features[0]]
        rule = f": a profile is along ratios, {name} acts as it is, not through its logarithm"
        raise EvolveError(Argument("compute"), rule)
    chosen = budgets or usual_budgets(question, N_BUDGETS)
    return [_profile(question, float(budget)) for budget in chosen]


def frontier(question: Question, budgets: Sequence[float] = ()) -> list[Allocation]:
    """The best run of each budget, where there is one; budgets as `profiles` has them."""
    chosen = budgets or usual_budgets(question, N_FRONTIER)
    runs = (allocate_if_possible(question, float(budget)) for budget in chosen)
    return [run for run in runs if run is not None]


def usual_budgets(question: Question, n: int) -> list[float]:
    """Budgets at equal factors from the cheapest training row to ten times the dearest."""
    costs = question.cost.of(question.known_with_fixed)
    costs = costs[np.isfinite(costs) & (costs > 0)]
    if not len(costs):
        raise EvolveError(Argument("compute"), ": no training row has a cost above 0")
    return list(np.geomspace(costs.min(), BEYOND * costs.max(), n).tolist())


def _points(question: Question, values: Array) -> Array:
    rows = question.rows(values)
    result = interval_at(
        question.task, question.forecast_model, question.group, rows, question.level
    )
    point: Array = result.point[:, question.target]
    return point


def _profile(question: Question, budget: float) -> Profile:
    centre = np.log10(question.known[:, list(question.cost.features)]).mean(axis=0)
    turns = np.linspace(-DECADES, DECADES, POINTS)[:, None] * np.array([1.0, -1.0])
    values = 10.0 ** scaled_to(question, centre + turns, budget)
    values = values[np.argsort(values[:, 0])]
    best = allocate_if_possible(question, budget)
    point = _points(_settled(question, best, values[POINTS // 2]), values)
    return Profile(budget, values, point, best)


def _settled(question: Question, best: Allocation | None, middle: Array) -> Question:
    """The question with settings as in the best run, or as are best in the middle one."""
    if not question.tuned:
        return question
    if best is None:
        sizes = dict(zip(question.cost.features, middle.tolist(), strict=True))
        best = tune(replace(question, fixed={**question.fixed, **sizes}))
    return pinned(question, best)
