"""What is learnt of constants over the groups of a pool: centres, spreads, noise.

The steps of expectation-maximisation that `hierarchical` repeats. Pools of one size are laid
together, as a call for all of them takes little longer than a call for one; what is learnt of one
does not depend on the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from evolve.fitting.batch import BatchFitter
from evolve.fitting.multistart import EndPoints
from evolve.fitting.result import Prior
from evolve.scoring.combine import TO_DEVIATION
from evolve.typing import Array, Ints

FLOOR = 1e-2
SETTLED = 0.02
STIFF = 1e6
LONGEST = 1.0
SINGULAR = 1e-15  # of the largest eigenvalue, below which one is 0

Flags = npt.NDArray[np.bool_]


def stacks_of(members: Sequence[Ints]) -> list[Ints]:
    """Pools of one size together: `(k, m)` numbers of the `m` problems of each of `k` pools.

    Args:
        members: Numbers of the problems of each pool.
    """
    sizes = sorted({len(rows) for rows in members})
    return [np.array([rows for rows in members if len(rows) == size]) for size in sizes]


@dataclass(frozen=True, slots=True)
class Pools:
    """Estimates of the constants' distribution over the groups of each of `k` pools.

    Attributes:
        rows: `(k, m)` numbers of their problems.
        mean: `(k, p)` centres of the constants.
        variance: `(k, p)` their spread, squared.
        noise: `(k,)` variances of the residuals.
        strength: Factor of the learnt precision.
        tied: `(p,)` mask of the constants that the groups of a pool have in common.
        stiffness: `(k, p)` precision of these, in units of the cost; 0 for others.
        cost: `(k,)` sum of the groups' costs where the centre was last tried.
    """

    rows: Ints
    mean: Array
    variance: Array
    noise: Array
    strength: float
    tied: Flags
    stiffness: Array
    cost: Array

    @property
    def weight(self) -> Array:
        """`(k, p)` precisions of the priors in units of the cost."""
        learnt = self.strength * self.noise[:, None] / self.variance
        return np.where(self.tied, self.stiffness, learnt)

    def or_better(self, other: Pools) -> Pools:
        """Of each pool these estimates, or others where their cost is lower."""
        where = other.cost < self.cost
        return replace(
            self,
            mean=np.where(where[:, None], other.mean, self.mean),
            variance=np.where(where[:, None], other.variance, self.variance),
            noise=np.where(where, other.noise, self.noise),
            cost=np.where(where, other.cost, self.cost),
        )


def first_pools(
    fitter: BatchFitter,
    ends: EndPoints,
    rows: Ints,
    strength: float,
    tied: Flags,
    inverse: Array,
) -> Pools:
    """Median and squared median deviation of the constants of single fits."""
    constants = ends.constants[rows, 0]
    centre = np.median(constants, axis=1)
    spread = TO_DEVIATION * np.median(np.abs(constants - centre[:, None]), axis=1)
    none = np.zeros_like(centre)
    noise = _noise(fitter, ends, rows, Prior(none, none), inverse)
    curvature = np.median(np.diagonal(ends.normal[rows, 0], axis1=2, axis2=3), axis=1)
    stiffness = np.where(tied, STIFF * np.maximum(curvature, 1e-12), 0.0)
    cost = np.full(len(rows), np.inf)
    variance = _floored(spread**2, centre)
    return Pools(rows, centre, variance, noise, strength, tied, stiffness, cost)


def next_pools(
    fitter: BatchFitter, ends: EndPoints, pools: Pools, inverse: Array, curvatures: Array
) -> Pools:
    """The M step: mean and variance of the groups' constants, and the noise.

    Constants in common take a Newton step instead.

    Args:
        fitter: Of all problems.
        ends: Where they are.
        pools: The pools as they were.
        inverse: As `inverse_diagonals` says.
        curvatures: As `curvatures_in_common` says.
    """
    rows, tied = pools.rows, pools.tied
    constants = ends.constants[rows, 0]
    within = pools.noise[:, None, None] * inverse[rows]
    mean = constants.mean(axis=1)
    squares = (constants - mean[:, None]) ** 2
    variance = _floored((squares + within).mean(axis=1), mean)
    if tied.any():
        mean[:, tied] = _newton(ends, pools, curvatures[rows])
    noise = _noise(fitter, ends, rows, Prior(pools.mean, pools.weight), inverse)
    cost = ends.costs[rows, 0].sum(axis=1)
    return replace(pools, mean=mean, variance=variance, noise=noise, cost=cost)


def curvatures_in_common(normal: Array, stiffness: Array, tied: Flags) -> Array:
    """`(q, n_tied, n_tied)` curvatures of the problems' own costs by the constants in common.

    The other constants are profiled out: this is the Schur complement of a normal matrix without
    the stiffness of the prior.

    Args:
        normal: `(q, p, p)` normal matrices, stiffness included.
        stiffness: `(q, p)` of the constants in common; of others it is not looked at.
        tied: `(p,)` mask of the constants in common.
    """
    one, other = np.flatnonzero(tied), np.flatnonzero(~tied)
    if not len(one):
        return np.zeros((len(normal), 0, 0))
    h = _unstiffened(normal, stiffness, one)
    cross = h[:, one[:, None], other]
    inner = np.linalg.pinv(h[:, other[:, None], other], hermitian=True)
    return np.asarray(h[:, one[:, None], one] - cross @ inner @ cross.transpose(0, 2, 1))


def normals_in_common(
    normal: Array, stiffness: Array, tied: Flags, stacks: Sequence[Ints], noise: Array
) -> Array:
    """`(q, p, p)` normal matrices of pooled problems that hold what all rows of a pool say.

    The constants in common are as uncertain as all of a pool's problems leave them, their other
    constants profiled out, in place of being held by the stiffness of the prior. So the inverse is
    the problem's own block of the inverse of the normal matrix of the whole pool.

    Args:
        normal: As for `curvatures_in_common`, of problems in frames of one unit a pool.
        stiffness: As there.
        tied: As there.
        stacks: As `stacks_of` gives them.
        noise: `(q,)` residual variance of each problem over that of its pool: the constants in
            common are to have one error, and the inverse is multiplied by the problem's own.
    """
    one = np.flatnonzero(tied)
    own, joint = curvatures_in_common(normal, stiffness, tied), normal.copy()
    block = one[:, None], one
    joint[:, *block] = _unstiffened(normal, stiffness, one)[:, *block] - own
    for rows in stacks:
        joint[rows[..., None, None], *block] += noise[rows][..., None, None] * own[rows].sum(
            axis=1, keepdims=True
        )
    return joint


def _unstiffened(normal: Array, stiffness: Array, one: Ints) -> Array:
    """Normal matrices without what a prior adds to some constants."""
    h = normal.copy()
    h[:, one, one] -= stiffness[:, one]
    return h


def _newton(ends: EndPoints, pools: Pools, curvatures: Array) -> Array:
    """`(k, n_tied)` centres of the constants in common after one step down the summed costs.

    A stiff prior holds the constants c of a group so close to its centre m that the gradient of
    the group's own cost is -w (c - m); its curvature is in `curvatures`, `(k, m, n_tied, n_tied)`.
    """
    tied = np.flatnonzero(pools.tied)
    centre = pools.mean[:, tied]
    gaps = ends.constants[pools.rows, 0][:, :, tied] - centre[:, None]
    gradient = (pools.stiffness[:, None, tied] * gaps).sum(axis=1)
    total = curvatures.sum(axis=1)
    trace = np.trace(total, axis1=1, axis2=2)
    ridge = 1e-9 * np.eye(len(tied)) * np.maximum(trace, 1e-300)[:, None, None]
    inverse, vectors = _inverse_eigen(total + ridge)
    along = inverse * np.einsum("kij,ki->kj", vectors, gradient)
    step = np.einsum("kij,kj->ki", vectors, along)
    most = LONGEST * (0.1 + np.abs(centre))
    return np.asarray(centre + np.clip(step, -most, most))


def are_settled(old: Pools, new: Pools) -> bool:
    """Whether a round moved neither centre nor spread by more than `SETTLED` of the spread."""
    spread = np.sqrt(new.variance)
    moved = np.abs(new.mean - old.mean) + np.abs(spread - np.sqrt(old.variance))
    within = np.where(new.tied, 1e-6 * (1.0 + np.abs(new.mean)), SETTLED * spread)
    return bool(np.all(np.where(new.tied, np.abs(new.mean - old.mean), moved) <= within))


def inverse_diagonals(matrices: Array) -> Array:
    """`(k, p)` diagonals of the pseudo-inverses of symmetric matrices `(k, p, p)`."""
    inverse, vectors = _inverse_eigen(matrices)
    return np.asarray((vectors**2 * inverse[:, None]).sum(axis=2))


def _inverse_eigen(matrices: Array) -> tuple[Array, Array]:
    """`(k, p)` eigenvalues of pseudo-inverses of symmetric matrices, and their eigenvectors."""
    values, vectors = np.linalg.eigh(matrices)
    size = np.abs(values)
    told = size > SINGULAR * size.max(axis=1, keepdims=True)
    return np.where(told, 1.0 / np.where(told, values, 1.0), 0.0), vectors


def _floored(variance: Array, mean: Array) -> Array:
    """Variances, no smaller than the square of a hundredth of the mean's size."""
    return np.maximum(variance, (FLOOR * (np.abs(mean) + FLOOR)) ** 2)


def _noise(
    fitter: BatchFitter, ends: EndPoints, rows: Ints, prior: Prior, inverse: Array
) -> Array:
    """`(k,)` residual variances of pools, with the constants that a prior fixes not counted.

    Args:
        fitter: Of all problems.
        ends: Where they are.
        rows: `(k, m)` numbers of each pool's problems.
        prior: `(k, p)` centres and precisions.
        inverse: As `inverse_diagonals` says.
    """
    k, weight = len(rows), prior.weight[:, None]
    gaps = ends.constants[rows, 0] - prior.mean[:, None]
    own = (weight * gaps**2).reshape(k, -1).sum(axis=1)
    total = 2.0 * ends.costs[rows, 0].sum(axis=1) - own
    told = 1.0 - np.clip(inverse[rows] * weight, 0.0, 1.0)
    free = fitter.counts[rows].sum(axis=1) - told.reshape(k, -1).sum(axis=1)
    return np.asarray(np.maximum(total, 1e-300) / np.maximum(free, 1.0))
