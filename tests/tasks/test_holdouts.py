"""Corners of a table lie far on every axis that counts, are small, and are soon found."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.scoring.objective import LEAST_SHARE, MOST_CORNERS, MOST_SHARE
from evolve.tasks.holdouts import least_similar, multi_axis_holdouts

ONE_GROUP = np.zeros(64, dtype=np.int64)


def grid(n_levels: int = 8) -> np.ndarray:
    levels = np.arange(1.0, n_levels + 1.0)
    return np.stack([m.ravel() for m in np.meshgrid(levels, levels)], axis=1)


def test_a_corner_is_all_that_lies_beyond_a_threshold_on_every_axis() -> None:
    values = grid()
    for far in multi_axis_holdouts(values, ONE_GROUP):
        lowest = values[far].min(axis=0)
        assert np.array_equal(far, (values >= lowest).all(axis=1))


def test_corners_are_small_but_not_too_small_and_differ() -> None:
    found = multi_axis_holdouts(grid(), ONE_GROUP)
    assert len({far.tobytes() for far in found}) == len(found) > 3
    assert all(LEAST_SHARE <= far.mean() <= MOST_SHARE for far in found)


@pytest.mark.parametrize("n_axes", [3, 6, 30])
def test_corners_of_many_axes_are_soon_found(n_axes: int) -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(200, n_axes))
    found = multi_axis_holdouts(values, np.zeros(200, dtype=np.int64))
    assert len(found) <= MOST_CORNERS
    assert bool(found) == (n_axes < 30)


def test_what_is_chosen_shares_little_with_what_is_known() -> None:
    values = grid()
    known = [(values >= 7.0).all(axis=1)]
    first, second = least_similar(multi_axis_holdouts(values, ONE_GROUP), known, 2)
    for far, others in ((first, known), (second, [*known, first])):
        assert all((far & other).sum() < 0.5 * far.sum() for other in others)


def test_nothing_is_chosen_that_is_there_already() -> None:
    far = (grid() >= 7.0).all(axis=1)
    assert least_similar([far], [far], 3) == []
