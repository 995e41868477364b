"""Ratios of features: the directions to search them in, and the best one from a start."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from evolve.typing import Array

SEARCH_DECADES = 4.0  # factors of 10 to each side of the training rows' usual ratio


def ratios(k: int) -> Array:
    """`(k - 1, k)` orthogonal directions that leave the product of `k` features as it is."""
    directions = np.zeros((k - 1, k))
    for i in range(k - 1):
        directions[i, : i + 1] = 1.0
        directions[i, i + 1] = -(i + 1.0)
        directions[i] /= np.abs(directions[i]).max()
    return directions


def polished(loss: Callable[[Array], float], start: Array) -> Array:
    """`(k - 1,)` steps along the directions where the loss is least, within the search."""
    from scipy.optimize import minimize

    def clipped(turn: Array) -> float:
        return loss(np.clip(turn, -SEARCH_DECADES, SEARCH_DECADES))

    solution = minimize(
        clipped,
        start,
        method="Nelder-Mead",
        options={"xatol": 1e-7, "fatol": 1e-14, "maxiter": 400},
    )
    return np.asarray(np.clip(solution.x, -SEARCH_DECADES, SEARCH_DECADES), dtype=float)
