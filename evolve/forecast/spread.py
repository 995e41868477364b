"""Predictions of several laws to points and their uncalibrated spread: noise, constants, form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evolve.evaluation.predict import UNANSWERED, Predictable, predict, slopes_of
from evolve.forecast.model import GroupUncertainty
from evolve.scoring.combine import combine
from evolve.typing import Array

LARGEST = 1e6
FARTHEST = 99.0  # steps outside the training rows that are counted; further out is as far
ROUNDING = 1e-9  # of the size of targets, to which fits of equal ones come
OFF = 10.0  # spans of what was seen from which on a value says nothing


@dataclass(frozen=True, slots=True)
class VarianceComponents:
    """A forecast before calibration, with the components of its variance; arrays are `(n, t)`.

    Attributes:
        point: What all laws say together, as `combine` says.
        champion: The champion's prediction; nan where it is not defined.
        noise: Scatter of single runs around the law.
        constants: What the rows leave open of the constants (delta method).
        form: How much the laws differ from each other.
        rivals: `(k, n, t)` predictions of the rivals.
        capped: Whether constants or form leave more open than the range of the targets, or where
            noise multiplies the law than the forecast itself if that is more, to which they are
            cut.
    """

    point: Array
    champion: Array
    noise: Array
    constants: Array
    form: Array
    rivals: Array
    capped: npt.NDArray[np.bool_]

    @property
    def total(self) -> Array:
        """Root of the sum of squares; infinite where that is larger than any number."""
        with np.errstate(over="ignore"):
            return np.sqrt(self.noise**2 + self.constants**2 + self.form**2)


def parts_of(
    values: Array,
    weights: Array,
    open_constants: Array,
    spread: GroupUncertainty,
    times: Array | None = None,
    *,
    relative: bool,
) -> VarianceComponents:
    """Point and spread at some rows of one group.

    Args:
        values: `(k, n, t)` predictions, the champion's first.
        weights: `(k,)` of the laws.
        open_constants: `(n, t)` what the rows leave open of the champion's constants.
        spread: Of the champion in this group.
        times: `(n, t)` noise of each row over that of a usual one; None for usual ones.
        relative: Whether noise multiplies the law.
    """
    point, form = combine(values, weights)
    noise = np.broadcast_to(spread.noise, point.shape)
    with np.errstate(over="ignore", invalid="ignore"):  # endless noise of a law that says 0: nan
        noise = noise * np.abs(point) if relative else noise
        noise = noise if times is None else noise * times
    cap = _cap(point, spread.cap, relative=relative)
    form, loose = (_capped(part, cap) for part in (form, open_constants))
    capped = np.maximum(form, loose) >= cap
    return VarianceComponents(point, values[0], noise, loose, form, values[1:], capped)


def _cap(point: Array, span: Array, *, relative: bool) -> Array:
    """`(n, t)` largest standard deviation of forecasts, from the range of the targets.

    Where noise multiplies a law, forecasts of what grows are many times that range, and known to a
    share of themselves: what is cut to the range would seem to be known the better the larger it
    is.
    """
    size = np.where(np.isfinite(point), np.abs(point), 0.0) if relative else np.zeros_like(point)
    return np.maximum(size, span)


def _capped(part: Array, cap: Array) -> Array:
    """Standard deviations, at most a cap: no more is told apart there."""
    return np.where(np.isfinite(part), np.minimum(part, cap), cap)


def predictions_of(laws: Sequence[Predictable], constants: Sequence[Array], x: Array) -> Array:
    """`(k, n, t)` predictions of laws for rows of one group; nan where a rival program fails.

    Args:
        laws: The champion's first.
        constants: `(t, p)` of each law in this group.
        x: `(n, f)` raw features.

    Raises:
        ProgramFailedError: The champion is a program that fails.
        SandboxError: It is a program, and no process can be started for it.
    """
    tables = [predict(laws[0], x, constants[0])]
    for law, table in zip(laws[1:], constants[1:], strict=True):
        try:
            tables.append(predict(law, x, table))
        except UNANSWERED:
            tables.append(np.full_like(tables[0], np.nan))
    return np.array(tables)


def open_constants(law: Predictable, constants: Array, covariance: Array, x: Array) -> Array:
    """`(n, t)` standard deviation of predictions from the covariance `(t, p, p)` of constants."""
    with np.errstate(all="ignore"):
        parts = [delta(law, t, constants, covariance[t], x) for t in range(len(covariance))]
    return np.stack(parts, axis=1)


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
    moved = _finite_slopes(law, target, constants, x)
    squared: Array = np.einsum("nk,kl,nl->n", moved, covariance, moved)
    return np.sqrt(np.maximum(squared, 0.0))


def open_along(
    law: Predictable, target: int, constants: Array, covariance: Array, x: Array
) -> Array:
    """`(n, p)` directions whose inner products are covariances of rows; arguments as `delta`.

    All 0 where the covariance is not finite, so that no row tells anything of another.
    """
    if constants.shape[1] == 0 or not np.isfinite(covariance).all():
        return np.zeros((len(x), constants.shape[1]))
    values, axes = np.linalg.eigh(0.5 * (covariance + covariance.T))
    root = axes * np.sqrt(np.maximum(values, 0.0))
    with np.errstate(all="ignore"):
        return np.asarray(_finite_slopes(law, target, constants, x) @ root)


def _finite_slopes(law: Predictable, target: int, constants: Array, x: Array) -> Array:
    """`(n, p)` derivatives by the constants; large where the law is not defined nearby."""
    moved = slopes_of(law, x, constants, target)
    return np.where(np.isfinite(moved), moved, LARGEST)


def extrapolation_distance(x: Array, train: Array, logarithmic: Sequence[bool]) -> Array:
    """How far rows lie outside the range of the fitted rows.

    Args:
        x: `(n, f)` rows.
        train: `(m, f)` rows that were fitted.
        logarithmic: Whether a feature is counted in factors of 10, or else in its range.

    Returns:
        `(n, f)`: above the largest value positive, below the smallest negative, else 0.
    """
    low, high = train.min(axis=0), train.max(axis=0)
    is_log = np.asarray(logarithmic) & (low > 0)
    with np.errstate(all="ignore"):
        above = np.where(is_log, np.log10(x / high), (x - high) / _width(low, high))
        below = np.where(is_log, np.log10(x / low), (x - low) / _width(low, high))
    steps = np.where(x > high, above, np.where(x < low, below, 0.0))
    clipped: Array = np.clip(np.nan_to_num(steps, nan=-FARTHEST), -FARTHEST, FARTHEST)
    return clipped


def is_far_off(values: Array, low: Array, high: Array, span: Array) -> npt.NDArray[np.bool_]:
    """Whether values lie many spans outside what was seen, whose ends are given."""
    return np.asarray(_off(values, low, high) > OFF * span)


def _off(values: Array, low: Array, high: Array) -> Array:
    """How far values lie outside two ends; 0 between them."""
    return np.asarray(np.maximum(np.maximum(low - values, values - high), 0.0))


def is_unbounded(
    point: Array,
    half: Array,
    capped: npt.NDArray[np.bool_],
    seen: tuple[Array, Array],
    span: Array,
) -> npt.NDArray[np.bool_]:
    """Whether nothing bounds forecasts.

    They lie many spans of the training targets off them and their spread was cut to one; or their
    intervals are many times wider than that and the span, as where errors on the folds are any
    number of times what a law that passes through every fitted row says of itself.

    Args:
        point: `(n, t)` forecasts.
        half: `(n, t)` half widths, no more than what lies between the ends.
        capped: `(n, t)` as `VarianceComponents` says.
        seen: `(t,)` least and greatest of the training targets.
        span: `(t,)` range of those of the group.
    """
    low, high = seen
    # A group of equal targets spans no more than rounding, which is no distance.
    least = np.maximum(span, ROUNDING * np.maximum(np.abs(low), np.abs(high)))
    is_wide = half > OFF * (np.maximum(span, high - low) + _off(point, low, high))
    return np.asarray((capped & is_far_off(point, low, high, least)) | is_wide)


def distance_of(x: Array, train: Array, logarithmic: Sequence[bool], axes: Sequence[int]) -> Array:
    """`(n,)` how far rows lie from fitted rows: the most steps along a feature, or along compute.

    A row inside the range of every axis may still be larger than any run in all of them together,
    as the product of parameters and tokens says. That product counts a step for each axis.

    Args:
        x: `(n, f)` rows.
        train: `(m, f)` rows that were fitted.
        logarithmic: Whether a feature is counted in factors of 10, or else in its range.
        axes: Features along which the task extrapolates.
    """
    steps = np.abs(extrapolation_distance(x, train, logarithmic)).max(axis=1)
    joint = [j for j in axes if logarithmic[j] and train[:, j].min() > 0]
    if len(joint) < 2:
        return np.asarray(steps)
    with np.errstate(all="ignore"):
        size, largest = (np.log10(rows[:, joint]).sum(axis=1) for rows in (x, train))
    further = np.nan_to_num((size - largest.max()) / len(joint), nan=0.0)
    return np.asarray(np.maximum(steps, further))


def _width(low: Array, high: Array) -> Array:
    """Range of each feature; its size, or 1, where all values are the same."""
    size = np.where(np.abs(high) > 0, np.abs(high), 1.0)
    return np.where(high > low, high - low, size)
