"""Solve for what is linear in a law at every candidate start, the other constants as they are.

Constants in which the law is linear, and positive amplitudes, are solved for exactly (variable
projection, Golub & Pereyra 1973). Compiled loops take one start after the other, numpy's rows all
of them at once; the loops add in numpy's order, so that both come to the same numbers.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from evolve.fitting.compiled import COMPILED, entry_in_order, in_order, pasted
from evolve.fitting.tape import LOG_SCALE, NONLINEAR
from evolve.typing import Array, Ints

Bools = npt.NDArray[np.bool_]
RIDGE = 1e-9
LEAST_AMPLITUDE = 1e-3
LEAST = 1e-12  # of an amplitude
TINY = 1e-300
ROUNDS = 4
N_ROOMS = 6  # rows of room for one start, besides its matrix


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
    if not COMPILED:
        return project_rows(kind, normal, gradient, pool)
    p = len(kind)
    gains, room = np.empty(pool.shape[:2]), np.empty((N_ROOMS + p, p))
    solve_starts(kind, normal, gradient, pool, room, gains)
    with np.errstate(all="ignore"):
        for k in np.flatnonzero(kind == LOG_SCALE).tolist():
            pool[:, :, k] = np.log(np.ascontiguousarray(pool[:, :, k]))
    return gains


@in_order
def _product(h: Array, x: Array, out: Array) -> None:
    """Fill `out` with h x, in the order in which numpy's einsum adds."""
    p = x.shape[0]
    for j in range(p):
        even, odd, k = 0.0, 0.0, 0
        while p - k >= 8:
            for i in range(k + 6, k - 2, -2):
                even += h[j, i] * x[i]
                odd += h[j, i + 1] * x[i + 1]
            k += 8
        while k < p:
            even += h[j, k] * x[k]
            odd += h[j, k + 1] * x[k + 1] if k + 1 < p else 0.0
            k += 2
        out[j] = even + odd


@in_order
def _quadratic_of(turned: Array, grad: Array, x: Array) -> float:
    """The sum of (grad + turned / 2) x, in the order in which numpy adds."""
    p = x.shape[0]
    a, b, c, d, e, f, g, h, k = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0
    while p - k >= 8:
        a += (grad[k] + 0.5 * turned[k]) * x[k]
        b += (grad[k + 1] + 0.5 * turned[k + 1]) * x[k + 1]
        c += (grad[k + 2] + 0.5 * turned[k + 2]) * x[k + 2]
        d += (grad[k + 3] + 0.5 * turned[k + 3]) * x[k + 3]
        e += (grad[k + 4] + 0.5 * turned[k + 4]) * x[k + 4]
        f += (grad[k + 5] + 0.5 * turned[k + 5]) * x[k + 5]
        g += (grad[k + 6] + 0.5 * turned[k + 6]) * x[k + 6]
        h += (grad[k + 7] + 0.5 * turned[k + 7]) * x[k + 7]
        k += 8
    total = ((a + b) + (c + d)) + ((e + f) + (g + h))
    while k < p:
        total += (grad[k] + 0.5 * turned[k]) * x[k]
        k += 1
    return total


@pasted
def _factor(
    kind: Ints, h: Array, grad: Array, active: Array, low: Array, x: Array, i: int
) -> None:
    """Fill row `i` of Cholesky's factor, over the constants that are active, and `x` forwards."""
    below = 0.0
    for j in range(i + 1):
        if kind[j] == NONLINEAR:
            continue
        total, known = h[i, j] * active[i] * active[j], 0.0
        for k in range(j):
            known += low[i, k] * low[j, k] if kind[k] != NONLINEAR else 0.0
        if j < i:
            low[i, j] = (total - known) / low[j, j]
            below += low[i, j] * x[j]
        else:
            total = total * (1.0 + RIDGE) + TINY if active[i] > 0.0 else 1.0
            low[i, i] = math.sqrt(TINY if total - known < TINY else total - known)
    x[i] = (-grad[i] * active[i] - below) / low[i, i]


@pasted
def _solve_one(kind: Ints, h: Array, grad: Array, active: Array, low: Array, x: Array) -> None:
    """Fill `x` with what solves h x = -grad, over the constants that are active."""
    p = kind.shape[0]
    for i in range(p):
        if kind[i] != NONLINEAR:
            _factor(kind, h, grad, active, low, x, i)
    for i in range(p - 1, -1, -1):
        if kind[i] != NONLINEAR:
            above = 0.0
            for k in range(i + 1, p):
                above += low[k, i] * x[k] if kind[k] != NONLINEAR else 0.0
            x[i] = (x[i] - above) / low[i, i]


@pasted
def _solve_start(kind: Ints, h: Array, room: Array) -> float:
    """Solve at one start, whose gradient is the room's first row; what that adds to its cost.

    The solution is left in the room's second row.
    """
    grad, found, x, added, active, start = room[0], room[1], room[2], room[3], room[4], room[5]
    for k in range(kind.shape[0]):
        start[k], found[k], active[k] = grad[k], 0.0, 1.0
    for _ in range(ROUNDS):
        _solve_one(kind, h, grad, active, room[N_ROOMS:], x)
        n_held = 0
        for k in range(kind.shape[0]):
            added[k] = 0.0
            if kind[k] == NONLINEAR or active[k] == 0.0:
                continue
            if kind[k] == LOG_SCALE and not x[k] > 0.0:
                diagonal = TINY if h[k, k] < TINY else h[k, k]
                size = LEAST_AMPLITUDE * abs(grad[k]) / diagonal
                added[k] = LEAST if size < LEAST else size
                found[k], active[k] = added[k], 0.0
                n_held += 1
            else:
                found[k] = x[k]
        if n_held == 0:
            break
        _product(h, added, x)
        for k in range(kind.shape[0]):
            grad[k] += x[k]
    _product(h, found, x)
    return _quadratic_of(x, start, found)


@entry_in_order
def solve_starts(
    kind: Ints, normal: Array, gradient: Array, pool: Array, room: Array, gains: Array
) -> None:
    """Fill in linear constants and amplitudes, these themselves in place of their logarithms.

    Args:
        kind: As of `project`.
        normal: Likewise.
        gradient: Likewise.
        pool: Likewise; amplitudes are 1 where nothing can be solved.
        room: `(N_ROOMS + p, p)` room for one start.
        gains: `(q, m)`, filled with what `project` returns.
    """
    p, n_amplitudes = kind.shape[0], 0
    for k in range(p):
        n_amplitudes += kind[k] == LOG_SCALE
    grad, minus, turned = room[0], room[1], room[2]
    for q in range(pool.shape[0]):
        for s in range(pool.shape[1]):
            gain, finite = 0.0, True
            for k in range(p):
                grad[k], minus[k] = gradient[q, s, k], -1.0 if kind[k] == LOG_SCALE else 0.0
            if n_amplitudes > 0:  # they are 1 where their logarithms are 0
                _product(normal[q, s], minus, turned)
                gain = _quadratic_of(turned, grad, minus)
            for k in range(p):
                grad[k] += turned[k] if n_amplitudes > 0 else 0.0
                finite = finite and math.isfinite(grad[k])
            gains[q, s] = gain + _solve_start(kind, normal[q, s], room) if finite else math.nan
            for k in range(p):
                if kind[k] != NONLINEAR:
                    nothing = 1.0 if kind[k] == LOG_SCALE else 0.0
                    pool[q, s, k] = room[1, k] if finite else nothing


def project_rows(kind: Ints, normal: Array, gradient: Array, pool: Array) -> Array:
    """As `project`, by numpy's rows."""
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
    diagonal = np.maximum(np.einsum("ijj->ij", h), TINY)
    return np.asarray(np.maximum(LEAST_AMPLITUDE * np.abs(grad) / diagonal, LEAST))


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
                total = total * (1.0 + RIDGE) + TINY
                total = total if active is None else np.where(active[i], total, 1.0)
            if j:
                total = total - _dot(low[i], low[j], range(j))
            low[i, j] = np.sqrt(np.maximum(total, TINY)) if i == j else total / low[j, j]
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
