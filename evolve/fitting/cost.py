"""Costs of fits at given constants, with gradients and normal matrices, over all rows."""

from __future__ import annotations

import numpy as np

from evolve.fitting import elementary
from evolve.fitting.compiled import COMPILED, inlined, jit, pasted
from evolve.fitting.lanes import spread, sum_products, sum_values
from evolve.fitting.loss import losses, slopes
from evolve.fitting.primitives import backward, forward
from evolve.fitting.workspace import CompiledLaw, Parts, Workspace
from evolve.typing import Array, Ints


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


def _normal_loops(
    g: Array, rows: Ints, psi: Array, curvature: Array, jac: Array, sums: Array
) -> None:
    """Fill `sums` with J diag(curvature) J^T and J psi; J is the rows `rows` of `g`."""
    if sums.shape[2] > 1:
        _normal_lanes(g, rows, psi, curvature, jac, sums)
        return
    for k in range(rows.shape[0]):
        row, total = rows[k], 0.0
        for i in range(psi.shape[0]):
            jac[k, i] = g[row, i] * curvature[i]
            total += g[row, i] * psi[i]
        sums[k, rows.shape[0], 0] = total
        m = 0
        while m + 3 <= k:  # four at a time read the weighted row once
            first, second, third, fourth = rows[m], rows[m + 1], rows[m + 2], rows[m + 3]
            one, two, three, four = 0.0, 0.0, 0.0, 0.0
            for i in range(psi.shape[0]):
                one += jac[k, i] * g[first, i]
                two += jac[k, i] * g[second, i]
                three += jac[k, i] * g[third, i]
                four += jac[k, i] * g[fourth, i]
            sums[k, m, 0], sums[k, m + 1, 0] = one, two
            sums[k, m + 2, 0], sums[k, m + 3, 0] = three, four
            m += 4
        while m <= k:
            other, total = rows[m], 0.0
            for i in range(psi.shape[0]):
                total += jac[k, i] * g[other, i]
            sums[k, m, 0] = total
            m += 1


@inlined
def _normal_lanes(
    g: Array, rows: Ints, psi: Array, curvature: Array, jac: Array, sums: Array
) -> None:
    for k in range(rows.shape[0]):
        row = rows[k]
        for i in range(psi.shape[0]):
            jac[k, i] = g[row, i] * psi[i]
        sum_values(jac[k], sums[k, rows.shape[0]])
        for i in range(psi.shape[0]):
            jac[k, i] = g[row, i] * curvature[i]
        for m in range(k + 1):
            sum_products(jac, k, g, rows[m], sums, k, m)


def _normal_matmul(
    g: Array, rows: Ints, psi: Array, curvature: Array, jac: Array, sums: Array
) -> None:
    p, n_lanes = len(rows), sums.shape[2]
    jac = g[rows].reshape(p, -1, n_lanes).transpose(2, 0, 1)
    psi, curvature = (a.reshape(-1, n_lanes).T[:, :, None] for a in (psi, curvature))
    weighted = jac * curvature.transpose(0, 2, 1)
    sums[:, :p] = (weighted @ jac.transpose(0, 2, 1)).transpose(1, 2, 0)
    sums[:, p] = (jac @ psi)[:, :, 0].T


def _fill_loops(v: Array, first: int, trial: Array) -> None:
    """Write constants into their rows, those of each lane into its values."""
    for k in range(trial.shape[1]):
        if trial.shape[0] == 1:
            for i in range(v.shape[1]):
                v[first + k, i] = trial[0, k]
        else:
            spread(trial, k, v, first + k)


def _fill_rows(v: Array, first: int, trial: Array) -> None:
    n_lanes, p = trial.shape
    v[first : first + p] = np.tile(trial.T, v.shape[1] // n_lanes)


def _seed_loops(out: Array, log_rows: bool, seed: Array) -> None:
    """Fill `seed` with the derivative of the residual by the law."""
    for i in range(out.shape[0]):
        seed[i] = 1.0 / out[i] if log_rows else 1.0


def _seed_rows(out: Array, log_rows: bool, seed: Array) -> None:
    seed[:] = 1.0 / out if log_rows else 1.0


if COMPILED:
    fill, seed_sweep = jit(_fill_loops), jit(_seed_loops)
    residual, normal = jit(_residual_loops), inlined(_normal_loops)
else:
    fill, seed_sweep = _fill_rows, _seed_rows
    residual, normal = _residual_rows, _normal_matmul


@pasted
def costs_at(law: CompiledLaw, n_columns: int, loss: int, work: Workspace, parts: Parts) -> None:
    """Fill `totals` with the costs at the trial constants, without priors.

    They are not finite where the law is not. Values and residuals are left in the workspace.
    """
    base = n_columns + work.trial.shape[1] + law.literals.shape[0]
    fill(work.v, n_columns, work.trial)
    forward(parts.forward, law.steps, base, work.v)
    residual(work.v[work.v.shape[0] - 1], work.y, law.log_rows, work.r)
    losses(parts.losses, work.r, work.w, loss, work.bend, work.psi, work.totals)


@pasted
def normals_at(law: CompiledLaw, loss: int, work: Workspace, parts: Parts) -> None:
    """Fill `sums` where `costs_at` was last taken."""
    seed_sweep(work.v[work.v.shape[0] - 1], law.log_rows, work.g[0])
    backward(parts.backward, law.back, work.v, work.g)
    slopes(work.r, work.w, loss, work.bend, work.psi, work.curvature)
    normal(work.g, law.rows, work.psi, work.curvature, work.jac, work.sums)
