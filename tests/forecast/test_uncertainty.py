"""Where the best run may lie knows what the rows leave open of every law, not of one alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_tasks import task_of

from evolve.forecast.model import ForecastModel, GroupUncertainty, Member
from evolve.forecast.plan import allocate, parse_cost
from evolve.forecast.plan.question import make_question
from evolve.forecast.plan.uncertainty import with_ranges
from evolve.law.graph import Law, Node, call, const, feat
from evolve.scoring.row_weights import weights_from_sigma


def power(j: int, amplitude: int, exponent: int) -> Node:
    return call("div", const(amplitude), call("pow", feat(j), const(exponent)))


LAW = Law(call("add", call("add", const(0), power(0, 1, 2)), power(1, 3, 4)), 5)
CONSTANTS = np.array([[1.7, 0.8, 0.34, 1.1, 0.28]])


def width(noise: float, given: float | None = None) -> float:
    """Of the range of the best value of `a`: six laws alike, the constants of one for certain.

    Args:
        noise: Deviation of the rows.
        given: That which the user gave, if any.
    """
    sizes = np.geomspace(0.1, 10.0, 5)
    x = np.array([[a, b] for a in sizes for b in sizes])
    left = np.random.default_rng(0).normal(0.0, noise, (len(x), 1))
    task = task_of(x, LAW.predict(x, CONSTANTS) + left)
    if given is not None:
        weights = weights_from_sigma(np.full(len(x), given))
        task = replace(task, train=replace(task.train, weights=weights))
    members = tuple(Member(i, LAW, {"all": CONSTANTS}, 1 / 6) for i in range(6))
    certain = GroupUncertainty(np.zeros((1, 5, 5)), np.array([0.01]), np.array([2.0]))
    model = ForecastModel(members, {"all": certain}, False, np.zeros(0), np.zeros(0), True)
    asked = {"group": None, "target": None, "fixed": {}, "maximise": False, "level": 0.9}
    question = make_question(task, model, parse_cost("a*b", ["a", "b"]), **asked)
    best = with_ranges(question, allocate(question, 1000.0))
    low, high = best.ranges["a"]
    assert low <= best.values["a"] <= high
    return high / low


def test_rows_that_follow_the_laws_leave_no_doubt_where_the_best_run_lies() -> None:
    assert width(0.0) < 1.01


def test_noise_leaves_doubt_in_the_constants_of_rivals_too() -> None:
    assert 1.02 < width(0.003) < width(0.01)


def test_deviations_that_are_given_leave_doubt_unless_residuals_leave_more() -> None:
    assert width(0.0, 0.01) == pytest.approx(width(0.01), rel=0.05)
    assert width(0.01, 0.001) == width(0.01)
