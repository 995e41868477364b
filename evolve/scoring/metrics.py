"""Predictions and held-out targets to scores, as SLDBench defines them (Lin et al. 2025).

Per target, over the rows of all groups together: NMSE = mean squared error / variance, NMAE = mean
absolute error / mean absolute deviation from the mean, R2 = 1 - NMSE; then the mean over targets.
Where rows have weights, which SLDBench does not know, all of these means may be weighted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evolve.errors import ProgramError
from evolve.scoring.targets import FLAT, Targets, yardstick
from evolve.typing import Array


@dataclass(frozen=True)
class Metrics:
    """R2, NMSE and NMAE of some rows; `nan` where their targets do not vary."""

    r2: float
    nmse: float
    nmae: float
    n_rows: int


@dataclass(frozen=True)
class Scores:
    """Metrics of a split: overall, by target over all groups, and by group over targets."""

    overall: Metrics
    by_target: dict[str, Metrics]
    by_group: dict[str, Metrics]


def nmse(y: Array, p: Array, weights: Array | None = None) -> float:
    """Mean over targets of mean squared error over variance.

    Args:
        y: `(n,)` or `(n, T)` targets.
        p: Predictions of the same shape.
        weights: `(n,)` what each row counts in both means; all alike if None.

    Raises:
        ProgramError: The shapes differ or a prediction is not finite.
    """
    y, p = _checked(y, p)
    return Targets.of(y, weights).nmse(p)


def nmae(y: Array, p: Array, weights: Array | None = None) -> float:
    """Mean over targets of mean absolute error over mean absolute deviation; see `nmse`."""
    return float(np.mean(_nmae_by_target(*_checked(y, p), weights)))


def r2(y: Array, p: Array, weights: Array | None = None) -> float:
    """One minus `nmse`."""
    return 1.0 - nmse(y, p, weights)


def scores(
    Y: Array,
    P: Array,
    group: NDArray[np.int64],
    group_names: Sequence[str],
    target_names: Sequence[str] = (),
    weights: Array | None = None,
) -> Scores:
    """Score the predictions of a split.

    Args:
        Y: `(n, T)` or `(n,)` targets.
        P: Predictions of the same shape.
        group: `(n,)` indices into `group_names`.
        group_names: Names of the groups; a group without rows is left out.
        target_names: Names of the targets; empty for `target_1`, `target_2`, ...
        weights: `(n,)` what each row counts; all alike if None, as in SLDBench.

    Raises:
        ProgramError: The shapes differ or a prediction is not finite.
    """
    Y, P = _checked(Y, P)
    names = list(target_names) or [f"target_{j + 1}" for j in range(Y.shape[1])]
    rows = {name: group == i for i, name in enumerate(group_names)}
    return Scores(
        overall=_metrics(Y, P, weights),
        by_target={name: _metrics(Y[:, [j]], P[:, [j]], weights) for j, name in enumerate(names)},
        by_group={
            name: _metrics(Y[at], P[at], None if weights is None else weights[at])
            for name, at in rows.items()
            if np.any(at)
        },
    )


def require_finite(P: Array) -> None:
    """Require finite predictions.

    Raises:
        ProgramError: A prediction is not finite; the message names the first such row.
    """
    bad = np.argwhere(~np.isfinite(P.reshape(len(P), -1)))
    if len(bad):
        row, column = bad[0]
        value = P.reshape(len(P), -1)[row, column]
        raise ProgramError(f"predictions: must be finite, row {row + 1} holds {value}")


def _checked(y: Array, p: Array) -> tuple[Array, Array]:
    """Return targets and predictions as `(n, T)` arrays of one shape, all finite."""
    y = np.asarray(y, dtype=np.float64)
    p = np.asarray(p, dtype=np.float64)
    if y.shape != p.shape:
        raise ProgramError(
            f"predictions: expected P to be an array with shape {y.shape} "
            f"but it had shape {p.shape}"
        )
    require_finite(p)
    return y.reshape(len(y), -1), p.reshape(len(p), -1)


def _metrics(Y: Array, P: Array, weights: Array | None) -> Metrics:
    error, absolute = Targets.of(Y, weights).nmse(P), _nmae_by_target(Y, P, weights)
    return Metrics(1.0 - error, error, float(np.mean(absolute)), len(Y))


def _nmae_by_target(Y: Array, P: Array, weights: Array | None) -> Array:
    """Return `(T,)` normalised mean absolute errors."""

    def mean(values: Array) -> Array:
        return np.asarray(np.average(values, axis=0, weights=weights))

    deviation = mean(np.abs(Y - mean(Y)))
    by = yardstick(deviation, np.sqrt(FLAT) * np.abs(Y).max(axis=0))
    with np.errstate(over="ignore"):  # a huge error over the spread of small targets is infinite
        return np.asarray(mean(np.abs(P - Y)) / by)
