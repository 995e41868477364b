"""Robust losses of single residuals, in numpy alone: without the compiler, which fits need.

Errors of constants of a robust fit go by the variance of the slopes of its losses over the square
of their mean curvature (Huber 1973): a row far off counts in them as much as in the fit. How many
rows lie within a narrow bend is chance, and a fit passes through some; what the loss is expected
to curve by is told by a normal distribution as wide as the residuals, less the share far off it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from evolve.scoring.combine import TO_DEVIATION
from evolve.typing import Array, Ints

L2, HUBER, CAUCHY = 0, 1, 2
LEAST_CURVATURE = 0.3  # of a robust loss, over its irls weight
FAR_OFF = 3.0  # deviations from which on a row is none of the normal distribution


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


class Counted(NamedTuple):
    """What rows count in the errors of a fit.

    Attributes:
        roots: `(n,)` roots of what each counts in the normal matrix.
        residuals: `(n,)` weighed so that their products with slopes, weighed by these roots, are
            what rows say of the constants, for errors by that matrix.
        squares: `(n,)` whose sum over the rows that are free is the variance for these errors.
        given: What turns a variance that the user gave into the one for these errors.
    """

    roots: Array
    residuals: Array
    squares: Array
    given: float


def counted(
    r: Array, w: Array, loss: int, bend: float, n_constants: int, given: float = 0.0
) -> Counted:
    """What rows of one fit count in its errors.

    Args:
        r: `(n,)` residuals.
        w: `(n,)` what each counts.
        loss: Of the fit.
        bend: Residual at which a robust loss bends.
        n_constants: That were fitted.
        given: Variance of a residual of weight 1, as the user gave it; 0 where nobody did.
    """
    if loss == L2:
        return Counted(np.sqrt(w), r * np.sqrt(w), w * r * r, 1.0)
    irls, curved = weights_each(r, loss, np.full_like(r, bend))
    sizes, bends, total = np.abs(r) * np.sqrt(w), bend * np.sqrt(w), w.sum()
    in_matrix = (w * irls * curved).sum() / total
    # A fit passes through as many rows as it has constants: they say nothing of the noise.
    deviation = TO_DEVIATION * float(np.median(np.sort(sizes)[min(n_constants, len(r) - 1) :]))
    near = np.mean(sizes <= np.maximum(FAR_OFF * deviation, bends))
    # Numpy's numbers: of residuals that are none it is 0, and what is told infinite or none.
    curvature = near * (w * _expected(loss, bends, deviation)[0]).sum() / total
    times_given = 1.0
    if given > 0.0:
        curvatures, squares = _expected(loss, bends, np.sqrt(given))
        spread = (w * squares).sum() / total  # of slopes w rho', of variances given / w
        times_given = in_matrix * spread / ((w * curvatures).sum() / total) ** 2
    over = in_matrix / curvature
    return Counted(
        roots=np.sqrt(w * irls * curved),
        residuals=over * r * np.sqrt(w * irls / curved),
        squares=over / curvature * w * (w / w.mean()) * (irls * r) ** 2,
        given=times_given,
    )


def counted_each(
    r: Array, w: Array, offsets: Ints, loss: int, bends: Array, n_constants: int, given: Array
) -> tuple[Array, Array]:
    """`(q,)` sums of the squares of fits whose rows follow each other, and variances given.

    Args:
        r: `(n,)` residuals of all fits.
        w: `(n,)` what each counts.
        offsets: `(q + 1,)` where the rows of each begin.
        loss: Of the fits.
        bends: `(q,)` residuals at which it bends.
        n_constants: Of each fit.
        given: `(q,)` as of `counted`.
    """
    rows = zip(*(np.split(each, offsets[1:-1]) for each in (r, w)), strict=True)
    told = [
        counted(left, weights, loss, bend, n_constants, known)
        for (left, weights), bend, known in zip(rows, bends.tolist(), given.tolist(), strict=True)
    ]
    squares = np.array([each.squares.sum() for each in told])
    return squares, given * [each.given for each in told]


def _expected(loss: int, bends: Array, deviation: float) -> tuple[Array, Array]:
    """`(n,)` mean rho'' of normal residuals, and mean squares of rho' over their variance."""
    known, curvatures, squares = _of_normal_residuals(loss)
    with np.errstate(divide="ignore"):
        at = np.log(bends / deviation) if deviation > 0.0 else np.full_like(bends, np.inf)
    return np.interp(at, known, curvatures), np.interp(at, known, squares)


@lru_cache
def _of_normal_residuals(loss: int) -> tuple[Array, Array, Array]:
    """As `_expected` of residuals of deviation 1, for logarithms of bends."""
    bends = np.geomspace(1e-4, 1e4, 401)
    half = np.concatenate([[0.0], np.geomspace(1e-6, 6.0, 600)])  # as fine as the least bend
    z = np.concatenate([-half[:0:-1], half])
    share = np.exp(-0.5 * z * z) * np.gradient(z)
    share /= share.sum()
    irls = weights_each(np.tile(z, (len(bends), 1)), loss, bends[:, None])[0]
    # The mean derivative of a function of a normal z is its mean product with z (Stein 1981).
    return np.log(bends), (irls * z * z) @ share, (irls * z) ** 2 @ share
