"""Turns tape steps over rows into values, derivatives and normal equations: loops or numpy rows.

Where numba can be imported the loops are compiled once and cached on disk; otherwise, or with
``EVOLVE_NO_NUMBA=1``, numpy does the same on whole rows. `jit` marks what may be compiled.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from evolve.law.graph import Array

Ints = npt.NDArray[np.int64]
F = TypeVar("F", bound=Callable[..., Any])


def _numba_jit() -> Callable[[F], F] | None:
    if os.environ.get("EVOLVE_NO_NUMBA"):
        return None
    try:
        import numba
    except ImportError:
        return None
    relaxed = {"reassoc", "contract", "nsz", "arcp"}
    made: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=relaxed)
    return made  # type: ignore[no-any-return]


_JIT = _numba_jit()
COMPILED = _JIT is not None


def jit(function: F) -> F:
    """The function compiled by numba, or unchanged where numba is not used."""
    return _JIT(function) if _JIT is not None else function


def forward_loops(steps: Ints, base: int, v: Array) -> None:
    """Run a tape: fill the step slots of `v`, `(n_slots, n)`, from the slots before `base`."""
    n = v.shape[1]
    for i in range(steps.shape[0]):
        op, a, b = steps[i, 0], v[steps[i, 1]], v[steps[i, 2]]
        out = v[base + i]
        if op == 11:
            for r in range(n):
                out[r] = a[r] * b[r]
        elif op == 9:
            for r in range(n):
                out[r] = a[r] + b[r]
        elif op == 10:
            for r in range(n):
                out[r] = a[r] - b[r]
        elif op == 1:
            for r in range(n):
                out[r] = np.exp(a[r])
        elif op == 17:
            for r in range(n):
                out[r] = np.exp(a[r] * b[r])
        elif op == 12:
            for r in range(n):
                out[r] = a[r] / b[r]
        elif op == 0:
            for r in range(n):
                out[r] = -a[r]
        elif op == 2:
            for r in range(n):
                out[r] = np.log(a[r])
        elif op == 8:
            for r in range(n):
                out[r] = a[r] * a[r]
        elif op == 13:
            for r in range(n):
                out[r] = a[r] ** b[r]
        else:
            _forward_rare(op, a, b, out)


def _forward_rare(op: int, a: Array, b: Array, out: Array) -> None:
    for r in range(out.shape[0]):
        if op == 3:
            out[r] = np.sqrt(a[r])
        elif op == 4:
            out[r] = np.tanh(a[r])
        elif op == 5:
            out[r] = abs(a[r])
        elif op == 6:
            out[r] = np.log1p(a[r])
        elif op == 7:
            out[r] = np.expm1(a[r])
        elif op == 14:
            out[r] = max(a[r], b[r])
        elif op == 15:
            out[r] = min(a[r], b[r])
        elif op == 16:
            top = max(a[r], b[r])
            out[r] = top + np.log1p(np.exp(-abs(a[r] - b[r])))


def backward_loops(steps: Ints, base: int, v: Array, g: Array) -> None:
    """Reverse sweep: with the root's row of `g` set to 1, fill `g` with d root / d slot."""
    n = v.shape[1]
    for i in range(steps.shape[0] - 1, -1, -1):
        op, ia, ib = steps[i, 0], steps[i, 1], steps[i, 2]
        a, b, out = v[ia], v[ib], v[base + i]
        ga, gb, go = g[ia], g[ib], g[base + i]
        if op == 11:
            for r in range(n):
                ga[r] += go[r] * b[r]
                gb[r] += go[r] * a[r]
        elif op == 9:
            for r in range(n):
                ga[r] += go[r]
                gb[r] += go[r]
        elif op == 10:
            for r in range(n):
                ga[r] += go[r]
                gb[r] -= go[r]
        elif op == 1:
            for r in range(n):
                ga[r] += go[r] * out[r]
        elif op == 17:
            for r in range(n):
                if out[r] != 0.0:
                    ga[r] += go[r] * out[r] * b[r]
        elif op == 12:
            for r in range(n):
                ga[r] += go[r] / b[r]
                gb[r] -= go[r] * out[r] / b[r]
        elif op == 0:
            for r in range(n):
                ga[r] -= go[r]
        elif op == 2:
            for r in range(n):
                ga[r] += go[r] / a[r]
        elif op == 8:
            for r in range(n):
                ga[r] += 2.0 * go[r] * a[r]
        else:
            _backward_rare(op, a, b, out, ga, gb, go)


def _backward_rare(
    op: int, a: Array, b: Array, out: Array, ga: Array, gb: Array, go: Array
) -> None:
    for r in range(out.shape[0]):
        if op == 13:
            ga[r] += go[r] * b[r] * a[r] ** (b[r] - 1.0)
            if a[r] > 0.0:
                gb[r] += go[r] * out[r] * np.log(a[r])
        elif op == 3:
            ga[r] += 0.5 * go[r] / out[r]
        elif op == 4:
            ga[r] += go[r] * (1.0 - out[r] * out[r])
        elif op == 5:
            ga[r] += go[r] * np.sign(a[r])
        elif op == 6:
            ga[r] += go[r] / (1.0 + a[r])
        elif op == 7:
            ga[r] += go[r] * (out[r] + 1.0)
        elif op == 14 or op == 15:
            if (a[r] >= b[r]) == (op == 14):
                ga[r] += go[r]
            else:
                gb[r] += go[r]
        elif op == 16:
            ga[r] += go[r] * np.exp(a[r] - out[r])
            gb[r] += go[r] * np.exp(b[r] - out[r])


def normal_loops(jac: Array, weight: Array, residual: Array, h: Array, grad: Array) -> None:
    """Fill `h` = J W J^T, `(p, p)`, and `grad` = J W r, `(p,)`; `jac` is `(p, n)`."""
    p, n = jac.shape
    weighted = np.empty(n)
    for k in range(p):
        jk = jac[k]
        total = 0.0
        for r in range(n):
            weighted[r] = jk[r] * weight[r]
            total += weighted[r] * residual[r]
        grad[k] = total
        for m in range(k, p):
            jm = jac[m]
            total = 0.0
            for r in range(n):
                total += weighted[r] * jm[r]
            h[k, m] = total
            h[m, k] = total


def forward_rows(steps: Ints, base: int, v: Array) -> None:
    """`forward_loops` on whole numpy rows."""
    for i, (op, ia, ib) in enumerate(steps):
        v[base + i] = _VALUE[op](v[ia], v[ib])


def backward_rows(steps: Ints, base: int, v: Array, g: Array) -> None:
    """`backward_loops` on whole numpy rows."""
    for i in range(len(steps) - 1, -1, -1):
        op, ia, ib = steps[i]
        a, b, out, go = v[ia], v[ib], v[base + i], g[base + i]
        ga, gb = _SLOPE[op](a, b, out, go)
        g[ia] += ga
        if ib >= 0 and op != 17:
            g[ib] += gb


def normal_rows(jac: Array, weight: Array, residual: Array, h: Array, grad: Array) -> None:
    """`normal_loops` on whole numpy rows."""
    weighted = jac * weight
    grad[:] = weighted @ residual
    h[:] = weighted @ jac.T


Pair = tuple[Any, Any]

_VALUE: list[Callable[[Array, Array], Array]] = [
    lambda a, b: -a,
    lambda a, b: np.exp(a),
    lambda a, b: np.log(a),
    lambda a, b: np.sqrt(a),
    lambda a, b: np.tanh(a),
    lambda a, b: np.abs(a),
    lambda a, b: np.log1p(a),
    lambda a, b: np.expm1(a),
    lambda a, b: a * a,
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: a / b,
    lambda a, b: a**b,
    np.maximum,
    np.minimum,
    np.logaddexp,
    lambda a, b: np.exp(a * b),
]

_SLOPE: list[Callable[[Array, Array, Array, Array], Pair]] = [
    lambda a, b, o, g: (-g, 0.0),
    lambda a, b, o, g: (g * o, 0.0),
    lambda a, b, o, g: (g / a, 0.0),
    lambda a, b, o, g: (0.5 * g / o, 0.0),
    lambda a, b, o, g: (g * (1.0 - o * o), 0.0),
    lambda a, b, o, g: (g * np.sign(a), 0.0),
    lambda a, b, o, g: (g / (1.0 + a), 0.0),
    lambda a, b, o, g: (g * (o + 1.0), 0.0),
    lambda a, b, o, g: (2.0 * g * a, 0.0),
    lambda a, b, o, g: (g, g),
    lambda a, b, o, g: (g, -g),
    lambda a, b, o, g: (g * b, g * a),
    lambda a, b, o, g: (g / b, -g * o / b),
    lambda a, b, o, g: (
        g * b * a ** (b - 1.0),
        np.where(a > 0, g * o * np.log(np.where(a > 0, a, 1.0)), 0.0),
    ),
    lambda a, b, o, g: (np.where(a >= b, g, 0.0), np.where(a >= b, 0.0, g)),
    lambda a, b, o, g: (np.where(a < b, g, 0.0), np.where(a < b, 0.0, g)),
    lambda a, b, o, g: (g * np.exp(a - o), g * np.exp(b - o)),
    lambda a, b, o, g: (np.where(o != 0.0, g * o * np.where(o != 0.0, b, 0.0), 0.0), 0.0),
]

if COMPILED:
    _forward_rare = jit(_forward_rare)
    _backward_rare = jit(_backward_rare)
    forward, backward, normal = jit(forward_loops), jit(backward_loops), jit(normal_loops)
else:
    forward, backward, normal = forward_rows, backward_rows, normal_rows
