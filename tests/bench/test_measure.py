"""An R² of rows kept apart is bounded below, alone and in a mean."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.bench.measure import (
    LEAST_ERROR,
    WORST,
    error_of,
    mean_clipped,
    mean_log_error,
    r2_of,
)

Y = np.array([[1.0], [2.0], [3.0]])


def test_a_good_prediction_is_measured_as_it_is() -> None:
    assert r2_of(Y, Y) == 1.0
    assert error_of(Y, np.full_like(Y, 2.0)) == pytest.approx(1.0)


@pytest.mark.parametrize("value", [1e9, np.nan, np.inf])
def test_a_disaster_counts_as_the_worst_error(value: float) -> None:
    assert error_of(Y, np.where(Y == 2.0, value, Y)) == WORST


def test_a_mean_bounds_each_r2_below() -> None:
    assert mean_clipped([1.0, -50.0]) == 0.0


def test_a_mean_of_log_errors_bounds_each_on_both_sides() -> None:
    assert mean_log_error([0.9, 0.99]) == pytest.approx(np.log(0.1 * 0.01) / 2)
    assert mean_log_error([1.0]) == pytest.approx(np.log(LEAST_ERROR))
    assert mean_log_error([-1e9]) == pytest.approx(np.log(WORST))
