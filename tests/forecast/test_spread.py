"""The parts of an interval come together as a root of a sum of squares, however large they are."""

from __future__ import annotations

import warnings

import numpy as np

from evolve.forecast.spread import VarianceComponents


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
