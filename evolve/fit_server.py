"""Turns requests (law, recipe, folds) into constants and predictions: the fast lane's work.

This module runs inside a locked-down worker. It holds no foreign code and is never sent the
targets of rows that every fold holds out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from evolve.beyond import Physics, broken, lines_beyond, worst
from evolve.fitting import warm
from evolve.fold import Fold
from evolve.law.fit import Fit, Problem
from evolve.law.graph import Array, Law, evaluate_each, law_from_data
from evolve.law.recipe import Recipe
from evolve.pooling import fit_pooled


@dataclass(frozen=True, slots=True)
class Rows:
    """The training rows as a worker holds them.

    Attributes:
        x: `(n, f)` raw features.
        y: `(n, t)` targets, nan where no fold fits them.
        group: `(n,)` group numbers.
        axes: Features along which a recipe's `far` weighs rows.
        physics: What is certain of a law.
    """

    x: Array
    y: Array
    group: Array
    axes: tuple[int, ...]
    physics: Physics | None = None
    memo: dict[bytes, Lines] = field(default_factory=dict, compare=False, repr=False)

    def lines(self, fold: Fold, groups: tuple[int, ...]) -> Lines:
        """Lines beyond the rows that a fold fits; they are the same for every law."""
        mark = fold.fit.tobytes()
        if mark not in self.memo:
            by_group = [
                lines_beyond(self.x[fold.fit[self.group[fold.fit] == g]], self.physics)
                for g in groups
                if self.physics is not None
            ]
            self.memo[mark] = Lines.of(by_group, self.x.shape[1])
        return self.memo[mark]


@dataclass(frozen=True, slots=True)
class Lines:
    """Points beyond the rows of all groups of a fold, one after the other.

    Attributes:
        points: `(m, f)` raw features.
        at: `(m,)` place of each point's group among the groups.
        shapes: Shape `(f, n_bases, n_steps)` of each group's lines.
    """

    points: Array
    at: npt.NDArray[np.int64]
    shapes: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, by_group: Sequence[Array], n_features: int) -> Lines:
        """Lines of each group, from `lines_beyond`."""
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
        self, law: Law, target: int, constants: Array, physics: Physics
    ) -> list[tuple[float, float]]:
        """What `beyond.broken` says of each group.

        Args:
            law: The law.
            target: Number of the target.
            constants: `(n_groups, p)` constants of that target.
            physics: What to check.
        """
        view = law.view(self.points, target)
        values = evaluate_each(law.root, view, constants[self.at])
        ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes])[:-1]
        split = zip(np.split(values, ends), self.shapes, strict=True)
        return [broken(lines.reshape(shape), physics) for lines, shape in split]


@dataclass(frozen=True, slots=True)
class FoldFit:
    """One law fitted on the fit rows of one fold.

    Attributes:
        groups: Group numbers that were fitted, ascending.
        fits: One fit for each group and target, targets running fastest.
        predictions: `(n_held, t)` predictions of the held-out rows, in their order.
        fitted: `(n_fit, t)` predictions of the fitted rows, in their order.
        beyond: Shares of points beyond the data that are not finite, and that break physics.
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
            for t in range(n_targets):
                pool = number * n_targets + t
                problems.append(Problem(law.view(rows.x[at], t), rows.y[at, t], pool))
    fits = fit_pooled(law, problems, recipe, axes=rows.axes)
    results, begin = [], 0
    for fold, present_groups in zip(folds, groups, strict=True):
        end = begin + len(present_groups) * n_targets
        mine = tuple(fits[begin:end])
        results.append(_predict(rows, fold, law, present_groups, mine))
        begin = end
    return results


def _predict(
    rows: Rows, fold: Fold, law: Law, groups: tuple[int, ...], fits: tuple[Fit, ...]
) -> FoldFit:
    """Predictions of all groups at once: of the fold's rows and of lines beyond the data."""
    n_targets = rows.y.shape[1]
    constants = np.array([f.constants for f in fits]).reshape(len(groups), n_targets, -1)
    held, fitted = (
        _predictions(rows, numbers, law, groups, constants) for numbers in (fold.held, fold.fit)
    )
    lines = rows.lines(fold, groups)
    shares: list[tuple[float, float]] = []
    if rows.physics is not None and lines.n_rows:
        for t in range(n_targets):
            shares += lines.broken(law, t, constants[:, t], rows.physics)
    return FoldFit(groups, fits, held, fitted, worst(shares))


def _predictions(
    rows: Rows, numbers: npt.NDArray[np.int64], law: Law, groups: tuple[int, ...], constants: Array
) -> Array:
    """`(n, t)` predictions of rows, each under its group's constants; nan without any."""
    x, group = rows.x[numbers], rows.group[numbers]
    known = np.isin(group, groups)
    at = np.searchsorted(groups, group[known])
    predictions = np.full((len(numbers), constants.shape[1]), np.nan)
    for t in range(constants.shape[1]):
        view = law.view(x[known], t)
        predictions[known, t] = evaluate_each(law.root, view, constants[at, t])
    return predictions


@dataclass(frozen=True, slots=True)
class State:
    """What `init` leaves for `handle`."""

    rows: Rows
    folds: list[Fold]


def init(meta: dict[str, Any], arrays: list[Array]) -> State:
    """Take the training rows and folds, and load the compiled kernel.

    Args:
        meta: ``axes``; ``folds``, their names; ``physics``, fields of `Physics`.
        arrays: x, y, group, then fit and held row numbers of each fold.

    Returns:
        The state that `handle` reads.
    """
    warm()
    x, y, group = arrays[:3]
    told = meta["physics"]
    physics = Physics(
        tuple(told["logarithmic"]),
        tuple(told["falling"]),
        tuple(told["rising"]),
        told["floor"],
        tuple(told["ends"]),
    )
    rows = Rows(x, y, group.astype(np.int64), tuple(meta["axes"]), physics)
    folds = [
        Fold(name, arrays[3 + 2 * i].astype(np.int64), arrays[4 + 2 * i].astype(np.int64))
        for i, name in enumerate(meta["folds"])
    ]
    return State(rows, folds)


def handle(
    state: State, meta: dict[str, Any], arrays: list[Array]
) -> tuple[dict[str, Any], list[Array]]:
    """Fit one candidate on some folds.

    Args:
        state: From `init`.
        meta: ``law``, ``recipe``, ``folds`` (numbers), ``errors`` (whether to give them).
        arrays: None.

    Returns:
        Diagnostics and group numbers of each fold; and for each fold five arrays: constants
        and standard errors `(n_groups * t, p)`, priors `(n_groups * t, 2, p)`, and the
        predictions of the rows fitted `(n_fit, t)` and held out `(n_held, t)`.
    """
    law, recipe = law_from_data(meta["law"]), Recipe(**meta["recipe"])
    folds = [state.folds[i] for i in meta["folds"]]
    results = fit_folds(state.rows, folds, law, recipe)
    answers: list[Array] = []
    for result in results:
        answers += [
            np.array([f.constants for f in result.fits]),
            _errors(result.fits, wanted=bool(meta.get("errors"))),
            np.array([_prior(f, law.n_constants) for f in result.fits]),
            result.fitted,
            result.predictions,
        ]
    return {
        "facts": [facts(result) for result in results],
        "groups": [list(result.groups) for result in results],
    }, answers


def _errors(fits: tuple[Fit, ...], *, wanted: bool) -> Array:
    """`(n_fits, p)` standard errors, nan where they are not asked for."""
    if wanted:
        return np.array([f.errors for f in fits])
    return np.array([np.full(len(f.constants), np.nan) for f in fits])


def _prior(fit: Fit, n_constants: int) -> Array:
    """`(2, p)` centres and precisions of the prior a fit was made under, nan for none."""
    if fit.prior is None:
        return np.full((2, n_constants), np.nan)
    return np.array([fit.prior.mean, fit.prior.weight])


def facts(result: FoldFit) -> dict[str, float]:
    """Diagnostics of one fold, in JSON values."""
    fits = result.fits
    started = sum(f.n_starts for f in fits)
    return {
        "converged": sum(f.status == "converged" for f in fits) / max(len(fits), 1),
        "agree": sum(f.n_agree for f in fits) / max(started, 1),
        "at_bound": float(sum(f.n_at_bound for f in fits)),
        "not_finite_beyond": result.beyond[0],
        "against_physics": result.beyond[1],
    }
