"""Fit a law on folds: all groups and targets in one call, and predict what is held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from evolve.fitting.hierarchical import fit_pooled
from evolve.fitting.result import Fit, Problem
from evolve.law.graph import Law, evaluate_each
from evolve.law.recipe import Recipe
from evolve.scoring.constraints import Constraints, broken, extrapolation_lines, worst
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
    memo: dict[bytes, Lines] = field(default_factory=dict, compare=False, repr=False)

    def lines(self, fold: Fold, groups: tuple[int, ...]) -> Lines:
        """Lines beyond the rows that a fold fits; they are the same for every law."""
        key = fold.fit.tobytes()
        if key not in self.memo:
            by_group = [
                extrapolation_lines(self.x[fold.fit[self.group[fold.fit] == g]], self.constraints)
                for g in groups
                if self.constraints is not None
            ]
            self.memo[key] = Lines.of(by_group, self.x.shape[1])
        return self.memo[key]


@dataclass(frozen=True, slots=True)
class Lines:
    """Points beyond the rows of all groups of a fold, one after the other.

    Attributes:
        points: `(m, f)` raw features.
        at: `(m,)` place of each point's group among the groups.
        shapes: Shape `(f, n_bases, n_steps)` of each group's lines.
    """

    points: Array
    at: Ints
    shapes: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, by_group: Sequence[Array], n_features: int) -> Lines:
        """Lines of each group, from `extrapolation_lines`."""
        tables = [lines.reshape(-1, n_features) for lines in by_group]
        sizes = [len(table) for table in tables]
        points = np.concatenate([np.empty((0, n_features)), *tables])
        shapes = tuple(lines.shape[:-1] for lines in by_group)
        return cls(points, np.repeat(np.arange(len(tables)), sizes), shapes)

    @property
    def n_rows(self) -> int:
        """Number of points."""
        return len(self.points)

    def broken(
        self, law: Law, target: int, constants: Array, constraints: Constraints
    ) -> list[tuple[float, float]]:
        """What `constraints.broken` gives for each group.

        Args:
            law: The law.
            target: Number of the target.
            constants: `(n_groups, p)` constants of that target.
            constraints: What to check.
        """
        view = law.view(self.points, target)
        values = evaluate_each(law.root, view, constants[self.at])
        ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes])[:-1]
        split = zip(np.split(values, ends), self.shapes, strict=True)
        return [broken(lines.reshape(shape), constraints) for lines, shape in split]


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
    problems: list[Problem] = []
    groups: list[tuple[int, ...]] = []
    for number, fold in enumerate(folds):
        present = sorted({int(g) for g in rows.group[fold.fit]})
        groups.append(tuple(present))
        for g in present:
            at = fold.fit[rows.group[fold.fit] == g]
            weights = None if rows.weights is None else rows.weights.at(at)
            for t in range(n_targets):
                pool = number * n_targets + t
                frame = rows.frames[t] if rows.frames else None
                view, y = law.view(rows.x[at], t), rows.y[at, t]
                problems.append(Problem(view, y, pool, frame, weights))
    fits = fit_pooled(law, problems, recipe, axes=rows.axes)
    results, begin = [], 0
    for fold, present_groups in zip(folds, groups, strict=True):
        end = begin + len(present_groups) * n_targets
        own_fits = tuple(fits[begin:end])
        results.append(_predict(rows, fold, law, present_groups, own_fits))
        begin = end
    return results


def _predict(
    rows: Rows, fold: Fold, law: Law, groups: tuple[int, ...], fits: tuple[Fit, ...]
) -> FoldFit:
    """Predict all groups at once: the fold's rows and the lines beyond the data."""
    n_targets = rows.y.shape[1]
    constants = np.array([f.constants for f in fits]).reshape(len(groups), n_targets, -1)
    held, fitted = (
        _predictions(rows, numbers, law, groups, constants) for numbers in (fold.held, fold.fit)
    )
    lines = rows.lines(fold, groups)
    shares: list[tuple[float, float]] = []
    if rows.constraints is not None and lines.n_rows:
        for t in range(n_targets):
            shares += lines.broken(law, t, constants[:, t], rows.constraints)
    return FoldFit(groups, fits, held, fitted, worst(shares))


def _predictions(
    rows: Rows, numbers: Ints, law: Law, groups: tuple[int, ...], constants: Array
) -> Array:
    """`(n, t)` predictions of rows, each under its group's constants; nan without any."""
    x, group = rows.x[numbers], rows.group[numbers]
    has_constants = np.isin(group, groups)
    at = np.searchsorted(groups, group[has_constants])
    predictions = np.full((len(numbers), constants.shape[1]), np.nan)
    for t in range(constants.shape[1]):
        view = law.view(x[has_constants], t)
        predictions[has_constants, t] = evaluate_each(law.root, view, constants[at, t])
    return predictions
