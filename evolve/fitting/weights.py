"""Weights of rows, and standard errors from normal matrices."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar

import numpy as np

from evolve.scoring.row_weights import RowWeights
from evolve.typing import Array

# What the rows count of the program that is being fitted: its contract has no place for them.
rows_weighed: ContextVar[RowWeights | None] = ContextVar("rows_weighed", default=None)

SOUND = 1e-9  # least eigenvalue of a scaled normal matrix that is believed


def row_weights(x: Array, axes: Sequence[int], scale_weight: float) -> Array:
    """`(n,)` weights with mean 1 that favour the largest values along the axes.

    Each axis multiplies the weight of a row by ``(value / largest value) ** scale_weight``.
    """
    if scale_weight == 0.0 or not axes:
        return np.ones(len(x))
    values = x[:, list(axes)]
    fraction = values / np.max(values, axis=0)
    with np.errstate(all="ignore"):
        weight = np.prod(np.where(fraction > 0, fraction, 1e-12) ** scale_weight, axis=1)
    return np.asarray(weight / weight.mean(), dtype=float)


def standard_errors(normal: Array, variance: float) -> tuple[Array, float]:
    """Standard errors `(p,)` and condition number from a normal matrix `(p, p)`.

    Args:
        normal: J W J^T at the best constants.
        variance: Residual variance.

    Returns:
        Square roots of the diagonal of variance * normal^-1, and the condition number of
        `normal` scaled to a unit diagonal.
    """
    if len(normal) == 0:
        return np.zeros(0), 1.0
    if not np.isfinite(normal).all():
        return np.full(len(normal), np.inf), np.inf
    scale = np.sqrt(np.where(np.diag(normal) > 0, np.diag(normal), 1.0))
    values, vectors = np.linalg.eigh(_of_unit_diagonal(normal, scale))
    sound = values > 1e-13 * max(values[-1], 0.0)
    with np.errstate(all="ignore"):
        inverse = np.where(sound, 1.0 / np.where(sound, values, 1.0), np.inf)
        loads = np.where(np.abs(vectors) > 1e-8, vectors**2, 0.0)
        spread = np.where(loads > 0, loads * inverse, 0.0).sum(axis=1)
        squares = np.where(np.isinf(spread), np.inf, np.maximum(spread * variance, 0.0))
    condition = float(values[-1] / values[0]) if values[0] > 0 else float("inf")
    return np.sqrt(squares) / scale, condition


def _of_unit_diagonal(normal: Array, scale: Array) -> Array:
    """A normal matrix in constants of such scales that its diagonal is 1, or 0."""
    with np.errstate(all="ignore"):
        scaled = normal / np.outer(scale, scale)
        if not np.isfinite(scaled).all():  # products of scales may be no numbers where these are
            scaled = normal / scale[:, np.newaxis] / scale
    return np.asarray(np.nan_to_num(scaled, posinf=0.0, neginf=0.0))


def covariance(normal: Array, variance: float) -> Array:
    """Covariance `(p, p)` of constants from a normal matrix; arguments as `standard_errors`.

    Directions that no row fixes are bounded, so that what does not depend on them has a finite
    error; it is nan where the normal matrix is not finite, and after a fit of which no start was:
    its cost is infinite, which says nothing of its constants.
    """
    if not len(normal):
        return np.zeros((0, 0))
    if not np.isfinite(normal).all() or not np.isfinite(variance):
        return np.full_like(normal, np.nan)
    scale = np.sqrt(np.where(np.diag(normal) > 0, np.diag(normal), 1.0))
    values, vectors = np.linalg.eigh(_of_unit_diagonal(normal, scale))
    bounded = np.maximum(values, SOUND * max(float(values[-1]), SOUND))
    with np.errstate(over="ignore", invalid="ignore"):  # of a constant whose square is no number
        return np.asarray((vectors / bounded) @ vectors.T / np.outer(scale, scale) * variance)
