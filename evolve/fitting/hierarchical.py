"""Hierarchical fits: priors on constants learnt across groups, and fits under them.

Empirical Bayes: the constants of a group are drawn from a normal distribution with one mean and
one spread a constant, both learnt from all groups of the fold by expectation-maximisation
(Dempster, Laird & Rubin 1977; Morris 1983), with Laplace's approximation in the E step. Constants
that all groups have in common get a prior without spread; its centre takes Newton steps on the
sum of the groups' costs, their other constants profiled out (Golub & Pereyra 1973).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from evolve.fitting.batch import MAX_STEPS, POLISH_STEPS, BatchFitter
from evolve.fitting.multistart import EndPoints, StepLimits
from evolve.fitting.pools import (
    Flags,
    Pools,
    are_settled,
    curvatures_in_common,
    first_pools,
    inverse_diagonals,
    next_pools,
    normals_in_common,
    stacks_of,
)
from evolve.fitting.result import Fit, PerFit, Prior, Problem
from evolve.fitting.tape import NONLINEAR, SLOPE
from evolve.law.graph import Law
from evolve.law.recipe import Recipe
from evolve.scoring.in_common import noise_of_each
from evolve.scoring.objective import POOLED_GROUPS
from evolve.typing import Array, Ints

ROUNDS = 6
FIRST_STARTS = 4


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
    stacks, limits = stacks_of(members), StepLimits(MAX_STEPS, POLISH_STEPS)
    with np.errstate(all="ignore"):  # groups whose constants overflow, or have no curvature
        priors = _learn(fitter, stacks, recipe)
        solution = fitter.solve(priors, fitter.box, limits)
        fits = freed(fitter, stacks, fitter.results(solution, fitter.box, priors))
    tied = tied_constants(fitter, recipe)
    if not tied.any():
        return fits
    told = PerFit(lambda: _noises(fitter, stacks, fits))
    noises = PerFit(lambda: told.all[:, :2])
    shares = PerFit(lambda: told.all[:, 2])
    normals = PerFit(lambda: _normals(fitter, stacks, solution.ends, priors, tied, shares.all))
    found, common = list(fits), tuple(np.flatnonzero(tied).tolist())
    for rows in stacks:
        for q in rows.ravel().tolist():
            found[q] = replace(fits[q], normals=normals, noises=noises, common=common)
    return found


def _noises(fitter: BatchFitter, stacks: Sequence[Ints], fits: Sequence[Fit]) -> Array:
    """`(q, 3)` variances by which errors go, those given, and the first over their pools'."""
    variance = np.array([fit.noise for fit in fits])
    given = np.array([fit.variance_given for fit in fits])
    left, share = fitter.counts - np.array([fit.n_free for fit in fits]), np.ones(len(fits))
    with np.errstate(all="ignore"):
        for rows in stacks:
            variance[rows], of_pool = noise_of_each(variance[rows], left[rows])
            share[rows] = np.where(of_pool > 0, variance[rows] / of_pool, 1.0)
    return np.stack([variance, given, share], axis=1)


def _normals(
    fitter: BatchFitter,
    stacks: Sequence[Ints],
    ends: EndPoints,
    priors: Sequence[Prior | None],
    tied: Flags,
    shares: Array,
) -> Array:
    """`(q, p, p)` normal matrices of fits in which the problems of a pool share constants."""
    none = np.zeros(fitter.tape.n_constants)
    stiffness = np.array([none if prior is None else prior.weight for prior in priors])
    with np.errstate(all="ignore"):
        joint = normals_in_common(ends.normal[:, 0], stiffness, tied, stacks, shares)
    return fitter.normals_outside(ends.constants[:, 0], joint)


def freed(fitter: BatchFitter, stacks: Sequence[Ints], fits: Sequence[Fit]) -> list[Fit]:
    """Fits under learnt priors, with as many free constants as their own rows decide.

    Where a constant has the precision h, of which the prior gives w, the rows decide the share
    1 - w / h of it (effective number of parameters, Moody 1992). The rest the problems of a pool
    have in common, as one constant, of which each has its part.

    Args:
        fitter: Of all problems.
        stacks: As `stacks_of` gives them.
        fits: Of all problems.
    """
    found, p, times = list(fits), fitter.tape.n_constants, np.ones((len(fits), 2))
    noises = PerFit(lambda: np.array([fit.noises[fit.number] for fit in fits]) * times)
    for rows in stacks:
        numbers = rows.ravel().tolist()
        inverse = inverse_diagonals(np.array([fits[q].normal for q in numbers]))
        weights = np.array([_precision(fits[q]) for q in numbers])
        shared = np.clip(inverse * weights, 0.0, 1.0).reshape(*rows.shape, p)
        common = shared.mean(axis=1).sum(axis=1) / rows.shape[1]
        own = (1.0 - shared).sum(axis=2) + common[:, None]
        for q, n_free in zip(numbers, own.ravel().tolist(), strict=True):
            n = int(fitter.counts[q])
            times[q, 0] = max(n - p, 1) / max(n - n_free, 1.0)
            found[q] = replace(fits[q], n_free=n_free, noises=noises)
    return found


def _precision(fit: Fit) -> Array:
    assert fit.prior is not None, "what is pooled has a prior"
    return fit.prior.weight


def tied_constants(fitter: BatchFitter, recipe: Recipe) -> Flags:
    """`(p,)` mask of the constants that all groups have in common."""
    tape = fitter.tape
    if recipe.tied == "slopes":
        return np.asarray((tape.role[:, 0] == SLOPE) & (tape.kind == NONLINEAR))
    return np.asarray((tape.kind == NONLINEAR) & (recipe.tied == "shape"))


def _learn(fitter: BatchFitter, stacks: Sequence[Ints], recipe: Recipe) -> list[Prior | None]:
    """Learn the prior of each problem in a few rounds of expectation maximisation."""
    nothing: list[Prior | None] = [None] * len(fitter.counts)
    limits = StepLimits(MAX_STEPS, 0)
    ends = fitter.solve(
        nothing, fitter.box, limits, n_starts=min(recipe.n_starts, FIRST_STARTS)
    ).ends
    tied = tied_constants(fitter, recipe)
    inverse = inverse_diagonals(ends.normal[:, 0])
    pools = [first_pools(fitter, ends, rows, recipe.shrinkage, tied, inverse) for rows in stacks]
    best = pools
    for _ in range(ROUNDS):
        ends = fitter.solve(
            _priors(nothing, pools), fitter.box, limits, begin=ends.constants, n_starts=0
        ).ends
        inverse = inverse_diagonals(ends.normal[:, 0])
        stiffness = _stiffness(pools, ends.constants[:, 0])
        curvatures = curvatures_in_common(ends.normal[:, 0], stiffness, tied)
        before = pools
        pools = [next_pools(fitter, ends, each, inverse, curvatures) for each in before]
        tried = [replace(b, cost=p.cost) for b, p in zip(before, pools, strict=True)]
        best = [b.or_better(t) for t, b in zip(tried, best, strict=True)]
        if all(are_settled(old, new) for old, new in zip(before, pools, strict=True)):
            break
    return _priors(nothing, best if tied.any() else pools)


def _stiffness(pools: Sequence[Pools], like: Array) -> Array:
    """Stiffness of the constants of each problem, `(q, p)` as `like` is; 0 without a pool."""
    stiffness = np.zeros_like(like)
    for stack in pools:
        stiffness[stack.rows] = stack.stiffness[:, None]
    return stiffness


def _priors(nothing: Sequence[Prior | None], pools: Sequence[Pools]) -> list[Prior | None]:
    """The prior of each problem: that of its pool, if it has one."""
    priors = list(nothing)
    for stack in pools:
        rows = zip(stack.rows.tolist(), stack.mean, stack.weight, strict=True)
        for numbers, mean, weight in rows:
            prior = Prior(mean, weight)
            for i in numbers:
                priors[i] = prior
    return priors
