"""Many problems of one law, laid out for the kernel and solved together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from evolve.fitting.fit_batch import FitBatch
from evolve.fitting.gap import below_ceiling
from evolve.fitting.multistart import Solution, StepLimits, solve
from evolve.fitting.predict import yielded
from evolve.fitting.priors import by_prior, centres, numbered
from evolve.fitting.problem_set import ProblemSet
from evolve.fitting.reframe import (
    inverse_slopes_each,
    inward_each,
    inward_prior,
    outward,
    outward_each,
    slopes,
    usable,
)
from evolve.fitting.result import STATUSES, Fit, PerFit, Prior, Problem
from evolve.fitting.robust import L2, counted_each
from evolve.fitting.shares import usable_shares
from evolve.fitting.starts import Moments, spread_of
from evolve.fitting.tape import NONLINEAR, Tape, compile_tape
from evolve.fitting.workspace import CompiledLaw, Data
from evolve.law.graph import Law
from evolve.law.recipe import LOSSES, Recipe
from evolve.scoring.frame import TargetFrame
from evolve.typing import Array

SCREENED = 8
LIMIT_OF = np.array([60.0, 1e12, 200.0])
MAX_STEPS = 80
POLISH_STEPS = 12
PRIOR_STARTS = 6


class BatchFitter:
    """Many problems of one law, their arrays laid out for the kernel."""

    def __init__(
        self,
        law: Law,
        problems: Sequence[Problem],
        recipe: Recipe,
        axes: Sequence[int],
        *,
        by_priors: bool = False,
    ) -> None:
        """Lay out the rows of all problems one after the other; arguments as `fit_many`.

        Raises:
            ValueError: The law has no constants.
        """
        if law.n_constants < 1:
            raise ValueError("fit: the law must have a constant, it has none and needs no fit")
        self.recipe = recipe
        pooled = by_priors or recipe.shrinkage > 0.0 or recipe.tied != "none"
        on_logs = recipe.on_logs
        rows = problems if isinstance(problems, ProblemSet) else ProblemSet(problems)
        law, ceiling = below_ceiling(law, recipe)
        self.moves, self.frames = usable(
            law.root, rows.frames, origin=not (on_logs or recipe.of_gap), by_priors=pooled
        )
        if of_shares := usable_shares(law.root, rows.frames, by_priors=pooled):
            root, self.moves, self.frames = of_shares
            law = replace(law, root=root)
        # A law that is minus another is that other, of minus the targets.
        mirrored = law.root.op == "neg"
        if mirrored:
            law = replace(law, root=law.root.args[0])
        self.law = law
        self.tape: Tape = compile_tape(law, "log" if on_logs else "linear")
        self.log_rows = on_logs and not self.tape.log_output
        self.columns, self.pools = rows.columns(self.tape), rows.pools
        self.counts, self.offsets, self.turns = rows.counts, rows.offsets, rows.turns
        fitted = rows.fitted_rows(
            self.frames,
            axes,
            recipe.scale_weight,
            on_logs=on_logs,
            mirrored=mirrored,
            ceiling=ceiling,
        )
        self.rows, self.fitted, self.spread = rows, fitted, fitted.spread
        self.loss, self.bends = LOSSES.index(recipe.loss), recipe.f_scale * fitted.spread
        self.variances_given = rows.variances_given(on_logs=on_logs, ceiling=ceiling)

    def prior_inside(self, q: int, prior: Prior | None) -> Prior | None:
        """A prior on the constants of a problem's targets, as one in the frame of its fit."""
        if prior is None or self.moves is None:
            return prior
        cost = self._cost_inside(q)
        return Prior(*inward_prior(self.moves, self.frames[q], prior.mean, prior.weight, cost))

    def inside(self, constants: Array) -> Array:
        """Constants `(q, p)` of the problems' targets, as ones in the frames of their fits."""
        if self.moves is None:
            return constants
        with np.errstate(all="ignore"):
            return inward_each(self.moves, self.frames, constants)

    def _cost_inside(self, q: int) -> float:
        """Cost of a fit in a problem's frame over that of the same fit of its targets."""
        return 1.0 if self.recipe.on_logs else self.frames[q].unit ** -2

    def _costs_inside(self) -> Array:
        """`_cost_inside` of each problem."""
        return self.frames.units_to(0.0 if self.recipe.on_logs else -2.0)

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
            One fit a problem.
        """
        box = self.box if boxed else np.full(self.tape.n_constants, np.inf)
        limits = StepLimits(max_steps, polish_steps)
        solution = self.solve(priors, box, limits, begin=begin, n_starts=n_starts)
        return self.results(solution, box, priors)

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
            free = priors.count(None) == len(priors)
            n_starts = self.recipe.n_starts if free else min(self.recipe.n_starts, PRIOR_STARTS)
        if not np.any(self.tape.kind == NONLINEAR):
            n_starts = min(n_starts, 1)  # all constants are solved for: starts do not differ
        begin = centres(priors, p) if begin is None else begin
        spread = spread_of(SCREENED * n_starts, p)
        with np.errstate(all="ignore"):  # learnt priors that overflow, columns beyond all floats
            return solve(self.batch(priors, box), spread, begin, n_starts, limits)

    def batch(self, priors: Sequence[Prior | None], box: Array) -> FitBatch:
        """The problems as the kernel takes them."""
        tape = self.tape
        mean, weight = self._priors(priors)
        compiled_law = CompiledLaw(
            tape.steps, tape.back, tape.rows, tape.n_rows, tape.literals, tape.kind, tape.role,
            self.log_rows,
        )  # fmt: skip
        data = Data(self.columns, self.fitted.y, self.fitted.w)
        return FitBatch(
            compiled_law, data, self.offsets, self.loss, self.bends, mean, weight, box, self.turns,
            self.fitted.sizes, self._moments,
        )  # fmt: skip

    def _moments(self, column: int) -> Moments:
        return self.rows.moments(self.tape.columns[column], self.columns[column])

    def _priors(self, priors: Sequence[Prior | None]) -> tuple[Array, Array]:
        """Centres and precisions of the recipe's ridge and the given priors, combined."""
        shape = (len(self.counts), self.tape.n_constants)
        mean, weight = np.zeros(shape), np.zeros(shape)
        ridge = self.recipe.ridge * self.counts * self.spread**2
        weight[:, self.tape.kind == NONLINEAR] = ridge[:, None]
        known, numbers = numbered(priors)
        if not known:
            return mean, weight
        rows = np.flatnonzero(numbers >= 0)
        own = np.array([(prior.mean, prior.weight) for prior in known])[numbers[rows]]
        weight[rows] += own[:, 1]
        total = weight[rows]
        mean[rows] = own[:, 0] * own[:, 1] / np.where(total > 0, total, 1.0)
        return mean, weight

    def results(self, solution: Solution, box: Array, priors: Sequence[Prior | None]) -> list[Fit]:
        """What is said of each problem's best end point, of its targets as they are."""
        ends = solution.ends
        normals = PerFit(lambda: self.normals_outside(ends.constants[:, 0], ends.normal[:, 0]))
        noises = PerFit(lambda: self._noises(ends.constants[:, 0], ends.costs[:, 0]))
        constants, costs, p = ends.constants[:, 0], ends.costs[:, 0], self.tape.n_constants
        n_at_bound = np.count_nonzero(np.abs(constants) >= box, axis=1)
        with np.errstate(all="ignore"):
            if self.moves is not None:
                constants = outward_each(self.moves, self.frames, constants)
                costs = costs / self._costs_inside()
                priors = self._priors_outside(priors)
        numbers = (
            costs, ends.statuses[:, 0, 0], solution.n_agree, solution.n_finite, n_at_bound,
        )  # fmt: skip
        rows = zip(*[column.tolist() for column in numbers], strict=True)
        return [
            Fit(
                constants=constants[q],
                cost=cost,
                status=STATUSES[status],
                n_agree=n_agree,
                n_starts=n_starts,
                n_at_bound=at_bound,
                n_free=float(p),
                normals=normals,
                noises=noises,
                number=q,
                prior=priors[q],
            )
            for q, (cost, status, n_agree, n_starts, at_bound) in enumerate(rows)
        ]

    def _noises(self, constants: Array, costs: Array) -> Array:
        """`(q, 2)` variances of the residuals of targets as they are, and those given.

        Args:
            constants: `(q, p)` of the problems' frames.
            costs: `(q,)` there.
        """
        given, p = np.array(self.variances_given), self.tape.n_constants
        ratio = np.ones(len(given)) if self.moves is None else self._costs_inside()
        with np.errstate(all="ignore"):
            squares = 2.0 * costs
            if self.loss != L2:
                at = np.repeat(np.arange(len(given)), self.counts)
                left = yielded(self.tape, self.columns, at, constants)
                left = (np.log(left) if self.log_rows else left) - self.fitted.y
                rows = left, self.fitted.w, self.offsets
                squares, given = counted_each(*rows, self.loss, self.bends, p, given * ratio)
                given = given / ratio
            return np.column_stack([squares / np.maximum(self.counts - p, 1) / ratio, given])

    def normals_outside(self, constants: Array, normal: Array) -> Array:
        """`(q, p, p)` normal matrices of the targets as they are.

        Args:
            constants: `(q, p)` of the problems' frames.
            normal: `(q, p, p)` normal matrices there.
        """
        if self.moves is None:
            return normal
        with np.errstate(all="ignore"):
            turned = inverse_slopes_each(self.moves, self.frames, constants)
            ratio = self._costs_inside()[:, None, None]
            return np.asarray(turned.transpose(0, 2, 1) @ normal @ turned / ratio)

    def _priors_outside(self, priors: Sequence[Prior | None]) -> list[Prior | None]:
        """Priors in the frames of the problems' fits, as ones on the constants of their targets.

        Problems of one pool have one prior, which is turned once for each of their frames.
        """
        outside: list[Prior | None] = [None] * len(priors)
        for prior, rows in by_prior(priors):
            turned: dict[TargetFrame, Prior] = {}
            for q in rows.tolist():
                frame = self.frames[q]
                if frame not in turned:
                    turned[frame] = self._prior_outside(q, prior)
                outside[q] = turned[frame]
        return outside

    def _prior_outside(self, q: int, prior: Prior) -> Prior:
        assert self.moves is not None
        frame, ratio = self.frames[q], self._cost_inside(q)
        factor = np.diag(slopes(self.moves, frame, prior.mean))
        return Prior(outward(self.moves, frame, prior.mean), prior.weight / factor**2 / ratio)
