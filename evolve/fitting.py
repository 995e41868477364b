"""Turns a law, a recipe and rows into fitted constants: robust, multi-start, many groups at once.

A program's fitting code is one call of `fit_law`; the engine fits all its folds, groups and
targets together through `fit_many`, which gives the same constants.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import FunctionType
from typing import Any

import numpy as np
import numpy.typing as npt

from evolve.law import kernel, primitives
from evolve.law.graph import Array, Law
from evolve.law.recipe import LOSSES, Recipe
from evolve.law.tape import NONLINEAR, Tape, compile_tape

STATUSES = ("converged", "iteration limit", "not finite")
SCREENED = 8
MAX_STEPS = 80


@dataclass(frozen=True, slots=True)
class Problem:
    """Rows of one group (of one fold) and one target.

    Attributes:
        x: `(n, f)` raw features as the target sees them (`Law.view`).
        y: `(n,)` targets.
        pool: Label of the problems that share a learnt prior.
    """

    x: Array
    y: Array
    pool: int = 0


@dataclass(frozen=True, slots=True)
class Prior:
    """Gaussian prior on constants: `(p,)` centres and `(p,)` precisions in units of the cost."""

    mean: Array
    weight: Array


@dataclass(frozen=True, slots=True)
class Fit:
    """Constants of one problem and how far they can be trusted.

    Attributes:
        constants: `(p,)` best constants found.
        cost: Sum of the weighted losses (in the residual's space) and the prior's cost.
        status: One of `STATUSES`.
        n_agree: How many starts reached this cost within 0.1 %.
        n_starts: How many starts ended finite.
        gradient: Largest scaled component of the gradient; 0 at a minimum.
        n_at_bound: Constants at the limits of the search box.
        normal: `(p, p)` normal matrix at the constants, prior included.
        variance: Residual variance in the residual's space.
        prior: The prior that was used, if any.
    """

    constants: Array
    cost: float
    status: str
    n_agree: int
    n_starts: int
    gradient: float
    n_at_bound: int
    normal: Array
    variance: float
    prior: Prior | None = None

    @property
    def errors(self) -> Array:
        """`(p,)` standard errors; inf where the rows do not fix a constant."""
        return standard_errors(self.normal, self.variance)[0]

    @property
    def condition(self) -> float:
        """Condition number of the normal matrix scaled to a unit diagonal."""
        return standard_errors(self.normal, self.variance)[1]


def fit_law(
    function: FunctionType,
    data_points: npt.ArrayLike,
    loss_values: npt.ArrayLike,
    *,
    n_constants: int,
    axes: Sequence[int] = (),
    prior_mean: npt.ArrayLike | None = None,
    prior_weight: npt.ArrayLike | None = None,
    **recipe: Any,
) -> Array:
    """Fit the constants of a law written as ``scaling_law_func(data_points, params)``.

    Args:
        function: The law; it is traced once to an expression graph.
        data_points: `(n, f)` features.
        loss_values: `(n,)` or `(n, t)` targets.
        n_constants: Number of constants of each target.
        axes: Features along which `far` weighs rows.
        prior_mean: `(p,)` or `(t, p)` centres of a Gaussian prior.
        prior_weight: `(p,)` or `(t, p)` precisions of that prior.
        **recipe: Fields of `Recipe`.

    Returns:
        `(p,)` constants, or `(t, p)` for several targets.

    Raises:
        ValueError: shapes do not fit each other, or the recipe has a bad field.
        ProgramError: the law cannot be traced.
    """
    from evolve.law.trace import trace_function

    x = np.atleast_2d(np.asarray(data_points, dtype=float))
    y = np.asarray(loss_values, dtype=float)
    table = y[:, None] if y.ndim == 1 else y
    if table.ndim != 2 or len(table) != len(x):
        raise ValueError(f"fit_law: loss_values has shape {y.shape} for {len(x)} data points")
    law = trace_function(function, x.shape[1], table.shape[1], n_constants)
    means = _rows_of(prior_mean, table.shape[1])
    weights = _rows_of(prior_weight, table.shape[1])
    priors = [
        Prior(m, w) if m is not None and w is not None else None
        for m, w in zip(means, weights, strict=True)
    ]
    problems = [Problem(law.view(x, t), table[:, t]) for t in range(table.shape[1])]
    fits = fit_many(law, problems, Recipe(**recipe), axes=axes, priors=priors)
    constants = np.array([f.constants for f in fits])
    return constants[0] if y.ndim == 1 else constants


def _rows_of(value: npt.ArrayLike | None, n_targets: int) -> list[Array | None]:
    if value is None:
        return [None] * n_targets
    table = np.atleast_2d(np.asarray(value, dtype=float))
    return list(np.broadcast_to(table, (n_targets, table.shape[1])))


def fit_many(
    law: Law,
    problems: Sequence[Problem],
    recipe: Recipe,
    *,
    axes: Sequence[int] = (),
    priors: Sequence[Prior | None] | None = None,
) -> list[Fit]:
    """Fit one law to many problems, each on its own.

    Args:
        law: The law.
        problems: Rows to fit; each target's features already rotated (`Law.view`).
        recipe: How to fit; its `pool` is for `fit_pooled` and is not read here.
        axes: Features (of the unrotated rows) along which `far` weighs rows.
        priors: A prior for each problem, on top of the recipe's ridge.

    Returns:
        One fit a problem, in order.
    """
    batch = Batch(law, problems, recipe, axes)
    return batch.fit(list(priors) if priors is not None else [None] * len(problems))


class Batch:
    """The arrays of many problems, laid out for the kernel."""

    def __init__(
        self, law: Law, problems: Sequence[Problem], recipe: Recipe, axes: Sequence[int]
    ) -> None:
        """Lay out the rows of all problems one after the other; arguments as `fit_many`."""
        self.recipe, self.law = recipe, law
        self.tape: Tape = compile_tape(law, recipe.residual)
        self.log_rows = recipe.residual == "log" and not self.tape.log_output
        x = np.concatenate([p.x for p in problems])
        y = np.concatenate([p.y for p in problems])
        with np.errstate(all="ignore"):
            self.y = np.log(y) if recipe.residual == "log" else y.astype(float)
        self.columns = np.ascontiguousarray(self.tape.column_values(x))
        self.counts = np.array([len(p.y) for p in problems])
        self.offsets = np.concatenate([[0], np.cumsum(self.counts)]).astype(np.int64)
        slices = [slice(a, b) for a, b in zip(self.offsets[:-1], self.offsets[1:], strict=True)]
        self.spread = np.array([max(float(np.std(self.y[s])), 1e-12) for s in slices])
        self.w = np.concatenate([row_weights(p.x, axes, recipe.far) for p in problems])

    def fit(
        self, priors: Sequence[Prior | None], begin: Array | None = None, n_starts: int = -1
    ) -> list[Fit]:
        """Fit every problem.

        Args:
            priors: A prior for each problem.
            begin: `(q, b, p)` starts refined besides the screened ones; without it the
                priors' centres.
            n_starts: Screened starts to refine; the recipe's number if negative.

        Returns:
            One fit a problem; their normal matrices are left in `normal`.
        """
        n, p = len(self.counts), self.tape.n_constants
        n_starts = self.recipe.starts if n_starts < 0 else n_starts
        if begin is None:
            begin = _centres(priors, p)
        mean, weight = self._priors(priors)
        constants, normal = np.zeros((n, p)), np.zeros((n, p, p))
        facts = np.zeros((n, 6))
        kernel.fit_problems(
            self.tape.steps, self.tape.literals, self.columns, self.tape.kind, self.tape.role,
            self.log_rows, self.y, self.w, self.offsets, uniforms(SCREENED * n_starts, p),
            n_starts, LOSSES.index(self.recipe.loss), self.recipe.width * self.spread,
            mean, weight, begin, MAX_STEPS,
            constants, normal, facts,
        )  # fmt: skip
        self.normal = normal
        return [self._result(q, constants[q], normal[q], facts[q], priors[q]) for q in range(n)]

    def _priors(self, priors: Sequence[Prior | None]) -> tuple[Array, Array]:
        """Centres and precisions of the recipe's ridge and the given priors, combined."""
        shape = (len(self.counts), self.tape.n_constants)
        mean, weight = np.zeros(shape), np.zeros(shape)
        ridge = self.recipe.ridge * self.counts * self.spread**2
        weight[:, self.tape.kind == NONLINEAR] = ridge[:, None]
        for q, prior in enumerate(priors):
            if prior is not None:
                total = weight[q] + prior.weight
                mean[q] = prior.mean * prior.weight / np.where(total > 0, total, 1.0)
                weight[q] = total
        return mean, weight

    def _result(
        self, q: int, constants: Array, normal: Array, facts: Array, prior: Prior | None
    ) -> Fit:
        limits = kernel.LIMIT_OF[self.tape.kind]
        free = max(int(self.counts[q]) - len(constants), 1)
        return Fit(
            constants=constants,
            cost=float(facts[0]),
            status=STATUSES[int(facts[1])],
            n_agree=int(facts[2]),
            n_starts=int(facts[3]),
            gradient=float(facts[4]),
            n_at_bound=int(np.sum(np.abs(constants) >= limits)),
            normal=normal,
            variance=2.0 * float(facts[0]) / free,
            prior=prior,
        )


def _centres(priors: Sequence[Prior | None], p: int) -> Array:
    """The priors' centres as starts `(q, b, p)`: none at all, or nan where there is no prior."""
    if all(prior is None for prior in priors):
        return np.zeros((len(priors), 0, p))
    blank = np.full(p, np.nan)
    return np.array([[blank if prior is None else prior.mean] for prior in priors])


def standard_errors(normal: Array, variance: float) -> tuple[Array, float]:
    """Standard errors `(p,)` and condition number from a normal matrix `(p, p)`.

    Args:
        normal: J W J^T at the best constants.
        variance: Residual variance.

    Returns:
        Square roots of the diagonal of variance * normal^-1, and the condition number of
        `normal` scaled to a unit diagonal.
    """
    if len(normal) == 0:
        return np.zeros(0), 1.0
    scale = np.sqrt(np.where(np.diag(normal) > 0, np.diag(normal), 1.0))
    values, vectors = np.linalg.eigh(normal / np.outer(scale, scale))
    sound = values > 1e-13 * max(values[-1], 0.0)
    with np.errstate(all="ignore"):
        inverse = np.where(sound, 1.0 / np.where(sound, values, 1.0), np.inf)
        loads = np.where(np.abs(vectors) > 1e-8, vectors**2, 0.0)
        spread = np.where(loads > 0, loads * inverse, 0.0).sum(axis=1)
        squares = np.where(np.isinf(spread), np.inf, np.maximum(spread * variance, 0.0))
    condition = float(values[-1] / values[0]) if values[0] > 0 else float("inf")
    return np.sqrt(squares) / scale, condition


def row_weights(x: Array, axes: Sequence[int], far: float) -> Array:
    """`(n,)` weights that favour the far end of the axes, with mean 1.

    Each axis multiplies the weight of a row by ``(value / largest value) ** far``.
    """
    if far == 0.0 or not axes:
        return np.ones(len(x))
    values = x[:, list(axes)]
    share = values / np.max(values, axis=0)
    with np.errstate(all="ignore"):
        weight = np.prod(np.where(share > 0, share, 1e-12) ** far, axis=1)
    return np.asarray(weight / weight.mean(), dtype=float)


@lru_cache(maxsize=256)
def uniforms(n: int, p: int) -> Array:
    """`(n, p)` evenly spread numbers in (0, 1): the R-sequence (Roberts 2018), no randomness."""
    root = 2.0
    for _ in range(64):
        root = (1.0 + root) ** (1.0 / (p + 1))
    steps = (1.0 / root) ** np.arange(1, p + 1)
    return np.ascontiguousarray((0.5 + np.arange(1, n + 1)[:, None] * steps) % 1.0)


def warm() -> bool:
    """Compile the kernel (once after installation) or load it; False on the plain path."""
    law = Law(root=_tiny(), n_constants=1)
    x = np.linspace(1.0, 2.0, 4)[:, None]
    fit_many(law, [Problem(x, 2.0 * x[:, 0])], Recipe(starts=1))
    return primitives.COMPILED


def _tiny() -> Any:
    from evolve.law.graph import call, const, feat

    return call("mul", const(0), feat(0))
