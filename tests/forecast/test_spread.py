"""The parts of an interval come together as a root of a sum of squares, however large they are."""

from __future__ import annotations

import warnings

import numpy as np

from evolve.forecast.calibration import _shared
from evolve.forecast.model import GroupUncertainty
from evolve.forecast.spread import VarianceComponents, parts_of


def test_parts_with_squares_above_every_number_make_an_infinite_whole_without_a_word() -> None:
    small, large = np.array([[3.0]]), np.array([[1e200]])
    parts = {"point": small, "champion": small, "form": 0.0 * small, "rivals": small[None]}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        told = [
            VarianceComponents(noise=small, constants=each, capped=small < 0.0, **parts).total
            for each in (4.0 / 3.0 * small, large)
        ]
    assert [float(total.item()) for total in told] == [5.0, np.inf]


def test_where_noise_multiplies_forecasts_are_known_to_a_share_of_themselves_at_any_size() -> None:
    one = np.ones((1, 1))
    spread = GroupUncertainty(covariance=one[None], noise=0.05 * one[0], cap=one[0])
    laws = 1e4 * np.array([[[1.0], [1e3]], [[0.8], [0.8e3]], [[1.2], [1.2e3]]])  # of two rows
    open_constants = 3e3 * np.array([[1.0], [1e3]])
    parts = parts_of(laws, np.ones(3), open_constants, spread, relative=True)
    shares = parts.total / parts.point
    np.testing.assert_allclose(shares[0], shares[1])
    assert 0.3 < shares[0].item() < 0.7
    assert not parts.capped.any()
    added = parts_of(laws, np.ones(3), open_constants, spread, relative=False)
    assert added.capped.all()
    assert added.constants.max() == 1.0
    wild = parts_of(laws, np.ones(3), 9e9 * open_constants, spread, relative=True)
    assert wild.capped.all()
    np.testing.assert_allclose(wild.constants, np.abs(wild.point))


def test_noise_of_a_law_that_says_0_of_all_rows_is_endless_without_a_warning() -> None:
    with np.errstate(all="raise", under="ignore"):
        noise = _shared(np.array([[7.8e297], [0.1]]), np.array([9.0, 0.0]), np.ones((2, 1)))
        assert np.isinf(noise[0, 0])
        spread = GroupUncertainty(np.zeros((1, 1, 1)), noise[0], np.ones(1))
        parts = parts_of(
            np.array([[[0.0], [2.0]]]), np.ones(1), np.zeros((2, 1)), spread, relative=True
        )
    np.testing.assert_array_equal(parts.noise, [[np.nan], [np.inf]])
