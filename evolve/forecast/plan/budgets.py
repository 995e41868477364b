"""The best run that is asked for, by budget or by value, and the best of budgets around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from evolve.errors import EvolveError
from evolve.forecast.plan.allocate import (
    Allocation,
    NoOptimumError,
    allocate,
    best_values,
    tune,
)
from evolve.forecast.plan.question import Question
from evolve.forecast.plan.reach import allocate_if_possible, reach
from evolve.forecast.plan.uncertainty import with_ranges

SHARES = (0.01, 0.1, 1.0, 10.0, 100.0)  # of the budget


def best_run(question: Question, budget: float | None, value: float | None) -> Allocation:
    """The best run of the budget, or the cheapest that reaches the value; one of them is None.

    Where the question holds no cost both are: the best settings of a run whose size is fixed.

    Raises:
        EvolveError: There is no such run.
    """
    if not question.cost.features:
        return with_ranges(question, tune(question))
    if budget is not None:
        return with_ranges(question, allocate(question, budget))
    assert value is not None
    return with_ranges(question, reach(question, value))


def other_budgets(question: Question, budget: float) -> list[Allocation]:
    """The best run of each of `SHARES` of a budget, where that buys one; none without a cost."""
    if not question.cost.features:
        return []
    runs = (allocate_if_possible(question, share * budget) for share in SHARES)
    return [run for run in runs if run is not None]


def without_optimum(question: Question, budget: float) -> list[float]:
    """Those of `SHARES` of a budget whose best run lies at no finite ratio."""
    shares = SHARES if question.cost.features else ()
    return [share * budget for share in shares if _has_no_optimum(question, share * budget)]


def _has_no_optimum(question: Question, budget: float) -> bool:
    try:
        best_values(question, budget)
    except NoOptimumError:
        return True
    except EvolveError:
        pass
    return False


def steady(runs: Sequence[Allocation]) -> Sequence[Allocation]:
    """The longest stretch of budgets along which the same features are at an end of their range.

    Where a feature comes to its end all others grow otherwise, as they share what it leaves. Of
    stretches as long, the one with the fewest at an end, then the first.

    Args:
        runs: The best run of each budget, ascending.
    """
    stretches = [list(stretch) for _, stretch in groupby(runs, key=_held)]
    return max(stretches, key=lambda some: (len(some), -len(_held(some[0]))), default=[])


def _held(run: Allocation) -> frozenset[str]:
    """Features that are at an end of their range."""
    return frozenset((*run.at_edge, *run.at_most))


def exponents(runs: Sequence[Allocation]) -> dict[str, float]:
    """With which power of the budget the best value of each feature grows, over `steady` runs.

    By least squares of logarithms. Without what is 0 or at an end of its range there; empty where
    there are fewer than two.
    """
    runs = steady(runs)
    if len(runs) < 2:
        return {}
    budgets, held = np.array([run.budget for run in runs]), _held(runs[0])
    values = {name: np.array([run.values[name] for run in runs]) for name in runs[0].values}
    return {
        name: float(np.polyfit(np.log(budgets), np.log(column), 1)[0])
        for name, column in values.items()
        if name not in held and (column > 0).all()
    }


def pinned(question: Question, best: Allocation) -> Question:
    """The question with tuned features fixed at the values that are best."""
    numbers = {question.task.feature_names.index(name): v for name, v in best.values.items()}
    fixed = {j: numbers[j] for j in question.tuned}
    return replace(question, fixed={**question.fixed, **fixed}, tuned=())
