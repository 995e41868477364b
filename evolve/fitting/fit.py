"""Fit a law by a recipe: robust losses, many starts, many groups at once.

A program's fitting code is one call of `fit_law`; the engine fits all its folds, groups and
targets together through `fit_many`, which gives the same constants.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from types import FunctionType
from typing import Any

import numpy as np
import numpy.typing as npt

from evolve.fitting import compiled
from evolve.fitting.cost import CompiledLaw, Data
from evolve.fitting.multistart import FitBatch, Solution, StepLimits, solve
from evolve.fitting.result import STATUSES, Fit, Prior, Problem
from evolve.fitting.starts import uniforms
from evolve.fitting.tape import NONLINEAR, Tape, compile_tape
from evolve.fitting.weights import row_weights
from evolve.law.graph import Law
from evolve.law.recipe import LOSSES, RENAMED, Recipe, recipe_from_data
from evolve.typing import Array

SCREENED = 8
LIMIT_OF = np.array([60.0, 1e12, 200.0])
MAX_STEPS = 80
POLISH_STEPS = 12
PRIOR_STARTS = 4


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
        axes: Features along which `scale_weight` weighs rows.
        prior_mean: `(p,)` or `(t, p)` centres of a Gaussian prior.
        prior_weight: `(p,)` or `(t, p)` precisions of that prior.
        **recipe: Fields of `Recipe`; their first names (`FIRST_NAMES`) are deprecated.

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
    fits = fit_many(law, problems, _stated(recipe), axes=axes, priors=priors)
    constants = np.array([f.constants for f in fits])
    return constants[0] if y.ndim == 1 else constants


def _stated(named: dict[str, Any]) -> Recipe:
    """The recipe that the keywords of a `fit_law` call state."""
    if old := [name for name in named if name in RENAMED]:
        changes = ", ".join(f"{name} is now {RENAMED[name]}" for name in old)
        warnings.warn(
            f"fit_law: {changes}; the next release no longer takes the old names",
            DeprecationWarning,
            stacklevel=3,
        )
    return recipe_from_data(named)


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
        recipe: How to fit; its `shrinkage` and `tied` are for `fit_pooled` and not read here.
        axes: Features (of the unrotated rows) along which `scale_weight` weighs rows.
        priors: A prior for each problem, on top of the recipe's ridge.

    Returns:
        One fit a problem, in order.
    """
    fitter = BatchFitter(law, problems, recipe, axes)
    return fitter.fit(list(priors) if priors is not None else [None] * len(problems))


class BatchFitter:
    """Many problems of one law, their arrays laid out for the kernel."""

    def __init__(
        self, law: Law, problems: Sequence[Problem], recipe: Recipe, axes: Sequence[int]
    ) -> None:
        """Lay out the rows of all problems one after the other; arguments as `fit_many`."""
        self.recipe, self.law = recipe, law
        self.tape: Tape = compile_tape(law, recipe.target_scale)
        self.log_rows = recipe.target_scale == "log" and not self.tape.log_output
        x = np.concatenate([p.x for p in problems])
        y = np.concatenate([p.y for p in problems])
        with np.errstate(all="ignore"):
            self.y = np.log(y) if recipe.target_scale == "log" else y.astype(float)
        self.columns = np.ascontiguousarray(self.tape.column_values(x))
        self.counts = np.array([len(p.y) for p in problems])
        self.offsets = np.concatenate([[0], np.cumsum(self.counts)]).astype(np.int64)
        slices = [slice(a, b) for a, b in zip(self.offsets[:-1], self.offsets[1:], strict=True)]
        self.spread = np.array([max(float(np.std(self.y[s])), 1e-12) for s in slices])
        self.w = np.concatenate([row_weights(p.x, axes, recipe.scale_weight) for p in problems])

    @property
    def box(self) -> Array:
        """`(p,)` largest size of each constant."""
        return np.asarray(LIMIT_OF[self.tape.kind])

    def fit(
        self,
        priors: Sequence[Prior | None],
        begin: Array | None = None,
        n_starts: int = -1,
        *,
        max_steps: int = MAX_STEPS,
        polish_steps: int = POLISH_STEPS,
        boxed: bool = True,
    ) -> list[Fit]:
        """Fit every problem.

        Args:
            priors: A prior for each problem.
            begin: `(q, b, p)` starts refined besides the screened ones; without it the
                priors' centres.
            n_starts: Screened starts to refine; the recipe's number if negative.
            max_steps: Most steps from one start.
            polish_steps: Most steps that polish the best constants to full precision.
            boxed: Keep constants within the search box.

        Returns:
            One fit a problem; their normal matrices are left in `normal`.
        """
        box = self.box if boxed else np.full(self.tape.n_constants, np.inf)
        limits = StepLimits(max_steps, polish_steps)
        solution = self.solve(priors, box, limits, begin=begin, n_starts=n_starts)
        self.normal = solution.ends.normal[:, 0]
        return [self._result(q, solution, box, prior) for q, prior in enumerate(priors)]

    def solve(
        self,
        priors: Sequence[Prior | None],
        box: Array,
        limits: StepLimits,
        *,
        begin: Array | None = None,
        n_starts: int = -1,
    ) -> Solution:
        """The best end point of every problem, as the kernel leaves it; arguments as `fit`.

        A prior leaves little room for other minima, so fewer starts are screened under one.
        """
        p = self.tape.n_constants
        if n_starts < 0:
            free = all(prior is None for prior in priors)
            n_starts = self.recipe.n_starts if free else min(self.recipe.n_starts, PRIOR_STARTS)
        if not np.any(self.tape.kind == NONLINEAR):
            n_starts = min(n_starts, 1)  # all constants are solved for: starts do not differ
        begin = _centres(priors, p) if begin is None else begin
        candidates = uniforms(SCREENED * n_starts, p)
        return solve(self.batch(priors, box), candidates, begin, n_starts, limits)

    def batch(self, priors: Sequence[Prior | None], box: Array) -> FitBatch:
        """The problems as the kernel takes them."""
        tape = self.tape
        mean, weight = self._priors(priors)
        compiled_law = CompiledLaw(
            tape.steps, tape.back, tape.rows, tape.n_rows, tape.literals, tape.kind, tape.role,
            self.log_rows,
        )  # fmt: skip
        data = Data(self.columns, self.y, self.w)
        loss, f_scales = LOSSES.index(self.recipe.loss), self.recipe.f_scale * self.spread
        return FitBatch(compiled_law, data, self.offsets, loss, f_scales, mean, weight, box)

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

    def _result(self, q: int, solution: Solution, box: Array, prior: Prior | None) -> Fit:
        constants, normal = solution.ends.constants[q, 0], solution.ends.normal[q, 0]
        cost, status = float(solution.ends.costs[q, 0]), int(solution.ends.statuses[q, 0, 0])
        free = max(int(self.counts[q]) - len(constants), 1)
        with np.errstate(all="ignore"):
            scale = np.sqrt(np.maximum(np.diag(normal) * cost, 1e-300))
            gradient = np.max(np.abs(solution.ends.gradient[q, 0]) / scale, initial=0.0)
        return Fit(
            constants=constants,
            cost=cost,
            status=STATUSES[status],
            n_agree=int(solution.n_agree[q]),
            n_starts=int(solution.n_finite[q]),
            gradient=float(gradient),
            n_at_bound=int(np.sum(np.abs(constants) >= box)),
            normal=normal,
            variance=2.0 * cost / free,
            prior=prior,
        )


def _centres(priors: Sequence[Prior | None], p: int) -> Array:
    """The priors' centres as starts `(q, b, p)`: none at all, or nan where there is no prior."""
    if all(prior is None for prior in priors):
        return np.zeros((len(priors), 0, p))
    blank = np.full(p, np.nan)
    return np.array([[blank if prior is None else prior.mean] for prior in priors])


def warm() -> bool:
    """Compile the kernel (once after installation) or load it; False on the plain path."""
    law = Law(root=_tiny(), n_constants=1)
    x = np.linspace(1.0, 2.0, 4)[:, None]
    fit_many(law, [Problem(x, 2.0 * x[:, 0])], Recipe(n_starts=1))
    return compiled.COMPILED


def _tiny() -> Any:
    from evolve.law.graph import call, const, feat

    return call("mul", const(0), feat(0))
