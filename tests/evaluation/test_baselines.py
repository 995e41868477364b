"""Baselines are what anybody would forecast, defined everywhere and for each group alone."""

from __future__ import annotations

import numpy as np
import pytest
from small_tasks import power_task, task_of

from evolve.evaluation.baselines import BASELINES, baseline_errors, last_value, predict_baseline
from evolve.tasks.table import Table


def rows_at(x: np.ndarray, group: int = 0) -> Table:
    return Table(x, np.zeros((len(x), 1)), np.full(len(x), group))


@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_is_finite_far_out(name: str) -> None:
    task = power_task()
    assert np.isfinite(predict_baseline(name, task, rows_at(np.array([[1e30, 1e-3]])))).all()


def test_a_straight_line_is_exact_for_a_power_and_for_a_logarithm() -> None:
    x = np.geomspace(1.0, 64.0, 7)
    far = np.array([[1000.0]])
    for y, truth in ((3.0 * x**-0.5, 3.0 * 1000.0**-0.5), (2.0 + np.log(x), 2.0 + np.log(1000.0))):
        told = predict_baseline("straight line", task_of(x, y), rows_at(far))
        assert told[0, 0] == pytest.approx(truth, rel=1e-4)


@pytest.mark.parametrize("unit", [1e-120, 1e-50, 1e50, 1e120])
def test_a_straight_line_is_the_same_in_any_unit_of_the_target(unit: float) -> None:
    x, far = np.geomspace(1.0, 64.0, 7), rows_at(np.array([[1000.0]]))
    told = predict_baseline("straight line", task_of(x, unit * 3.0 * x**0.5), far)
    assert told[0, 0] / unit == pytest.approx(3.0 * 1000.0**0.5, rel=1e-3)


@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_of_mirrored_targets_is_the_mirrored_baseline(name: str) -> None:
    x, far = np.geomspace(1.0, 64.0, 7), rows_at(np.array([[1000.0]]))
    y = 3.0 * x**-0.5
    told, mirrored = (predict_baseline(name, task_of(x, sign * y), far) for sign in (1.0, -1.0))
    np.testing.assert_allclose(-mirrored, told)


def test_the_last_value_is_that_of_the_nearest_rows() -> None:
    x = np.array([1.0, 2.0, 4.0, 4.0])
    task = task_of(x, np.array([5.0, 4.0, 3.0, 3.2]))
    assert predict_baseline("last value", task, rows_at(np.array([[9.0]])))[0, 0] == 3.1


def test_each_group_is_fitted_alone_and_one_without_rows_is_not_predicted() -> None:
    x = np.tile(np.array([1.0, 2.0, 4.0]), 2)
    task = task_of(x, np.array([1.0, 1.0, 1.0, 7.0, 7.0, 7.0]), [0, 0, 0, 1, 1, 1])
    far = np.array([[8.0]])
    assert predict_baseline("mean", task, rows_at(far, 1))[0, 0] == 7.0
    assert np.isnan(predict_baseline("mean", task, rows_at(far, 1), [0, 1, 2])).all()


def test_errors_are_those_of_the_rows_that_folds_hold_out() -> None:
    task = power_task()
    errors = baseline_errors(task, task.folds)
    assert set(errors) == set(BASELINES)
    held = task.folds[0].held
    mean = task.train.Y[task.folds[0].fit].mean()
    wanted = np.mean((task.train.Y[held] - mean) ** 2) / np.var(task.train.Y[held])
    assert errors["mean"][0] == pytest.approx(wanted)


def test_the_nearest_rows_are_those_of_all_distances_however_many_rows_there_are() -> None:
    rng = np.random.default_rng(2)
    x, new = rng.integers(0, 9, (700, 2)).astype(float), rng.normal(4.0, 6.0, (50, 2))
    y = rng.normal(size=(700, 1))
    whole = [np.sum((x - row) ** 2, axis=1) for row in new]
    expected = [y[d <= d.min() + 1e-9].mean(axis=0) for d in whole]
    np.testing.assert_array_equal(last_value(x, y, new), expected)
