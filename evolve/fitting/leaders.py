"""The leading starts of many problems, one for all that meet: compiled loops or numpy's rows."""

from __future__ import annotations

import numpy as np

from evolve.fitting.compiled import COMPILED, entry_in_order
from evolve.typing import Array, Ints

SAME_COST = 1e-6
MET_AT_ONCE = 64  # starts that are held against all others in one go


def leading(costs: Array, constants: Array, most: int) -> tuple[Array, Array]:
    """The starts of lowest cost of each problem, in the order of their costs.

    Args:
        costs: `(q, s)`; of equal ones the first goes first.
        constants: `(q, s, p)`.
        most: How many of each problem.

    Returns:
        `(q, most, p)` constants and `(q, most)` costs; fewer where there are fewer starts.
    """
    if not COMPILED:
        order = np.argsort(costs, axis=1, kind="stable")[:, :most]
        problems = np.arange(len(costs))[:, None]
        return constants[problems, order], costs[problems, order]
    q, s, p = constants.shape
    n = min(most, s)
    best, lowest, order = np.empty((q, n, p)), np.empty((q, n)), np.empty(n, dtype=np.int64)
    take_leading(costs, constants, best, lowest, order)
    return best, lowest


def merge(costs: Array, weights: Ints) -> None:
    """Let the earliest of the starts `(q, s)` that end at one cost stand for all, in place."""
    (merge_starts if COMPILED else merge_rows)(costs, weights)


@entry_in_order
def take_leading(costs: Array, constants: Array, best: Array, lowest: Array, order: Ints) -> None:
    """Fill `best` and `lowest` with what `leading` returns.

    Args:
        costs: As of `leading`.
        constants: Likewise.
        best: Filled.
        lowest: Filled.
        order: Room for as many numbers as are taken of a problem.
    """
    n = order.shape[0]
    for q in range(costs.shape[0]):
        n_taken = 0
        for s in range(costs.shape[1]):
            cost, at = costs[q, s], n_taken
            while at > 0 and (cost < lowest[q, at - 1] or lowest[q, at - 1] != lowest[q, at - 1]):
                if cost != cost:  # what is no number goes last
                    break
                at -= 1
            if at == n:
                continue
            n_taken = min(n_taken + 1, n)
            for i in range(n_taken - 1, at, -1):
                lowest[q, i], order[i] = lowest[q, i - 1], order[i - 1]
            lowest[q, at], order[at] = cost, s
        for i in range(n):
            for k in range(constants.shape[2]):
                best[q, i, k] = constants[q, order[i], k]


@entry_in_order
def merge_starts(costs: Array, weights: Ints) -> None:
    """As `merge`, one start after the other."""
    for q in range(costs.shape[0]):
        for late in range(1, costs.shape[1]):
            if weights[q, late] == 0:
                continue
            cost = costs[q, late] if np.isfinite(costs[q, late]) else -1.0
            for early in range(late):
                other = costs[q, early] if np.isfinite(costs[q, early]) else -1.0
                if weights[q, early] > 0 and abs(cost - other) <= SAME_COST * abs(other):
                    weights[q, early] += weights[q, late]
                    weights[q, late] = 0
                    break


def merge_rows(costs: Array, weights: Ints) -> None:
    """As `merge`, all problems at once."""
    level = np.where(np.isfinite(costs), costs, -1.0)
    near, numbers = SAME_COST * np.abs(level), np.arange(costs.shape[1])
    for some in np.split(numbers, numbers[MET_AT_ONCE::MET_AT_ONCE]):
        meet = np.abs(level[:, some, None] - level[:, None, :]) <= near[:, None, :]
        meet &= some[:, None] > numbers  # each with those before it
        for i in np.flatnonzero(meet.any(axis=(0, 2))):  # most often none
            late, same = some[i], meet[:, i] & (weights > 0)
            rows = np.flatnonzero(same.any(axis=1) & (weights[:, late] > 0))
            weights[rows, same[rows].argmax(axis=1)] += weights[rows, late]
            weights[rows, late] = 0
