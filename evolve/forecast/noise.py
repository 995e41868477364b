"""Residuals to their noise: how large it is on each row.

Where rows have weights, the noise of a row is that of a row of weight 1 times a factor of its own.
Where the user gave the deviation of every row, or rows repeat the features of others, the noise
is known without a law.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from evolve.scoring.objective import OWN_ROWS
from evolve.tasks.table import Table
from evolve.typing import Array, Ints

ONE_SIGMA = 0.6827


def shape_of(table: Table, *, relative: bool) -> Array | None:
    """`(n, t)` noise of each row over that of a row of weight 1; None where all have the same.

    Args:
        table: Rows with their weights.
        relative: Whether noise multiplies the law, so that it is that of logarithms.
    """
    if table.weights is None:
        return None
    each = 1.0 / np.sqrt(table.weights.values)[:, None]
    if relative and table.weights.noise is not None:
        return np.asarray(each / np.abs(table.Y))
    return np.broadcast_to(each, table.Y.shape)


def noise_of(
    table: Table, gaps: Array, n_constants: float, shape: Array | None, *, relative: bool
) -> tuple[Array, float]:
    """Noise of the rows of one group that a law was fitted to, of weight 1 where rows have any.

    Args:
        table: The rows.
        gaps: `(n, t)` their residuals.
        n_constants: Of the law, that these rows decide.
        shape: `(n, t)` noise of each row over that of a row of weight 1.
        relative: Whether residuals are those of logarithms.

    Returns:
        `(t,)` noise, and the rows that it rests on: none where the constants can pass through all.
    """
    n = len(gaps)
    free = max(n - n_constants, 0.0)
    if table.weights is not None and table.weights.noise is not None:
        return np.full(gaps.shape[1], table.weights.noise), free
    scaled = gaps if shape is None else gaps / shape
    noise = np.quantile(np.abs(scaled), ONE_SIGMA, axis=0) * np.sqrt(n / max(free, 1.0))
    pure, n_pure = replicate_noise(table, relative=relative)
    if n_pure:
        noise = np.sqrt((n_pure * pure**2 + OWN_ROWS * noise**2) / (n_pure + OWN_ROWS))
    return noise, free


def replicate_noise(table: Table, *, relative: bool) -> tuple[Array, int]:
    """Noise that runs of the same features show by themselves (pure error), as `noise_of`.

    Rows that repeat another one in their targets too are records of one run and no replicates.
    Nor are evaluations of one run, where it is named: they do not show how runs differ.

    Returns:
        `(t,)` noise, and its degrees of freedom: 0 where there are no replicates.
    """
    whole = np.column_stack([table.group, table.X, table.Y])
    once = table.at(np.sort(np.unique(whole, axis=0, return_index=True)[1]))
    inputs = np.column_stack([once.group, once.X])
    kind, counts = np.unique(inputs, axis=0, return_inverse=True, return_counts=True)[1:]
    kind = kind.ravel()
    several = (counts[kind] > 1) & ~_holds_a_run_twice(once, kind)
    if not several.any():
        return np.zeros(table.Y.shape[1]), 0
    w = np.ones(once.n_rows) if once.counts is None else once.counts
    y = np.log(np.abs(once.Y)) if relative else once.Y
    means = np.array([np.bincount(kind, w * v) for v in y.T]).T / np.bincount(kind, w)[:, None]
    shape = shape_of(once, relative=relative)
    gaps = (y - means[kind]) / (1.0 if shape is None else shape)
    free = counts[kind][several, None] / (counts[kind][several, None] - 1.0)
    deviations = np.abs(gaps[several]) * np.sqrt(free)
    n_free = int(several.sum()) - len(np.unique(kind[several]))
    return np.quantile(deviations, ONE_SIGMA, axis=0), n_free


def _holds_a_run_twice(table: Table, kind: Ints) -> npt.NDArray[np.bool_]:
    """`(n,)` whether a row is of a kind of which one run has several."""
    if table.run is None:
        return np.zeros(len(kind), dtype=bool)
    each = np.column_stack([kind, table.run])
    place, times = np.unique(each, axis=0, return_inverse=True, return_counts=True)[1:]
    return np.isin(kind, kind[times[place.ravel()] > 1])
