"""What a law says far beyond the data: finite, and in line with what was declared."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evolve.scoring.constraints import (
    Constraints,
    broken,
    broken_each,
    ends_of,
    extrapolation_lines,
    shares_of,
    worst,
)
from evolve.scoring.objective import CHECK_BASES, CHECK_FACTOR, CHECK_STEPS

X = np.array([(2.0**i, b) for i in range(5) for b in (0.1, 0.3)])
FOLLOWED = (True, False)


def shares_beyond(
    predict: Callable[[np.ndarray], np.ndarray], x: np.ndarray, physics: Constraints
) -> tuple[float, float]:
    lines = extrapolation_lines(x, physics)
    with np.errstate(all="ignore"):
        values = predict(lines.reshape(-1, lines.shape[-1])).reshape(lines.shape[:-1])
    return broken(values, physics)


def share_against(predict: Callable[[np.ndarray], np.ndarray], **declared: object) -> float:
    physics = Constraints(FOLLOWED, **declared)  # type: ignore[arg-type]
    return shares_beyond(predict, X, physics)[1]


def falls(x: np.ndarray) -> np.ndarray:
    return np.asarray(1.0 + x[:, 0] ** -0.5)


def rises(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(x[:, 0]))


# where is looked


def test_lines_begin_at_the_data_s_edge_and_end_far_beyond() -> None:
    lines = extrapolation_lines(X, Constraints(FOLLOWED))
    assert lines[0, :, 0, 0].tolist() == [16.0] * len(lines[0])
    np.testing.assert_allclose(lines[0, :, -1, 0], 16.0 * CHECK_FACTOR)
    assert (np.diff(lines[0, :, :, 0], axis=1) > 0).all()


def test_only_one_feature_moves_along_a_line() -> None:
    lines = extrapolation_lines(X, Constraints((True, True)))
    for j, other in ((0, 1), (1, 0)):
        assert (np.diff(lines[j, :, :, other], axis=1) == 0).all()


def test_a_feature_that_does_not_act_through_its_logarithm_is_followed_to_its_ends() -> None:
    lines = extrapolation_lines(X, Constraints(FOLLOWED, ends=((1.0, 16.0), (0.05, 0.4))))
    np.testing.assert_allclose(
        lines[1, :, :, 1], [np.linspace(0.05, 0.4, CHECK_STEPS)] * CHECK_BASES
    )
    assert set(lines[0, :, :, 1].ravel()) <= set(X[:, 1])


def test_a_law_that_explodes_at_0_is_not_finite_where_another_share_is_0() -> None:
    shares = np.array([(0.2, 0.8), (0.5, 0.5), (1.0, 0.0)])
    physics = Constraints((False, False), ends=tuple(ends_of(shares, (False, False))))
    infinite, _ = shares_beyond(lambda x: x[:, 0] ** -0.5, shares, physics)
    assert infinite > 0.0
    assert shares_beyond(lambda x: (x[:, 0] + 0.1) ** -0.5, shares, physics) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("columns", "logarithmic", "ends"),
    {
        "logarithm": ([(1.0, 1e10)], (True,), [(0.1, 1e11)]),
        "any sign": ([(-1.0, 1.0)], (False,), [(-1.2, 1.2)]),
        "far from 0": ([(300.0, 400.0)], (False,), [(290.0, 410.0)]),
        "near 0": ([(2.0, 102.0)], (False,), [(0.0, 112.0)]),
        "at 0": ([(0.0, 10.0)], (False,), [(0.0, 11.0)]),
        "a share": ([(0.04, 0.54)], (False,), [(0.0, 0.59)]),
        "between 0 and 1 alone": ([(0.5, 1.0)], (False,), [(0.45, 1.05)]),
        "shares that sum to 1": (
            [(0.1, 0.6), (0.9, 0.4)],
            (False, False),
            [(0.05, 0.65), (0.35, 0.95)],
        ),
        "shares, one of them 0, beside a rate": (
            [(0.5, 1.0), (0.5, 0.0), (0.3, 0.4), (3.0, 4.0)],
            (False, False, False, False),
            [(0.0, 1.0), (0.0, 0.55), (0.29, 0.41), (2.9, 4.1)],
        ),
    }.values(),
)
def test_a_feature_ends_a_tenth_of_its_range_beyond_what_was_seen(
    columns: list[tuple[float, float]],
    logarithmic: tuple[bool, ...],
    ends: list[tuple[float, float]],
) -> None:
    np.testing.assert_allclose(ends_of(np.array(columns).T, logarithmic), ends)


@pytest.mark.filterwarnings("error")
def test_a_feature_over_more_decades_than_a_float_has_ends_where_it_was_seen() -> None:
    assert ends_of(np.array([[1e-300], [1e140]]), (True,)) == [(1e-300, 1e140)]


@given(st.integers(0, 2**32 - 1))
def test_shares_are_those_that_trying_every_combination_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 40))
    shares = rng.dirichlet(np.ones(rng.integers(1, 5)), n).round(int(rng.integers(2, 6)))
    others = rng.uniform(0.0, rng.choice([0.02, 1.0, 5.0]), (n, rng.integers(0, 4)))
    x = np.hstack([shares, others])
    x = x[:, rng.permutation(x.shape[1])]
    inside = np.flatnonzero((x.min(axis=0) >= 0.0) & (x.max(axis=0) <= 1.0))
    every = [
        company
        for n_left in range(min(len(inside) - 1, 3))
        for left in combinations(inside, n_left)
        if np.abs(x[:, company := np.setdiff1d(inside, left)].sum(axis=1) - 1.0).max()
        <= 1e-2 + 1e-9
    ]
    large = x.max(axis=0) > 1e-2
    found, expected = np.flatnonzero(shares_of(x)[0] & large), every[0] if every else []
    few = [j for j in expected if large[j]]
    assert found.tolist() == few or (len(few) < 2 and not len(found))


@pytest.mark.parametrize("whole", [1.0, 100.0])
@pytest.mark.parametrize("digits", [3, 4, 9])
def test_small_columns_are_shares_where_the_sum_is_nearer_to_the_whole_with_them(
    whole: float, digits: int
) -> None:
    rng = np.random.default_rng(0)
    small = rng.uniform(0.0, 9e-3, (40, 2))
    large = (1.0 - small.sum(axis=1))[:, None] * rng.dirichlet(np.ones(3), 40)
    shares = whole * np.hstack([large, small]).round(digits)
    others = whole * rng.uniform(1e-4, 9e-3, (40, 2)), rng.uniform(20, 90, (40, 1))
    found, sum_to = shares_of(np.hstack([shares, *others]))
    assert (found.tolist(), sum_to) == ([True] * 5 + [False] * 3, whole)
    # Without small shares a small column is none, however the others are rounded.
    alone = whole * rng.dirichlet(np.ones(3), 40).round(digits)
    found, sum_to = shares_of(np.hstack([alone, *others]))
    assert (found.tolist(), sum_to) == ([True] * 3 + [False] * 3, whole)


@pytest.mark.parametrize("whole", [1.0, 100.0])
def test_shares_whose_sums_miss_the_whole_by_one_hundredth_are_a_mixture(whole: float) -> None:
    hundredths = np.array([[33, 33, 33], [34, 34, 33], [7, 29, 63], [58, 17, 26], [50, 30, 20]])
    shares = hundredths * 0.01 if whole == 1.0 else hundredths * 1.0
    assert shares_of(shares)[0].all()
    assert not shares_of(shares * 1.002)[0].any()


def test_many_small_columns_beside_shares_are_none() -> None:
    rng = np.random.default_rng(0)
    x = np.hstack([rng.dirichlet(np.ones(3), 20), rng.uniform(0.0, 9e-3, (20, 9))])
    assert shares_of(x)[0].tolist() == [True] * 3 + [False] * 9


def test_shares_in_percent_are_shares_and_small_numbers_beside_them_none() -> None:
    rng = np.random.default_rng(0)
    percents = (100 * rng.dirichlet(np.ones(3), 20)).round(1)
    x = np.column_stack([percents, rng.uniform(1e-4, 1e-2, 20), rng.uniform(20, 90, 20)])
    shares, whole = shares_of(x)
    assert (shares.tolist(), whole) == ([True] * 3 + [False] * 2, 100.0)
    ends = ends_of(np.array([[0.0, 100.0], [98.0, 2.0]]), (False, False))
    assert ends == [(0.0, 100.0), (0.0, 100.0)]


def test_a_single_row_is_enough_to_start_from() -> None:
    assert extrapolation_lines(X[:1], Constraints(FOLLOWED)).shape[1] == 1


# what is found


def test_a_law_that_keeps_what_was_declared_has_no_violations() -> None:
    assert shares_beyond(falls, X, Constraints(FOLLOWED, falling=(0,), floor=1.0)) == (0.0, 0.0)
    assert shares_beyond(rises, X, Constraints(FOLLOWED, rising=(0,))) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("predict", "declared"),
    [(rises, {"falling": (0,)}), (falls, {"rising": (0,)}), (falls, {"floor": 2.5})],
)
def test_a_law_that_does_the_opposite_breaks_it_everywhere(
    predict: Callable[[np.ndarray], np.ndarray], declared: dict[str, object]
) -> None:
    assert share_against(predict, **declared) == 1.0


def test_a_law_that_turns_breaks_it_partly() -> None:
    def turns(x: np.ndarray) -> np.ndarray:
        return np.asarray((np.log(x[:, 0]) - np.log(100.0)) ** 2)

    assert 0.0 < share_against(turns, falling=(0,)) < 1.0


def test_several_declarations_weigh_the_same() -> None:
    assert share_against(falls, falling=(0,), floor=2.5) == pytest.approx(0.5)


def test_a_constant_law_neither_falls_nor_rises() -> None:
    def flat(x: np.ndarray) -> np.ndarray:
        return np.full(len(x), 3.0)

    assert share_against(flat, falling=(0,)) == share_against(flat, rising=(0,)) == 0.0


def test_nothing_is_against_physics_where_none_was_declared() -> None:
    assert share_against(rises) == 0.0


@pytest.mark.filterwarnings("error")
def test_predictions_that_are_not_finite_are_counted_and_break_physics() -> None:
    def explodes(x: np.ndarray) -> np.ndarray:
        return np.asarray(np.where(x[:, 0] > 100.0, np.inf, 1.0 / x[:, 0]))

    def undefined(x: np.ndarray) -> np.ndarray:
        return np.full(len(x), np.nan)

    infinite, against = shares_beyond(explodes, X, Constraints(FOLLOWED, falling=(0,)))
    assert 0.0 < infinite < 1.0
    assert 0.0 < against < 1.0
    assert shares_beyond(undefined, X, Constraints(FOLLOWED, falling=(0,), floor=0.0)) == (
        1.0,
        1.0,
    )


# over several fits

shares = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=6)


@given(shares)
def test_one_fit_that_is_not_finite_counts_for_all_and_physics_on_average(
    found: list[tuple[float, float]],
) -> None:
    infinite, against = worst(found)
    assert infinite == max((share[0] for share in found), default=0.0)
    assert against == pytest.approx(np.mean([s[1] for s in found]) if found else 0.0)


def test_several_groups_are_checked_as_each_alone() -> None:
    declared = Constraints((True, True), falling=(0,), rising=(1,), floor=0.0, ceiling=2.0)
    values = np.random.default_rng(0).normal(size=(5, 2, 3, 4))
    values[1, 0, 0, 2] = np.inf
    each = broken_each(values, declared)
    assert [tuple(shares) for shares in each.tolist()] == [broken(v, declared) for v in values]
