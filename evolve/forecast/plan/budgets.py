"""The best run that is asked for, by budget or by value, and the best of budgets around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from evolve.forecast.plan.allocate import Allocation, allocate, tune
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


def exponents(runs: Sequence[Allocation]) -> dict[str, float]:
    """With which power of the budget the best value of each feature grows, over best runs.

    By least squares of logarithms. Without what is 0 or at an end of its range for some budget;
    empty where there are fewer than two.
    """
    held = {name for run in runs for name in (*run.at_edge, *run.at_most)}
    budgets = np.array([run.budget for run in runs])
    values = (
        {name: np.array([run.values[name] for run in runs]) for name in runs[0].values}
        if len(runs) > 1
        else {}
    )
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
