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


@dataclass(frozen=True, slots=True)
class FittedRows:
    """The rows of one group as a fit left them.

    Attributes:
        covariance: `(p, p)` of the constants, as if rows were independent.
        slopes: `(n, p)` derivatives of the fitted values by the constants, each weighed by the
            root of what its row counts in the normal matrix.
        residuals: `(n,)` what the fit leaves, weighed so that the products with the slopes are
            what the rows say of the constants.
        cluster: `(n,)` numbers of the clusters.
        given: `(n,)` deviations of the residuals, as the user gave them; None where nobody did.
        squares: `(n,)` of the residuals as the fit's variance counts them; None for the squares.
    """

    covariance: Array
    slopes: Array
    residuals: Array
    cluster: Ints
    given: Array | None = None
    squares: Array | None = None

    @property
    def is_known(self) -> bool:
        """Whether derivatives, residuals and covariance say something."""
        parts = (self.covariance, self.slopes, self.residuals)
        return all(np.isfinite(part).all() for part in parts)

    def variance(self, n_constants: float) -> float:
        """Of the residuals, which so many constants have lessened, or that given if larger."""
        left = self.residuals
        total = float(left @ left if self.squares is None else self.squares.sum())
        return max(total / max(len(left) - n_constants, 1.0), self.variance_given)

    @property
    def variance_given(self) -> float:
        """Of the residuals, as the user gave it; 0 where nobody did."""
        return 0.0 if self.given is None else float(self.given @ self.given) / len(self.given)


def widening(rows: FittedRows) -> Widening:
    """Widen the covariance of a fit's constants for rows that go together.

    Args:
        rows: Of a group that shares no constant with others.

    Returns:
        As given where there are fewer than two clusters, or where derivatives, residuals or
        covariance say nothing.
    """
    n, p = rows.slopes.shape
    variance = rows.variance(p)
    if p == 0 or len(np.unique(rows.cluster)) < 2 or not rows.is_known or variance <= 0.0:
        return Widening(rows.covariance, 1.0)
    root = root_of(rows.covariance)
    seen = rows.slopes @ root / np.sqrt(variance)
    information = seen.T @ seen
    excess = excess_of(scores_of(rows, seen, variance), information, n)
    taken_up = float(np.trace(information + excess @ information))
    wider = rows.covariance + root @ excess @ root.T
    return Widening(wider, float(np.sqrt(max((n - p + taken_up) / n, 1.0))))


def excess_of(scores: Array, information: Array, n_rows: int) -> Array:
    """`(k, k)` how much more scores vary than the information says; 0 where they vary less.

    Args:
        scores: `(m, k)` of the clusters.
        information: `(k, k)` what they vary by where rows are independent.
        n_rows: Of all clusters.
    """
    meat, m = scores.T @ scores, len(scores)
    if m < n_rows:  # runs are few and their sum is uncertain: the variance of Student's t
        meat = meat * (m + 1.0) / (m - 1.0)  # of one degree more
    values, vectors = np.linalg.eigh(meat - information)
    return np.asarray((vectors * np.maximum(values, 0.0)) @ vectors.T)


def root_of(covariance: Array) -> Array:
    """`(p, k)` root of a covariance; constants differ in size, so each is scaled first."""
    scale = np.sqrt(np.maximum(np.diag(covariance), 1e-300))
    values, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    return np.asarray(scale[:, None] * vectors * np.sqrt(np.maximum(values, 0.0)))


def scores_of(rows: FittedRows, seen: Array, variance: float) -> Array:
    """`(m, k)` what each cluster says of the constants, against a fit without it.

    Rows that err as the user says need not show it.

    Args:
        rows: The rows.
        seen: `(n, k)` slopes along independent directions of unit variance.
        variance: Of the residuals, as `FittedRows.variance` has it.
    """
    cluster, deviation = rows.cluster, np.sqrt(variance) if variance > 0.0 else 1.0
    numbers, left = np.unique(cluster), rows.residuals / deviation
    if len(numbers) < len(cluster):
        return np.array([_score(seen[cluster == c], left[cluster == c]) for c in numbers])
    if rows.given is not None and variance <= rows.variance_given:
        return np.asarray(seen * (rows.given / deviation)[:, None])
    free = np.maximum(1.0 - (seen**2).sum(axis=1), LEAST_FREE)
    return np.asarray(seen * (left / np.sqrt(free))[:, None])


def _score(seen: Array, left: Array) -> Array:
    """`(k,)` what one cluster says.

    Args:
        seen: `(m, k)` slopes of its rows, as `scores_of` has them.
        left: `(m,)` its residuals in deviations.
    """
    values, vectors = np.linalg.eigh(seen.T @ seen)  # those of the leverage, as far as not 0
    free = np.maximum(1.0 - values, LEAST_FREE)
    return np.asarray((vectors / free) @ (vectors.T @ (seen.T @ left)))
