"""Starting points: evenly spread, scaled to the data, linear constants solved for.

Constants in which the law is linear, and positive amplitudes, are solved for exactly at every
candidate start (variable projection, Golub & Pereyra 1973), for all starts at once.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from evolve.fitting.tape import LOG_SCALE, MINUS_ORIGIN, NONLINEAR, ORIGIN, SHIFT, SLOPE
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
    p, own = len(kind), np.flatnonzero(kind != NONLINEAR)
    h, grad = normal.reshape(-1, p, p), gradient.reshape(-1, p).copy()
    flat, gain = pool.reshape(-1, p), np.zeros(len(grad))
    scales = kind[own] == LOG_SCALE
    if scales.any():
        amplitudes = np.zeros_like(grad)
        amplitudes[:, own[scales]] = -1.0
        turned = np.einsum("ijk,ik->ij", h, amplitudes)
        gain = _quadratic(turned, grad, amplitudes)
        grad += turned
    finite = np.asarray(np.isfinite(grad).all(axis=1))
    with np.errstate(all="ignore"):
        amplitudes, start = np.zeros_like(grad), grad.copy()
        active: Bools | None = None  # all of them
        for _ in range(ROUNDS):
            x = _solve(h, grad, own, active)
            good = np.tile(finite, (len(own), 1)) if active is None else active & finite
            bad: Bools = good & scales[:, None] & ~(x > 0.0)
            _fill(own, scales, good & ~bad, x, flat, amplitudes)
            if not bad.any():
                break
            lanes, numbers = np.nonzero(bad.T)
            columns = own[numbers]
            size = np.zeros_like(grad)
            size[lanes, columns] = _least(h, grad)[lanes, columns]
            flat[lanes, columns] = np.log(size[lanes, columns])
            amplitudes[lanes, columns] = size[lanes, columns]
            grad += np.einsum("ijk,ik->ij", h, size)
            active = good & ~bad
        gain = gain + _quadratic(np.einsum("ijk,ik->ij", h, amplitudes), start, amplitudes)
    return np.where(finite, gain, np.nan).reshape(pool.shape[:2])


def _quadratic(turned: Array, grad: Array, x: Array) -> Array:
    """`(m,)` grad x + x h x / 2 of each lane, where `turned` is h x."""
    return np.asarray(np.sum((grad + 0.5 * turned) * x, axis=1), dtype=float)


def _fill(
    own: Ints, scales: Bools, where: Bools, x: Array, flat: Array, amplitudes: Array
) -> None:
    """Write solutions `(k, m)` into the constants `own` of each lane and its amplitudes."""
    for column, is_scale, chosen, values in zip(own, scales, where, x, strict=True):
        whole = chosen.all()
        values = values if whole else values[chosen]
        at = (slice(None) if whole else chosen, column)
        amplitudes[at] = values
        flat[at] = np.log(values) if is_scale else values


def _least(h: Array, grad: Array) -> Array:
    """`(m, p)` amplitudes that hardly matter: a thousandth of what each alone would be."""
    diagonal = np.maximum(np.einsum("ijj->ij", h), 1e-300)
    return np.asarray(np.maximum(LEAST_AMPLITUDE * np.abs(grad) / diagonal, 1e-12))


def _solve(h: Array, grad: Array, own: Ints, active: Bools | None) -> Array:
    """Solve h x = -grad over some constants of each lane by Cholesky.

    Args:
        h: `(m, p, p)` normal matrices.
        grad: `(m, p)` gradients.
        own: `(k,)` numbers of the constants; a law's others are not looked at.
        active: `(k, m)` whether a lane solves for each of them; all do if None.

    Returns:
        `(k, m)` solutions, 0 where a lane does not solve for a constant.
    """
    k = len(own)
    low = np.empty((k, k, len(h)))  # lanes last, so that operations go through memory in order
    for i in range(k):
        for j in range(i + 1):
            total = h[:, own[i], own[j]]
            if active is not None:
                total = total * active[i] * active[j]
            if i == j:
                total = total * (1.0 + RIDGE) + 1e-300
                total = total if active is None else np.where(active[i], total, 1.0)
            if j:
                total = total - _dot(low[i], low[j], range(j))
            low[i, j] = np.sqrt(np.maximum(total, 1e-300)) if i == j else total / low[j, j]
    x = -grad.T[own] if active is None else -grad.T[own] * active
    for i in range(k):
        x[i] = (x[i] - _dot(low[i], x, range(i)) if i else x[i]) / low[i, i]
    for i in reversed(range(k)):
        later = range(i + 1, k)
        x[i] = (x[i] - _dot(low[:, i], x, later) if later else x[i]) / low[i, i]
    return x


def _dot(a: Array, b: Array, rows: range) -> Array:
    """`(m,)` sum over some rows of the products of two tables `(k, m)`, first to last."""
    total: Array = a[rows[0]] * b[rows[0]]
    for row in rows[1:]:
        total += a[row] * b[row]
    return total


@lru_cache(maxsize=256)
def uniforms(n: int, p: int) -> Array:
    """`(n, p)` evenly spread numbers in (0, 1): the R-sequence (Roberts 2018), no randomness."""
    root = 2.0
    for _ in range(64):
        root = (1.0 + root) ** (1.0 / (p + 1))
    steps = (1.0 / root) ** np.arange(1, p + 1)
    return np.ascontiguousarray((0.5 + np.arange(1, n + 1)[:, None] * steps) % 1.0)
