"""No budget is called too small, or the least, where the law's best runs of it are none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evolve.cli.plan import document_of
from evolve.cli.plan_text import print_plan
from evolve.errors import EvolveError
from evolve.forecast.plan import allocate, other_budgets, plan_runs, reach
from evolve.forecast.plan.allocate import NoOptimumError
from evolve.forecast.plan.budgets import without_optimum
from evolve.law.graph import Law, call, const, feat, num
from evolve.tasks.task import Target
from tests.forecast.test_plan import (
    CHINCHILLA,
    CONSTANTS,
    make_forecast_model,
    make_task,
    power,
    question,
)

# 1 + 0.8 N^-0.3 D^-0.5: at the same compute more data and a smaller model are always better.
PRODUCT = Law(
    call(
        "add",
        const(0),
        call("div", power(0, 1, 2), call("pow", call("div", feat(1), num(1e9)), const(3))),
    ),
    4,
)
ALWAYS_MORE = make_forecast_model((PRODUCT, np.array([[1.0, 0.8, 0.3, 0.5]])))
# Sizes grow much slower than data, so that cheap runs are best far off the rows' usual ratio.
SLOW_SIZES = make_forecast_model((CHINCHILLA, np.array([[1.7, 300.0, 0.9, 1.1, 0.05]])))
CHEAP, DEAR = 1e15, 1e23


def test_a_value_that_budgets_without_a_best_run_may_reach_is_refused_as_their_budget_is() -> None:
    asked = question(ALWAYS_MORE)
    rule = r"no interior optimum at \S+: .* more tokens and less params.*; most tokens=… sets a"
    with pytest.raises(NoOptimumError, match=rule):
        allocate(asked, 1e20)
    with pytest.raises(NoOptimumError, match=rule):
        reach(asked, 1.2)
    bounded = question(ALWAYS_MORE, most={"tokens": 1e11})
    found = reach(bounded, 1.2)
    assert found.at_most == ("tokens",)
    assert found.point == pytest.approx(1.2)
    assert allocate(bounded, found.budget).point == pytest.approx(1.2)


def test_a_value_that_no_run_reaches_is_refused_by_what_the_dearest_say() -> None:
    with pytest.raises(NoOptimumError, match="no interior optimum"):
        reach(question(ALWAYS_MORE), 0.9)
    with pytest.raises(EvolveError, match=r"^reach: no run of up to \S+ reaches 1.6, the best"):
        reach(question(SLOW_SIZES), 1.6)


def test_cheap_budgets_without_a_best_run_do_no_harm_where_they_reach_nothing() -> None:
    asked = question(SLOW_SIZES)
    with pytest.raises(NoOptimumError):
        allocate(asked, CHEAP)
    assert reach(asked, allocate(asked, DEAR).point).budget == pytest.approx(DEAR, rel=1e-3)


def test_what_is_taken_to_be_better_is_said_where_no_value_is_the_least() -> None:
    task, model = make_task(), make_forecast_model((CHINCHILLA, CONSTANTS))
    spec = task.spec.model_copy(update={"targets": [Target(name="score")]})
    asked = question(model, task=replace(task, spec=spec))
    for value, found in ((1e6, "every budget down to"), (1.6, "no run of up to")):
        with pytest.raises(EvolveError, match=f"{found} .*; less of score .*, maximise is to say"):
            reach(asked, value)


def cheapest_with_a_best_run() -> float:
    """A budget that has one, of which a tenth has none."""
    budget = CHEAP
    while budget in without_optimum(question(SLOW_SIZES), budget):
        budget *= 10.0
    return budget


def test_no_budget_is_called_sure_not_to_reach_where_one_without_a_best_run_may() -> None:
    budget = cheapest_with_a_best_run()
    for times, is_said in ((1.0, False), (1e4, True)):
        wanted = allocate(question(SLOW_SIZES), times * budget).point
        found = reach(question(SLOW_SIZES), wanted)
        assert found.budget == pytest.approx(times * budget, rel=1e-3)
        assert found.reached is not None
        assert (found.reached[0] is not None) == is_said


def test_other_budgets_that_have_no_best_run_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    asked, budget = question(SLOW_SIZES), cheapest_with_a_best_run()
    have = [run.budget for run in other_budgets(asked, budget)]
    left_out = without_optimum(asked, budget)
    assert left_out == pytest.approx([0.01 * budget, 0.1 * budget])
    assert sorted([*have, *left_out]) == pytest.approx(budget * np.array([0.01, 0.1, 1, 10, 100]))
    given = {"compute": "6*params*tokens", "budget": budget, "at": {}, "most": {}}
    planned = plan_runs(make_task(), SLOW_SIZES, **given)
    assert document_of(planned)["without_optimum"] == left_out
    print_plan(planned)
    words = f"left out, as no ratio of params and tokens is best there: {left_out[0]:#.3g}, "
    assert words in " ".join(capsys.readouterr().out.split())
