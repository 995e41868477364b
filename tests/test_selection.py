"""Lower scores are better; size and broken physics cost what they are said to cost."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evolve.selection import (
    CONSTANT_PRICE,
    FIRST_LOOK_MARGIN,
    PHYSICS_PRICE,
    first_look_passes,
    fold_weight,
    physics_price,
    price,
    score,
)

errors = st.lists(st.floats(0.0, 1e6), min_size=1, max_size=8)
sizes = st.tuples(st.integers(1, 30), st.floats(1.0, 200.0))


@settings(max_examples=30)
@given(errors, sizes, st.floats(1.01, 100.0))
def test_a_larger_error_on_every_fold_is_a_worse_score(
    nmses: list[float], size: tuple[int, float], factor: float
) -> None:
    worse = [factor * nmse + 1e-6 for nmse in nmses]
    assert score(worse, *size) > score(nmses, *size)


@settings(max_examples=30)
@given(errors, sizes)
def test_the_order_of_the_folds_does_not_matter(
    nmses: list[float], size: tuple[int, float]
) -> None:
    assert score(nmses[::-1], *size) == pytest.approx(score(nmses, *size))


@settings(max_examples=30)
@given(errors, sizes)
def test_equal_weights_change_no_score(nmses: list[float], size: tuple[int, float]) -> None:
    weights = [0.5] * len(nmses)
    assert score(nmses, *size, weights) == pytest.approx(score(nmses, *size))


def test_an_error_on_a_fold_that_holds_out_more_counts_less() -> None:
    weights = [fold_weight(n, 100) for n in (90, 80, 60)]
    assert score([1.0, 0.1, 0.1], 2, 5.0, weights) > score([0.1, 0.1, 1.0], 2, 5.0, weights)


def test_a_perfect_prediction_has_a_finite_score() -> None:
    assert math.isfinite(score([0.0, 0.0], 1, 1.0))


def test_a_hundredfold_error_on_one_of_two_folds_costs_half_its_logarithm() -> None:
    difference = score([1.0, 0.1], 3, 9.0) - score([0.01, 0.1], 3, 9.0)
    assert difference == pytest.approx(math.log(100.0) / 2, rel=1e-2)


@settings(max_examples=30)
@given(errors, st.integers(1, 30), st.floats(1.0, 200.0))
def test_a_constant_more_costs_its_price(nmses: list[float], n: int, complexity: float) -> None:
    more = score(nmses, n + 1, complexity) - score(nmses, n, complexity)
    assert more == pytest.approx(CONSTANT_PRICE)
    assert price(n + 1, complexity) - price(n, complexity) == pytest.approx(CONSTANT_PRICE)


@settings(max_examples=30)
@given(errors, st.integers(1, 30), st.floats(1.0, 200.0))
def test_more_exotic_operations_cost_more(nmses: list[float], n: int, complexity: float) -> None:
    assert score(nmses, n, complexity + 1.0) > score(nmses, n, complexity)


def test_physics_costs_nothing_where_it_is_kept_or_not_asked_for() -> None:
    assert physics_price([]) == physics_price([0.0, 0.0]) == 0.0


def test_physics_costs_the_mean_share_of_points_that_break_it() -> None:
    assert physics_price([0.0, 0.5]) == pytest.approx(0.25 * PHYSICS_PRICE)
    assert physics_price([1.0]) == PHYSICS_PRICE


def test_every_candidate_passes_the_first_look_without_a_bar() -> None:
    assert first_look_passes(1e9, 26, 300.0, math.inf)


def test_a_first_look_passes_within_the_margin_of_the_bar_only() -> None:
    bar = score([0.01], 4, 10.0)
    assert first_look_passes(0.01, 4, 10.0, bar)
    assert first_look_passes(0.01 * math.exp(0.9 * FIRST_LOOK_MARGIN), 4, 10.0, bar)
    assert not first_look_passes(0.01 * math.exp(1.1 * FIRST_LOOK_MARGIN), 4, 10.0, bar)
