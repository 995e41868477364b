"""Turns constants into the cost of a fit, its gradient and its normal matrix, over all rows."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from evolve.fitting import elementary
from evolve.fitting.compiled import COMPILED, jit
from evolve.fitting.primitives import backward, forward
from evolve.typing import Array, Ints

L2, HUBER, CAUCHY = 0, 1, 2
BENT = 0.3


class Curve(NamedTuple):
    """A tape as the kernel takes it; see `Tape` for the fields they share.

    Attributes:
        log_rows: Residuals are log(law) - y, with y in logs.
    """

    steps: Ints
    back: Ints
    rows: Ints
    n_rows: int
    literals: Array
    kind: Ints
    role: Ints
    log_rows: bool


class Data(NamedTuple):
    """Rows of one problem: `(n_columns, n)` columns, `(n,)` targets and `(n,)` weights."""

    columns: Array
    y: Array
    w: Array


class Aim(NamedTuple):
    """What is minimised: the loss, its width, a Gaussian prior `(p,)` and a box `(p,)`."""

    loss: int
    width: float
    mean: Array
    weight: Array
    box: Array


class Desk(NamedTuple):
    """Room to work in.

    Attributes:
        v: `(n_slots, n)` values.
        g: `(n_rows, n)` derivatives.
        r: `(n,)` residuals.
        pull: `(n,)` first derivative of the loss, weighted.
        bend: `(n,)` its second derivative, kept positive.
        jac: `(p, n)` derivatives by the constants, weighted.
        h: `(p, p)` normal matrix.
        grad: `(p,)` gradient.
        low: `(p, p)` factor of a damped `h`.
        extra: `(3, p)` step, damping and trial constants.
    """

    v: Array
    g: Array
    r: Array
    pull: Array
    bend: Array
    jac: Array
    h: Array
    grad: Array
    low: Array
    extra: Array


@jit
def make_desk(curve: Curve, data: Data) -> Desk:
    """Room for one problem, with its columns and literals in place."""
    n_columns, n = data.columns.shape
    p = curve.kind.shape[0]
    base = n_columns + p + curve.literals.shape[0]
    v = np.empty((base + curve.steps.shape[0], n))
    for i in range(n):
        for k in range(n_columns):
            v[k, i] = data.columns[k, i]
        for k in range(curve.literals.shape[0]):
            v[n_columns + p + k, i] = curve.literals[k]
    g = np.zeros((curve.n_rows, n))
    rows, tables = np.empty((3, n)), np.empty((2, p, p))
    return Desk(
        v, g, rows[0], rows[1], rows[2], np.empty((p, n)), tables[0], np.empty(p), tables[1],
        np.empty((3, p)),
    )  # fmt: skip


def _residual_loops(out: Array, y: Array, log_rows: bool, r: Array) -> None:
    """Fill `r` with law - y, or log law - y."""
    if log_rows:
        for i in range(r.shape[0]):
            r[i] = elementary.log(out[i]) - y[i]
    else:
        for i in range(r.shape[0]):
            r[i] = out[i] - y[i]


def _residual_rows(out: Array, y: Array, log_rows: bool, r: Array) -> None:
    r[:] = (np.log(out) if log_rows else out) - y


def _loss_loops(r: Array, w: Array, loss: int, width: float) -> float:
    """Sum of w * rho(r)."""
    total = 0.0
    if loss == 0:
        for i in range(r.shape[0]):
            total += w[i] * r[i] * r[i]
        return 0.5 * total
    if loss == 1:
        for i in range(r.shape[0]):
            size = abs(r[i])
            core = size if size < width else width
            total += w[i] * core * (size - 0.5 * core)
        return total
    for i in range(r.shape[0]):
        u = r[i] / width
        total += w[i] * elementary.log1p(u * u)
    return 0.5 * width * width * total


def _loss_rows(r: Array, w: Array, loss: int, width: float) -> float:
    if loss == L2:
        return float(0.5 * np.sum(w * r * r))
    if loss == HUBER:
        size = np.abs(r)
        core = np.minimum(size, width)
        return float(np.sum(w * core * (size - 0.5 * core)))
    return float(0.5 * width * width * np.sum(w * np.log1p((r / width) ** 2)))


def _weigh_loops(r: Array, w: Array, loss: int, width: float, pull: Array, bend: Array) -> None:
    """Fill `pull` with w * rho'(r) and `bend` with w * rho''(r), at least BENT of rho'(r)/r."""
    if loss == 0:
        for i in range(r.shape[0]):
            bend[i] = w[i]
            pull[i] = w[i] * r[i]
    elif loss == 1:
        for i in range(r.shape[0]):
            size = abs(r[i])
            share = 1.0 if size <= width else width / size
            pull[i] = w[i] * r[i] * share
            bend[i] = w[i] * (1.0 if size <= width else BENT * share)
    else:
        for i in range(r.shape[0]):
            u = r[i] / width
            share = 1.0 / (1.0 + u * u)
            curve = (1.0 - u * u) * share
            pull[i] = w[i] * r[i] * share
            bend[i] = w[i] * share * (curve if curve > BENT else BENT)


def _weigh_rows(r: Array, w: Array, loss: int, width: float, pull: Array, bend: Array) -> None:
    share, curve = np.ones_like(r), np.ones_like(r)
    if loss == HUBER:
        inside = np.abs(r) <= width
        share = np.where(inside, 1.0, width / np.where(inside, 1.0, np.abs(r)))
        curve = np.where(inside, 1.0, BENT)
    elif loss == CAUCHY:
        u = r / width
        share = 1.0 / (1.0 + u * u)
        curve = np.maximum((1.0 - u * u) * share, BENT)
    pull[:] = w * r * share
    bend[:] = w * share * curve


def _normal_loops(g: Array, rows: Ints, desk: Desk) -> None:
    """Fill `h` = J diag(bend) J^T and `grad` = J pull; J is the rows `rows` of `g`."""
    pull, bend, h, jac, grad = desk.pull, desk.bend, desk.h, desk.jac, desk.grad
    for k in range(rows.shape[0]):
        row, total = rows[k], 0.0
        for i in range(pull.shape[0]):
            jac[k, i] = g[row, i] * bend[i]
            total += g[row, i] * pull[i]
        grad[k] = total
        for m in range(k + 1):
            other, total = rows[m], 0.0
            for i in range(pull.shape[0]):
                total += jac[k, i] * g[other, i]
            h[k, m] = total
            h[m, k] = total


def _normal_matmul(g: Array, rows: Ints, desk: Desk) -> None:
    jac = g[rows]
    desk.jac[:] = jac * desk.bend
    desk.grad[:] = jac @ desk.pull
    desk.h[:] = desk.jac @ jac.T


def _fill_loops(v: Array, first: int, c: Array) -> None:
    """Write constants into their rows."""
    for k in range(c.shape[0]):
        for i in range(v.shape[1]):
            v[first + k, i] = c[k]


def _fill_rows(v: Array, first: int, c: Array) -> None:
    v[first : first + len(c)] = c[:, None]


def _sow_loops(out: Array, log_rows: bool, seed: Array) -> None:
    """Fill `seed` with the derivative of the residual by the law."""
    for i in range(out.shape[0]):
        seed[i] = 1.0 / out[i] if log_rows else 1.0


def _sow_rows(out: Array, log_rows: bool, seed: Array) -> None:
    seed[:] = 1.0 / out if log_rows else 1.0


if COMPILED:
    fill, sow = jit(_fill_loops), jit(_sow_loops)
    residual, loss_of, weigh = jit(_residual_loops), jit(_loss_loops), jit(_weigh_loops)
    normal = jit(_normal_loops)
else:
    fill, sow = _fill_rows, _sow_rows
    residual, loss_of, weigh = _residual_rows, _loss_rows, _weigh_rows
    normal = _normal_matmul


@jit
def value(curve: Curve, data: Data, aim: Aim, desk: Desk, c: Array) -> float:
    """Cost at constants `c`, not finite where the law is not; leaves values and residuals."""
    first = data.columns.shape[0]
    base = first + c.shape[0] + curve.literals.shape[0]
    fill(desk.v, first, c)
    forward(curve.steps, base, desk.v)
    residual(desk.v[base + curve.steps.shape[0] - 1], data.y, curve.log_rows, desk.r)
    total = loss_of(desk.r, data.w, aim.loss, aim.width)
    for k in range(c.shape[0]):
        total += 0.5 * aim.weight[k] * (c[k] - aim.mean[k]) ** 2
    return total


@jit
def slope(curve: Curve, data: Data, aim: Aim, desk: Desk, c: Array) -> bool:
    """Normal matrix and gradient where `value` was last taken; False if not finite."""
    sow(desk.v[desk.v.shape[0] - 1], curve.log_rows, desk.g[0])
    backward(curve.back, desk.v, desk.g)
    weigh(desk.r, data.w, aim.loss, aim.width, desk.pull, desk.bend)
    normal(desk.g, curve.rows, desk)
    fine = True
    for k in range(c.shape[0]):
        desk.h[k, k] += aim.weight[k]
        desk.grad[k] += aim.weight[k] * (c[k] - aim.mean[k])
        fine = fine and math.isfinite(desk.grad[k]) and math.isfinite(desk.h[k, k])
    return fine
