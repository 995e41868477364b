"""Robust losses of single residuals, in numpy alone: without the compiler, which fits need."""

from __future__ import annotations

import numpy as np

from evolve.typing import Array

L2, HUBER, CAUCHY = 0, 1, 2
LEAST_CURVATURE = 0.3  # of a robust loss, over its irls weight


def losses_each(r: Array, w: Array, loss: int, bend: Array) -> Array:
    """`(n,)` w * rho(r) of each row.

    Args:
        r: `(n,)` residuals.
        w: `(n,)` what each counts.
        loss: One of the numbers above.
        bend: `(n,)` residuals at which a robust loss bends.
    """
    if loss == L2:
        return np.asarray(0.5 * w * r * r)
    if loss == HUBER:
        size = np.abs(r)
        core = np.minimum(size, bend)
        return np.asarray(w * core * (size - 0.5 * core))
    return np.asarray(0.5 * bend * bend * w * np.log1p((r / bend) ** 2))


def weights_each(r: Array, loss: int, bend: Array) -> tuple[Array, Array]:
    """`(n,)` weights rho'(r) / r and `(n,)` rho''(r) over them, as normal matrices hold it.

    Arguments as `losses_each`. The second is kept at `LEAST_CURVATURE` at least, so that the
    normal matrix stays positive.
    """
    irls, bent = np.ones_like(r), np.ones_like(r)
    if loss == HUBER:
        inside = np.abs(r) <= bend
        irls = np.where(inside, 1.0, bend / np.where(inside, 1.0, np.abs(r)))
        bent = np.where(inside, 1.0, LEAST_CURVATURE)
    elif loss == CAUCHY:
        u = r / bend
        irls = 1.0 / (1.0 + u * u)
        bent = np.maximum((1.0 - u * u) * irls, LEAST_CURVATURE)
    return irls, bent
