"""Cost of a fit at given constants, with its gradient and normal matrix, over all rows."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from evolve.fitting import elementary
from evolve.fitting.compiled import COMPILED, jit
from evolve.fitting.primitives import backward, forward
from evolve.typing import Array, Ints

L2, HUBER, CAUCHY = 0, 1, 2
LEAST_CURVATURE = 0.3  # of a robust loss, over its irls weight


class CompiledLaw(NamedTuple):
    """A law as the kernel takes it; see `Tape` for the fields they share.

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


class Objective(NamedTuple):
    """What is minimised, and where.

    Attributes:
        loss: L2, HUBER or CAUCHY.
        f_scale: Residual at which a robust loss bends, in the units of the residual.
        prior_mean: `(p,)` centres of the Gaussian prior.
        prior_weight: `(p,)` its precisions, 0 for none.
        box: `(p,)` largest size of each constant.
    """

    loss: int
    f_scale: float
    prior_mean: Array
    prior_weight: Array
    box: Array


class Workspace(NamedTuple):
    """Arrays that the fit of one problem works in.

    Attributes:
        v: `(n_slots, n)` values.
        g: `(n_rows, n)` derivatives.
        r: `(n,)` residuals.
        psi: `(n,)` first derivative of the loss (its influence function), weighted.
        curvature: `(n,)` its second derivative, kept positive.
        jac: `(p, n)` derivatives by the constants, weighted.
        h: `(p, p)` normal matrix.
        grad: `(p,)` gradient.
        low: `(p, p)` factor of a damped `h`.
        extra: `(3, p)` step, damping and trial constants.
    """

    v: Array
    g: Array
    r: Array
    psi: Array
    curvature: Array
    jac: Array
    h: Array
    grad: Array
    low: Array
    extra: Array


@jit
def make_workspace(law: CompiledLaw, data: Data) -> Workspace:
    """Make the workspace of one problem, with its columns and literals in place."""
    n_columns, n = data.columns.shape
    p = law.kind.shape[0]
    base = n_columns + p + law.literals.shape[0]
    v = np.empty((base + law.steps.shape[0], n))
    for i in range(n):
        for k in range(n_columns):
            v[k, i] = data.columns[k, i]
        for k in range(law.literals.shape[0]):
            v[n_columns + p + k, i] = law.literals[k]
    g = np.zeros((law.n_rows, n))
    rows, tables = np.empty((3, n)), np.empty((2, p, p))
    return Workspace(
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


def _loss_loops(r: Array, w: Array, loss: int, f_scale: float) -> float:
    """Sum of w * rho(r)."""
    total = 0.0
    if loss == 0:
        for i in range(r.shape[0]):
            total += w[i] * r[i] * r[i]
        return 0.5 * total
    if loss == 1:
        for i in range(r.shape[0]):
            size = abs(r[i])
            core = size if size < f_scale else f_scale
            total += w[i] * core * (size - 0.5 * core)
        return total
    for i in range(r.shape[0]):
        u = r[i] / f_scale
        total += w[i] * elementary.log1p(u * u)
    return 0.5 * f_scale * f_scale * total


def _loss_rows(r: Array, w: Array, loss: int, f_scale: float) -> float:
    if loss == L2:
        return float(0.5 * np.sum(w * r * r))
    if loss == HUBER:
        size = np.abs(r)
        core = np.minimum(size, f_scale)
        return float(np.sum(w * core * (size - 0.5 * core)))
    return float(0.5 * f_scale * f_scale * np.sum(w * np.log1p((r / f_scale) ** 2)))


def _loss_slopes_loops(
    r: Array, w: Array, loss: int, f_scale: float, psi: Array, curvature: Array
) -> None:
    """Fill `psi` with w * rho'(r) and `curvature` with w * rho''(r).

    The curvature is kept at `LEAST_CURVATURE` of the weight rho'(r) / r of iteratively re-weighted
    least squares (`irls`) at least, so that the normal matrix stays positive.
    """
    if loss == 0:
        for i in range(r.shape[0]):
            curvature[i] = w[i]
            psi[i] = w[i] * r[i]
    elif loss == 1:
        for i in range(r.shape[0]):
            size = abs(r[i])
            irls = 1.0 if size <= f_scale else f_scale / size
            psi[i] = w[i] * r[i] * irls
            curvature[i] = w[i] * (1.0 if size <= f_scale else LEAST_CURVATURE * irls)
    else:
        for i in range(r.shape[0]):
            u = r[i] / f_scale
            irls = 1.0 / (1.0 + u * u)
            bent = (1.0 - u * u) * irls
            psi[i] = w[i] * r[i] * irls
            curvature[i] = w[i] * irls * (bent if bent > LEAST_CURVATURE else LEAST_CURVATURE)


def _loss_slopes_rows(
    r: Array, w: Array, loss: int, f_scale: float, psi: Array, curvature: Array
) -> None:
    irls, bent = np.ones_like(r), np.ones_like(r)
    if loss == HUBER:
        inside = np.abs(r) <= f_scale
        irls = np.where(inside, 1.0, f_scale / np.where(inside, 1.0, np.abs(r)))
        bent = np.where(inside, 1.0, LEAST_CURVATURE)
    elif loss == CAUCHY:
        u = r / f_scale
        irls = 1.0 / (1.0 + u * u)
        bent = np.maximum((1.0 - u * u) * irls, LEAST_CURVATURE)
    psi[:] = w * r * irls
    curvature[:] = w * irls * bent


def _normal_loops(g: Array, rows: Ints, work: Workspace) -> None:
    """Fill `h` = J diag(curvature) J^T and `grad` = J psi; J is the rows `rows` of `g`."""
    psi, curvature, h, jac, grad = work.psi, work.curvature, work.h, work.jac, work.grad
    for k in range(rows.shape[0]):
        row, total = rows[k], 0.0
        for i in range(psi.shape[0]):
            jac[k, i] = g[row, i] * curvature[i]
            total += g[row, i] * psi[i]
        grad[k] = total
        m = 0
        while m + 3 <= k:  # four at a time read the weighted row once
            first, second, third, fourth = rows[m], rows[m + 1], rows[m + 2], rows[m + 3]
            one, two, three, four = 0.0, 0.0, 0.0, 0.0
            for i in range(psi.shape[0]):
                one += jac[k, i] * g[first, i]
                two += jac[k, i] * g[second, i]
                three += jac[k, i] * g[third, i]
                four += jac[k, i] * g[fourth, i]
            h[k, m], h[k, m + 1], h[k, m + 2], h[k, m + 3] = one, two, three, four
            m += 4
        while m <= k:
            other, total = rows[m], 0.0
            for i in range(psi.shape[0]):
                total += jac[k, i] * g[other, i]
            h[k, m] = total
            m += 1
        for m in range(k):
            h[m, k] = h[k, m]


def _normal_matmul(g: Array, rows: Ints, work: Workspace) -> None:
    jac = g[rows]
    work.jac[:] = jac * work.curvature
    work.grad[:] = jac @ work.psi
    work.h[:] = work.jac @ jac.T


def _fill_loops(v: Array, first: int, c: Array) -> None:
    """Write constants into their rows."""
    for k in range(c.shape[0]):
        for i in range(v.shape[1]):
            v[first + k, i] = c[k]


def _fill_rows(v: Array, first: int, c: Array) -> None:
    v[first : first + len(c)] = c[:, None]


def _seed_loops(out: Array, log_rows: bool, seed: Array) -> None:
    """Fill `seed` with the derivative of the residual by the law."""
    for i in range(out.shape[0]):
        seed[i] = 1.0 / out[i] if log_rows else 1.0


def _seed_rows(out: Array, log_rows: bool, seed: Array) -> None:
    seed[:] = 1.0 / out if log_rows else 1.0


if COMPILED:
    fill, seed_sweep = jit(_fill_loops), jit(_seed_loops)
    residual, loss_of, loss_slopes = (
        jit(_residual_loops),
        jit(_loss_loops),
        jit(_loss_slopes_loops),
    )
    normal = jit(_normal_loops)
else:
    fill, seed_sweep = _fill_rows, _seed_rows
    residual, loss_of, loss_slopes = _residual_rows, _loss_rows, _loss_slopes_rows
    normal = _normal_matmul


@jit
def cost_at(
    law: CompiledLaw, data: Data, objective: Objective, work: Workspace, c: Array
) -> float:
    """Cost at constants `c`, not finite where the law is not; leaves values and residuals."""
    first = data.columns.shape[0]
    base = first + c.shape[0] + law.literals.shape[0]
    fill(work.v, first, c)
    forward(law.steps, base, work.v)
    residual(work.v[base + law.steps.shape[0] - 1], data.y, law.log_rows, work.r)
    total = loss_of(work.r, data.w, objective.loss, objective.f_scale)
    for k in range(c.shape[0]):
        total += 0.5 * objective.prior_weight[k] * (c[k] - objective.prior_mean[k]) ** 2
    return total


@jit
def normal_at(
    law: CompiledLaw, data: Data, objective: Objective, work: Workspace, c: Array
) -> bool:
    """Fill normal matrix and gradient where `cost_at` was last taken; False if not finite."""
    seed_sweep(work.v[work.v.shape[0] - 1], law.log_rows, work.g[0])
    backward(law.back, work.v, work.g)
    loss_slopes(work.r, data.w, objective.loss, objective.f_scale, work.psi, work.curvature)
    normal(work.g, law.rows, work)
    finite = True
    for k in range(c.shape[0]):
        work.h[k, k] += objective.prior_weight[k]
        work.grad[k] += objective.prior_weight[k] * (c[k] - objective.prior_mean[k])
        finite = finite and math.isfinite(work.grad[k]) and math.isfinite(work.h[k, k])
    return finite
