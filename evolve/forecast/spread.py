"""Laws, constants and rows to points and their uncalibrated spread: noise, constants, form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evolve.evaluation.predict import Predictable, predict, slopes_of
from evolve.forecast.basis import Spread
from evolve.typing import Array

LARGEST = 1e6


@dataclass(frozen=True, slots=True)
class Parts:
    """A forecast before calibration; every array is `(n, t)`.

    Attributes:
        point: The champion's prediction.
        noise: Scatter of single runs around the law.
        constants: What the rows leave open of the constants (delta method).
        form: How much rival laws differ.
        rivals: `(k, n, t)` predictions of the rivals.
    """

    point: Array
    noise: Array
    constants: Array
    form: Array
    rivals: Array

    @property
    def total(self) -> Array:
        """Root of the sum of squares."""
        return np.sqrt(self.noise**2 + self.constants**2 + self.form**2)


def parts_of(
    laws: Sequence[Predictable],
    constants: Sequence[Array],
    spread: Spread,
    x: Array,
    *,
    relative: bool,
) -> Parts:
    """Point and spread at some rows of one group.

    Args:
        laws: The champion's first, then its rivals'.
        constants: `(t, p)` of each law in this group.
        spread: Of the champion in this group.
        x: `(n, f)` raw features.
        relative: Whether noise is a share of the prediction.
    """
    tables = np.array([predict(law, x, c) for law, c in zip(laws, constants, strict=True)])
    point, rivals = tables[0], tables[1:]
    noise = (
        spread.noise * np.abs(point) if relative else np.broadcast_to(spread.noise, point.shape)
    )
    with np.errstate(all="ignore"):
        open_ = [
            delta(laws[0], t, constants[0], spread.covariance[t], x)
            for t in range(len(spread.cap))
        ]
        gaps = np.abs(rivals - point)
    gaps = np.where(np.isfinite(gaps), np.minimum(gaps, spread.cap), spread.cap)
    form = np.sqrt((gaps**2).mean(axis=0)) if len(gaps) else np.zeros_like(point)
    loose = np.stack(open_, axis=1)
    loose = np.where(np.isfinite(loose), np.minimum(loose, spread.cap), spread.cap)
    return Parts(point, noise, loose, form, rivals)


def delta(law: Predictable, target: int, constants: Array, covariance: Array, x: Array) -> Array:
    """`(n,)` standard deviation of a target from its constants' covariance `(p, p)`.

    Args:
        law: The law.
        target: Number of the target.
        constants: `(t, p)` constants.
        covariance: Of the target's constants.
        x: `(n, f)` raw features.
    """
    if constants.shape[1] == 0:
        return np.zeros(len(x))
    moved = slopes_of(law, x, constants, target)
    moved = np.where(np.isfinite(moved), moved, LARGEST)
    squared: Array = np.einsum("nk,kl,nl->n", moved, covariance, moved)
    return np.sqrt(np.maximum(squared, 0.0))


def steps_beyond(x: Array, known: Array, logarithmic: Sequence[bool]) -> Array:
    """How far rows lie outside the range of known rows.

    Args:
        x: `(n, f)` rows.
        known: `(m, f)` rows that were fitted.
        logarithmic: Whether a feature is counted in factors of 10, or else in its range.

    Returns:
        `(n, f)`: above the largest value positive, below the smallest negative, else 0.
    """
    low, high = known.min(axis=0), known.max(axis=0)
    is_log = np.asarray(logarithmic) & (low > 0)
    with np.errstate(all="ignore"):
        above = np.where(is_log, np.log10(x / high), (x - high) / _width(low, high))
        below = np.where(is_log, np.log10(x / low), (x - low) / _width(low, high))
    beyond = np.where(x > high, above, np.where(x < low, below, 0.0))
    clipped: Array = np.clip(np.nan_to_num(beyond, nan=-99.0), -99.0, 99.0)
    return clipped


def _width(low: Array, high: Array) -> Array:
    """Range of each feature; its size, or 1, where all values are the same."""
    size = np.where(np.abs(high) > 0, np.abs(high), 1.0)
    return np.where(high > low, high - low, size)
