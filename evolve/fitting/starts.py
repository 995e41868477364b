"""Starting points: evenly spread, scaled to the data, linear constants solved for.

Constants in which the law is linear, and positive amplitudes, are solved for exactly at every
candidate start (variable projection, Golub & Pereyra 1973), for all starts at once.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from evolve.fitting.tape import LINEAR, LOG_SCALE, MINUS_ORIGIN, ORIGIN, SHIFT, SLOPE
from evolve.typing import Array, Ints

Bools = npt.NDArray[np.bool_]
RIDGE = 1e-9
LEAST_AMPLITUDE = 1e-3
ROUNDS = 4
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
    sign = np.where(uniforms >= 0.5, 1.0, -1.0)
    t = np.abs(2.0 * uniforms - 1.0)
    moments: dict[int, tuple[Array, Array]] = {}
    values = np.empty((len(offsets) - 1, *uniforms.shape))
    for k, (kind, column) in enumerate(role.tolist()):
        if kind in (ORIGIN, MINUS_ORIGIN):
            before = _before(columns[column], offsets, uniforms[:, k])
            values[:, :, k] = before if kind == ORIGIN else -before
            continue
        if kind not in (SLOPE, SHIFT):
            values[:, :, k] = sign[:, k] * 0.1 * 30.0 ** t[:, k]
            continue
        if column not in moments:
            moments[column] = _moments(columns[column], offsets)
        mean, spread = moments[column]
        if kind == SLOPE:
            values[:, :, k] = sign[:, k] * 0.05 * 40.0 ** t[:, k] / spread[:, None]
        else:
            size = (np.abs(mean) + spread)[:, None]
            values[:, :, k] = sign[:, k] * size * 4.0 ** (2.0 * t[:, k] - 1.0)
    return values


def _moments(column: Array, offsets: Ints) -> tuple[Array, Array]:
    """Mean and standard deviation of each problem's finite values (1 where no spread)."""
    fine = np.isfinite(column)
    count = np.maximum(np.add.reduceat(fine.astype(float), offsets[:-1]), 1.0)
    mean = np.add.reduceat(np.where(fine, column, 0.0), offsets[:-1]) / count
    gap = np.where(fine, column - np.repeat(mean, np.diff(offsets)), 0.0)
    spread = np.sqrt(np.add.reduceat(gap * gap, offsets[:-1]) / count)
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


def project(kind: Ints, normal: Array, gradient: Array, pool: Array) -> Array:
    """Solve for linear constants and amplitudes at the others' values.

    Amplitudes that come out negative are set to next to nothing and the rest is solved again.

    Args:
        kind: `(p,)` as in `Tape`.
        normal: `(q, m, p, p)` normal matrices where all of these constants are 0.
        gradient: `(q, m, p)` gradients there.
        pool: `(q, m, p)` constants, filled in.

    Returns:
        `(q, m)` what this adds to the least-squares costs; nan where they cannot be solved.
    """
    p = len(kind)
    h, grad = normal.reshape(-1, p, p), gradient.reshape(-1, p).copy()
    flat = pool.reshape(-1, p)
    amplitudes = np.zeros_like(grad)
    amplitudes[:, kind == LOG_SCALE] = -1.0
    gain = _quadratic(h, grad, amplitudes)
    grad += np.einsum("ijk,ik->ij", h, amplitudes)
    start = grad.copy()
    amplitudes[:] = 0.0
    active = np.tile(kind != 0, (len(h), 1))
    finite = np.asarray(np.isfinite(grad).all(axis=1))
    with np.errstate(all="ignore"):
        for _ in range(ROUNDS):
            x = _solve(h, grad, active)
            amplitudes = np.where(active, x, amplitudes)
            bad: Bools = active & np.equal(kind, LOG_SCALE) & ~(x > 0.0) & finite[:, np.newaxis]
            _fill(kind, active & ~bad & finite[:, np.newaxis], x, flat)
            if not bad.any():
                break
            size = _least(h, grad)
            flat[bad] = np.log(size[bad])
            amplitudes[bad] = size[bad]
            grad += np.einsum("ijk,ik->ij", h, np.where(bad, size, 0.0))
            active &= ~bad
        gain = gain + _quadratic(h, start, amplitudes)
    return np.where(finite, gain, np.nan).reshape(pool.shape[:2])


def _quadratic(h: Array, grad: Array, x: Array) -> Array:
    """`(m,)` grad x + x h x / 2 of each lane."""
    half = 0.5 * np.einsum("ijk,ik->ij", h, x)
    return np.asarray(np.sum((grad + half) * x, axis=1), dtype=float)


def _fill(kind: Ints, where: Bools, x: Array, flat: Array) -> None:
    linear = np.logical_and(where, kind == LINEAR)
    scale = np.logical_and(where, kind == LOG_SCALE)
    flat[linear] = x[linear]
    flat[scale] = np.log(x[scale])


def _least(h: Array, grad: Array) -> Array:
    """`(m, p)` amplitudes that hardly matter: a thousandth of what each alone would be."""
    diagonal = np.maximum(np.einsum("ijj->ij", h), 1e-300)
    return np.asarray(np.maximum(LEAST_AMPLITUDE * np.abs(grad) / diagonal, 1e-12))


def _solve(h: Array, grad: Array, active: Bools) -> Array:
    """Solve h x = -grad over the active constants of each lane by Cholesky; `(m, p)`.

    A constant that no lane solves for is passed over: most of a law's are not linear.
    """
    m, p = grad.shape
    some = np.flatnonzero(active.any(axis=0))
    on = np.ascontiguousarray(active.T)
    x = np.ascontiguousarray(-grad.T) * on
    none = np.zeros(m)
    low = np.zeros((p, p, m))  # lanes last, so that each operation goes through memory in order
    for n, i in enumerate(some):
        for j in some[: n + 1]:
            total = h[:, i, j] * on[i] * on[j]
            if i == j:
                total = np.where(on[i], total * (1.0 + RIDGE) + 1e-300, 1.0)
            total = total - sum((low[i, k] * low[j, k] for k in some[:n] if k < j), none)
            low[i, j] = np.sqrt(np.maximum(total, 1e-300)) if i == j else total / low[j, j]
    for n, i in enumerate(some):
        x[i] = (x[i] - sum((low[i, k] * x[k] for k in some[:n]), none)) / low[i, i]
    for n, i in reversed(list(enumerate(some))):
        x[i] = (x[i] - sum((low[k, i] * x[k] for k in some[n + 1 :]), none)) / low[i, i]
    return np.ascontiguousarray(x.T)


@lru_cache(maxsize=256)
def uniforms(n: int, p: int) -> Array:
    """`(n, p)` evenly spread numbers in (0, 1): the R-sequence (Roberts 2018), no randomness."""
    root = 2.0
    for _ in range(64):
        root = (1.0 + root) ** (1.0 / (p + 1))
    steps = (1.0 / root) ** np.arange(1, p + 1)
    return np.ascontiguousarray((0.5 + np.arange(1, n + 1)[:, None] * steps) % 1.0)
