"""Rows of one run say less than as many rows of their own, and errors of constants know it."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.scoring.clusters import FittedRows, Widening, widening
from evolve.typing import Array

N_RUNS, N_POINTS = 12, 15
RUN = np.repeat(np.arange(N_RUNS), N_POINTS)
# A line of what is fixed within a run, and what varies within it.
SLOPES = np.stack(
    [
        np.ones(RUN.size),
        np.linspace(-1, 1, N_RUNS)[RUN],
        np.tile(np.linspace(-1, 1, N_POINTS), 12),
    ],
    axis=1,
)


def noise(rng: np.random.Generator, correlation: float) -> Array:
    shared = rng.normal(size=N_RUNS)[RUN]
    return np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * rng.normal(size=RUN.size)


def fitted(y: Array) -> tuple[Array, Array, Array]:
    """Constants, their covariance as if rows were independent, and residuals."""
    inverse = np.linalg.inv(SLOPES.T @ SLOPES)
    constants = inverse @ SLOPES.T @ y
    left = y - SLOPES @ constants
    return constants, inverse * (left @ left) / (RUN.size - 3), left


@pytest.mark.parametrize(("correlation", "least"), [(0.0, 1.0), (0.5, 2.0), (0.9, 2.8)])
def test_errors_are_as_wide_as_constants_scatter(correlation: float, least: float) -> None:
    rng = np.random.default_rng(0)
    constants, given, wider, noises = [], [], [], []
    for _ in range(300):
        found, covariance, left = fitted(noise(rng, correlation))
        widened = widening(FittedRows(covariance, SLOPES, left, RUN))
        constants.append(found)
        given.append(np.sqrt(np.diag(covariance)))
        wider.append(np.sqrt(np.diag(widened.covariance)))
        noises.append(widened.noise * left.std())
    scatter, mean = np.std(constants, axis=0), np.mean(wider, axis=0)
    assert np.all(mean[:2] > 0.85 * scatter[:2])  # of what is fixed within a run
    assert np.all(mean[:2] < 1.5 * scatter[:2])
    assert np.all(mean[:2] > least * np.mean(given, axis=0)[:2])
    assert mean[2] > scatter[2]
    assert np.mean(noises) == pytest.approx(1.0, abs=0.07)


def test_errors_are_nowhere_narrower() -> None:
    _, covariance, left = fitted(noise(np.random.default_rng(1), 0.9))
    widened = widening(FittedRows(covariance, SLOPES, left, RUN))
    assert np.linalg.eigvalsh(widened.covariance - covariance).min() > -1e-12


def test_rows_of_their_own_show_where_a_fit_takes_all_to_err_alike() -> None:
    rng, own = np.random.default_rng(2), np.arange(RUN.size)
    far = 1.0 + 2.0 * np.abs(SLOPES[:, 2])  # the rows that the third constant rests on err more
    for times, least, most in ((np.ones(RUN.size), 0.95, 1.2), (far, 1.15, 1.5)):
        constants, given, wider = [], [], []
        for _ in range(200):
            found, covariance, left = fitted(times * rng.normal(size=RUN.size))
            constants.append(found)
            given.append(covariance)
            wider.append(widening(FittedRows(covariance, SLOPES, left, own)).covariance)
        scatter, errors = np.std(constants, axis=0), np.sqrt(np.mean(wider, axis=0).diagonal())
        assert np.all(errors > 0.95 * scatter)
        assert np.all(errors < 1.3 * scatter)
        ratio = errors[2] / np.sqrt(np.mean(given, axis=0)[2, 2])
        assert least < ratio < most


@pytest.mark.parametrize("broken", ["one run", "no residual", "no slope", "no covariance"])
def test_errors_are_as_given_where_runs_say_nothing(broken: str) -> None:
    _, covariance, left = fitted(noise(np.random.default_rng(1), 0.5))
    slopes, run = SLOPES.copy(), RUN
    if broken == "one run":
        run = np.zeros_like(RUN)
    elif broken == "no residual":
        left = np.zeros_like(left)
    elif broken == "no slope":
        slopes[0, 0] = np.inf
    else:
        covariance = np.full_like(covariance, np.nan)
    assert widening(FittedRows(covariance, slopes, left, run)) == Widening(covariance, 1.0)


def test_deviations_that_are_given_are_not_doubted_where_residuals_are_no_larger() -> None:
    rng, own = np.random.default_rng(3), np.arange(RUN.size)
    _, covariance, left = fitted(noise(rng, 0.0))
    given = np.full(RUN.size, 2.0)
    as_given = covariance * 4.0 * (RUN.size - 3) / (left @ left)
    rows = FittedRows(as_given, SLOPES, left, own, given)
    np.testing.assert_allclose(widening(rows).covariance, as_given, rtol=1e-9)
    # Larger residuals are believed, and so is what points of one run have in common.
    larger = FittedRows(covariance, SLOPES, left, own, 0.1 * given)
    plain = FittedRows(covariance, SLOPES, left, own)
    np.testing.assert_array_equal(widening(larger).covariance, widening(plain).covariance)
    _, covariance, left = fitted(noise(rng, 0.9))
    runs = FittedRows(covariance * (RUN.size - 3) / (left @ left), SLOPES, left, RUN, 0.5 * given)
    assert np.all(np.diag(widening(runs).covariance)[:2] > 4.0 * np.diag(runs.covariance)[:2])


def test_given_deviations_of_rows_that_count_unlike_them_are_seen() -> None:
    own, far = np.arange(RUN.size), 1.0 + 2.0 * np.abs(SLOPES[:, 2])
    inverse = np.linalg.inv(SLOPES.T @ SLOPES)
    rows = FittedRows(inverse * np.mean(far**2), SLOPES, np.zeros(RUN.size), own, far)
    true = inverse @ (SLOPES.T * far**2) @ SLOPES @ inverse
    wider = np.diag(widening(rows).covariance)
    np.testing.assert_allclose(wider[2], true[2, 2], rtol=1e-6)
    assert np.all(wider >= np.diag(true) * (1.0 - 1e-9))
