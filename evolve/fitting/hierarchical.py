"""Hierarchical fits: priors on constants learnt across groups, and fits under them.

Empirical Bayes: the constants of a group are drawn from a normal distribution with one mean and
one spread a constant, both learnt from all groups of the fold by expectation-maximisation
(Dempster, Laird & Rubin 1977; Morris 1983), with Laplace's approximation in the E step. Constants
that all groups have in common get a prior without spread; its centre takes Newton steps on the
sum of the groups' costs, their other constants profiled out (Golub & Pereyra 1973).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from evolve.fitting.batch import MAX_STEPS, BatchFitter
from evolve.fitting.multistart import EndPoints, StepLimits
from evolve.fitting.result import Fit, Prior, Problem
from evolve.fitting.tape import NONLINEAR, SLOPE
from evolve.law.graph import Law
from evolve.law.recipe import Recipe
from evolve.scoring.combine import TO_DEVIATION
from evolve.scoring.objective import POOLED_GROUPS
from evolve.typing import Array, Ints

ROUNDS = 6
FLOOR = 1e-2
FIRST_STARTS = 4
SETTLED = 0.02
STIFF = 1e6
LONGEST = 1.0

Flags = npt.NDArray[np.bool_]


def fit_pooled(
    law: Law, problems: Sequence[Problem], recipe: Recipe, *, axes: Sequence[int] = ()
) -> list[Fit]:
    """Fit problems under priors learnt from all problems with the same `pool` label.

    Args:
        law: The law.
        problems: Rows to fit.
        recipe: How to fit; its `shrinkage` multiplies the learnt precision (0 learns none), its
            `tied` says which constants the problems of a label have in common.
        axes: Features along which `scale_weight` weighs rows.

    Returns:
        One fit a problem, in order; each carries its prior, so that a program can state it.
        Labels with fewer than three problems are fitted without a learnt prior.
    """
    fitter = BatchFitter(law, problems, recipe, axes)
    members = [numbers for numbers in fitter.pools if len(numbers) >= POOLED_GROUPS]
    if not members or (recipe.shrinkage == 0.0 and not tied_constants(fitter, recipe).any()):
        return fitter.fit([None] * len(problems))
    with np.errstate(all="ignore"):  # groups whose constants overflow, or have no curvature
        return freed(fitter, members, fitter.fit(_learn(fitter, members, recipe)))


def freed(fitter: BatchFitter, members: Sequence[Ints], fits: Sequence[Fit]) -> list[Fit]:
    """Fits under learnt priors, with as many free constants as their own rows decide.

    Where a constant has the precision h, of which the prior gives w, the rows decide the share
    1 - w / h of it (effective number of parameters, Moody 1992). The rest the problems of a pool
    have in common, as one constant, of which each has its part.

    Args:
        fitter: Of all problems.
        members: Numbers of the problems of each pool.
        fits: Of all problems.
    """
    found = list(fits)
    for rows in members:
        priors = [fits[q].prior for q in rows]
        weights = np.array([prior.weight for prior in priors if prior is not None])
        if len(weights) < len(rows):
            continue
        inverse = np.linalg.pinv(np.array([fits[q].normal for q in rows]), hermitian=True)
        shared = np.clip(np.diagonal(inverse, axis1=1, axis2=2) * weights, 0.0, 1.0)
        own = (1.0 - shared).sum(axis=1) + shared.mean(axis=0).sum() / len(rows)
        for q, n_free in zip(rows.tolist(), own.tolist(), strict=True):
            n, p = int(fitter.counts[q]), len(fits[q].constants)
            variance = fits[q].variance * max(n - p, 1) / max(n - n_free, 1.0)
            found[q] = replace(fits[q], n_free=n_free, variance=variance)
    return found


def tied_constants(fitter: BatchFitter, recipe: Recipe) -> Flags:
    """`(p,)` mask of the constants that all groups have in common."""
    tape = fitter.tape
    if recipe.tied == "slopes":
        return np.asarray((tape.role[:, 0] == SLOPE) & (tape.kind == NONLINEAR))
    return np.asarray((tape.kind == NONLINEAR) & (recipe.tied == "shape"))


@dataclass(frozen=True, slots=True)
class Pool:
    """Estimates of the constants' distribution over the groups of one pool.

    Attributes:
        rows: Numbers of its problems.
        mean: `(p,)` centre of the constants.
        variance: `(p,)` their spread, squared.
        noise: Variance of the residuals.
        strength: Factor of the learnt precision.
        stiffness: `(p,)` precision of constants in common, in units of the cost; 0 for others.
        cost: Sum of the groups' costs where the centre was last tried.
    """

    rows: Ints
    mean: Array
    variance: Array
    noise: float
    strength: float
    stiffness: Array
    cost: float = np.inf

    @property
    def tied(self) -> Flags:
        """`(p,)` mask of the constants that the groups have in common."""
        return np.asarray(self.stiffness > 0.0)

    @property
    def prior(self) -> Prior:
        """The prior in units of the cost."""
        learnt = self.strength * self.noise / self.variance
        return Prior(self.mean, np.where(self.tied, self.stiffness, learnt))


def _learn(fitter: BatchFitter, members: Sequence[Ints], recipe: Recipe) -> list[Prior | None]:
    """Learn the prior of each problem in a few rounds of expectation maximisation."""
    nothing: list[Prior | None] = [None] * len(fitter.counts)
    limits = StepLimits(MAX_STEPS, 0)
    ends = fitter.solve(
        nothing, fitter.box, limits, n_starts=min(recipe.n_starts, FIRST_STARTS)
    ).ends
    tied = tied_constants(fitter, recipe)
    inverse = _inverse_diagonals(ends)
    pools = [_first(fitter, ends, rows, recipe.shrinkage, tied, inverse) for rows in members]
    best = list(pools)
    for _ in range(ROUNDS):
        ends = fitter.solve(
            _priors(nothing, pools), fitter.box, limits, begin=ends.constants, n_starts=0
        ).ends
        inverse, profiled = _inverse_diagonals(ends), _profiled(ends, pools, tied)
        before, pools = pools, [_next(fitter, ends, pool, inverse, profiled) for pool in pools]
        tried = [replace(b, cost=p.cost) for b, p in zip(before, pools, strict=True)]
        best = [t if t.cost < b.cost else b for t, b in zip(tried, best, strict=True)]
        if all(_settled(old, new) for old, new in zip(before, pools, strict=True)):
            break
    return _priors(nothing, best if tied.any() else pools)


def _priors(nothing: Sequence[Prior | None], pools: Sequence[Pool]) -> list[Prior | None]:
    """The prior of each problem: that of its pool, if it has one."""
    priors = list(nothing)
    for pool in pools:
        prior = pool.prior
        for i in pool.rows.tolist():
            priors[i] = prior
    return priors


def _first(
    fitter: BatchFitter,
    ends: EndPoints,
    rows: Ints,
    strength: float,
    tied: Flags,
    inverse: Array,
) -> Pool:
    """Median and squared median deviation of the constants of single fits."""
    constants = ends.constants[rows, 0]
    centre = np.median(constants, axis=0)
    spread = TO_DEVIATION * np.median(np.abs(constants - centre), axis=0)
    none = np.zeros_like(centre)
    noise = _noise(fitter, ends, rows, Prior(none, none), inverse)
    curvature = np.median(np.diagonal(ends.normal[rows, 0], axis1=1, axis2=2), axis=0)
    stiffness = np.where(tied, STIFF * np.maximum(curvature, 1e-12), 0.0)
    return Pool(rows, centre, _floored(spread**2, centre), noise, strength, stiffness)


def _next(
    fitter: BatchFitter, ends: EndPoints, pool: Pool, inverse: Array, profiled: Array
) -> Pool:
    """The M step: mean and variance of the groups' constants, and the noise.

    Constants in common take a Newton step instead.

    Args:
        fitter: Of all problems.
        ends: Where they are.
        pool: The pool as it was.
        inverse: As `_inverse_diagonals` says.
        profiled: As `_profiled` says.
    """
    prior = pool.prior
    constants = ends.constants[pool.rows, 0]
    within = pool.noise * inverse[pool.rows]
    mean = constants.mean(axis=0)
    variance = _floored(((constants - mean) ** 2 + within).mean(axis=0), mean)
    if pool.tied.any():
        mean[pool.tied] = _newton(ends, pool, profiled[pool.rows])
    noise = _noise(fitter, ends, pool.rows, prior, inverse)
    cost = float(ends.costs[pool.rows, 0].sum())
    return replace(pool, mean=mean, variance=variance, noise=noise, cost=cost)


def _profiled(ends: EndPoints, pools: Sequence[Pool], tied: Flags) -> Array:
    """`(q, n_tied, n_tied)` curvatures of the problems' own costs by the constants in common.

    The other constants are profiled out: this is the Schur complement of a normal matrix without
    the stiffness of the prior.
    """
    one, other = np.flatnonzero(tied), np.flatnonzero(~tied)
    h = ends.normal[:, 0].copy()
    if not len(one):
        return np.zeros((len(h), 0, 0))
    for pool in pools:
        h[pool.rows[:, None], one, one] -= pool.stiffness[one]
    cross = h[:, one[:, None], other]
    inner = np.linalg.pinv(h[:, other[:, None], other], hermitian=True)
    return np.asarray(h[:, one[:, None], one] - cross @ inner @ cross.transpose(0, 2, 1))


def _newton(ends: EndPoints, pool: Pool, profiled: Array) -> Array:
    """`(n_tied,)` centres of the constants in common after one step down the summed costs.

    A stiff prior holds the constants c of a group so close to its centre m that the gradient of
    the group's own cost is -w (c - m); its curvature is in `profiled`, `(m, n_tied, n_tied)`.
    """
    tied = np.flatnonzero(pool.tied)
    gaps = ends.constants[pool.rows, 0][:, tied] - pool.mean[tied]
    gradient = (pool.stiffness[tied] * gaps).sum(axis=0)
    total = profiled.sum(axis=0)
    ridge = 1e-9 * np.eye(len(tied)) * max(float(np.trace(total)), 1e-300)
    step = np.linalg.lstsq(total + ridge, gradient, rcond=None)[0]
    most = LONGEST * (0.1 + np.abs(pool.mean[tied]))
    return np.asarray(pool.mean[tied] + np.clip(step, -most, most))


def _settled(old: Pool, new: Pool) -> bool:
    """Whether a round moved neither centre nor spread by more than `SETTLED` of the spread."""
    spread = np.sqrt(new.variance)
    moved = np.abs(new.mean - old.mean) + np.abs(spread - np.sqrt(old.variance))
    within = np.where(new.tied, 1e-6 * (1.0 + np.abs(new.mean)), SETTLED * spread)
    return bool(np.all(np.where(new.tied, np.abs(new.mean - old.mean), moved) <= within))


def _inverse_diagonals(ends: EndPoints) -> Array:
    """`(q, p)` diagonals of the inverse normal matrices of all problems."""
    inverse = np.linalg.pinv(ends.normal[:, 0], hermitian=True)
    return np.asarray(np.diagonal(inverse, axis1=1, axis2=2))


def _floored(variance: Array, mean: Array) -> Array:
    """Variances, no smaller than the square of a hundredth of the mean's size."""
    return np.maximum(variance, (FLOOR * (np.abs(mean) + FLOOR)) ** 2)


def _noise(
    fitter: BatchFitter, ends: EndPoints, rows: Ints, prior: Prior, inverse: Array
) -> float:
    """Residual variance of one pool, with the constants that the prior fixes not counted."""
    gaps = ends.constants[rows, 0] - prior.mean
    total = 2.0 * float(ends.costs[rows, 0].sum()) - float(np.sum(prior.weight * gaps**2))
    shrunk = np.clip(inverse[rows] * prior.weight, 0.0, 1.0)
    free = float(fitter.counts[rows].sum() - np.sum(1.0 - shrunk))
    return float(max(total, 1e-300) / max(free, 1.0))
