"""Fit a law on folds: all groups and targets in one call, and predict what is held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from evolve.fitting.fold_plan import FoldsPlan, plan_folds
from evolve.fitting.hierarchical import fit_pooled
from evolve.fitting.problem_set import ProblemSet
from evolve.fitting.result import Fit, Problem
from evolve.fitting.tape import compile_tape
from evolve.fitting.written import fit_as_written
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
    plans: dict[tuple[int, ...], tuple[tuple[Fold, ...], FoldsPlan]] = field(
        default_factory=dict, compare=False, repr=False
    )

    sets: dict[tuple[int, ...], ProblemSet] = field(
        default_factory=dict, compare=False, repr=False
    )

    def plan(self, folds: Sequence[Fold]) -> FoldsPlan:
        """The layout of folds; it is the same for every law."""
        key = tuple([id(fold) for fold in folds])
        if key not in self.plans:  # folds are kept beside it, so that their ids stay their own
            plan = plan_folds(self.x, self.group, folds, self.constraints)
            self.plans[key] = (tuple(folds), plan)
        return self.plans[key][1]

    def problems(self, folds: Sequence[Fold], law: Law) -> ProblemSet:
        """The problems of all groups and targets of some folds, targets running fastest.

        They are the same for every law that sees the features in the same order.
        """
        key = (law.own_feature_first, *[id(fold) for fold in folds])
        if key not in self.sets:
            n_targets = self.y.shape[1]
            self.sets[key] = ProblemSet(
                [
                    self._problem(at, t, law, pool=number * n_targets + t)
                    for number, rows in enumerate(self.plan(folds).folds)
                    for at in rows.numbers
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
        constants: `(n_groups * t, p)` their constants.
        predictions: `(n_held, t)` predictions of the held-out rows, in their order.
        fitted: `(n_fit, t)` predictions of the fitted rows, in their order.
        beyond: Shares of points beyond the data that are not finite, and that break constraints.
    """

    groups: tuple[int, ...]
    fits: tuple[Fit, ...]
    constants: Array
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
    plan, n_targets = rows.plan(folds), rows.y.shape[1]
    fit = fit_as_written if law.as_written else fit_pooled
    fits = fit(law, rows.problems(folds, law), recipe, axes=rows.axes)
    table = np.array([f.constants for f in fits])
    constants = table.reshape(plan.n_groups, n_targets, -1)
    values = plan.values(law, compile_tape(law, recipe.target_scale), constants)
    beyond = _broken(plan, values[plan.n_rows :], rows.constraints)
    results, row, group = list[FoldFit](), 0, 0
    for own in plan.folds:
        last, end = row + len(own.held) + len(own.fit), group + len(own.groups)
        held, fitted = own.split(values[row:last])
        at = slice(group * n_targets, end * n_targets)
        shares = worst(beyond[:, group:end].reshape(-1, 2))
        results.append(FoldFit(own.groups, tuple(fits[at]), table[at], held, fitted, shares))
        row, group = last, end
    return results


def _broken(plan: FoldsPlan, values: Array, constraints: Constraints | None) -> Array:
    """`(t, n_groups, 2)` shares of the lines beyond that break constraints; none without lines.

    Args:
        plan: The folds.
        values: `(n, t)` predictions of the lines.
        constraints: What to check.
    """
    if constraints is None or not len(values):
        return np.zeros((values.shape[1], 0, 2))
    return np.array([plan.broken(column, constraints) for column in values.T])
