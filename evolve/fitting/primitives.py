"""Operations of a tape over rows and their derivatives: compiled loops or whole numpy rows.

Operations are numbered in groups, so that each group is one short function. A tape runs
forwards with `FORWARD` operations, ``out = f(a, b)``, and backwards with `BACKWARD` ones,
``out = f(go, x, y)``, where `go` is the derivative of the law by a step and `x` and `y` are
values. Each fills one row, so nothing is cleared beforehand and constant-free parts are skipped.
Compiled loops take rows by number: making a view of one costs as much as a dozen values do.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from evolve.fitting import elementary
from evolve.fitting.compiled import COMPILED, pasted
from evolve.fitting.parts import part
from evolve.typing import Array, Ints

FORWARD = (
    *("add", "sub", "mul", "div"),
    *("neg", "square", "max", "min"),
    *("exp", "powc", "log", "log1p"),
    *("sqrt", "abs", "tanh", "expm1"),
    *("pow", "logaddexp", "sin", "cos"),
    *("arctan",),
)
BACKWARD = (
    *("times", "over", "minus", "join", "copy"),
    *("quotient", "double", "root", "flat"),
    *("powc", "sign", "shifted", "raised"),
    *("base", "exponent", "share", "circle"),
    *("above", "below", "sine", "cosine"),
)
CODE = {name: code for code, name in enumerate(FORWARD)}
BACK = {name: code for code, name in enumerate(BACKWARD)}


@pasted
def _arithmetic(op: int, v: Array, a: int, b: int, out: int) -> None:
    if op == 0:
        for r in range(v.shape[1]):
            v[out, r] = v[a, r] + v[b, r]
    elif op == 1:
        for r in range(v.shape[1]):
            v[out, r] = v[a, r] - v[b, r]
    elif op == 2:
        for r in range(v.shape[1]):
            v[out, r] = v[a, r] * v[b, r]
    else:
        for r in range(v.shape[1]):
            v[out, r] = v[a, r] / v[b, r]


@pasted
def _comparing(op: int, v: Array, a: int, b: int, out: int) -> None:
    if op == 4:
        for r in range(v.shape[1]):
            v[out, r] = -v[a, r]
    elif op == 5:
        for r in range(v.shape[1]):
            v[out, r] = v[a, r] * v[a, r]
    elif op == 6:
        for r in range(v.shape[1]):
            v[out, r] = v[a, r] if v[a, r] > v[b, r] or v[a, r] != v[a, r] else v[b, r]
    else:
        for r in range(v.shape[1]):
            v[out, r] = v[a, r] if v[a, r] < v[b, r] or v[a, r] != v[a, r] else v[b, r]


@pasted
def _powers(op: int, v: Array, a: int, b: int, out: int) -> None:
    if op == 8:
        for r in range(v.shape[1]):
            v[out, r] = elementary.exp(v[a, r])
    elif op == 9:
        for r in range(v.shape[1]):
            v[out, r] = elementary.exp(v[a, r] * v[b, r])
    elif op == 10:
        for r in range(v.shape[1]):
            v[out, r] = elementary.log(v[a, r])
    else:
        for r in range(v.shape[1]):
            v[out, r] = elementary.log1p(v[a, r])


@pasted
def _shapes(op: int, v: Array, a: int, b: int, out: int) -> None:
    if op == 12:
        for r in range(v.shape[1]):
            v[out, r] = math.sqrt(v[a, r])
    elif op == 13:
        for r in range(v.shape[1]):
            v[out, r] = abs(v[a, r])
    elif op == 14:
        for r in range(v.shape[1]):
            v[out, r] = elementary.tanh(v[a, r])
    else:
        for r in range(v.shape[1]):
            v[out, r] = elementary.expm1(v[a, r])


@pasted
def _rare(op: int, v: Array, a: int, b: int, out: int) -> None:
    if op == 17:
        for r in range(v.shape[1]):
            gap = v[a, r] - v[b, r] if v[a, r] != v[b, r] else 0.0
            top = v[a, r] if gap > 0.0 else v[b, r]
            v[out, r] = top + elementary.log1p(elementary.exp(-abs(gap)))
    else:
        for r in range(v.shape[1]):
            if op == 16:
                v[out, r] = v[a, r] ** v[b, r]
            elif op == 18:
                v[out, r] = math.sin(v[a, r])
            elif op == 19:
                v[out, r] = math.cos(v[a, r])
            else:
                v[out, r] = math.atan(v[a, r])


def forward_loops(steps: Ints, base: int, v: Array) -> None:
    """Run a tape: fill the step slots of `v`, `(n_slots, n)`, from the slots before `base`."""
    for i in range(steps.shape[0]):
        op, a, b = steps[i, 0], steps[i, 1], steps[i, 2]
        out = base + i
        if op < 4:
            _arithmetic(op, v, a, b, out)
        elif op < 8:
            _comparing(op, v, a, b, out)
        elif op < 12:
            _powers(op, v, a, b, out)
        elif op < 16:
            _shapes(op, v, a, b, out)
        else:
            _rare(op, v, a, b, out)


@pasted
def _back_arithmetic(op: int, v: Array, g: Array, go: int, x: int, out: int) -> None:
    if op == 0:
        for r in range(v.shape[1]):
            g[out, r] = g[go, r] * v[x, r]
    elif op == 1:
        for r in range(v.shape[1]):
            g[out, r] = g[go, r] / v[x, r]
    elif op == 2:
        for r in range(v.shape[1]):
            g[out, r] = -g[go, r]
    elif op == 3:
        for r in range(v.shape[1]):
            g[out, r] = g[out, r] + g[go, r]
    else:
        for r in range(v.shape[1]):
            g[out, r] = g[go, r]


@pasted
def _back_common(op: int, v: Array, g: Array, go: int, x: int, y: int, out: int) -> None:
    if op == 5:
        for r in range(v.shape[1]):
            g[out, r] = -g[go, r] * v[y, r] / v[x, r]
    elif op == 6:
        for r in range(v.shape[1]):
            g[out, r] = 2.0 * g[go, r] * v[x, r]
    elif op == 7:
        for r in range(v.shape[1]):
            g[out, r] = 0.5 * g[go, r] / v[x, r]
    else:
        for r in range(v.shape[1]):
            g[out, r] = g[go, r] * (1.0 - v[x, r] * v[x, r])


@pasted
def _back_shapes(op: int, v: Array, g: Array, go: int, x: int, y: int, out: int) -> None:
    if op == 9:
        for r in range(v.shape[1]):
            g[out, r] = g[go, r] * v[x, r] * v[y, r] if v[x, r] != 0.0 else 0.0
    elif op == 10:
        for r in range(v.shape[1]):
            g[out, r] = g[go, r] if v[x, r] > 0.0 else (-g[go, r] if v[x, r] < 0.0 else 0.0)
    elif op == 11:
        for r in range(v.shape[1]):
            g[out, r] = g[go, r] / (1.0 + v[x, r])
    else:
        for r in range(v.shape[1]):
            g[out, r] = g[go, r] * (1.0 + v[x, r])


@pasted
def _back_rare(op: int, v: Array, g: Array, go: int, x: int, y: int, out: int) -> None:
    if op == 13:
        for r in range(v.shape[1]):
            g[out, r] = g[go, r] * v[y, r] * v[x, r] ** (v[y, r] - 1.0)
    elif op == 14:
        for r in range(v.shape[1]):
            g[out, r] = g[go, r] * v[y, r] * math.log(v[x, r]) if v[x, r] > 0.0 else 0.0
    elif op == 15:
        for r in range(v.shape[1]):
            g[out, r] = g[go, r] * elementary.exp(v[x, r] - v[y, r])
    else:
        for r in range(v.shape[1]):
            g[out, r] = g[go, r] / (1.0 + v[x, r] * v[x, r])


@pasted
def _back_choice(op: int, v: Array, g: Array, go: int, x: int, y: int, out: int) -> None:
    if op == 17:
        for r in range(v.shape[1]):
            g[out, r] = g[go, r] if v[x, r] >= v[y, r] else 0.0
    elif op == 18:
        for r in range(v.shape[1]):
            g[out, r] = 0.0 if v[x, r] >= v[y, r] else g[go, r]
    elif op == 19:
        for r in range(v.shape[1]):
            g[out, r] = g[go, r] * math.cos(v[x, r])
    else:
        for r in range(v.shape[1]):
            g[out, r] = -g[go, r] * math.sin(v[x, r])


def backward_loops(back: Ints, v: Array, g: Array) -> None:
    """Reverse sweep over `back`: operation, row of `go`, slots x and y, row to fill."""
    for i in range(back.shape[0]):
        op = back[i, 0]
        go, x, y, out = back[i, 1], back[i, 2], back[i, 3], back[i, 4]
        if op < 5:
            _back_arithmetic(op, v, g, go, x, out)
        elif op < 9:
            _back_common(op, v, g, go, x, y, out)
        elif op < 13:
            _back_shapes(op, v, g, go, x, y, out)
        elif op < 17:
            _back_rare(op, v, g, go, x, y, out)
        else:
            _back_choice(op, v, g, go, x, y, out)


def forward_rows(steps: Ints, base: int, v: Array) -> None:
    """`forward_loops` on whole numpy rows."""
    for i, (op, ia, ib) in enumerate(steps.tolist()):
        v[base + i] = VALUES[op](v[ia], v[ib])


def backward_rows(back: Ints, v: Array, g: Array) -> None:
    """`backward_loops` on whole numpy rows."""
    for op, go, x, y, out in back.tolist():
        row = SLOPES[op](g[go], v[x], v[y])
        g[out] = g[out] + row if op == BACK["join"] else row


def _guarded(value: Array, where: npt.NDArray[np.bool_]) -> Array:
    return np.where(where, value, 0.0)


Two = Callable[[Array, Array], Array]
Three = Callable[[Array, Array, Array], Array]
VALUES: list[Two] = [
    *(np.add, np.subtract, np.multiply, np.divide),
    *(lambda a, b: -a, lambda a, b: a * a, np.maximum, np.minimum),
    *(lambda a, b: np.exp(a), lambda a, b: np.exp(a * b)),
    *(lambda a, b: np.log(a), lambda a, b: np.log1p(a)),
    *(lambda a, b: np.sqrt(a), lambda a, b: np.abs(a)),
    *(lambda a, b: np.tanh(a), lambda a, b: np.expm1(a)),
    *(np.power, np.logaddexp, lambda a, b: np.sin(a), lambda a, b: np.cos(a)),
    lambda a, b: np.arctan(a),
]
SLOPES: list[Three] = [
    *(lambda g, x, y: g * x, lambda g, x, y: g / x, lambda g, x, y: -g, lambda g, x, y: g),
    lambda g, x, y: g,
    *(lambda g, x, y: -g * y / x, lambda g, x, y: 2.0 * g * x),
    *(lambda g, x, y: 0.5 * g / x, lambda g, x, y: g * (1.0 - x * x)),
    *(lambda g, x, y: _guarded(g * x * y, x != 0.0), lambda g, x, y: g * np.sign(x)),
    *(lambda g, x, y: g / (1.0 + x), lambda g, x, y: g * (1.0 + x)),
    lambda g, x, y: g * y * x ** (y - 1.0),
    lambda g, x, y: _guarded(g * y * np.log(np.where(x > 0.0, x, 1.0)), x > 0.0),
    *(lambda g, x, y: g * np.exp(x - y), lambda g, x, y: g / (1.0 + x * x)),
    *(lambda g, x, y: _guarded(g, x >= y), lambda g, x, y: _guarded(g, np.logical_not(x >= y))),
    *(lambda g, x, y: g * np.cos(x), lambda g, x, y: -g * np.sin(x)),
]

forward, forward_at = part(
    "void(int64[:, ::1], int64, float64[:, ::1])", forward_loops if COMPILED else forward_rows
)
backward, backward_at = part(
    "void(int64[:, ::1], float64[:, ::1], float64[:, ::1])",
    backward_loops if COMPILED else backward_rows,
)
