"""Runs of nearly equal compute say which size is best without a law, and how surely."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evolve.cli.plan_text import _print_levels
from evolve.forecast.plan import allocate, levels
from evolve.forecast.plan.levels import lowest_point
from evolve.forecast.plan.per_parameter import per_parameter
from evolve.tasks.task import Table, Task
from tests.forecast.test_plan import CHINCHILLA, CONSTANTS, make_forecast_model, question
from tests.forecast.test_tuned import LAW, LOSS, best_rate, forecast_model_of
from tests.forecast.test_tuned import make_task as task_with_rates
from tests.forecast.test_tuned import question as question_with_rates

MODEL = make_forecast_model((CHINCHILLA, CONSTANTS))


def with_rows(task: Task, x: np.ndarray, y: np.ndarray) -> Task:
    return replace(task, train=Table(x, y.reshape(-1, 1), np.zeros(len(x), dtype=np.int64)))


def sweep(budgets: tuple[float, ...], off: float = 0.0) -> np.ndarray:
    """Seven sizes within a factor of 10 of the best one of each budget, or moved off it."""
    rows = []
    for i, budget in enumerate(budgets):
        best = allocate(question(MODEL), budget).values["params"]
        sizes = best * 10.0 ** (np.linspace(-0.5, 0.5, 7) + off)
        rounded = 1.0 + 0.01 * np.cos(np.arange(7) + i)  # tokens of round batches
        rows += list(zip(sizes, rounded * budget / (6.0 * sizes), strict=True))
    return np.array(rows)


def test_a_level_of_equal_compute_has_its_best_size_where_the_law_that_made_it_has_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    x = sweep((1e19, 1e20))
    noise = 1e-3 * np.cos(17.0 * np.arange(len(x)))
    task = with_rows(question(MODEL).task, x, CHINCHILLA.predict(x, CONSTANTS)[:, 0] + noise)
    found = levels(question(MODEL, task=task))
    assert [level.budget for level in found] == pytest.approx([1e19, 1e20], rel=0.02)
    assert [level.n_runs for level in found] == [7, 7]
    for level in found:
        assert level.law == pytest.approx(
            allocate(question(MODEL), level.budget).values["params"], rel=5e-3
        )
        assert level.best == pytest.approx(level.law, rel=0.15)
        assert level.low is not None
        assert level.high is not None
        assert level.low < level.best < level.high
        assert level.is_inside
    _print_levels(question(MODEL, task=task), found)
    assert "where" not in capsys.readouterr().out


def test_a_level_whose_best_size_is_beyond_its_rows_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    x = sweep((1e20,), off=0.8)
    task = with_rows(question(MODEL).task, x, CHINCHILLA.predict(x, CONSTANTS)[:, 0])
    (level,) = levels(question(MODEL, task=task))
    _print_levels(question(MODEL, task=task), [level])
    assert "beyond its runs" in capsys.readouterr().out
    assert level.best is not None
    assert level.best < level.sizes[0]
    assert not level.is_inside
    turned = with_rows(task, x, -CHINCHILLA.predict(x, CONSTANTS)[:, 0])
    (level,) = levels(question(MODEL, task=turned))
    assert (level.best, level.low, level.high, level.is_inside) == (None, None, None, False)


def test_rows_whose_compute_is_spread_make_no_level() -> None:
    tokens = 1e10 * 1.2 ** np.arange(20)  # of compute 20 % apart
    x = np.column_stack([1e9 * 1.1 ** (np.arange(20) % 5), tokens])
    x[:, 1] /= x[:, 0] / 1e9
    task = with_rows(question(MODEL).task, x, CHINCHILLA.predict(x, CONSTANTS)[:, 0])
    assert levels(question(MODEL, task=task)) == []
    one = question(MODEL, "6*params", fixed={"tokens": 1e10}, task=task)
    assert levels(one) == []


def test_of_rows_that_differ_in_their_learning_rate_the_best_of_each_size_counts() -> None:
    sizes = np.repeat(sweep((1e19,)), 3, axis=0)
    bad = np.tile([1e-4, 1.0, 1e4], 7)
    rate = np.array([best_rate(n) for n in sizes[:, 0]]) * np.where(bad == 1.0, 1.0, bad)
    x = np.column_stack([sizes, rate])
    task = with_rows(task_with_rates(), x, LAW.predict(x, LOSS))
    (level,) = levels(question_with_rates(forecast_model_of((LAW, LOSS)), "6*params*tokens", task))
    assert level.n_runs == 7
    assert level.best == pytest.approx(level.law, rel=0.15)


def test_the_range_of_the_lowest_point_holds_it_as_often_as_it_says() -> None:
    x, rng = np.linspace(-1.0, 1.0, 8), np.random.default_rng(0)
    inside = 0
    for _ in range(300):
        y = 0.3 * (x - 0.2) ** 2 + 0.02 * rng.standard_normal(8)
        _, low, high = lowest_point(x, y, np.ones(8), 0.9)
        inside += low is not None and high is not None and low <= 0.2 <= high
    assert 255 <= inside <= 285
    _, low, high = lowest_point(x, rng.standard_normal(8), np.ones(8), 0.9)
    assert (low, high) == (None, None)


def test_tokens_per_parameter_of_a_run_are_told_beside_those_of_the_rows() -> None:
    asked = question(MODEL)  # of 1 to 100 tokens per parameter
    found = per_parameter(asked, {"params": 1e9, "tokens": 5e11})
    assert found is not None
    assert (found.ratio, found.low, found.high, found.is_inside) == (500.0, 1.0, 100.0, False)
    inside = per_parameter(asked, {"params": 1e9, "tokens": 2e10})
    assert inside is not None
    assert inside.is_inside
    assert per_parameter(asked, {"params": 1e9}) is None
