"""Values of a fit: the problem, a prior on its constants, and the resulting fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from evolve.fitting.weights import covariance, standard_errors
from evolve.scoring.frame import TargetFrame
from evolve.scoring.row_weights import RowWeights
from evolve.typing import Array

STATUSES = ("converged", "iteration limit", "not finite")


@dataclass(frozen=True, slots=True)
class Problem:
    """Rows of one group (of one fold) and one target.

    Attributes:
        x: `(n, f)` raw features as the target sees them (`Law.view`).
        y: `(n,)` targets.
        pool: Label of the problems that share a learnt prior.
        frame: In which the targets are fitted; as they are, and to the last digit, if None.
        weights: What each row counts; all count alike if None.
    """

    x: Array
    y: Array
    pool: int = 0
    frame: TargetFrame | None = None
    weights: RowWeights | None = None

    def weights_of_residuals(self, *, on_logs: bool, ceiling: float | None = None) -> Array:
        """`(n,)` what each residual counts, or each logarithm, of what is left to a ceiling."""
        if self.weights is None:
            return np.ones(len(self.y))
        if not on_logs:
            return self.weights.values
        return self.weights.of_logs(*self._logs(ceiling))

    def variance_given(self, *, on_logs: bool, ceiling: float | None = None) -> float:
        """Variance of a residual of weight 1, as the user gave it; 0 where nobody did."""
        if self.weights is None:
            return 0.0
        if not on_logs:
            return self.weights.variance
        return self.weights.variance_of_logs(*self._logs(ceiling))

    def _logs(self, ceiling: float | None) -> tuple[Array, float | None]:
        """Targets whose logarithms are fitted, and their unit."""
        if ceiling is not None:
            return ceiling - self.y, None
        return self.y, None if self.frame is None else self.frame.unit


@dataclass(frozen=True, slots=True)
class Prior:
    """Gaussian prior on constants: `(p,)` centres and `(p,)` precisions in units of the cost."""

    mean: Array
    weight: Array


class PerFit:
    """Arrays of fits, one a fit, made when they are asked for: searches ask for few."""

    def __init__(self, make: Callable[[], Array]) -> None:
        """Take what makes `(q, …)` arrays."""
        self._make = make

    def __getitem__(self, q: int) -> Array:
        """That of fit number `q`."""
        return np.asarray(self.all[q])

    @cached_property
    def all(self) -> Array:
        """`(q, …)` those of all fits."""
        return self._make()


@dataclass(frozen=True, slots=True)
class Fit:
    """Fitted constants of one problem, with what tells how far to trust them.

    Attributes:
        constants: `(p,)` best constants.
        cost: Sum of the weighted losses (in the residual's space) and the prior's cost.
        status: One of `STATUSES`.
        n_agree: How many starts reached this cost within 0.1 %.
        n_starts: How many starts ended finite.
        n_at_bound: Constants at the limits of the search box.
        n_free: How many constants its own rows decide: all, or those that `hierarchical.freed`
            counts under a learnt prior.
        normals: Normal matrices of all fits that were made together.
        noises: Variances of theirs, `(2,)` a fit: `variance` and `variance_given`.
        number: Its own among these.
        prior: The prior that was used, if any.
        common: Numbers of the constants that its pool has in common.
    """

    constants: Array
    cost: float
    status: str
    n_agree: int
    n_starts: int
    n_at_bound: int
    n_free: float
    normals: PerFit = field(compare=False, repr=False)
    noises: PerFit = field(compare=False, repr=False)
    number: int
    prior: Prior | None = None
    common: tuple[int, ...] = ()

    @property
    def variance(self) -> float:
        """Residual variance in the residual's space; of a robust loss that for its errors."""
        return float(self.noises[self.number][0])

    @property
    def variance_given(self) -> float:
        """The same by the deviations that the user gave; 0 where there are none."""
        return float(self.noises[self.number][1])

    @property
    def is_given(self) -> bool:
        """Whether errors go by the deviations that the user gave.

        They do unless the residuals say more: then rows miss the law by more than their noise.
        """
        return 0.0 < self.variance_given >= self.variance

    @property
    def noise(self) -> float:
        """Variance by which errors go: that of the residuals or that given, the larger."""
        return self.variance_given if self.is_given else self.variance

    @property
    def normal(self) -> Array:
        """`(p, p)` normal matrix at the constants, prior included."""
        return self.normals[self.number]

    def stated_in(self, constants: Array, slopes: Array) -> Fit:
        """The fit in other constants, each a function of one of its own.

        Args:
            constants: `(p,)` their values.
            slopes: `(p,)` their derivatives by the fit's own.
        """

        def normal() -> Array:
            with np.errstate(all="ignore"):
                return np.asarray([self.normal / np.outer(slopes, slopes)])

        return self._alone(constants, normal)

    def mixed_into(self, constants: Array, back: Array) -> Fit:
        """The fit in other constants, each a function of several of its own.

        Args:
            constants: `(p,)` their values.
            back: `(p, p)` derivatives of its own by these.
        """

        def normal() -> Array:
            with np.errstate(all="ignore"):
                return np.asarray([back.T @ self.normal @ back])

        return self._alone(constants, normal)

    def _alone(self, constants: Array, normal: Callable[[], Array]) -> Fit:
        """The fit in other constants, the only one that its normal matrix is made for."""
        noises = PerFit(lambda: self.noises[self.number][None])
        return replace(self, constants=constants, normals=PerFit(normal), noises=noises, number=0)

    @property
    def errors(self) -> Array:
        """`(p,)` standard errors; inf where the rows do not fix a constant."""
        return standard_errors(self.normal, self.noise)[0]

    @property
    def covariance(self) -> Array:
        """`(p, p)` covariance of the constants; directions that no row fixes are bounded."""
        return covariance(self.normal, self.noise)

    @property
    def condition(self) -> float:
        """Condition number of the normal matrix scaled to a unit diagonal."""
        return standard_errors(self.normal, 1.0)[1]
