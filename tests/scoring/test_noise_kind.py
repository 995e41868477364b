"""Residuals tell whether noise is added to a law or multiplied with it."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.scoring.noise_kind import gaps_of, is_added, is_relative
from evolve.scoring.row_weights import weights_from_sigma

LAW = np.geomspace(0.1, 50.0, 40)[:, None]
NOISE = np.random.default_rng(2).normal(size=LAW.shape)
MULTIPLIED, ADDED = LAW * np.exp(0.03 * NOISE), LAW + 0.02 * NOISE


def test_the_fit_with_the_smallest_residuals_of_each_kind_says_how_noise_is() -> None:
    misses_small_rows = LAW + 0.5 * np.exp(-LAW)
    assert not is_relative(MULTIPLIED, [misses_small_rows])
    assert is_relative(MULTIPLIED, [misses_small_rows, LAW])
    assert not is_relative(ADDED, [misses_small_rows, LAW])


def test_noise_is_added_where_residuals_say_so_and_neither_where_targets_hardly_differ() -> None:
    assert is_added(ADDED, [LAW])
    assert not is_added(MULTIPLIED, [LAW])
    flat = 2.0 + 0.01 * LAW / LAW.max()
    for told in (is_added, is_relative):
        assert not told(flat + 0.002 * NOISE, [flat])


def test_a_fit_of_the_other_sign_does_not_hide_how_noise_is() -> None:
    assert is_relative(MULTIPLIED, [LAW - 2.0, LAW])
    assert not is_relative(MULTIPLIED, [LAW - 2.0])
    assert not is_relative(NOISE, [0.9 * NOISE])


def test_a_prediction_of_the_other_sign_is_infinitely_far_in_logarithms() -> None:
    y, p = np.array([[2.0], [2.0], [-2.0]]), np.array([[4.0], [-1.0], [-1.0]])
    np.testing.assert_allclose(
        gaps_of(y, p, relative=True), [[-np.log(2.0)], [np.inf], [-np.log(2.0)]]
    )


def test_deviations_say_whether_noise_multiplies() -> None:
    y = np.geomspace(1.0, 50.0, 20)[:, None]
    assert is_relative(y, [y], weights_from_sigma(0.05 * y[:, 0]))
    assert not is_relative(y, [y], weights_from_sigma(np.full(20, 0.05)))


@pytest.mark.parametrize("unit", [1e-30, 1.0, 1e15, 1e30])
def test_the_unit_of_the_targets_does_not_say_how_noise_is(unit: float) -> None:
    assert is_relative(unit * MULTIPLIED, [unit * LAW])
    assert not is_relative(unit * ADDED, [unit * LAW])
