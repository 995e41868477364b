"""A budget is split where the law is best; what cannot be planned is refused in one line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evolve.errors import EvolveError
from evolve.forecast.model import ForecastModel, GroupUncertainty, Member
from evolve.forecast.plan import (
    Question,
    allocate,
    exponents,
    moving_together,
    next_runs,
    other_budgets,
    parse_cost,
    plan_runs,
    profiles,
    reach,
    steady,
    with_serving,
)
from evolve.forecast.plan.narrowing import forecast_at
from evolve.forecast.plan.question import make_question
from evolve.law.graph import Law, Node, call, const, feat, num
from evolve.tasks.task import Feature, Table, Target, Task, TaskSpec

NAMES = ("params", "tokens")


def power(j: int, amplitude: int, exponent: int) -> Node:
    x = call("div", feat(j), num(1e9))
    return call("div", const(amplitude), call("pow", x, const(exponent)))


CHINCHILLA = Law(call("add", call("add", const(0), power(0, 1, 2)), power(1, 3, 4)), 5)
CONSTANTS = np.array([[1.7, 0.8, 0.34, 1.1, 0.28]])


def in_millions() -> Task:
    """The task of `make_task` with parameters counted in millions."""
    task = make_task()
    spec = task.spec.model_dump()
    spec["features"][0]["name"] = "params (M)"
    spec["folds"]["axes"] = ["tokens"]
    table = Table(task.train.X / [1e6, 1.0], task.train.Y, task.train.group)
    return Task("t", Path(), TaskSpec.model_validate(spec), ("all",), table)


def make_task(scale: str = "log") -> Task:
    spec = TaskSpec(
        title="t",
        source="s",
        licence="l",
        features=[Feature(name="params"), Feature(name="tokens", scale=scale)],
        targets=[Target(name="loss")],
    )
    sizes = np.array([1.0, 2.0, 5.0, 10.0])
    grid = np.array([[n, d] for n in 1e8 * sizes for d in 1e9 * sizes])
    y = CHINCHILLA.predict(grid, CONSTANTS)
    return Task("t", Path(), spec, ("all",), Table(grid, y, np.zeros(16, dtype=np.int64)))


def make_forecast_model(*laws: tuple[Law, np.ndarray]) -> ForecastModel:
    members = tuple(Member(i, law, {"all": c}) for i, (law, c) in enumerate(laws))
    p = laws[0][0].n_constants
    spread = GroupUncertainty(np.zeros((1, p, p)), np.array([0.01]), np.array([2.0]))
    return ForecastModel(members, {"all": spread}, False, np.zeros(0), np.zeros(0), True)


def question(
    forecast_model: ForecastModel, compute: str = "6*params*tokens", **change: Any
) -> Question:
    known = {"group": None, "target": None, "fixed": {}, "maximise": False, "level": 0.9}
    task = change.pop("task", make_task())
    return make_question(task, forecast_model, parse_cost(compute, NAMES), **(known | change))


def test_the_allocation_of_a_sum_of_powers_is_the_one_of_its_derivative() -> None:
    found = allocate(question(make_forecast_model((CHINCHILLA, CONSTANTS))), 1e21)
    _, a, alpha, b, beta = CONSTANTS[0]
    product = 1e21 / 6 / 1e18
    # Hoffmann et al. 2022, equation 4
    ratio = (alpha * a / (beta * b)) ** (1 / (alpha + beta))
    params = 1e9 * ratio * product ** (beta / (alpha + beta))
    assert found.values["params"] == pytest.approx(params, rel=1e-3)
    assert 6 * found.values["params"] * found.values["tokens"] == pytest.approx(1e21)
    assert found.low < found.point < found.high


def test_a_budget_of_one_feature_buys_one_size() -> None:
    asked = question(
        make_forecast_model((CHINCHILLA, CONSTANTS)), "2*params", fixed={"tokens": 1e10}
    )
    assert allocate(asked, 1e9).values == {"params": pytest.approx(5e8)}
    point = allocate(asked, 3e9).point
    assert reach(asked, point).budget == pytest.approx(3e9, rel=1e-6)
    assert next_runs(asked, forecast_at(asked, {"params": 5e8, "tokens": 1e10}), 1e9) == []


def test_what_is_taken_to_be_better_is_said_where_no_name_says_so() -> None:
    task, model = make_task(), make_forecast_model((CHINCHILLA, CONSTANTS))
    spec = task.spec.model_copy(update={"targets": [Target(name="score")]})
    scored = replace(task, spec=spec)
    assert question(model).better == ""
    assert question(model, task=scored).better == "less of score is taken to be better"
    most = question(model, task=scored, maximise=True)
    assert most.better == "more of score is taken to be better"
    with pytest.raises(EvolveError, match="; more of score is taken .*, maximise is to say"):
        allocate(most, 1e21)


def test_a_law_that_always_wants_more_of_one_feature_is_refused() -> None:
    law = Law(call("add", const(0), call("add", power(0, 1, 2), power(1, 3, 2))), 4)
    model = make_forecast_model((law, np.array([[1.0, 0.5, 0.3, 1e-9]])))
    with pytest.raises(EvolveError, match="no interior optimum.*more params and less tokens"):
        allocate(question(model), 1e21)
    given = {"compute": "6*params*tokens", "budget": 1e21, "at": {}, "most": {}}
    with pytest.raises(EvolveError, match="narrow: no feature 'token'"):
        plan_runs(make_task(), model, narrow={"token": 1e12}, **given)


def test_a_law_without_the_feature_is_refused() -> None:
    law = Law(call("add", const(0), power(0, 1, 2)), 3)
    with pytest.raises(EvolveError, match="does not depend on tokens"):
        question(make_forecast_model((law, np.array([[1.0, 0.5, 0.3]]))))


def line_task() -> Task:
    """Rows whose tokens are 20 times the parameters, but for rounding."""
    params = 10.0 ** np.linspace(8, 10, 8)
    grid = np.column_stack([params, np.round(20.0 * params / 1e7) * 1e7])
    task = make_task()
    y = CHINCHILLA.predict(grid, CONSTANTS)
    table = Table(grid, y, np.zeros(8, dtype=np.int64))
    return Task("t", Path(), task.spec, ("all",), table)


def test_a_plan_over_features_that_move_together_says_so() -> None:
    asked = question(make_forecast_model((CHINCHILLA, CONSTANTS)), task=line_task())
    (words,) = moving_together(asked.task, asked.cost.features)
    assert words.startswith("in the training rows tokens is 20 * params to 0.")
    assert moving_together(make_task(), (0, 1)) == []
    assert moving_together(asked.task, (0,)) == []


def test_a_law_without_the_feature_is_refused_with_the_reason_that_the_rows_give() -> None:
    law = Law(call("add", const(0), power(0, 1, 2)), 3)
    forecast_model = make_forecast_model((law, np.array([[1.0, 0.5, 0.3]])))
    with pytest.raises(EvolveError, match=r"on it; in the training rows tokens is 20 \* params"):
        question(forecast_model, task=line_task())


def blend_task() -> Task:
    """Blends of two shares that add up to 1, both with rows at 0."""
    share = np.linspace(0.0, 1.0, 11)
    spec = make_task().spec.model_copy(
        update={"features": [Feature(name=n, scale="linear") for n in NAMES]}
    )
    table = Table(np.column_stack([share, 1.0 - share]), BLEND_Y[:, None], np.zeros(11, int))
    return Task("t", Path(), spec, ("all",), table)


BLEND_Y = np.linspace(2.0, 3.0, 11)
BLEND = Law(
    call(
        "add",
        const(0),
        call(
            "add",
            call("exp", call("mul", const(1), feat(0))),
            call("exp", call("mul", const(2), feat(1))),
        ),
    ),
    3,
)


def test_the_best_blend_of_shares_is_the_one_of_its_derivative() -> None:
    a, b = -1.0, -2.0
    forecast_model = make_forecast_model((BLEND, np.array([[1.0, a, b]])))
    best = allocate(question(forecast_model, "params + tokens", task=blend_task()), 1.0)
    # a exp(a x) = b exp(b (1 - x))
    share = (b + np.log(b / a)) / (a + b)
    assert best.values["params"] == pytest.approx(share, abs=1e-4)
    assert sum(best.values.values()) == pytest.approx(1.0)
    assert np.all(best.extrapolation_distance == 0)


def test_the_best_blend_may_be_pure_where_the_law_says_so() -> None:
    forecast_model = make_forecast_model((BLEND, np.array([[1.0, -3.0, 0.5]])))
    asked = question(forecast_model, "params + tokens", task=blend_task())
    assert allocate(asked, 1.0).values == {
        "params": pytest.approx(1.0),
        "tokens": pytest.approx(0.0),
    }
    assert [run.budget for run in other_budgets(asked, 1.0)] == [1.0]


def test_a_largest_share_holds_a_blend_back() -> None:
    forecast_model = make_forecast_model((BLEND, np.array([[1.0, -3.0, 0.5]])))
    asked = question(forecast_model, "params + tokens", task=blend_task(), most={"params": 0.35})
    best = allocate(asked, 1.0)
    assert best.values == {"params": pytest.approx(0.35), "tokens": pytest.approx(0.65)}
    assert best.at_most == ("params",)


def test_a_profile_along_ratios_is_refused_for_shares() -> None:
    forecast_model = make_forecast_model((BLEND, np.array([[1.0, -1.0, -2.0]])))
    with pytest.raises(EvolveError, match="params acts as it is"):
        profiles(question(forecast_model, "params + tokens", task=blend_task()))


def test_a_blend_of_more_or_less_than_any_row_is_refused() -> None:
    forecast_model = make_forecast_model((BLEND, np.array([[1.0, -1.0, -2.0]])))
    with pytest.raises(EvolveError, match="rows, which cost 1 to 1, not 2"):
        allocate(question(forecast_model, "params + tokens", task=blend_task()), 2.0)


def test_next_blends_cost_the_budget_and_lie_apart() -> None:
    laws = [(BLEND, np.array([[1.0, -1.0, -2.0]])), (BLEND, np.array([[1.0, -3.0, -1.0]]))]
    task = blend_task()
    few = Table(task.train.X[[0, 10]], BLEND_Y[[0, 10], None], np.zeros(2, int))
    asked = question(
        make_forecast_model(*laws),
        "params + tokens",
        task=Task("t", Path(), task.spec, ("all",), few),
    )
    values: dict[str, Any] = {"compute": "params + tokens", "budget": 1.0, "next_budget": 5.0}
    runs = plan_runs(asked.task, asked.forecast_model, at={}, most={}, **values).next_runs
    shares = sorted(run.values["params"] for run in runs)
    assert len(runs) > 1
    assert [run.cost for run in runs] == pytest.approx([1.0] * len(runs))
    assert np.diff([0.0, *shares, 1.0]).min() >= 0.1 - 1e-9


@pytest.mark.parametrize(
    ("compute", "change", "part"),
    [
        ("6*params", {}, "compute leaves out: at tokens="),
        ("6*params*tokens", {"task": make_task("linear")}, "tokens acts as it is"),
        ("6*params*tokens", {"fixed": {"tokens": 1.0}}, "cannot fix it"),
        ("6*params", {"fixed": {"tokens": -1.0}}, "at tokens: must be above 0, it is -1"),
        ("6*params*tokens", {"group": "al"}, "did you mean 'all'?"),
        ("6*params*tokens", {"target": "los"}, "did you mean 'loss'?"),
    ],
)
def test_what_cannot_be_planned_is_refused(
    compute: str, change: dict[str, Any], part: str
) -> None:
    with pytest.raises(EvolveError) as refusal:
        question(make_forecast_model((CHINCHILLA, CONSTANTS)), compute, **change)
    assert part in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("6*params*tokens", 6 * 2e9 * 3e10),
        ("params^0.5 + 1e3", 2e9**0.5 + 1e3),
        ("-params/2", -1e9),
    ],
)
def test_an_expression_is_arithmetic(text: str, value: float) -> None:
    found = parse_cost(text, NAMES).of(np.array([[2e9, 3e10]]))
    assert found[0] == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("6*param*tokens", "did you mean 'params'?"),
        ("6*", "must be an expression"),
        ("", "must be an expression"),
        ("__import__('os').system('true')", "compute: may hold"),
        ("params.real", "not 'params.real'"),
        ("params if tokens else 1", "not 'params if tokens else 1'"),
        ("'a'*params", "may hold numbers"),
        ("True*params", "may hold numbers"),
        ("1e999*params", "may hold numbers"),
        ("6e9", "must name a feature"),
        ("(" * 300 + "params" + ")" * 300, "at most 500"),
        ("params" + "+1" * 400, "at most 500"),
    ],
)
def test_an_expression_that_is_more_than_arithmetic_is_refused(text: str, part: str) -> None:
    with pytest.raises(EvolveError) as refusal:
        parse_cost(text, NAMES)
    assert part in str(refusal.value)


def test_a_name_that_is_no_plain_word_stands_in_backticks() -> None:
    names = ["Model Size (B)", "tokens"]
    cost = parse_cost("6*`Model Size (B)`*tokens^1", names)
    assert cost.features == (0, 1)
    assert cost.of(np.array([[2.0, 5.0]])).tolist() == [60.0]
    with pytest.raises(EvolveError, match=r"no feature 'Model'.*in backticks"):
        parse_cost("6*Model*tokens", names)
    with pytest.raises(EvolveError, match="must be an expression"):
        parse_cost("6*`Model`", names)


def test_a_cost_that_does_not_grow_is_refused() -> None:
    with pytest.raises(EvolveError, match="must grow with its features"):
        allocate(question(make_forecast_model((CHINCHILLA, CONSTANTS)), "params/tokens"), 1e21)


def test_a_largest_value_holds_the_run_back_and_the_rest_goes_to_the_other_feature() -> None:
    forecast_model = make_forecast_model((CHINCHILLA, CONSTANTS))
    free = allocate(question(forecast_model), 1e22)
    assert free.at_most == ()
    bound = 0.3 * free.values["params"]
    found = allocate(question(forecast_model, most={"params": bound}), 1e22)
    assert found.values["params"] == pytest.approx(bound, rel=1e-4)
    assert 6 * found.values["params"] * found.values["tokens"] == pytest.approx(1e22)
    assert found.at_most == ("params",)
    assert found.point > free.point


def test_growth_is_that_of_budgets_at_which_the_same_features_are_at_an_end() -> None:
    forecast_model = make_forecast_model((CHINCHILLA, CONSTANTS))
    free = other_budgets(question(forecast_model), 1e21)
    powers = exponents(free)
    assert list(steady(free)) == free
    largest = {"params": 1.1 * free[-2].values["params"]}
    capped = other_budgets(question(forecast_model, most=largest), 1e21)
    assert [run.at_most for run in capped] == [()] * 4 + [("params",)]
    assert list(steady(capped)) == capped[:4]
    assert exponents(capped) == pytest.approx(powers, rel=1e-3)
    largest = {"params": 1.1 * free[0].values["params"]}
    most = other_budgets(question(forecast_model, most=largest), 1e21)
    assert list(steady(most)) == most[1:]
    assert exponents(most) == {"tokens": pytest.approx(1.0, rel=1e-3)}
    assert exponents([]) == exponents(free[:1]) == {}


def test_the_cheapest_run_that_reaches_a_loss_costs_what_its_loss_says() -> None:
    asked = question(make_forecast_model((CHINCHILLA, CONSTANTS)))
    best = allocate(asked, 3e21)
    found = reach(asked, best.point)
    assert found.budget == pytest.approx(3e21, rel=1e-3)
    assert found.reached is not None
    least, most = found.reached
    assert least is not None
    assert least < found.budget
    assert allocate(asked, least).low == pytest.approx(best.point, rel=1e-3)
    assert most is None or most > found.budget
    with pytest.raises(EvolveError, match="reaches 1.6, the best is 1.7"):
        reach(asked, 1.6)


def test_a_loss_that_far_cheaper_runs_reach_is_sought_down_to_them() -> None:
    asked = question(make_forecast_model((CHINCHILLA, CONSTANTS)))
    found = reach(asked, 20.0)
    assert found.budget < 6e17 / 1e3  # the cheapest row costs 6e17
    assert found.point == pytest.approx(20.0)
    with pytest.raises(EvolveError, match=r"^reach: every budget down to 6e\+09 reaches 1e\+06$"):
        reach(asked, 1e6)


def test_no_budget_is_sure_not_to_reach_where_the_least_one_may() -> None:
    wide = np.diag([4.0, 0.0, 0.0, 0.0, 0.0])[None]
    model = make_forecast_model((CHINCHILLA, CONSTANTS))
    uncertainty = replace(model.spreads["all"], covariance=wide, cap=np.array([50.0]))
    asked = question(replace(model, spreads={"all": uncertainty}))
    found = reach(asked, 4.0)
    assert found.point == pytest.approx(4.0)
    assert found.reached is not None
    assert found.reached[0] is None


def test_serving_makes_the_best_model_smaller() -> None:
    forecast_model, task = make_forecast_model((CHINCHILLA, CONSTANTS)), make_task()
    text = with_serving(task, "6*params*tokens", 1e13)
    assert text == "6*params*tokens + 2*`params`*1e+13"
    served = allocate(question(forecast_model, text), 1e24).values
    assert served["params"] < allocate(question(forecast_model), 1e24).values["params"]


def test_serving_counts_parameters_in_ones_whatever_their_column_does() -> None:
    text = with_serving(in_millions(), "6e6*`params (M)`*tokens", 1e13)
    assert text.endswith(" + 2e+06*`params (M)`*1e+13")


@pytest.mark.parametrize(
    ("compute", "unit"),
    [
        ("6*`params (M)`*tokens", 1e6),
        ("12*`params (M)`*tokens", 1e6),
        ("6e6*`params (M)`*tokens + 1e17", 1.0),
        ("6e6*`params (M)`*1e10", 1.0),
    ],
)
def test_serving_is_in_the_unit_of_the_compute(compute: str, unit: float) -> None:
    text = with_serving(in_millions(), compute, 1e13)
    wanted = f"{compute} + 2e6/{unit}*`params (M)`*1e13"
    x = in_millions().train.X
    names = in_millions().feature_names
    assert parse_cost(text, names).of(x) == pytest.approx(parse_cost(wanted, names).of(x))


def test_more_of_an_accuracy_is_better_unless_it_is_said() -> None:
    rising = Law(call("sub", num(10.0), CHINCHILLA.root), 5)
    forecast_model, task = make_forecast_model((rising, CONSTANTS)), make_task()
    renamed = task.spec.model_copy(update={"targets": [Target(name="y", role="accuracy")]})
    table = Table(task.train.X, 10.0 - task.train.Y, task.train.group)
    task = Task(task.name, task.folder, renamed, task.group_names, table)
    asked = question(forecast_model, task=task, maximise=None)
    assert asked.maximise
    found = allocate(asked, 1e21)
    falling = allocate(question(make_forecast_model((CHINCHILLA, CONSTANTS))), 1e21)
    assert found.values == pytest.approx(falling.values, rel=1e-4)
    assert reach(asked, found.point).budget == pytest.approx(1e21, rel=1e-3)
    assert not question(make_forecast_model((CHINCHILLA, CONSTANTS)), maximise=None).maximise


@pytest.mark.parametrize(
    ("most", "part"),
    [({"token": 1.0}, "did you mean 'tokens'"), ({"params": -1.0}, "must be above 0")],
)
def test_a_largest_value_is_of_a_feature_that_is_traded(most: dict[str, float], part: str) -> None:
    with pytest.raises(EvolveError, match=part) as caught:
        question(make_forecast_model((CHINCHILLA, CONSTANTS)), most=most)
    assert caught.value.argument == "most"


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        (1e80, "1e.80 lies 60 powers of ten above what the dearest training row costs, 6e.19"),
        (1e-30, "1e-30 lies 48 powers of ten below what the cheapest training row costs"),
    ],
)
def test_a_budget_out_of_sight_of_all_rows_is_told_as_such(budget: float, said: str) -> None:
    with pytest.raises(EvolveError, match=f"plan: {said}.*mistyped"):
        allocate(question(make_forecast_model((CHINCHILLA, CONSTANTS))), budget)
