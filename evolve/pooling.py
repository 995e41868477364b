"""Turns the fits of many small groups into priors on their constants, and refits under them.

Empirical Bayes: the constants of a group are drawn from a normal distribution with one mean and
one spread a constant, both learnt from all groups of the fold by expectation-maximisation
(Dempster, Laird & Rubin 1977; Morris 1983), with Laplace's approximation in the E step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evolve.fitting import MAX_STEPS, Batch, Fit, Prior, Problem
from evolve.law.graph import Array, Law
from evolve.law.multistart import Ends, Patience
from evolve.law.primitives import Ints
from evolve.law.recipe import Recipe

ROUNDS = 6
LEAST_GROUPS = 3
FLOOR = 1e-2
FIRST_STARTS = 4
SETTLED = 0.02


def fit_pooled(
    law: Law, problems: Sequence[Problem], recipe: Recipe, *, axes: Sequence[int] = ()
) -> list[Fit]:
    """Fit problems under priors learnt from all problems with the same `pool` label.

    Args:
        law: The law.
        problems: Rows to fit.
        recipe: How to fit; its `pool` multiplies the learnt precision, 0 learns nothing.
        axes: Features along which `far` weighs rows.

    Returns:
        One fit a problem, in order; each carries its prior, so that a program can state it.
        Labels with fewer than three problems are fitted without a learnt prior.
    """
    batch = Batch(law, problems, recipe, axes)
    labels = np.array([p.pool for p in problems])
    pools = [np.flatnonzero(labels == q) for q in np.unique(labels)]
    pools = [rows for rows in pools if len(rows) >= LEAST_GROUPS]
    if recipe.pool == 0.0 or not pools:
        return batch.fit([None] * len(problems))
    return batch.fit(_learn(batch, pools, recipe))


@dataclass(frozen=True, slots=True)
class Pool:
    """What is known of the groups of one pool.

    Attributes:
        rows: Numbers of its problems.
        mean: `(p,)` centre of the constants.
        variance: `(p,)` their spread, squared.
        noise: Variance of the residuals.
    """

    rows: Ints
    mean: Array
    variance: Array
    noise: float

    def prior(self, strength: float) -> Prior:
        """The prior in units of the cost."""
        return Prior(self.mean, strength * self.noise / self.variance)


def _learn(batch: Batch, pools: Sequence[Ints], recipe: Recipe) -> list[Prior | None]:
    """The prior of each problem, after expectation-maximisation."""
    nothing: list[Prior | None] = [None] * len(batch.counts)
    box = batch.box
    first = batch.answer(
        nothing, box, Patience(MAX_STEPS, 0), n_starts=min(recipe.starts, FIRST_STARTS)
    )
    known = [_first(batch, first.ends, rows) for rows in pools]
    ends = first.ends
    for _ in range(ROUNDS):
        priors = _priors(nothing, known, recipe.pool)
        ends = batch.answer(
            priors, box, Patience(MAX_STEPS, 0), begin=ends.constants, n_starts=0
        ).ends
        before, known = known, [_maximise(batch, ends, pool, recipe.pool) for pool in known]
        if all(_settled(old, new) for old, new in zip(before, known, strict=True)):
            break
    return _priors(nothing, known, recipe.pool)


def _priors(
    nothing: Sequence[Prior | None], known: Sequence[Pool], strength: float
) -> list[Prior | None]:
    """The prior of each problem: that of its pool, if it has one."""
    priors = list(nothing)
    for pool in known:
        prior = pool.prior(strength)
        for i in pool.rows:
            priors[i] = prior
    return priors


def _first(batch: Batch, ends: Ends, rows: Ints) -> Pool:
    """Median and squared median deviation of the constants of single fits."""
    constants = ends.constants[rows, 0]
    centre = np.median(constants, axis=0)
    spread = 1.4826 * np.median(np.abs(constants - centre), axis=0)
    none = np.zeros_like(centre)
    noise = _noise(batch, ends, rows, Prior(none, none))
    return Pool(rows, centre, _floored(spread**2, centre), noise)


def _maximise(batch: Batch, ends: Ends, pool: Pool, strength: float) -> Pool:
    """The M step: mean and variance of the groups' constants, and the noise."""
    constants = ends.constants[pool.rows, 0]
    within = pool.noise * _diagonals(ends, pool.rows)
    mean = constants.mean(axis=0)
    variance = _floored(((constants - mean) ** 2 + within).mean(axis=0), mean)
    return Pool(pool.rows, mean, variance, _noise(batch, ends, pool.rows, pool.prior(strength)))


def _settled(old: Pool, new: Pool) -> bool:
    """Whether a round moved neither centre nor spread by more than `SETTLED` of the spread."""
    spread = np.sqrt(new.variance)
    moved = np.abs(new.mean - old.mean) + np.abs(spread - np.sqrt(old.variance))
    return bool(np.all(moved <= SETTLED * spread))


def _diagonals(ends: Ends, rows: Ints) -> Array:
    """`(m, p)` diagonals of the inverse normal matrices of some problems."""
    with np.errstate(all="ignore"):  # matrices of rank 0
        inverse = np.linalg.pinv(ends.normal[rows, 0], hermitian=True)
    return np.asarray(np.diagonal(inverse, axis1=1, axis2=2))


def _floored(variance: Array, mean: Array) -> Array:
    """Variances kept above a hundredth of the mean's size, squared."""
    return np.maximum(variance, (FLOOR * (np.abs(mean) + FLOOR)) ** 2)


def _noise(batch: Batch, ends: Ends, rows: Ints, prior: Prior) -> float:
    """Residual variance of one pool, with the constants that the prior fixes not counted."""
    gaps = ends.constants[rows, 0] - prior.mean
    total = 2.0 * float(ends.costs[rows, 0].sum()) - float(np.sum(prior.weight * gaps**2))
    with np.errstate(invalid="ignore"):
        shrunk = np.clip(_diagonals(ends, rows) * prior.weight, 0.0, 1.0)
    free = float(batch.counts[rows].sum() - np.sum(1.0 - shrunk))
    return float(max(total, 1e-300) / max(free, 1.0))
