"""Settings that cost nothing, such as a learning rate, are sought beside sizes or for a size."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evolve.cli.plan_text import _what
from evolve.errors import EvolveError
from evolve.forecast.model import ForecastModel, GroupUncertainty, Member
from evolve.forecast.plan import (
    Question,
    best_run,
    cost_of,
    exponents,
    make_question,
    next_runs,
    other_budgets,
    parse_cost,
    pinned,
    profiles,
)
from evolve.forecast.plan.narrowing import forecast_at, point_of
from evolve.law.graph import Law, Node, call, const, feat, num
from evolve.tasks.task import Feature, Table, Target, Task, TaskSpec

NAMES = ("params", "tokens", "lr")
LOSS = np.array([[1.7, 0.8, 0.34, 1.1, 0.28, 0.05, -0.25]])


def power(j: int, amplitude: int, exponent: int) -> Node:
    x = call("div", feat(j), num(1e9))
    return call("div", const(amplitude), call("pow", x, const(exponent)))


def off_the_best_rate() -> Node:
    """``log(lr / 1e-3) - c6 * log(params / 1e9)``, which is 0 at the best learning rate."""
    size = call("log", call("div", feat(0), num(1e9)))
    rate = call("log", call("div", feat(2), num(1e-3)))
    return call("sub", rate, call("mul", const(6), size))


SQUARE = call("mul", const(5), call("pow", off_the_best_rate(), num(2)))
SIZES = call("add", call("add", const(0), power(0, 1, 2)), power(1, 3, 4))
LAW = Law(call("add", SIZES, SQUARE), 7)
SIZES_ALONE = Law(SIZES, 5)


def best_rate(params: float, constants: np.ndarray = LOSS) -> float:
    return float(1e-3 * (params / 1e9) ** constants[0, 6])


def make_task(*, scale: str = "log", role: str = "lr") -> Task:
    third = Feature.model_validate({"name": "lr", "scale": scale, "role": role})
    features = [Feature(name="params"), Feature(name="tokens"), third]
    targets = [Target(name="loss")]
    spec = TaskSpec(title="t", source="s", licence="l", features=features, targets=targets)
    rows = [(n, d, r) for n in (1e8, 1e9) for d in (1e9, 1e10) for r in (1e-4, 1e-3, 1e-2)]
    grid = np.array(rows)
    table = Table(grid, LAW.predict(grid, LOSS), np.zeros(len(grid), dtype=np.int64))
    return Task("t", Path(), spec, ("all",), table)


def forecast_model_of(
    *laws: tuple[Law, np.ndarray], covariance: np.ndarray | None = None
) -> ForecastModel:
    members = tuple(Member(i, law, {"all": c}, 1.0 / len(laws)) for i, (law, c) in enumerate(laws))
    p = laws[0][0].n_constants
    spread = np.zeros((1, p, p)) if covariance is None else covariance
    uncertainty = GroupUncertainty(spread, np.array([0.01]), np.array([2.0]))
    return ForecastModel(members, {"all": uncertainty}, False, np.zeros(0), np.zeros(0), True)


def question(
    forecast_model: ForecastModel, compute: str | None, task: Task | None = None, **fixed: float
) -> Question:
    task = task or make_task()
    wanted: dict[str, Any] = {"group": None, "target": None, "maximise": False, "level": 0.9}
    return make_question(task, forecast_model, cost_of(task, compute, None), fixed=fixed, **wanted)


def test_the_best_learning_rate_of_a_size_is_the_one_at_which_the_law_is_least() -> None:
    asked = question(forecast_model_of((LAW, LOSS)), None, params=4e8, tokens=5e9)
    best = best_run(asked, None, None)
    assert best.values == {"lr": pytest.approx(best_rate(4e8), rel=1e-4)}
    assert best.at_edge == ()
    assert best.low < best.point < best.high
    assert np.isnan(best.budget)
    assert other_budgets(asked, best.budget) == []


def test_a_budget_is_split_with_the_learning_rate_that_suits_each_size() -> None:
    asked = question(forecast_model_of((LAW, LOSS)), "6*params*tokens")
    best = best_run(asked, 1e19, None)
    alone = best_run(
        question(forecast_model_of((LAW, LOSS)), "6*params*tokens", lr=1e-3), 1e19, None
    )
    assert list(best.values) == ["params", "tokens", "lr"]
    assert best.values["lr"] == pytest.approx(best_rate(best.values["params"]), rel=1e-3)
    assert 6 * best.values["params"] * best.values["tokens"] == pytest.approx(1e19)
    assert best.point < alone.point
    powers = exponents([run for run in other_budgets(asked, 1e19) if not run.at_edge])
    assert powers["lr"] == pytest.approx(-0.25 * powers["params"], abs=1e-3)


def test_a_best_value_at_an_end_of_the_rows_is_told() -> None:
    falling = LOSS.copy()
    falling[0, 6] = -9.0  # the best rate of a small model is beyond all rates
    best = best_run(
        question(forecast_model_of((LAW, falling)), None, params=1e8, tokens=5e9), None, None
    )
    assert best.values == {"lr": pytest.approx(1e-2)}
    assert best.at_edge == ("lr",)
    assert best.extrapolation_distance.tolist() == [0.0, 0.0, 0.0]


def test_rivals_and_draws_of_constants_say_where_the_best_may_lie() -> None:
    constants = [
        LOSS + np.array([[0, 0, 0, 0, 0, 0, shift]]) for shift in np.linspace(-0.2, 0.2, 9)
    ]
    asked = question(
        forecast_model_of(*((LAW, c) for c in constants)), None, params=1e8, tokens=5e9
    )
    best = best_run(asked, None, None)
    low, high = best.ranges["lr"]
    rates = sorted(best_rate(1e8, c) for c in constants)
    assert low == pytest.approx(rates[0], rel=0.01)
    assert high == pytest.approx(rates[-1], rel=0.01)

    covariance = np.zeros((1, 7, 7))
    covariance[0, 6, 6] = 0.05**2
    task = make_task()  # with noise, as such a covariance says
    noise = 0.05 * np.random.default_rng(0).standard_normal(task.train.Y.shape)
    task = replace(task, train=replace(task.train, Y=task.train.Y + noise))
    forecast_model = forecast_model_of((LAW, LOSS), covariance=covariance)
    drawn = best_run(question(forecast_model, None, task, params=1e8, tokens=5e9), None, None)
    least, most = drawn.ranges["lr"]
    assert least < best_rate(1e8) < most
    assert 1.1 < most / least < 2.0

    few = best_run(
        question(forecast_model_of((LAW, LOSS)), None, params=1e8, tokens=5e9), None, None
    )
    assert few.ranges == {}


def test_next_runs_are_sought_at_the_best_settings() -> None:
    other = LOSS + np.array([[0, 0, 0, 0.4, 0, 0, 0]])
    asked = question(forecast_model_of((LAW, LOSS), (LAW, other)), "6*params*tokens")
    best = best_run(asked, 1e19, None)
    where = pinned(asked, best)
    runs = next_runs(where, forecast_at(where, point_of(where, best.values)), 1e19)
    assert runs
    assert all(list(run.values) == ["params", "tokens", "lr"] for run in runs)
    assert all(run.values["lr"] == best.values["lr"] for run in runs)
    for run in runs:
        said = forecast_at(where, {name: run.values[name] for name in NAMES})
        assert run.predictions[0] == pytest.approx(float(said.champion[0, 0]))


def test_a_rival_that_explodes_is_named_as_far_off() -> None:
    explodes = Law(call("add", SIZES, call("exp", call("mul", const(5), feat(0)))), 6)
    wild = np.array([[1.7, 0.8, 0.34, 1.5, 0.28, 1e-8]])
    near = np.array([[1.7, 0.8, 0.34, 1.5, 0.28]])
    laws = [(SIZES_ALONE, LOSS[:, :5]), (SIZES_ALONE, near), (explodes, wild)]
    task = make_task()
    asked = question(forecast_model_of(*laws), "6*params*tokens", task, lr=1e-3)
    runs = next_runs(asked, forecast_at(asked, {"params": 1e10, "tokens": 1e11, "lr": 1e-3}), 1e21)
    assert any(run.far == (2,) for run in runs)
    assert all(1 not in run.far for run in runs)


def test_the_best_of_all_features_is_sought_where_none_is_a_size() -> None:
    spec = TaskSpec(
        title="t",
        source="s",
        licence="l",
        features=[Feature(name="knob", scale="linear")],
        targets=[Target(name="loss")],
    )
    x = np.linspace(-5.0, 5.0, 12)[:, None]
    y = 2.0 + (x - 1.0) ** 2
    task = Task("t", Path(), spec, ("all",), Table(x, y, np.zeros(len(x), dtype=np.int64)))
    valley = Law(call("pow", call("sub", feat(0), const(0)), num(2)), 1)
    asked = question(forecast_model_of((valley, np.array([[1.0]]))), None, task)
    best = best_run(asked, None, None)
    assert best.values == {"knob": pytest.approx(1.0, abs=1e-3)}
    assert _what(asked, best) == "best knob"


def test_a_size_is_not_sought_where_it_costs_nothing() -> None:
    with pytest.raises(EvolveError, match="fix what compute leaves out: at tokens=…"):
        question(forecast_model_of((LAW, LOSS)), "6*params")
    with pytest.raises(EvolveError, match="at: fixes every feature"):
        question(forecast_model_of((LAW, LOSS)), None, params=1e9, tokens=1e9, lr=1e-3)
    with pytest.raises(EvolveError, match="give budget and compute, .* or by at a size"):
        question(forecast_model_of((LAW, LOSS)), None)


def test_a_champion_without_the_setting_is_refused_with_a_rival_that_has_it() -> None:
    laws = (SIZES_ALONE, LOSS[:, :5]), (LAW, LOSS)
    with pytest.raises(
        EvolveError, match="depend on lr, so no value of it.*entry 1 does: entry 1"
    ):
        question(forecast_model_of(*laws), None, params=1e9, tokens=1e9)


def test_a_setting_that_acts_as_it_is_is_sought_in_its_range() -> None:
    law = Law(call("pow", call("sub", feat(2), const(0)), num(2)), 1)
    task = make_task(scale="linear", role="rate")
    asked = question(
        forecast_model_of((law, np.array([[0.004]]))), None, task, params=1e9, tokens=1e9
    )
    assert best_run(asked, None, None).values == {"lr": pytest.approx(0.004, rel=1e-4)}


def test_a_cost_is_shown_without_the_backticks_of_plain_words() -> None:
    names = ("params", "train/tokens")
    cost = parse_cost("6*`params`*`train/tokens` + 2*`params`*1e9", names)
    assert cost.shown == "6*params*`train/tokens` + 2*params*1e9"


def test_a_setting_that_the_champion_does_not_hold_stays_at_the_median_of_the_rows() -> None:
    asked = question(forecast_model_of((SIZES_ALONE, LOSS[:, :5]), (LAW, LOSS)), "6*params*tokens")
    assert [asked.task.feature_names[j] for j in asked.idle] == ["lr"]
    assert asked.fixed == {2: pytest.approx(1e-3)}
    assert list(best_run(asked, 1e19, None).values) == ["params", "tokens"]


def test_a_profile_has_the_settings_of_its_best_run() -> None:
    asked = question(forecast_model_of((LAW, LOSS)), "6*params*tokens")
    (profile,) = profiles(asked, [6e20])
    assert profile.best is not None
    rate = np.full((len(profile.values), 1), profile.best.values["lr"])
    said = LAW.predict(np.hstack([profile.values, rate]), LOSS)[:, 0]
    assert profile.point == pytest.approx(said)
    assert profile.best.point <= profile.point.min()
    assert profile.best.point == pytest.approx(profile.point.min(), rel=1e-3)


def test_a_profile_without_a_best_run_has_the_settings_that_are_best_in_its_middle() -> None:
    steep = Law(call("add", call("mul", power(0, 1, 2), power(1, 3, 4)), SQUARE), 7)
    (profile,) = profiles(question(forecast_model_of((steep, LOSS)), "6*params*tokens"), [6e20])
    assert profile.best is None
    middle = profile.values[len(profile.values) // 2]
    rate = np.full((len(profile.values), 1), best_rate(middle[0]))
    said = steep.predict(np.hstack([profile.values, rate]), LOSS)[:, 0]
    assert profile.point == pytest.approx(said, rel=1e-4)


def test_rows_without_their_settings_have_a_cost_and_no_forecast() -> None:
    asked = question(forecast_model_of((LAW, LOSS)), "6*params*tokens")
    sizes = np.array([[1e9, 1e10]])
    assert asked.cost.of(asked.rows(sizes)) == pytest.approx(6e19)
    assert np.isinf(asked.loss(sizes)).all()
