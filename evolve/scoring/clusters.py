"""Residuals of rows that go together, as points of one run, to how much wider a fit's errors are.

The points of a run share what is odd about that run, so that a hundred of them do not say what a
hundred runs do. Sums of scores over whole runs show by how much (Liang and Zeger 1986), with the
residuals of each run as a fit without it would leave them (the jackknife's, CR3 of Bell and
McCaffrey 2002), for runs are few.

Where each row is its own cluster they show what a fit takes for granted and noise may not keep
to, such as that all logarithms err alike where noise is added. Their squares are then made
unbiased where it does keep to it (HC2 of MacKinnon and White 1985), as rows are many or the
quantiles of intervals know how few.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evolve.typing import Array, Ints

LEAST_FREE = 0.1  # share of a direction that other runs must hold, or this is taken for it


@dataclass(frozen=True, slots=True)
class Widening:
    """How much less the rows of one fit say than as many independent ones.

    Attributes:
        covariance: `(p, p)` covariance of the constants; nowhere narrower than that given.
        noise: Factor of at least 1 on the deviation of the residuals, of which a fit has taken
            up more than it knows.
    """

    covariance: Array
    noise: float


def widening(covariance: Array, slopes: Array, residuals: Array, cluster: Ints) -> Widening:
    """Widen the covariance of a fit's constants for rows that go together.

    Args:
        covariance: `(p, p)` of the constants, as if rows were independent.
        slopes: `(n, p)` derivatives of the fitted values by the constants, weighed as the
            residuals are.
        residuals: `(n,)` what the fit leaves, each weighed by the root of what its row counts.
        cluster: `(n,)` numbers of the clusters.

    Returns:
        As given where there are fewer than two clusters, or where derivatives, residuals or
        covariance say nothing.
    """
    n, p = slopes.shape
    numbers = np.unique(cluster)
    variance = float(residuals @ residuals) / max(n - p, 1)
    known = all(np.isfinite(part).all() for part in (covariance, slopes, residuals))
    if p == 0 or len(numbers) < 2 or not known or variance <= 0.0:
        return Widening(covariance, 1.0)
    root = _root(covariance)
    seen, left = slopes @ root / np.sqrt(variance), residuals / np.sqrt(variance)
    information = seen.T @ seen
    if len(numbers) == n:
        scores = _scores_of_rows(seen, left)
        meat = scores.T @ scores
    else:
        scores = np.array([_score(seen[cluster == c], left[cluster == c]) for c in numbers])
        # Runs are few and their sum is uncertain: the variance of Student's t of one degree more.
        meat = scores.T @ scores * (len(numbers) + 1.0) / (len(numbers) - 1.0)
    values, vectors = np.linalg.eigh(meat - information)
    excess = (vectors * np.maximum(values, 0.0)) @ vectors.T
    taken_up = float(np.trace(information + excess @ information))
    return Widening(
        covariance + root @ excess @ root.T, float(np.sqrt(max((n - p + taken_up) / n, 1.0)))
    )


def _root(covariance: Array) -> Array:
    """`(p, k)` root of a covariance; constants differ in size, so each is scaled first."""
    scale = np.sqrt(np.maximum(np.diag(covariance), 1e-300))
    values, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    return np.asarray(scale[:, None] * vectors * np.sqrt(np.maximum(values, 0.0)))


def _scores_of_rows(seen: Array, left: Array) -> Array:
    """`(n, k)` what each row says of the constants; arguments as `_score` has them."""
    free = np.maximum(1.0 - (seen**2).sum(axis=1), LEAST_FREE)
    return np.asarray(seen * (left / np.sqrt(free))[:, None])


def _score(seen: Array, left: Array) -> Array:
    """`(k,)` what one cluster says of the constants, against a fit without it.

    Args:
        seen: `(m, k)` slopes of its rows along independent directions of unit variance.
        left: `(m,)` its residuals in deviations.
    """
    values, vectors = np.linalg.eigh(seen.T @ seen)  # those of the leverage, as far as not 0
    free = np.maximum(1.0 - values, LEAST_FREE)
    return np.asarray((vectors / free) @ (vectors.T @ (seen.T @ left)))
