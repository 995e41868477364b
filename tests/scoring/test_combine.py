"""What laws say together follows most of the weight, and no single law."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.scoring.combine import combine, median_of, weighted_quantile, weights_of
from evolve.scoring.objective import COMBINATION_TEMPERATURE, FEW_FOLDS

ALIKE = np.array([1.0, 1.1, 0.9, 1.05, 0.95])[:, None, None]
EVEN = np.full(5, 0.2)


def test_laws_that_agree_are_averaged() -> None:
    centre, spread = combine(ALIKE, EVEN)
    assert centre[0, 0] == pytest.approx(1.0, abs=0.02)
    assert 0.03 < spread[0, 0] < 0.15


@pytest.mark.parametrize("far", [1e9, -1e9, np.inf, np.nan])
def test_a_law_that_explodes_takes_nobody_along(far: float) -> None:
    values = ALIKE.copy()
    values[0] = far
    assert combine(values, EVEN)[0][0, 0] == pytest.approx(1.0, abs=0.08)


def test_where_no_law_is_defined_nothing_is_said() -> None:
    centre, spread = combine(np.full((3, 2, 1), np.nan), np.full(3, 1 / 3))
    assert np.isnan(centre).all()
    assert np.isnan(spread).all()


def test_one_law_says_what_it_says() -> None:
    centre, spread = combine(np.array([[[2.0, 3.0]]]), np.ones(1))
    assert centre.tolist() == [[2.0, 3.0]]
    assert spread.tolist() == [[0.0, 0.0]]


def test_a_rival_of_a_fifth_of_the_weight_that_differs_widens_the_spread() -> None:
    _, spread = combine(np.array([[[2.0]], [[3.0]]]), np.array([0.8, 0.2]))
    assert 0.2 < spread[0, 0] < 0.6


def test_the_order_of_the_laws_changes_nothing() -> None:
    rng = np.random.default_rng(0)
    values, weights = rng.normal(size=(9, 4, 2)), rng.dirichlet(np.ones(9))
    turned = rng.permutation(9)
    centre, spread = combine(values, weights)
    again, other = combine(values[turned], weights[turned])
    np.testing.assert_allclose(again, centre)
    np.testing.assert_allclose(other, spread)


def test_a_unit_changes_nothing_but_the_unit() -> None:
    rng = np.random.default_rng(1)
    values, weights = rng.normal(size=(6, 3, 1)), rng.dirichlet(np.ones(6))
    centre, spread = combine(values, weights)
    moved, wider = combine(7.0 - 1e3 * values, weights)
    np.testing.assert_allclose(moved, 7.0 - 1e3 * centre)
    np.testing.assert_allclose(wider, 1e3 * spread)


def test_weights_fall_with_the_judgement_and_more_steeply_with_many_folds() -> None:
    few = weights_of(np.array([0.0, COMBINATION_TEMPERATURE, np.inf]), FEW_FOLDS)
    assert few.sum() == pytest.approx(1.0)
    assert few[0] / few[1] == pytest.approx(np.e)
    assert few[2] == 0.0
    many = weights_of(np.array([0.0, COMBINATION_TEMPERATURE]), 2 * FEW_FOLDS)
    assert many[0] / many[1] == pytest.approx(np.e**2)


def test_a_quantile_has_its_share_of_the_weight_below() -> None:
    values = np.array([3.0, 1.0, 2.0])
    assert weighted_quantile(values, np.array([0.2, 0.2, 0.6]), 0.5) == 2.0
    assert weighted_quantile(values, np.array([0.6, 0.2, 0.2]), 0.5) == 3.0


@pytest.mark.parametrize("n", [4, 5])
def test_the_median_of_a_row_of_weight_two_is_that_of_two_rows(n: int) -> None:
    values = np.random.default_rng(n).normal(size=(n, 2))
    counts = np.arange(1.0, n + 1.0)
    repeated = np.repeat(values, counts.astype(int), axis=0)
    assert median_of(values, counts) == np.median(repeated)
    assert median_of(values, np.ones(n)) == median_of(values, None) == np.median(values)
    values[1] = np.nan
    assert np.isnan(median_of(values, counts))
