"""Scores are SLDBench's, and what cannot be scored is said so."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import r2_score

from evolve.errors import ProgramError
from evolve.scoring.metrics import nmae, nmse, r2, require_finite, scores

ROWS = arrays(np.float64, (8, 2), elements=st.floats(-100, 100, width=32))


def test_a_perfect_prediction_has_r2_one() -> None:
    y = np.array([1.0, 2.0, 4.0])
    assert (r2(y, y), nmse(y, y), nmae(y, y)) == (1.0, 0.0, 0.0)


def test_predicting_the_mean_has_r2_zero() -> None:
    y = np.array([1.0, 2.0, 6.0])
    p = np.full(3, 3.0)
    assert r2(y, p) == pytest.approx(0.0)
    assert nmae(y, p) == pytest.approx(1.0)


def test_nmse_and_nmae_match_a_sum_done_by_hand() -> None:
    y, p = np.array([0.0, 2.0]), np.array([1.0, 2.0])
    assert nmse(y, p) == pytest.approx(0.5)  # mean square 0.5 over variance 1
    assert nmae(y, p) == pytest.approx(0.5)  # mean absolute 0.5 over deviation 1


@given(ROWS, ROWS)
def test_r2_is_the_mean_over_targets_of_scikit_learns(y: np.ndarray, p: np.ndarray) -> None:
    if np.all(np.var(y, axis=0) > 1e-6):
        expected = r2_score(y, p, multioutput="uniform_average")
        assert r2(y, p) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_scores_pool_the_rows_of_all_groups() -> None:
    y = np.array([[1.0], [2.0], [11.0], [12.0]])
    p = np.array([[1.5], [1.5], [11.5], [11.5]])
    result = scores(y, p, np.array([0, 0, 1, 1]), ["small", "large"], ["loss"])
    assert result.overall.r2 == pytest.approx(1 - 0.25 / np.var(y))
    assert result.by_group["small"].r2 == pytest.approx(0.0)
    assert result.by_group["large"].n_rows == 2
    assert result.by_target["loss"] == result.overall


def test_the_overall_score_is_the_mean_over_targets() -> None:
    y = np.array([[0.0, 0.0], [2.0, 2.0]])
    p = np.array([[0.0, 1.0], [2.0, 1.0]])
    result = scores(y, p, np.zeros(2, dtype=np.int64), ["all"])
    assert [m.r2 for m in result.by_target.values()] == [1.0, 0.0]
    assert result.overall.r2 == 0.5


def test_a_group_without_rows_has_no_score() -> None:
    y = np.array([1.0, 2.0])
    assert list(scores(y, y, np.array([1, 1]), ["a", "b"]).by_group) == ["b"]


def test_r2_of_one_row_is_not_a_number() -> None:
    y = np.array([[3.0], [1.0], [2.0]])
    result = scores(y, y + 0.1, np.array([0, 1, 1]), ["one", "two"])
    assert math.isnan(result.by_group["one"].r2)
    assert math.isfinite(result.overall.r2)


def test_a_row_of_weight_two_is_two_rows() -> None:
    y = np.array([[1.0, 3.0], [2.0, 1.0], [5.0, 2.0], [6.0, 8.0], [9.0, 4.0]])
    p, group, times = (
        y + [[0.1], [0.4], [-0.3], [0.2], [0.5]],
        np.array([0, 0, 1, 1, 1]),
        [1, 3, 2, 1, 2],
    )
    twice = (np.repeat(part, times, axis=0) for part in (y, p, group))
    weighted = scores(y, p, group, ["a", "b"], weights=np.array(times, dtype=float))
    repeated = scores(*twice, ["a", "b"])
    pairs = [(weighted.overall, repeated.overall)]
    pairs += [(weighted.by_group[name], repeated.by_group[name]) for name in "ab"]
    pairs += [(m, repeated.by_target[name]) for name, m in weighted.by_target.items()]
    for one, other in pairs:
        assert (one.r2, one.nmse, one.nmae) == pytest.approx((other.r2, other.nmse, other.nmae))
    assert weighted.overall.n_rows == len(y)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_prediction_that_is_not_finite_fails(bad: float) -> None:
    with pytest.raises(ProgramError, match=rf"must be finite, row 2 holds {bad}"):
        r2(np.array([1.0, 2.0]), np.array([1.0, bad]))


def test_predictions_of_another_shape_fail() -> None:
    with pytest.raises(ProgramError, match=r"shape \(3,\) but it had shape \(2,\)"):
        nmse(np.zeros(3), np.zeros(2))


def test_finite_predictions_pass() -> None:
    require_finite(np.zeros((2, 3)))
