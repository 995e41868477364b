"""A named forecast is narrowed without a budget; blends keep to the whole of the rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from evolve.api.plans import plan_of
from evolve.cli.ends import untested_text
from evolve.cli.plan import document_of
from evolve.cli.plan_text import print_plan
from evolve.errors import EvolveError
from evolve.evaluation.record import NOT_OF_A_RUN
from evolve.forecast.model import ForecastModel
from evolve.forecast.plan import PerParameter, PlannedRuns, plan_runs
from evolve.forecast.plan.blends import require_no_share
from evolve.law.graph import Law, call, const, feat
from evolve.tasks.draft.axes import with_folds
from evolve.tasks.mixture import Mixture
from evolve.tasks.spec import FoldSpec
from evolve.tasks.task import Feature, Table, Task
from tests.forecast.test_narrowing import ROWS, with_rows
from tests.forecast.test_plan import (
    BLEND,
    CHINCHILLA,
    CONSTANTS,
    blend_task,
    in_millions,
    make_forecast_model,
    make_task,
    power,
)

POINT = {"params": "7B", "tokens": "2T"}
SIZE_ALONE = Law(call("add", const(0), power(0, 1, 2)), 3)
NO_OPTIMUM = Law(call("add", const(0), call("add", power(0, 1, 2), power(1, 3, 2))), 4)
BLENDS = make_forecast_model(
    *((BLEND, np.array([[1.0, *slopes]])) for slopes in ((-1.0, -2.0), (-3.0, -1.0)))
)


def planned(model: ForecastModel, task: Task | None = None, **asked: Any) -> PlannedRuns:
    given = {"compute": "6*params*tokens", "at": {}, "most": {}} | asked
    return plan_runs(task or make_task(), model, **given)


def blends(**asked: Any) -> PlannedRuns:
    return planned(BLENDS, blend_task(), **{"compute": "params + tokens", **asked})


def test_a_named_forecast_is_narrowed_as_beside_a_best_run_without_a_budget() -> None:
    alone = planned(with_rows(ROWS), narrow=POINT, next_budget=1e20)
    beside = planned(with_rows(ROWS), narrow=POINT, next_budget=1e20, budget=1e21)
    assert alone.narrowed == beside.narrowed
    assert alone.next_runs == beside.next_runs
    assert len(alone.next_runs) > 1
    assert all(run.cost <= 1e20 for run in alone.next_runs)
    assert (alone.best, [*alone.budgets], [*alone.levels]) == (None, [], [])


@pytest.mark.parametrize(
    ("law", "constants"), [(NO_OPTIMUM, [1.0, 0.5, 0.3, 1e-9]), (SIZE_ALONE, [1.0, 0.5, 0.3])]
)
def test_a_named_forecast_is_narrowed_where_a_law_has_no_best_run(
    law: Law, constants: list[float]
) -> None:
    model = make_forecast_model((law, np.array([constants])), (CHINCHILLA, CONSTANTS))
    found = planned(model, narrow=POINT, next_budget=1e20)
    assert found.narrowed is not None
    now = found.narrowed.high - found.narrowed.low
    assert found.next_runs[0].then[1] - found.next_runs[0].then[0] < 0.9 * now
    with pytest.raises(EvolveError, match="; narrow with next_budget alone needs no best run"):
        planned(model, narrow=POINT, next_budget=1e20, budget=1e21)


def test_next_runs_have_of_the_point_what_the_cost_leaves_out() -> None:
    point = {"narrow": POINT, "compute": "6*params", "next_budget": 1e12}
    found = planned(with_rows(ROWS), **point)
    assert dict(found.question.fixed) == {1: 2e12}
    assert set(found.next_runs[0].values) == {"params", "tokens"}
    assert found.next_runs[0].values["tokens"] == 2e12
    elsewhere = planned(with_rows(ROWS), **point, at={"tokens": 1e10})
    assert dict(elsewhere.question.fixed) == {1: 1e10}
    assert elsewhere.narrowed == found.narrowed


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        ({"narrow": POINT}, "narrow needs next_budget, most that one next run may cost"),
        ({"next_budget": 1e20}, "give either budget or reach, or narrow with next_budget"),
        ({"narrow": {"params": 1e9}, "next_budget": 1e20}, "narrow: needs a value for tokens"),
        ({"narrow": POINT, "next_budget": 1, "compute": None}, "narrow, next_budget need compute"),
        ({"narrow": POINT, "next_budget": "much"}, "next_budget: must be a number"),
        ({"narrow": POINT, "next_budget": 1e20, "at": {"params": 1.0}}, "at cannot fix it"),
        ({"budget": 1e20, "reach": 2.0}, "give either budget or reach$"),
    ],
)
def test_what_does_not_go_together_is_refused(asked: dict[str, Any], rule: str) -> None:
    with pytest.raises(EvolveError, match=rule):
        planned(with_rows(ROWS), **asked)


def test_next_runs_call_a_law_that_no_run_holds_by_its_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    model = with_rows(ROWS)
    named = replace(model.members[0], index=NOT_OF_A_RUN, name="hoffmann_2022")
    found = planned(replace(model, members=(named,), chosen=False), narrow=POINT, next_budget=1e20)
    assert [list(run.predictions) for run in found.next_runs][0] == ["hoffmann_2022"]
    print_plan(found)
    text = capsys.readouterr().out
    assert "law: prediction" in text
    assert "hoffmann_2022: " in text
    assert "-1" not in text


def test_tokens_per_parameter_are_told_beside_those_of_the_rows(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = replace(planned(with_rows(ROWS), budget=1e21), best=None, levels=(), narrowed=None)
    for ratio, where in ((20.0, "within"), (200.0, "outside")):
        shown = PerParameter("tokens", "params", ratio, 2.0, 40.0)
        print_plan(replace(found, per_parameter=shown))
        words = f"tokens per params: {ratio:g}, {where} the 2 to 40 of the training rows"
        assert words in capsys.readouterr().out


def test_a_plan_says_everywhere_that_a_cost_counts_a_size_in_millions(
    capsys: pytest.CaptureFixture[str],
) -> None:
    compute = "6*`params (M)`*tokens"
    found = planned(with_rows(ROWS), in_millions(), compute=compute, budget=1e15)
    note = f"{compute} counts params (M) in units of 1e+06, as the name says"
    print_plan(found)
    assert note in capsys.readouterr().out
    assert note in document_of(found)["notes"]
    assert note in plan_of(found).notes
    without = planned(with_rows(ROWS), budget=1e21)
    print_plan(without)
    assert "units" not in capsys.readouterr().out
    assert document_of(without)["notes"] == plan_of(without).notes == ()


def test_a_blend_that_is_no_whole_is_neither_narrowed_nor_made() -> None:
    with pytest.raises(EvolveError, match=r"narrow: params \+ tokens is 1.8, in every training"):
        blends(narrow={"params": 0.9, "tokens": 0.9}, next_budget=1.0)
    found = blends(narrow={"params": 0.9, "tokens": 0.1}, next_budget=5.0)
    assert found.next_budget == 1.0
    with pytest.raises(EvolveError, match="rows, which cost 1 to 1, not 0.5"):
        blends(narrow={"params": 0.9, "tokens": 0.1}, next_budget=0.5)
    with pytest.raises(EvolveError, match="rows, which cost 1 to 1, not 0.5"):
        blends(budget=1.0, next_budget=0.5)


def three_shares() -> Task:
    """Blends of three shares, though the law depends on two of them."""
    rows = np.random.default_rng(3).dirichlet((1.0, 1.0, 1.0), 20)
    task = blend_task()
    features = [*task.spec.features, Feature(name="books", scale="linear")]
    spec = task.spec.model_copy(update={"features": features})
    return Task("t", task.folder, spec, ("all",), Table(rows, rows[:, :1], np.zeros(20, int)))


def test_shares_that_are_left_out_of_the_cost_count_in_the_whole() -> None:
    task, of_two = three_shares(), {"compute": "params + tokens", "at": {"books": 0.4}}
    best = planned(BLENDS, task, budget=0.6, **of_two).best
    assert best is not None
    assert sum(best.values.values()) == pytest.approx(0.6)
    with pytest.raises(EvolveError, match=r"costs 0.9 and keeps params \+ tokens \+ books at 1 "):
        planned(BLENDS, task, budget=0.9, **of_two)


def test_no_share_is_best_by_itself() -> None:
    rule = r"with compute params\+tokens budget 0.6$"
    with pytest.raises(EvolveError, match=rule):
        planned(BLENDS, three_shares(), compute=None, at={"books": 0.4})


def test_how_the_best_mixture_is_sought_fits_its_shares() -> None:
    names = tuple("abcde")
    with pytest.raises(EvolveError, match="of at most 4 shares, values of the others by"):
        require_no_share(Mixture((0, 1, 2, 3, 4), names), names, {})
    with pytest.raises(EvolveError, match=r"so c is what the others leave of it, 0\.3: give"):
        require_no_share(Mixture((0, 1, 2), names[:3]), ["c"], {"a": 0.2, "b": 0.5})
    require_no_share(Mixture((0, 1), names[:2]), ["lr"], {"a": 0.2, "b": 0.8})


def test_a_share_that_a_law_leaves_to_the_others_is_sought_with_them() -> None:
    best = planned(BLENDS, three_shares(), compute="params + tokens + books", budget=1.0).best
    assert best is not None
    assert best.values == pytest.approx({"params": 0.39, "tokens": 0.61, "books": 0.0}, abs=0.05)
    of_one = Law(call("add", const(0), call("exp", call("mul", const(1), feat(0)))), 2)
    alone = make_forecast_model((of_one, np.array([[1.0, -1.0]])))
    with pytest.raises(EvolveError, match="does not depend on tokens, so no budget can be split"):
        planned(alone, three_shares(), compute="params + tokens + books", budget=1.0)


@pytest.mark.parametrize(
    ("axes", "is_told"), [([], True), (["params"], True), (["params", "tokens"], False)]
)
def test_a_plan_beyond_the_rows_says_where_no_fold_tests_that(
    axes: list[str], is_told: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    task = with_folds(make_task(), FoldSpec(axes=axes))
    print_plan(planned(with_rows(ROWS), task, budget=1e30))
    beyond = capsys.readouterr().out
    assert "outside the data" in beyond
    ends = [f"high end of {name}" for name in task.feature_names if name not in axes]
    assert (untested_text(ends) in " ".join(beyond.split())) == is_told


def test_a_share_to_reach_is_counted_as_its_target_is() -> None:
    scales = np.array([[30.0, 30.0, 1.0, 30.0, 1.0]])  # of errors in percent
    percent, task = make_forecast_model((CHINCHILLA, CONSTANTS * scales)), make_task()
    of_percent = replace(task, train=Table(task.train.X, task.train.Y * 30.0, task.train.group))
    of_ones = make_forecast_model((CHINCHILLA, CONSTANTS))
    for words, number, model, rows in (
        ("60%", 60.0, percent, of_percent),
        ("210%", 2.1, of_ones, task),
    ):
        found, wanted = (planned(model, rows, reach=r).best for r in (words, number))
        assert found is not None
        assert wanted is not None
        assert found.budget == wanted.budget
