"""Forecasts of several laws to one that no single law can carry away.

Among laws that the folds cannot tell apart the best judged is so by chance: their mean, weighted
by the evidence for each, is nearer to what is measured later (stacking: Wolpert 1992; weights that
fall with the loss as in Akaike 1978). A mean is carried away by one law that explodes, so those
far from the median count less (Huber 1964).
"""

from __future__ import annotations

import numpy as np

from evolve.scoring.objective import (
    COMBINATION_HUBER,
    COMBINATION_INNER,
    COMBINATION_TEMPERATURE,
    FEW_FOLDS,
)
from evolve.typing import Array

STEPS = 3  # of iteratively reweighted means
TINY = 1e-300
TO_DEVIATION = 1.4826  # of the normal distribution: standard over median absolute deviation


def weights_of(judgements: Array, n_folds: int) -> Array:
    """`(k,)` weights that sum to 1 and fall with the judgement, where lower is better.

    Args:
        judgements: `(k,)` of which at least one is finite.
        n_folds: Folds that they rest on; where these are many, a difference says more.
    """
    gaps = judgements - judgements[np.isfinite(judgements)].min()
    temperature = COMBINATION_TEMPERATURE * min(1.0, FEW_FOLDS / max(n_folds, 1))
    shares = np.exp(-np.nan_to_num(gaps, nan=np.inf) / temperature)
    return np.asarray(shares / shares.sum())


def combine(values: Array, weights: Array) -> tuple[Array, Array]:
    """Weighted mean of several laws' predictions, robust to those far from the others.

    Args:
        values: `(k, n, t)` predictions; what is not finite does not count.
        weights: `(k,)` of the laws.

    Returns:
        The `(n, t)` mean, not finite where no law is, and the `(n, t)` standard deviation of the
        laws around it; the tenth of the weight that is furthest counts as the next furthest.
    """
    with np.errstate(all="ignore"):
        share = np.where(np.isfinite(values), weights[:, None, None], 0.0)
        finite = np.where(np.isfinite(values), values, 0.0)
        centre = weighted_quantile(finite, share, 0.5)
        spread = TO_DEVIATION * weighted_quantile(np.abs(finite - centre), share, 0.5)
        for _ in range(STEPS):
            distance = np.maximum(np.abs(finite - centre), TINY)
            counted = share * np.minimum(1.0, COMBINATION_HUBER * spread / distance)
            total = counted.sum(axis=0)
            moved = (counted * finite).sum(axis=0) / np.maximum(total, TINY)
            centre = np.where(total > 0.0, moved, centre)
        gaps = np.abs(finite - centre)
        gaps = np.minimum(gaps, weighted_quantile(gaps, share, COMBINATION_INNER))
        variance = (share * gaps**2).sum(axis=0) / np.maximum(share.sum(axis=0), TINY)
        missing = share.sum(axis=0) <= 0.0
    return np.where(missing, np.nan, centre), np.where(missing, np.nan, np.sqrt(variance))


def weighted_quantile(values: Array, shares: Array, level: float) -> Array:
    """Value at which a share of the weight lies below or at it, along the first axis.

    Args:
        values: `(k, ...)` finite values.
        shares: `(k, ...)` weights, not all 0.
        level: The share, between 0 and 1.
    """
    order = np.argsort(values, axis=0, kind="stable")
    heaped = np.cumsum(np.take_along_axis(shares, order, axis=0), axis=0)
    at = np.argmax(heaped >= level * heaped[-1], axis=0)[None]
    return np.asarray(np.take_along_axis(np.take_along_axis(values, order, axis=0), at, axis=0)[0])


def median_of(values: Array, counts: Array | None) -> float:
    """Median of all of `(n, t)` values, of whose rows each may count `(n,)` weights.

    Between two values that halve the weight it is their mean, as it is without weights.
    """
    if counts is None or np.isnan(values).any():
        return float(np.median(values))
    shares = np.broadcast_to(counts[:, None], values.shape).ravel()
    flat = values.ravel()
    halves = weighted_quantile(flat, shares, 0.5), -weighted_quantile(-flat, shares, 0.5)
    return float(np.mean(halves))
