"""Fit a law on folds: all groups and targets in one call, and predict what is held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from evolve.fitting.fold_plan import FoldPlan, plan_fold
from evolve.fitting.hierarchical import fit_pooled
from evolve.fitting.problem_set import ProblemSet
from evolve.fitting.result import Fit, Problem
from evolve.fitting.tape import Tape, compile_tape
from evolve.law.graph import Law
from evolve.law.recipe import Recipe
from evolve.scoring.constraints import Constraints, worst
from evolve.scoring.fold import Fold
from evolve.scoring.frame import TargetFrame
from evolve.scoring.row_weights import RowWeights
from evolve.typing import Array, Ints


@dataclass(frozen=True, slots=True)
class Rows:
    """The training rows as a worker holds them.

    Attributes:
        x: `(n, f)` raw features.
        y: `(n, t)` targets, nan where no fold fits them.
        group: `(n,)` group numbers.
        axes: Features along which a recipe's `scale_weight` weighs rows.
        constraints: Declared monotonicity and lower bound of a law.
        frames: In which each target is fitted; as they are if there are none.
        weights: What each row counts; all count alike if None.
    """

    x: Array
    y: Array
    group: Ints
    axes: tuple[int, ...]
    constraints: Constraints | None = None
    frames: tuple[TargetFrame, ...] = ()
    weights: RowWeights | None = None
    plans: dict[int, tuple[Fold, FoldPlan]] = field(
        default_factory=dict, compare=False, repr=False
    )

    sets: dict[tuple[int, ...], ProblemSet] = field(
        default_factory=dict, compare=False, repr=False
    )

    def plan(self, fold: Fold) -> FoldPlan:
        """The layout of a fold; it is the same for every law."""
        if id(fold) not in self.plans:  # the fold is kept beside it, so that its id stays its own
            plan = plan_fold(self.x, self.group, fold, self.constraints)
            self.plans[id(fold)] = (fold, plan)
        return self.plans[id(fold)][1]

    def problems(self, folds: Sequence[Fold], law: Law) -> ProblemSet:
        """The problems of all groups and targets of some folds, targets running fastest.

        They are the same for every law that sees the features in the same order.
        """
        plans = [self.plan(fold) for fold in folds]
        key = (law.own_feature_first, *(id(fold) for fold in folds))
        if key not in self.sets:
            n_targets = self.y.shape[1]
            self.sets[key] = ProblemSet(
                [
                    self._problem(at, t, law, pool=number * n_targets + t)
                    for number, plan in enumerate(plans)
                    for at in plan.numbers
                    for t in range(n_targets)
                ]
            )
        return self.sets[key]

    def _problem(self, at: Ints, target: int, law: Law, pool: int) -> Problem:
        weights = None if self.weights is None else self.weights.at(at)
        frame = self.frames[target] if self.frames else None
        view = law.view(self.x[at], target)
        return Problem(view, self.y[at, target], pool, frame, weights)


@dataclass(frozen=True, slots=True)
class FoldFit:
    """One law fitted on the fit rows of one fold.

    Attributes:
        groups: Group numbers that were fitted, ascending.
        fits: One fit for each group and target, targets running fastest.
        predictions: `(n_held, t)` predictions of the held-out rows, in their order.
        fitted: `(n_fit, t)` predictions of the fitted rows, in their order.
        beyond: Shares of points beyond the data that are not finite, and that break constraints.
    """

    groups: tuple[int, ...]
    fits: tuple[Fit, ...]
    predictions: Array
    fitted: Array
    beyond: tuple[float, float] = (0.0, 0.0)


def fit_folds(rows: Rows, folds: list[Fold], law: Law, recipe: Recipe) -> list[FoldFit]:
    """Fit a law on every fold, all groups and targets in one call, and predict what is held out.

    Args:
        rows: Training rows.
        folds: Which rows to fit and which to predict.
        law: The law.
        recipe: Its recipe; priors are learnt within each fold and target.

    Returns:
        One result a fold, in order.
    """
    n_targets = rows.y.shape[1]
    plans = [rows.plan(fold) for fold in folds]
    fits = fit_pooled(law, rows.problems(folds, law), recipe, axes=rows.axes)
    tape = compile_tape(law, recipe.target_scale)
    results, begin = [], 0
    for plan in plans:
        end = begin + len(plan.groups) * n_targets
        own_fits = tuple(fits[begin:end])
        results.append(_predict(plan, rows.constraints, law, tape, n_targets, own_fits))
        begin = end
    return results


def _predict(
    plan: FoldPlan,
    constraints: Constraints | None,
    law: Law,
    tape: Tape,
    n_targets: int,
    fits: tuple[Fit, ...],
) -> FoldFit:
    """Predict all groups at once: the fold's rows and the lines beyond the data."""
    constants = np.array([f.constants for f in fits]).reshape(len(plan.groups), n_targets, -1)
    held = np.full((len(plan.is_judged), n_targets), np.nan)
    fitted = np.empty((plan.n_fit, n_targets))
    cuts = (plan.n_judged, plan.n_judged + plan.n_fit)
    shares: list[tuple[float, float]] = []
    for t in range(n_targets):
        values = plan.values(law, tape, t, constants[:, t])
        held[plan.is_judged, t], fitted[:, t], beyond = np.split(values, cuts)
        if constraints is not None and len(beyond):
            shares += plan.broken(beyond, constraints)
    return FoldFit(plan.groups, fits, held, fitted, worst(shares))
