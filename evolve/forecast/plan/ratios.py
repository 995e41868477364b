"""Ratios of features: the directions to search them in, and the best one from a start."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from evolve.typing import Array

EXACT = 1e-7  # of the logarithms that are searched
SEARCH_DECADES = 4.0  # factors of 10 to each side of the training rows' usual ratio


def ratios(k: int) -> Array:
    """`(k - 1, k)` orthogonal directions that leave the product of `k` features as it is."""
    directions = np.zeros((k - 1, k))
    for i in range(k - 1):
        directions[i, : i + 1] = 1.0
        directions[i, i + 1] = -(i + 1.0)
        directions[i] /= np.abs(directions[i]).max()
    return directions


def polished(
    loss: Callable[[Array], float],
    start: Array,
    low: Array,
    high: Array,
    tolerance: float = EXACT,
) -> Array:
    """`(m,)` steps where the loss is least, between the least and the largest of each."""
    from scipy.optimize import minimize

    def clipped(steps: Array) -> float:
        return loss(np.clip(steps, low, high))

    solution = minimize(
        clipped,
        start,
        method="Nelder-Mead",
        options={
            "xatol": tolerance,
            "fatol": 1e-14 if tolerance <= EXACT else np.inf,
            "maxiter": 400 * len(start),
        },
    )
    return np.asarray(np.clip(solution.x, low, high), dtype=float)
