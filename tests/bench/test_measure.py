"""An R² of rows kept apart is bounded below, alone and in a mean."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.bench.measure import WORST, error_of, mean_clipped, r2_of

Y = np.array([[1.0], [2.0], [3.0]])


def test_a_good_prediction_is_measured_as_it_is() -> None:
    assert r2_of(Y, Y) == 1.0
    assert error_of(Y, np.full_like(Y, 2.0)) == pytest.approx(1.0)


@pytest.mark.parametrize("value", [1e9, np.nan, np.inf])
def test_a_disaster_counts_as_the_worst_error(value: float) -> None:
    assert error_of(Y, np.where(Y == 2.0, value, Y)) == WORST


def test_a_mean_bounds_each_r2_below() -> None:
    assert mean_clipped([1.0, -50.0]) == 0.0
