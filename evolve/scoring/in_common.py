"""Residuals of groups with constants in common, to how much wider errors of constants are.

What the constants in common are known by are the rows of all groups, each with its group's own
constants profiled out (Golub and Pereyra 1973); a group's own constants are known by its rows,
where those in common are given, and follow these. Errors of both are widened as `clusters` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evolve.scoring.clusters import (
    FittedRows,
    Widening,
    excess_of,
    root_of,
    scores_of,
    widening,
)
from evolve.typing import Array, Ints

SINGULAR = 1e-12  # of the largest eigenvalue, below which one is 0
LEAST_NOISE = 1e-6  # variance of a group's residuals over those of all, against rounding


def noise_of_each(variances: Array, left: Array) -> tuple[Array, Array]:
    """`(…, g)` variances by which errors of groups with constants in common go, and of all.

    A group whose own constants pass through all its rows says nothing of noise, and has that of
    all, `(…, 1)`.

    Args:
        variances: `(…, g)` of the residuals of each group.
        left: `(…, g)` its rows less the constants that they decide.
    """
    of_all = np.asarray(np.average(variances, axis=-1, weights=np.maximum(left, 1.0)))[..., None]
    least = np.where(tells_none(left), 1.0, LEAST_NOISE) * of_all
    return np.maximum(variances, least), of_all


def tells_none(left: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Whether rows less the constants that they decide are too few to show noise of their own."""
    return np.asarray(left) < 1.0


def shares_in_common(covariance: Array, common: Ints) -> Array:
    """`(p,)` shares of the variance of each constant that constants in common account for.

    Args:
        covariance: `(p, p)` of a group's constants.
        common: Numbers of those that all groups have in common.
    """
    shares = np.isin(np.arange(len(covariance)), common).astype(float)
    if not np.isfinite(covariance).all():
        return shares
    own = np.flatnonzero(shares == 0.0)
    follow = _follow(covariance, own, common)
    variance = np.diag(covariance)[own]
    moved = np.sum(follow * covariance[np.ix_(own, common)], axis=1)
    shares[own] = np.clip(moved / np.where(variance > 0.0, variance, 1.0), 0.0, 1.0)
    return shares


def _follow(covariance: Array, own: Ints, common: Ints) -> Array:
    """`(n_own, n_common)` how a group's own constants move with those in common."""
    of_common = covariance[np.ix_(common, common)]
    scale = np.sqrt(np.maximum(np.diag(of_common), 1e-300))
    inverse = np.linalg.pinv(of_common / np.outer(scale, scale), SINGULAR, hermitian=True)
    return np.asarray(covariance[np.ix_(own, common)] / scale @ inverse / scale)


def widenings_in_common(groups: Sequence[FittedRows], common: Ints) -> list[Widening]:
    """Widen the covariances of groups that have some constants in common.

    Args:
        groups: Of one fit; the covariance of each is its part of that of the whole fit.
        common: Numbers of the constants that they have in common.

    Returns:
        One a group, with one covariance of the constants in common; as given where its rows say
        nothing.
    """
    if not len(common):
        return [widening(rows) for rows in groups]
    found = [Widening(rows.covariance, 1.0) for rows in groups]
    sound = [i for i, rows in enumerate(groups) if rows.is_known]
    n_clusters = sum(len(np.unique(groups[i].cluster)) for i in sound)
    if n_clusters < 2:
        return found
    # The same as the noise of the fits, by which their covariances go.
    decided = groups[0].slopes.shape[1] - len(common) + len(common) / len(groups)
    left = np.array([len(groups[i].residuals) for i in sound]) - decided
    variances, of_all = noise_of_each(np.array([groups[i].variance(decided) for i in sound]), left)
    pooled = float(of_all[0])
    if pooled <= 0.0:
        return found
    parts = [
        _part_of(groups[i], common, v) for i, v in zip(sound, variances.tolist(), strict=True)
    ]
    of_common = parts[int(np.argmax(left))].of_common
    root = root_of(of_common)
    seen = [part.moved @ root / np.sqrt(pooled) for part in parts]
    scores = [part.scores(each, pooled) for part, each in zip(parts, seen, strict=True)]
    information = np.sum([each.T @ each for each in seen], axis=0)
    joined = np.concatenate([of_both[:, -len(common) :] for of_both in scores])
    excess = excess_of(joined, information, sum(len(each) for each in seen))
    wider = of_common + root @ excess @ root.T
    for i, part, each, of_both in zip(sound, parts, seen, scores, strict=True):
        shared = float(np.trace(excess @ each.T @ each))
        found[i] = part.widened(of_both[:, : -len(common)], wider, shared)
    return found


@dataclass(frozen=True, slots=True)
class _Part:
    """What the rows of one group say of its own constants, and of those in common.

    Attributes:
        rows: The rows.
        own: Numbers of its own constants.
        common: Numbers of those in common.
        of_own: Covariance of its own, where those in common are given.
        of_common: Covariance of those in common.
        follow: `(n_own, n_common)` how its own move with those in common.
        moved: `(n, n_common)` slopes by those in common, which its own follow.
        seen: `(n, n_own)` slopes by its own, along independent directions of unit variance.
        root: Of `of_own`.
        variance: Of the noise.
    """

    rows: FittedRows
    own: Ints
    common: Ints
    of_own: Array
    of_common: Array
    follow: Array
    moved: Array
    seen: Array
    root: Array
    variance: float

    def scores(self, seen: Array, pooled: float) -> Array:
        """`(m, n_own + n_common)` what the clusters say of both, in deviations of each.

        Args:
            seen: `(n, n_common)` slopes along directions of unit variance of those in common.
            pooled: Variance of the residuals of all groups.
        """
        scores = scores_of(self.rows, np.hstack([self.seen, seen]), self.variance)
        scores[:, len(self.own) :] *= np.sqrt(self.variance / pooled)
        return scores

    def widened(self, scores: Array, of_common: Array, shared: float) -> Widening:
        """The group's covariance and noise.

        Args:
            scores: `(m, n_own)` what the clusters say of its own constants.
            of_common: Covariance of those in common.
            shared: How much more of the residuals these have taken up than they know.
        """
        n, information = len(self.seen), self.seen.T @ self.seen
        excess = np.zeros_like(information)
        if len(scores) > 1:
            excess = excess_of(scores, information, n)
        wider = np.empty_like(self.rows.covariance)
        with_common = self.follow @ of_common
        of_own = self.of_own + self.root @ excess @ self.root.T
        wider[np.ix_(self.own, self.own)] = of_own + with_common @ self.follow.T
        wider[np.ix_(self.own, self.common)] = with_common
        wider[np.ix_(self.common, self.own)] = with_common.T
        wider[np.ix_(self.common, self.common)] = of_common
        taken_up = float(np.trace(information + excess @ information)) - len(self.own)
        return Widening(wider, float(np.sqrt(max((n + taken_up + shared) / n, 1.0))))


def _part_of(rows: FittedRows, common: Ints, variance: float) -> _Part:
    """What the rows of one of some groups say, in noise of this variance."""
    own = np.setdiff1d(np.arange(rows.slopes.shape[1]), common)
    of_common = rows.covariance[np.ix_(common, common)]
    follow = _follow(rows.covariance, own, common)
    of_own = rows.covariance[np.ix_(own, own)] - follow @ rows.covariance[np.ix_(common, own)]
    along, root = rows.slopes[:, own], root_of(of_own)
    seen = along @ root / np.sqrt(variance)
    moved = rows.slopes[:, common] + along @ follow
    return _Part(rows, own, common, of_own, of_common, follow, moved, seen, root, variance)
