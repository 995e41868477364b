"""Weights of rows come from a column of them, or from the rows' deviations."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.scoring.fold import Fold
from evolve.scoring.metrics import nmse
from evolve.scoring.objective import fold_score, refit_loss
from evolve.scoring.row_weights import weights_from, weights_from_sigma
from evolve.scoring.targets import FoldTargets

Y = np.array([[1.0], [2.0], [4.0], [8.0]])
P = np.array([[1.5], [2.0], [3.0], [8.5]])
TWICE = np.array([1.0, 2.0, 1.0, 3.0])
REPEATED = np.repeat(np.arange(4), TWICE.astype(int))


def test_weights_have_mean_1_whatever_they_are_measured_in() -> None:
    one, other = weights_from(TWICE), weights_from(1e6 * TWICE)
    assert one.values.mean() == pytest.approx(1.0)
    np.testing.assert_allclose(one.values, other.values)
    assert one.noise is None


def test_deviations_are_the_noise_of_a_row_over_the_root_of_its_weight() -> None:
    sigma = np.array([0.1, 0.2, 0.4])
    weights = weights_from_sigma(sigma)
    assert weights.values.mean() == pytest.approx(1.0)
    assert weights.noise is not None
    np.testing.assert_allclose(weights.noise / np.sqrt(weights.values), sigma)
    some = weights.at(np.array([2]))
    assert some.noise / np.sqrt(some.values) == pytest.approx(0.4)


def test_a_deviation_of_a_target_is_that_of_its_logarithm_over_the_target() -> None:
    y, shares = np.array([1.0, 2.0, 5.0]), 0.1
    of_logs = weights_from_sigma(shares * y).of_logs(y, 1.0)
    np.testing.assert_allclose(of_logs, of_logs[0])
    given = weights_from(np.array([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(given.of_logs(y, 1.0), given.values)


def test_a_given_deviation_is_that_of_a_weighed_target_and_of_a_weighed_logarithm() -> None:
    y, sigma = np.array([1.0, 2.0, 5.0]), np.array([0.1, 0.2, 0.1])
    weights = weights_from_sigma(sigma)
    np.testing.assert_allclose(weights.values * sigma**2, weights.variance)
    for unit in (None, 3.0):
        of_logs = weights.of_logs(y, unit) * (sigma / y) ** 2
        np.testing.assert_allclose(of_logs, weights.variance_of_logs(y, unit))
    given = weights_from(TWICE)
    assert given.variance == given.variance_of_logs(Y[:, 0], None) == 0.0


def test_a_row_that_counts_twice_is_as_good_as_two_rows() -> None:
    assert nmse(Y, P, TWICE) == pytest.approx(nmse(Y[REPEATED], P[REPEATED]))
    again = refit_loss(Y[REPEATED], P[REPEATED], 0)
    assert refit_loss(Y, P, 0, TWICE) == pytest.approx(again)


def test_weights_that_are_alike_change_no_score() -> None:
    assert nmse(Y, P, np.full(4, 3.0)) == pytest.approx(nmse(Y, P))


def test_a_fold_counts_its_rows_by_their_weights() -> None:
    fold = Fold("far", np.array([0, 1]), np.array([2, 3]))
    plain = fold_score(FoldTargets.of(Y, fold), P[2:], P[:2], 0)
    weighed = fold_score(FoldTargets.of(Y, fold, np.array([1.0, 1.0, 9.0, 1.0])), P[2:], P[:2], 0)
    assert weighed.nmse > plain.nmse
    assert weighed.fitted == pytest.approx(plain.fitted)
