"""Solve damped least-squares problems: by the normal matrix, or by Householder reflections."""

from __future__ import annotations

import math

from evolve.fitting.compiled import jit
from evolve.fitting.parts import part
from evolve.typing import Array


@jit
def _substitute(low: Array, grad: Array, step: Array) -> None:
    """Fill `step` with the solution of low low^T step = -grad."""
    p = grad.shape[0]
    for i in range(p):
        total = -grad[i]
        for k in range(i):
            total -= low[i, k] * step[k]
        step[i] = total / low[i, i]
    for i in range(p - 1, -1, -1):
        total = step[i]
        for k in range(i + 1, p):
            total -= low[k, i] * step[k]
        step[i] = total / low[i, i]


@jit
def solve_normal(
    h: Array, grad: Array, damping: Array, low: Array, step: Array, least: float
) -> bool:
    """Solve (h + diag(damping)) step = -grad by Cholesky.

    Args:
        h: `(p, p)` normal matrix.
        grad: `(p,)` gradient.
        damping: `(p,)` added to the diagonal.
        low: `(p, p)` room.
        step: `(p,)` filled with the answer.
        least: Least share of a diagonal entry that may be left when its turn comes. Rounding
            blurs the step by some 2e-16 over that share.

    Returns:
        False where less is left: the matrix is singular, or nearly so.
    """
    p = grad.shape[0]
    for i in range(p):
        for j in range(i + 1):
            total = h[i, j]
            if i == j:
                total += damping[i]
            for k in range(j):
                total -= low[i, k] * low[j, k]
            if i == j:
                if not total > least * (h[i, i] + damping[i]):
                    return False
                low[i, i] = math.sqrt(total)
            else:
                low[i, j] = total / low[j, j]
    _substitute(low, grad, step)
    return True


def solve_exact(a: Array, b: Array, step: Array, m: int) -> bool:
    """Solve min |a^T step - b| by Householder's reflections; False where the rank is short.

    Needs half the digits that `solve_normal` does.

    Args:
        a: `(p or more, m or more)` columns of the matrix, one a row; overwritten.
        b: `(m or more,)` right-hand side; overwritten.
        step: `(p,)` filled with the answer.
        m: Rows of the matrix.
    """
    p = step.shape[0]
    for k in range(p):
        total = 0.0
        for i in range(k, m):
            total += a[k, i] * a[k, i]
        if not total > 0.0:
            return False
        alpha = -math.sqrt(total) if a[k, k] > 0.0 else math.sqrt(total)
        head = a[k, k] - alpha
        a[k, k] = head
        for j in range(k + 1, p):
            _reflect(a[k], a[j], k, m, alpha * head)
        _reflect(a[k], b, k, m, alpha * head)
        a[k, k] = alpha
    for k in range(p - 1, -1, -1):
        total = b[k]
        for j in range(k + 1, p):
            total -= a[j, k] * step[j]
        step[k] = total / a[k, k]
    return True


@jit
def _reflect(mirror: Array, row: Array, first: int, end: int, scale: float) -> None:
    """Reflect the entries of `row` from `first` up to `end`."""
    total = 0.0
    for i in range(first, end):
        total += mirror[i] * row[i]
    share = total / scale
    for i in range(first, end):
        row[i] += share * mirror[i]


by_reflections, by_reflections_at = part(
    "boolean(float64[:, ::1], float64[::1], float64[::1], int64)", solve_exact
)
