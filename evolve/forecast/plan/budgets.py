"""The best run that is asked for, by budget or by value, and the best of budgets around it."""

from __future__ import annotations

from evolve.forecast.plan.allocate import Allocation, Question, allocate
from evolve.forecast.plan.reach import allocate_if_possible, reach

SHARES = (0.01, 0.1, 1.0, 10.0, 100.0)  # of the budget


def best_run(question: Question, budget: float | None, value: float | None) -> Allocation:
    """The best run of the budget, or the cheapest that reaches the value; one of them is None.

    Raises:
        EvolveError: There is no such run.
    """
    if budget is not None:
        return allocate(question, budget)
    assert value is not None
    return reach(question, value)


def other_budgets(question: Question, budget: float) -> list[Allocation]:
    """The best run of each of `SHARES` of a budget, where that buys one."""
    runs = (allocate_if_possible(question, share * budget) for share in SHARES)
    return [run for run in runs if run is not None]
