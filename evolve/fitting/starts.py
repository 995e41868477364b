"""Starting points: evenly spread and scaled to the data."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from evolve.fitting.tape import MINUS_ORIGIN, ORIGIN, SHIFT, SLOPE
from evolve.typing import Array, Ints

# Distances of an origin from the nearest row, as shares of the range of values or, if less,
# of the nearest value: from next to it to where all rows look alike; judgement.
NEAREST, FURTHEST = 0.03, 3.0


def place(role: Ints, uniforms: Array, columns: Array, offsets: Ints) -> Array:
    """Spread starting values over the scale of the columns that constants act on.

    Args:
        role: `(p, 2)` as in `Tape`.
        uniforms: `(m, p)` numbers in (0, 1).
        columns: `(n_columns, n)` values of the columns.
        offsets: `(q + 1,)` where each problem's rows begin.

    Returns:
        `(q, m, p)` constants.
    """
    # The last digits of a power of every n-th number depend on where in memory the result comes to
    # lie, in numpy 2.0 at least; those of numbers side by side do not.
    each = np.ascontiguousarray(uniforms.T)
    sign = np.where(each >= 0.5, 1.0, -1.0)
    t = np.abs(2.0 * each - 1.0)
    moments: dict[int, tuple[Array, Array]] = {}
    values = np.empty((len(offsets) - 1, *uniforms.shape))
    for k, (kind, column) in enumerate(role.tolist()):
        if kind in (ORIGIN, MINUS_ORIGIN):
            before = _before(columns[column], offsets, each[k])
            values[:, :, k] = before if kind == ORIGIN else -before
            continue
        if kind not in (SLOPE, SHIFT):
            values[:, :, k] = sign[k] * 0.1 * 30.0 ** t[k]
            continue
        if column not in moments:
            moments[column] = _moments(columns[column], offsets)
        mean, spread = moments[column]
        if kind == SLOPE:
            values[:, :, k] = sign[k] * 0.05 * 40.0 ** t[k] / spread[:, None]
        else:
            size = (np.abs(mean) + spread)[:, None]
            values[:, :, k] = sign[k] * size * 4.0 ** (2.0 * t[k] - 1.0)
    return values


def _moments(column: Array, offsets: Ints) -> tuple[Array, Array]:
    """Mean and standard deviation of each problem's finite values (1 where no spread)."""
    begins, counts = offsets[:-1], np.diff(offsets)
    fine = np.isfinite(column)
    all_fine = bool(fine.all())
    n = counts if all_fine else np.maximum(np.add.reduceat(fine.astype(float), begins), 1.0)
    mean = np.add.reduceat(column if all_fine else np.where(fine, column, 0.0), begins) / n
    gap = column - np.repeat(mean, counts)
    gap = gap if all_fine else np.where(fine, gap, 0.0)
    spread = np.sqrt(np.add.reduceat(gap * gap, begins) / n)
    return mean, np.where(spread > 1e-12, spread, 1.0)


def _before(column: Array, offsets: Ints, uniforms: Array) -> Array:
    """`(q, m)` values below each problem's smallest: from close to it to far away from all."""
    fine = np.isfinite(column)
    least = np.minimum.reduceat(np.where(fine, column, np.inf), offsets[:-1])
    most = np.maximum.reduceat(np.where(fine, column, -np.inf), offsets[:-1])
    least, most = (np.where(np.isfinite(end), end, 0.0) for end in (least, most))
    width = np.where(most > least, most - least, 1.0)
    size = np.where(least > 0.0, np.minimum(least, width), width)
    nearest, furthest = NEAREST * size, FURTHEST * width
    distance = nearest[:, None] * (furthest / nearest)[:, None] ** uniforms
    return np.asarray(least[:, None] - distance)


@lru_cache(maxsize=256)
def uniforms(n: int, p: int) -> Array:
    """`(n, p)` evenly spread numbers in (0, 1): the R-sequence (Roberts 2018), no randomness."""
    root = 2.0
    for _ in range(64):
        root = (1.0 + root) ** (1.0 / (p + 1))
    steps = (1.0 / root) ** np.arange(1, p + 1)
    return np.ascontiguousarray((0.5 + np.arange(1, n + 1)[:, None] * steps) % 1.0)
