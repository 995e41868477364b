"""The chance of each of several forecasts to turn out best, from their quantiles, without a draw.

Forecasts are taken to be independent, as where the interval of a difference is made.
"""

from __future__ import annotations

import numpy as np

from evolve.typing import Array

N_SHARES = 1000
SHARES = (np.arange(N_SHARES) + 0.5) / N_SHARES  # whose quantiles stand for a forecast
# Gauss and Legendre's nodes and weights on (0, 1).
NODES, WEIGHTS = (0.5 * part for part in np.polynomial.legendre.leggauss(8))
NODES = NODES + 0.5


def chances_of(quantiles: Array, *, maximise: bool = False) -> Array:
    """`(k,)` chances to be the lowest that sum to 1; equal values share what they have in common.

    Args:
        quantiles: `(k, m)` ascending values of each, equally likely.
        maximise: Whether the highest is wanted.
    """
    values = -quantiles[:, ::-1] if maximise else quantiles
    m = values.shape[1]
    chances = np.empty(len(values))
    for i, own in enumerate(values):
        below = np.array([np.searchsorted(v, own, "left") for v in values])
        equal = np.array([np.searchsorted(v, own, "right") for v in values]) - below
        # Among equal values a run comes before a share of them, which is spread evenly.
        share = (np.arange(m)[:, None] + NODES - below[i][:, None]) / equal[i][:, None]
        behind = 1.0 - (below[:, :, None] + share * equal[:, :, None]) / m
        chances[i] = (np.delete(behind, i, axis=0).prod(axis=0) @ WEIGHTS).mean()
    return np.asarray(chances / chances.sum())
