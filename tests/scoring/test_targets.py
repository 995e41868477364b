"""Errors are measured by yardsticks of the targets that are taken once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy

from evolve.scoring.fold import Fold
from evolve.scoring.targets import FoldTargets, Targets, quantile
from evolve.typing import Array

sizes = st.one_of(st.floats(0.0), st.just(np.nan))
tables = of_numpy.arrays(np.float64, of_numpy.array_shapes(min_dims=2, max_dims=2), elements=sizes)


@settings(max_examples=200)
@given(tables, st.sampled_from([0.75, 0.5, 0.1]))
def test_quantiles_are_numpys_to_the_last_digit(values: Array, share: float) -> None:
    with np.errstate(all="ignore"):
        ours, theirs = quantile(values, share), np.quantile(values, share, axis=0)
    np.testing.assert_array_equal(ours, theirs)


def test_a_targets_error_is_counted_in_its_own_variance() -> None:
    y = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])
    each = Targets.of(y).nmse_each(y + np.array([1.0, 10.0]))
    np.testing.assert_allclose(each, each[0])
    assert Targets.of(y).nmse(y + np.array([1.0, 10.0])) == pytest.approx(each[0])


def test_a_target_that_does_not_vary_has_no_relative_error() -> None:
    flat = Targets.of(np.full((3, 1), 1e6 + 0.1))
    assert not flat.varies
    assert np.isnan(flat.nmse(flat.y))


def test_a_fold_measures_the_rows_held_out_and_those_fitted_apart() -> None:
    y, fold = np.array([[1.0], [2.0], [4.0], [8.0]]), Fold("far", np.arange(2), np.arange(2, 4))
    weights = np.array([1.0, 1.0, 3.0, 1.0])
    measured = FoldTargets.of(y, fold, weights)
    assert measured.fit.spread == pytest.approx(0.25)
    assert measured.held.spread == pytest.approx(3.0)


def test_a_huge_error_of_tiny_targets_is_infinite_without_a_word() -> None:
    y = 1e-9 * np.array([[1.0], [2.0], [3.0]])
    with np.errstate(all="raise"):
        assert Targets.of(y).nmse(y + 1e150) == np.inf
