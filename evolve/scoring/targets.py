"""Targets of some rows with the yardsticks of their errors, which are the same for every law."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from evolve.scoring.fold import Fold
from evolve.typing import Array

# Below this share of the mean square, the spread of a target is rounding and cannot be explained.
FLAT = 1e-20


@dataclass(frozen=True, slots=True)
class Targets:
    """Targets of some rows, for predictions that are known to be finite and of their shape.

    Attributes:
        y: `(n, t)` targets.
        weights: `(n,)` what each row counts; all alike if None.
        shares: `(n, 1)` the same over their mean.
        spread: `(t,)` their variance.
        yardstick: `(t,)` the same, `nan` where it says nothing (see `yardstick`).
        varies: Whether every one of them does.
    """

    y: Array
    weights: Array | None
    shares: Array | None
    spread: Array
    yardstick: Array
    varies: bool

    @classmethod
    def of(cls, y: Array, weights: Array | None = None) -> Self:
        """Measure targets `(n, t)`, of which each row may count `(n,)` weights."""
        spread = variance(y, weights)
        shares = None if weights is None else (weights / weights.mean())[:, None]
        by = yardstick(spread, np.mean(y**2, axis=0))
        return cls(y, weights, shares, spread, by, bool(np.ptp(y, axis=0).all()))

    def nmse_each(self, p: Array) -> Array:
        """`(t,)` mean squared errors of predictions over variances; a huge one is infinite."""
        with np.errstate(over="ignore"):
            squares = (p - self.y) ** 2
            if self.weights is None:
                mean = squares.sum(axis=0) / len(squares)
            else:
                mean = np.average(squares, axis=0, weights=self.weights)
            return np.asarray(mean / self.yardstick)

    def nmse(self, p: Array) -> float:
        """The mean of `nmse_each` over the targets."""
        each = self.nmse_each(p)
        return float(each.sum() / len(each))


@dataclass(frozen=True, slots=True)
class FoldTargets:
    """The targets of a fold, of the rows held out and of those fitted."""

    fold: Fold
    held: Targets
    fit: Targets

    @classmethod
    def of(cls, y: Array, fold: Fold, weights: Array | None = None) -> Self:
        """Measure a fold's targets.

        Args:
            y: `(n, t)` targets of the training rows.
            fold: Which of them are fitted and which held out.
            weights: `(n,)` what each training row counts; all alike if None.
        """
        held, fit = (
            Targets.of(y[rows], None if weights is None else weights[rows])
            for rows in (fold.held, fold.fit)
        )
        return cls(fold, held, fit)


def variance(y: Array, weights: Array | None = None) -> Array:
    """`(t,)` variance of `(n, t)` targets, of which each row may count `(n,)` weights."""
    if weights is None:
        return np.asarray(np.var(y, axis=0))
    mean = np.average(y, axis=0, weights=weights)
    return np.asarray(np.average((y - mean) ** 2, axis=0, weights=weights))


def yardstick(spread: Array, size: Array) -> Array:
    """Spreads to divide errors by; `nan` where one is nothing beside the values' size."""
    return np.where(spread <= FLAT * size, np.nan, spread)


def quantile(values: Array, share: float) -> Array:
    """`(t,)` quantiles of `(n, t)` values, as `numpy.quantile` gives them and much faster.

    Args:
        values: Not negative; what is not a number makes the quantile of its column none.
        share: Between 0 and 1.
    """
    last = len(values) - 1
    at = last * share
    low = math.floor(at) if at < last else -1
    high = low + 1 if at < last else -1
    ordered = np.partition(values, [low % len(values), high % len(values), last], axis=0)
    step, part = ordered[high] - ordered[low], at - low
    between = ordered[high] - step * (1.0 - part) if part >= 0.5 else ordered[low] + step * part
    return np.where(np.isnan(ordered[last]), np.nan, between)
