"""Pools of one size are laid together; what has no curvature has no say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from evolve.fitting.pools import Pools, inverse_diagonals, stacks_of


def pools(cost: list[float], mean: float) -> Pools:
    """Pools of three problems and one constant each."""
    k = len(cost)
    rows, one = np.arange(3 * k).reshape(k, 3), np.ones((k, 1))
    no = np.zeros(1, dtype=bool)
    return Pools(rows, mean * one, one, np.ones(k), 2.0, no, 0.0 * one, np.array(cost))


def test_pools_of_one_size_are_laid_together_whatever_their_order() -> None:
    members = [np.array([0, 1, 2]), np.array([3, 4]), np.array([5, 6, 7])]
    assert [rows.tolist() for rows in stacks_of(members)] == [[[3, 4]], [[0, 1, 2], [5, 6, 7]]]


def test_of_each_pool_the_estimates_of_lower_cost_are_kept() -> None:
    kept = pools([1.0, 4.0], 0.0).or_better(pools([2.0, 3.0], 5.0))
    assert kept.mean[:, 0].tolist() == [0.0, 5.0]
    assert kept.cost.tolist() == [1.0, 3.0]


def test_a_prior_is_as_precise_as_the_spread_says_and_stiff_where_constants_are_tied() -> None:
    free = pools([1.0], 0.0)
    assert free.weight.tolist() == [[2.0]]
    tied = replace(free, tied=np.array([True]), stiffness=np.array([[7.0]]))
    assert tied.weight.tolist() == [[7.0]]


def test_inverse_diagonals_leave_out_directions_without_curvature() -> None:
    full = np.array([[2.0, 1.0], [1.0, 3.0]])
    flat = np.array([[1.0, 1.0], [1.0, 1.0]])
    expected = [np.diag(np.linalg.pinv(m, hermitian=True)) for m in (full, flat)]
    assert np.allclose(inverse_diagonals(np.array([full, flat])), expected, rtol=1e-12)
