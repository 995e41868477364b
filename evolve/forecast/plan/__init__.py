"""A run's champion and a budget of compute to allocations, and to the runs worth making next.

`cost` reads the expression of what a run costs, `allocate` finds the best run that a budget
buys, `next_runs` where further runs would tell rival laws apart.
"""

from __future__ import annotations

from evolve.forecast.plan.allocate import Allocation, allocate
from evolve.forecast.plan.budgets import best_run, exponents, other_budgets, pinned, steady
from evolve.forecast.plan.cost import Cost, parse_cost
from evolve.forecast.plan.levels import Level, levels, size_of
from evolve.forecast.plan.next_runs import NextRun, next_runs
from evolve.forecast.plan.per_parameter import PerParameter
from evolve.forecast.plan.planned import PlannedRuns, plan_runs
from evolve.forecast.plan.profiles import frontier, profiles
from evolve.forecast.plan.question import Question, make_question
from evolve.forecast.plan.reach import cost_of, reach, with_serving
from evolve.forecast.plan.together import moving_together
from evolve.forecast.plan.worth import row_of, verdict_of_plan

__all__ = [
    "Allocation",
    "Cost",
    "Level",
    "NextRun",
    "PerParameter",
    "PlannedRuns",
    "Question",
    "allocate",
    "best_run",
    "cost_of",
    "exponents",
    "frontier",
    "levels",
    "make_question",
    "moving_together",
    "next_runs",
    "other_budgets",
    "parse_cost",
    "pinned",
    "plan_runs",
    "profiles",
    "reach",
    "row_of",
    "size_of",
    "steady",
    "verdict_of_plan",
    "with_serving",
]
