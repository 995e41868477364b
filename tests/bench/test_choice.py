"""Rules of choice forecast the same rows from the same finalists."""

from __future__ import annotations

import pytest
from small_tasks import power_task

from evolve.bench.choice import BEST, RULES, ChoiceResult, compare, means, measured
from evolve.bench.measure import LEAST_R2
from evolve.bench.nested import inner_task
from evolve.search.memory import search_in_memory
from evolve.search.problem import make_search_problem

SINGLE = ("champion", "best judged", "best held out", "best fit", "best score")


@pytest.fixture(scope="module")
def result() -> ChoiceResult:
    case = inner_task(power_task(), 0.35)
    assert case is not None
    return compare(case, 0, 40, 0)


def test_no_single_finalist_is_better_than_the_best_of_them(result: ChoiceResult) -> None:
    assert set(RULES) <= set(result.r2)
    assert all(result.r2[name] <= result.r2[BEST] + 1e-12 for name in SINGLE)
    assert any(result.r2[name] < result.r2[BEST] for name in result.r2)


def test_a_rule_sees_the_finalists_best_judged_first() -> None:
    case = inner_task(power_task(), 0.35)
    assert case is not None
    task, outer = case
    choice = search_in_memory(make_search_problem(task, 0), 40, 0)
    assert choice is not None
    judgements = [f.judgement for f in choice.finalists]
    assert judgements == sorted(judgements)
    first = choice.finalists[0].fitted.predict(outer.X, [task.group_names[0]] * outer.n_rows)
    error = float(((first - outer.Y) ** 2).mean() / outer.Y.var())
    r2 = measured(task, outer, choice)
    assert r2["best judged"] == pytest.approx(1.0 - error, abs=1e-9)


def test_one_disaster_does_not_decide_a_mean() -> None:
    cases = [ChoiceResult("a", 0, {"rule": -50.0}), ChoiceResult("b", 0, {"rule": 1.0})]
    assert means(cases) == {"rule": pytest.approx((LEAST_R2 + 1.0) / 2)}
