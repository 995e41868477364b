"""Robust losses of single rows are those of fits."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evolve.fitting.loss import _slopes_loops
from evolve.fitting.robust import (
    CAUCHY,
    HUBER,
    L2,
    counted,
    counted_each,
    losses_each,
    weights_each,
)

R = np.array([-3.0, -0.4, 0.0, 0.2, 0.7, 40.0])
W, BEND = np.linspace(0.5, 2.0, 6), np.full(6, 0.5)


@pytest.mark.parametrize("loss", [L2, HUBER, CAUCHY])
def test_losses_and_weights_of_rows_are_those_of_fits(loss: int) -> None:
    psi, curvature = np.empty((2, 6))
    _slopes_loops(R, W, loss, BEND, psi, curvature)
    irls, curved = weights_each(R, loss, BEND)
    np.testing.assert_allclose(psi, W * irls * R)
    np.testing.assert_allclose(curvature, W * irls * curved)
    up, down = (losses_each(R + step, W, loss, BEND) for step in (1e-6, -1e-6))
    np.testing.assert_allclose((up - down) / 2e-6, psi, atol=1e-8)


@pytest.mark.parametrize("loss", [L2, HUBER, CAUCHY])
@pytest.mark.parametrize("bend", [1e3, 1.5, 0.3])
@pytest.mark.parametrize("span", [1.0, 100.0])
def test_the_variance_of_a_robust_mean_is_what_means_of_normal_rows_scatter_by(
    loss: int, bend: float, span: float
) -> None:
    rng, found, told, given = np.random.default_rng(3), [], [], []
    deviations = np.geomspace(1.0 / np.sqrt(span), np.sqrt(span), 60)
    w = deviations**-2.0
    for _ in range(200):
        y = deviations * rng.normal(size=60)
        mean = float(np.median(y))
        for _ in range(200):
            irls = w * weights_each(y - mean, loss, np.full(60, bend))[0]
            mean = float(irls @ y / irls.sum())
        rows = counted(y - mean, w, loss, bend, 1, 1.0)
        found.append(mean)
        told.append(rows.squares.sum() / 59 / (rows.roots**2).sum())
        given.append(rows.given / (rows.roots**2).sum())
        scores = rows.roots * rows.residuals
        assert scores.sum() == pytest.approx(0.0, abs=1e-3 * np.abs(scores).sum())
    assert np.median(told) == pytest.approx(np.var(found), rel=0.4)
    assert np.median(given) == pytest.approx(np.var(found), rel=0.4)


@pytest.mark.parametrize("loss", [HUBER, CAUCHY])
def test_a_row_counts_no_more_the_further_it_is_off(loss: int) -> None:
    r = np.random.default_rng(1).normal(size=20)
    near, far = (counted(np.append(r, each), np.ones(21), loss, 1.5, 1) for each in (9.0, 1e4))
    variances = [rows.squares.sum() / 20 / (rows.roots**2).sum() for rows in (near, far)]
    assert variances[1] == pytest.approx(variances[0], rel=0.1)
    assert abs(far.roots * far.residuals).max() <= 2.0 * abs(near.roots * near.residuals).max()


def test_a_variance_that_is_given_grows_by_what_a_narrow_bend_leaves_unknown() -> None:
    r, w = np.random.default_rng(2).normal(size=4000), np.ones(4000)
    for bend in (1e3, 1.5, 0.05):
        rows = counted(r, w, HUBER, bend, 0, 1.0)
        share = math.erf(bend / math.sqrt(2))
        density = math.exp(-0.5 * bend**2) / math.sqrt(2 * math.pi)
        square = share - 2 * bend * density + bend**2 * (1 - share)
        told = rows.given / (rows.roots**2).mean()
        assert told == pytest.approx(square / share**2, rel=1e-2)
    assert told == pytest.approx(math.pi / 2, rel=0.05)  # of medians


def test_rows_of_fits_that_follow_each_other_count_as_alone() -> None:
    bends, given, offsets = np.array([0.5, 2.0]), np.array([0.0, 0.3]), np.array([0, 2, 6])
    squares, known = counted_each(R, W, offsets, HUBER, bends, 1, given)
    for q, rows in enumerate((slice(0, 2), slice(2, 6))):
        alone = counted(R[rows], W[rows], HUBER, bends[q], 1, given[q])
        assert squares[q] == pytest.approx(alone.squares.sum())
        assert known[q] == pytest.approx(alone.given * given[q])


def test_a_fit_through_all_rows_leaves_no_variance() -> None:
    rows = counted(np.zeros(4), np.ones(4), HUBER, 0.1, 4)
    assert rows.squares.sum() == 0.0
    np.testing.assert_allclose(rows.roots, 1.0)


@pytest.mark.parametrize("loss", [HUBER, CAUCHY])
@pytest.mark.parametrize("far", [np.nan, np.inf])
def test_residuals_that_are_no_numbers_say_nothing_of_errors(loss: int, far: float) -> None:
    with np.errstate(all="ignore"):
        rows = counted(np.full(5, far), np.ones(5), loss, 0.1, 2)
    assert not np.isfinite(rows.squares).any()
