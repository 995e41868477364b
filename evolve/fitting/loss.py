"""Losses of residuals, summed and differentiated, over the rows of one problem or of lanes."""

from __future__ import annotations

from evolve.fitting import elementary
from evolve.fitting.compiled import COMPILED, jit
from evolve.fitting.lanes import sum_values
from evolve.fitting.parts import part
from evolve.fitting.robust import LEAST_CURVATURE, losses_each, weights_each
from evolve.typing import Array


def losses_loops(r: Array, w: Array, loss: int, bend: Array, room: Array, totals: Array) -> None:
    """Fill `totals`, one a lane, with the sums of w * rho(r); `room` is as long as `r`."""
    if totals.shape[0] > 1:
        _weighted_losses(r, w, bend, loss, room)
        sum_values(room, totals)
    elif loss == 0:
        totals[0] = _sum_of_squares(r, w)
    else:
        totals[0] = _sum_of_robust(r, w, loss, bend[0])


@jit
def _sum_of_squares(r: Array, w: Array) -> float:
    total = 0.0
    for i in range(r.shape[0]):
        total += w[i] * r[i] * r[i]
    return 0.5 * total


@jit
def _sum_of_robust(r: Array, w: Array, loss: int, f_scale: float) -> float:
    total = 0.0
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


@jit
def _weighted_losses(r: Array, w: Array, bend: Array, loss: int, out: Array) -> None:
    """Fill `out` with w * rho(r) of each row."""
    if loss == 0:
        for i in range(r.shape[0]):
            out[i] = 0.5 * w[i] * r[i] * r[i]
    elif loss == 1:
        for i in range(r.shape[0]):
            size = abs(r[i])
            core = size if size < bend[i] else bend[i]
            out[i] = w[i] * core * (size - 0.5 * core)
    else:
        for i in range(r.shape[0]):
            u = r[i] / bend[i]
            out[i] = 0.5 * w[i] * bend[i] * bend[i] * elementary.log1p(u * u)


def losses_rows(r: Array, w: Array, loss: int, bend: Array, room: Array, totals: Array) -> None:
    """`losses_loops` on whole numpy rows."""
    del room
    totals[:] = losses_each(r, w, loss, bend).reshape(-1, len(totals)).sum(axis=0)


def _slopes_loops(
    r: Array, w: Array, loss: int, bend: Array, psi: Array, curvature: Array
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
            irls = 1.0 if size <= bend[i] else bend[i] / size
            psi[i] = w[i] * r[i] * irls
            curvature[i] = w[i] * (1.0 if size <= bend[i] else LEAST_CURVATURE * irls)
    else:
        for i in range(r.shape[0]):
            u = r[i] / bend[i]
            irls = 1.0 / (1.0 + u * u)
            bent = (1.0 - u * u) * irls
            psi[i] = w[i] * r[i] * irls
            curvature[i] = w[i] * irls * (bent if bent > LEAST_CURVATURE else LEAST_CURVATURE)


def _slopes_rows(r: Array, w: Array, loss: int, bend: Array, psi: Array, curvature: Array) -> None:
    irls, bent = weights_each(r, loss, bend)
    psi[:] = w * r * irls
    curvature[:] = w * irls * bent


losses, losses_at = part(
    "void(float64[::1], float64[::1], int64, float64[::1], float64[::1], float64[::1])",
    losses_loops if COMPILED else losses_rows,
)
slopes = jit(_slopes_loops) if COMPILED else _slopes_rows
