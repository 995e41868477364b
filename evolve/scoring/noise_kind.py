"""Residuals to whether their noise is added to a law or multiplied with it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evolve.scoring.objective import MULTIPLICATIVE_EVIDENCE
from evolve.scoring.row_weights import RowWeights
from evolve.typing import Array

LEAST = 1e-12  # of the residuals' own size, against the logarithm of a residual of 0


def gaps_of(y: Array, p: Array, *, relative: bool) -> Array:
    """Residuals of targets from predictions of the same shape.

    Args:
        y: Targets, of one sign where `relative`.
        p: Predictions.
        relative: Whether noise multiplies the law: then those of logarithms, above 0 where the
            target is above the law; a prediction of another sign is infinitely far.
    """
    if not relative:
        return y - p
    sign = np.sign(y)
    seen = sign * p
    with np.errstate(all="ignore"):
        gaps = sign * (np.log(np.abs(y)) - np.log(np.where(seen > 0, seen, 1.0)))
    return np.where(seen > 0, gaps, np.inf)


def is_one_signed(*values: Array) -> bool:
    """Whether all values lie above 0, or all below it."""
    return all((v > 0).all() for v in values) or all((v < 0).all() for v in values)


def is_relative(y: Array, fits: Sequence[Array], weights: RowWeights | None = None) -> bool:
    """Whether the residuals of fits are more likely multiplied with a law than added to it.

    Args:
        y: `(n, t)` targets.
        fits: `(n, t)` predictions of the same rows, of one law or of several.
        weights: Of the rows.
    """
    return _evidence(y, fits, weights) > MULTIPLICATIVE_EVIDENCE


def is_added(y: Array, fits: Sequence[Array], weights: RowWeights | None = None) -> bool:
    """Whether they are more likely added to a law than multiplied; arguments as `is_relative`.

    Residuals that tell neither are held to be neither.
    """
    return _evidence(y, fits, weights) < -MULTIPLICATIVE_EVIDENCE


def added_error(y: Array, p: Array, weights: RowWeights | None = None) -> float:
    """Size of the residuals `(n, t)` of a fit as ones added to it: a mean of logarithms."""
    times = 1.0 if weights is None else np.sqrt(weights.values)[:, None]
    return _log_scale((y - p) * times, np.abs(y).mean(axis=0))


def _evidence(y: Array, fits: Sequence[Array], weights: RowWeights | None) -> float:
    """Log likelihood of residuals that are multiplied with a law over that of ones added to it.

    Two normal likelihoods are compared, of the residuals and of those of the logarithms (Box and
    Cox 1964: the latter with the Jacobian of the logarithm), each of the fit with the smallest of
    its kind. Robust scales are used, as runs may be outliers under either. Deviations that the
    user gave say so themselves: noise multiplies where they vary less as shares of the targets.
    """
    if not any(is_one_signed(y, p) for p in fits):
        return -np.inf
    if weights is not None and weights.noise is not None:
        sigma = -0.5 * np.log(weights.values)
        shares = sigma[:, None] - np.log(np.abs(y))
        return np.inf if shares.std(axis=0).mean() < sigma.std() else -np.inf
    times = 1.0 if weights is None else np.sqrt(weights.values)[:, None]
    added, multiplied = (
        min(_log_scale(gaps_of(y, p, relative=relative) * times, size) for p in fits)
        # Residuals of logarithms are shares: they have no unit, and no size of the targets' own.
        for relative, size in ((False, np.abs(y).mean(axis=0)), (True, np.ones(y.shape[1])))
    )
    gain = added - multiplied - np.log(np.abs(y)).mean(axis=0).sum()
    return float(gain * len(y))


def _log_scale(gaps: Array, size: Array) -> float:
    """Logarithm of the mean absolute residual, summed over targets of some size each."""
    return float(np.log(np.maximum(np.abs(gaps).mean(axis=0), LEAST * size)).sum())
