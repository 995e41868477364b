"""Rows say by themselves whether 0 is where their target begins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evolve.tasks.origin import is_origin

SIZES = np.geomspace(1.0, 8.0, 24)
ONE_GROUP = np.zeros(24, dtype=np.int64)


def targets(origin: float, noise: float = 0.02, seed: int = 0) -> np.ndarray:
    """A power law above an origin, with noise that is a share of it."""
    rng = np.random.default_rng(seed)
    return np.asarray(origin + SIZES**0.9 * np.exp(noise * rng.normal(size=24)))


def says(y: np.ndarray, x: np.ndarray = SIZES) -> bool:
    return is_origin(x[:, None], y, ONE_GROUP, [True])


def test_a_power_law_begins_at_zero() -> None:
    assert says(targets(0.0))


@pytest.mark.parametrize("origin", [2.0, 20.0])
def test_a_power_law_above_a_floor_does_not(origin: float) -> None:
    assert not says(targets(origin))


def test_what_saturates_does_not_begin_at_zero() -> None:
    assert not says(12.0 - targets(0.0))


def test_few_or_equal_rows_say_nothing() -> None:
    assert not is_origin(SIZES[:3, None], targets(0.0)[:3], ONE_GROUP[:3], [True])
    assert not says(np.ones(24))


def test_noise_that_hides_the_origin_says_nothing() -> None:
    y = 1.0 + 0.2 * np.random.default_rng(1).normal(size=24)
    assert not says(np.abs(y))


def test_each_group_has_a_level_of_its_own() -> None:
    group = np.repeat([0, 1], 12)
    y = targets(0.0) * np.where(group == 0, 1.0, 5.0)
    assert is_origin(SIZES[:, None], y, group, [True])


@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e12))
def test_no_unit_decides_where_a_target_begins(unit: float, size: float) -> None:
    assert says(unit * targets(0.0), size * SIZES)
    assert not says(unit * targets(2.0), size * SIZES)


def test_every_group_has_a_level_of_its_own_however_many_there_are() -> None:
    rng = np.random.default_rng(4)
    group = np.repeat(np.arange(300), 6)
    x = rng.uniform(1.0, 8.0, len(group))
    y = rng.uniform(1.0, 3.0, 300)[group] * x**0.5 * np.exp(0.01 * rng.normal(size=len(group)))
    assert is_origin(x[:, None], y, group, [True])
    assert not is_origin(x[:, None], y + 5.0, group, [True])
