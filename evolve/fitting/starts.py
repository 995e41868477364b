"""Starting points: evenly spread and scaled to the data."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from evolve.fitting.tape import MINUS_ORIGIN, ORIGIN, SHIFT, SLOPE
from evolve.typing import Array, Ints

# Distances of an origin from the nearest row, as shares of the range of values or, if less,
# of the nearest value: from next to it to where all rows look alike; judgement.
NEAREST, FURTHEST = 0.03, 3.0


class Spread(NamedTuple):
    """Candidate starts of constants that act on no column yet, each table `(p, m)`.

    Attributes:
        shares: Numbers in (0, 1).
        free: Values of a constant that acts on no column.
        slope: Those of a slope of a column whose deviation is 1.
        shift: Those of a shift against a column whose size is 1.
    """

    shares: Array
    free: Array
    slope: Array
    shift: Array


@lru_cache(maxsize=256)
def spread_of(n: int, p: int) -> Spread:
    """As many candidate starts of as many constants, the same for all laws; not to be changed."""
    # The last digits of a power of every n-th number depend on where in memory the result comes to
    # lie, in numpy 2.0 at least; those of numbers side by side do not.
    shares = np.ascontiguousarray(uniforms(n, p).T)
    sign = np.where(shares >= 0.5, 1.0, -1.0)
    t = np.abs(2.0 * shares - 1.0)
    return Spread(
        shares, sign * 0.1 * 30.0**t, sign * 0.05 * 40.0**t, sign * 4.0 ** (2.0 * t - 1.0)
    )


def place(
    role: Ints,
    spread: Spread,
    columns: Array,
    offsets: Ints,
    moments: Callable[[int], Moments],
) -> Array:
    """Spread starting values over the scale of the columns that constants act on.

    Args:
        role: `(p, 2)` as in `Tape`.
        spread: Candidate starts.
        columns: `(n_columns, n)` values of the columns.
        offsets: `(q + 1,)` where each problem's rows begin.
        moments: Gives `moments_of` of a column by its number.

    Returns:
        `(q, m, p)` constants.
    """
    p, m = spread.shares.shape
    values = np.empty((len(offsets) - 1, m, p))
    for k, (kind, column) in enumerate(role.tolist()):
        if kind in (ORIGIN, MINUS_ORIGIN):
            before = _before(columns[column], offsets, spread.shares[k])
            values[:, :, k] = before if kind == ORIGIN else -before
        elif kind == SLOPE:
            values[:, :, k] = spread.slope[k] / moments(column).deviation
        elif kind == SHIFT:
            values[:, :, k] = moments(column).size * spread.shift[k]
        else:
            values[:, :, k] = spread.free[k]
    return values


class Moments(NamedTuple):
    """Standard deviation of a column within each problem, and its size: with that, |mean|.

    Both are `(q, 1)`, of finite values; a deviation is 1 where values do not differ.
    """

    deviation: Array
    size: Array


def moments_of(column: Array, offsets: Ints) -> Moments:
    """The moments of `(n,)` values of problems whose rows begin at `offsets`."""
    begins, counts = offsets[:-1], np.diff(offsets)
    fine = np.isfinite(column)
    all_fine = bool(fine.all())
    n = counts if all_fine else np.maximum(np.add.reduceat(fine.astype(float), begins), 1.0)
    mean = np.add.reduceat(column if all_fine else np.where(fine, column, 0.0), begins) / n
    gap = column - np.repeat(mean, counts)
    gap = gap if all_fine else np.where(fine, gap, 0.0)
    spread = np.sqrt(np.add.reduceat(gap * gap, begins) / n)
    deviation = np.where(spread > 1e-12, spread, 1.0)[:, None]
    return Moments(deviation, np.abs(mean)[:, None] + deviation)


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
