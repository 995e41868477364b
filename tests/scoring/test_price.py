"""Size and broken physics cost what they are said to cost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evolve.scoring.objective import (
    CHANCE_PRICE,
    CONSTANT_PRICE,
    FEWEST_VALUES,
    INITIAL_DISCOUNT,
    MOST_VALUES,
    PHYSICS_PRICE,
)
from evolve.scoring.price import physics_price, price_of


@settings(max_examples=30)
@given(st.integers(1, 30), st.floats(1.0, 200.0), st.integers(FEWEST_VALUES, MOST_VALUES))
def test_a_constant_more_costs_its_price_shared_by_the_values(
    n: int, complexity: float, n_values: int
) -> None:
    more = price_of(n + 1, complexity, n_values) - price_of(n, complexity, n_values)
    assert more == pytest.approx(CONSTANT_PRICE / n_values)


@settings(max_examples=30)
@given(st.integers(1, 30), st.floats(1.0, 200.0), st.integers(1, 5000))
def test_more_exotic_operations_cost_more_and_most_on_few_values(
    n: int, complexity: float, n_values: int
) -> None:
    more = price_of(n, complexity + 1.0, n_values) - price_of(n, complexity, n_values)
    assert more > 0.0
    assert price_of(n, complexity, n_values) > price_of(n, complexity, n_values + 1)


@pytest.mark.parametrize(("fewer", "more"), [(4, FEWEST_VALUES), (MOST_VALUES, 10**6)])
def test_a_table_beyond_the_bounds_prices_a_known_law_as_one_at_the_bounds(
    fewer: int, more: int
) -> None:
    prices = {price_of(5, 20.0, n, is_initial=True) for n in (fewer, more)}
    assert len(prices) == 1


def test_physics_costs_nothing_where_it_is_kept_or_not_asked_for() -> None:
    assert physics_price([]) == physics_price([0.0, 0.0]) == 0.0


def test_physics_costs_the_mean_share_of_points_that_break_it() -> None:
    assert physics_price([0.0, 0.5]) == pytest.approx(0.25 * PHYSICS_PRICE)
    assert physics_price([1.0]) == PHYSICS_PRICE


@settings(max_examples=30)
@given(st.integers(0, 30), st.floats(0.0, 90.0), st.integers(4, 5000))
def test_a_law_that_was_known_before_owes_nothing_for_chance_and_gets_a_discount(
    n_constants: int, complexity: float, n_values: int
) -> None:
    known = price_of(n_constants, complexity, n_values, is_initial=True)
    searched = price_of(n_constants, complexity, n_values)
    chance = CHANCE_PRICE * complexity / n_values
    assert searched - known == pytest.approx(chance + INITIAL_DISCOUNT)
