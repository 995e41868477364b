"""Turns the fits of many small groups into priors on their constants, and refits under them.

Empirical Bayes: the constants of a group are drawn from a normal distribution with one mean and
one spread a constant, both learnt from all groups of the fold by expectation-maximisation
(Dempster, Laird & Rubin 1977; Morris 1983), with Laplace's approximation in the E step.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evolve.fitting import Batch, Fit, Prior, Problem
from evolve.law.graph import Array, Law
from evolve.law.primitives import Ints
from evolve.law.recipe import Recipe

ROUNDS = 6
LEAST_GROUPS = 3
FLOOR = 1e-2


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
    fits = batch.fit([None] * len(problems), n_starts=min(recipe.starts, 4))
    moments = [_first_moments(np.array([fits[i].constants for i in rows])) for rows in pools]
    noise = [_noise(batch, fits, rows, None) for rows in pools]
    for _ in range(ROUNDS):
        priors = _priors(len(problems), pools, moments, noise, recipe.pool)
        begin = np.array([f.constants for f in fits])[:, None, :]
        fits = batch.fit(priors, begin=begin, n_starts=0)
        moments = [_moments(batch, fits, rows, s) for rows, s in zip(pools, noise, strict=True)]
        noise = [_noise(batch, fits, rows, priors) for rows in pools]
    return batch.fit(_priors(len(problems), pools, moments, noise, recipe.pool))


def _first_moments(constants: Array) -> tuple[Array, Array]:
    """Median and squared median deviation of the constants `(m, p)` of single fits."""
    centre = np.median(constants, axis=0)
    spread = 1.4826 * np.median(np.abs(constants - centre), axis=0)
    return centre, _floored(spread**2, centre)


def _moments(batch: Batch, fits: Sequence[Fit], rows: Ints, noise: float) -> tuple[Array, Array]:
    """Mean and variance `(p,)` of the groups' constants: the M step."""
    constants = np.array([fits[i].constants for i in rows])
    within = noise * _diagonals(batch, rows)
    mean = constants.mean(axis=0)
    return mean, _floored(((constants - mean) ** 2 + within).mean(axis=0), mean)


def _diagonals(batch: Batch, rows: Ints) -> Array:
    """`(m, p)` diagonals of the inverse normal matrices of some problems."""
    inverse = np.linalg.pinv(batch.normal[rows], hermitian=True)
    return np.asarray(np.diagonal(inverse, axis1=1, axis2=2))


def _floored(variance: Array, mean: Array) -> Array:
    """Variances kept above a hundredth of the mean's size, squared."""
    return np.maximum(variance, (FLOOR * (np.abs(mean) + FLOOR)) ** 2)


def _noise(
    batch: Batch, fits: Sequence[Fit], rows: Ints, priors: Sequence[Prior | None] | None
) -> float:
    """Residual variance of one pool, with the constants that the prior fixes not counted."""
    constants = np.array([fits[i].constants for i in rows])
    mean, weight = np.zeros_like(constants), np.zeros_like(constants)
    for m, i in enumerate(rows):
        prior = priors[i] if priors is not None else None
        if prior is not None:
            mean[m], weight[m] = prior.mean, prior.weight
    total = 2.0 * sum(fits[i].cost for i in rows) - float(np.sum(weight * (constants - mean) ** 2))
    shrunk = np.clip(_diagonals(batch, rows) * weight, 0.0, 1.0)
    free = float(batch.counts[rows].sum() - np.sum(1.0 - shrunk))
    return float(max(total, 1e-300) / max(free, 1.0))


def _priors(
    n: int,
    pools: Sequence[Ints],
    moments: Sequence[tuple[Array, Array]],
    noise: Sequence[float],
    strength: float,
) -> list[Prior | None]:
    """The prior of each problem: its pool's mean and precision, in units of the cost."""
    priors: list[Prior | None] = [None] * n
    for rows, (mean, variance), variance_of_rows in zip(pools, moments, noise, strict=True):
        for i in rows:
            priors[i] = Prior(mean, strength * variance_of_rows / variance)
    return priors
