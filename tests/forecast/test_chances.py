"""The chance to turn out best: equal forecasts share it, and it is what draws would count."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from evolve.forecast.chances import SHARES, chances_of

NORMAL = stats.norm.ppf(SHARES)


@pytest.mark.parametrize("k", [2, 3, 7, 40])
def test_equal_forecasts_have_equal_chances(k: int) -> None:
    assert chances_of(np.tile(NORMAL, (k, 1))) == pytest.approx(np.full(k, 1 / k))


@pytest.mark.parametrize(("away", "wide"), [(0.3, 1.0), (1.0, 2.0), (2.0, 0.5), (-1.5, 0.1)])
def test_of_two_it_is_that_their_difference_is_above_0(away: float, wide: float) -> None:
    first, second = chances_of(np.array([NORMAL, away + wide * NORMAL]))
    known = stats.norm.cdf(away / np.hypot(1.0, wide))
    assert (first, second) == pytest.approx((known, 1.0 - known), abs=1e-4)


def test_of_several_it_is_the_integral_over_their_densities() -> None:
    places, widths = np.array([0.0, 0.4, -0.2, 1.0]), np.array([1.0, 0.5, 2.0, 1.5])

    def first_at(y: float, i: int) -> float:
        behind = stats.norm.sf(y, places, widths)
        return float(stats.norm.pdf(y, places[i], widths[i]) * np.delete(behind, i).prod())

    known = [integrate.quad(first_at, -12, 12, args=(i,), limit=200)[0] for i in range(4)]
    found = chances_of(places[:, None] + widths[:, None] * NORMAL)
    assert found == pytest.approx(known, abs=1e-4)
    assert found.sum() == pytest.approx(1.0)


def test_order_changes_nothing_and_the_highest_is_the_lowest_of_the_negative() -> None:
    random = np.random.default_rng(3)
    values = np.sort(random.normal(random.normal(size=(5, 1)), 1.0, size=(5, 200)), axis=1)
    order = random.permutation(5)
    assert chances_of(values[order]) == pytest.approx(chances_of(values)[order], rel=1e-12)
    assert chances_of(values, maximise=True) == pytest.approx(chances_of(-values[:, ::-1]))


def test_forecasts_held_to_one_bound_share_what_they_have_there() -> None:
    at_bound = np.zeros(1000)
    above = np.linspace(0.1, 0.2, 1000)
    half = np.where(SHARES < 0.5, 0.0, 0.3)
    assert chances_of(np.array([at_bound, at_bound, above])) == pytest.approx([0.5, 0.5, 0.0])
    # It lies at the bound in half of the cases, and is as good as the other in half of these.
    assert chances_of(np.array([at_bound, half])) == pytest.approx([0.75, 0.25])


def test_thousands_of_forecasts_are_gone_through_once_as_if_held_against_each_other() -> None:
    values = np.linspace(0.0, 0.4, 3000)[:, None] + 0.1 * NORMAL
    found = chances_of(values)
    assert found.sum() == pytest.approx(1.0)
    known = []
    for i in (0, 700, 2999):
        others = np.delete(values, i, axis=0)
        before = np.array([np.searchsorted(other, values[i]) for other in others])
        known.append((1.0 - before / len(SHARES)).prod(axis=0).mean())
    assert found[[700, 2999]] / found[0] == pytest.approx(np.array(known[1:]) / known[0])


def test_equal_values_of_many_forecasts_at_a_bound_are_shared() -> None:
    values = np.tile(np.clip(NORMAL, -0.5, None), (600, 1))
    assert chances_of(values) == pytest.approx(np.full(600, 1 / 600), rel=1e-6)
