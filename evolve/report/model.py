"""Turns a run's law into fits to look at: on all training rows, and on every fold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from evolve.errors import EvolveError
from evolve.fitting.fold_fits import FoldFit, Rows, fit_folds
from evolve.fitting.result import Fit
from evolve.law.candidate import Candidate
from evolve.scoring.fold import Fold
from evolve.scoring.metrics import Scores, nmae, nmse, scores
from evolve.scoring.objective import SELECTION_STARTS
from evolve.tasks.task import Table, Task
from evolve.typing import Array, Ints


@dataclass(frozen=True)
class FoldView:
    """The law fitted on the rows of a fold.

    Attributes:
        fold: Which rows were fitted and which were held out.
        chose: Whether the champion was chosen on it; the search was judged on the others.
        r2: On the held-out rows.
        nmae: On the held-out rows.
        predictions: `(n_held, t)` predictions of the held-out rows.
        constants: `(t, p)` constants of each group that was fitted.
    """

    fold: Fold
    chose: bool
    r2: float
    nmae: float
    predictions: Array
    constants: dict[int, Array]


@dataclass(frozen=True)
class Model:
    """A law of a run and its fits.

    Attributes:
        task: The task.
        candidate: The law and its recipe.
        fits: Fit of each group number and target number on all its training rows.
        predictions: `(n, t)` predictions of the training rows.
        train: Scores on the training rows.
        folds: The search's folds, smallest hold-out first, then those of the choice.
    """

    task: Task
    candidate: Candidate
    fits: dict[tuple[int, int], Fit]
    predictions: Array
    train: Scores
    folds: tuple[FoldView, ...]

    @property
    def search_folds(self) -> tuple[FoldView, ...]:
        """The folds that the search was judged on."""
        return tuple(view for view in self.folds if not view.chose)

    def constants(self, group: int) -> Array:
        """`(t, p)` constants of a group.

        Raises:
            EvolveError: The group has no training rows, so it cannot be predicted.
        """
        if (group, 0) not in self.fits:
            name = self.task.group_names[group]
            raise EvolveError(f"group {name!r} has no training rows, so nothing was fitted to it")
        n_targets = len(self.task.target_names)
        return np.array([self.fits[group, t].constants for t in range(n_targets)])

    def predict(self, x: Array, group: Ints) -> Array:
        """`(n, t)` predictions of rows `(n, f)` that belong to groups `(n,)`."""
        out = np.full((len(x), len(self.task.target_names)), np.nan)
        for g in np.unique(group):
            at = group == g
            out[at] = self.candidate.law.predict(x[at], self.constants(int(g)))
        return out

    def score(self, table: Table) -> Scores:
        """Scores of the predictions of a table's rows; every row is predicted."""
        predictions = self.predict(table.X, table.group)
        names = self.task.group_names, self.task.target_names
        return scores(table.Y, predictions, table.group, *names)


def fit_model(task: Task, candidate: Candidate) -> Model:
    """Fit a law on all training rows and on the folds of search and choice.

    Args:
        task: Its training rows only are read.
        candidate: The law and its recipe.

    Returns:
        The model; constants are those that the search and the choice found.
    """
    train = task.train
    every = np.arange(train.n_rows)
    rows = Rows(train.X, train.Y, train.group, task.axes, frames=task.frame.targets)
    search, selection = task.folds, task.selection_folds
    quick = replace(candidate.recipe, n_starts=SELECTION_STARTS)
    whole, *found = fit_folds(
        rows, [Fold("all rows", every, every), *search], candidate.law, candidate.recipe
    )
    further = fit_folds(rows, list(selection), candidate.law, quick) if selection else []
    n_targets = len(task.target_names)
    fits = {
        (g, t): whole.fits[i * n_targets + t]
        for i, g in enumerate(whole.groups)
        for t in range(n_targets)
    }
    views = [
        *_views(task, search, found, chose=False),
        *_views(task, selection, further, chose=True),
    ]
    names = task.group_names, task.target_names
    told = scores(train.Y, whole.predictions, train.group, *names)
    return Model(task, candidate, fits, whole.predictions, told, tuple(views))


def _views(
    task: Task, folds: Sequence[Fold], fitted: Sequence[FoldFit], *, chose: bool
) -> list[FoldView]:
    n_targets = len(task.target_names)
    views = []
    for fold, fit in zip(folds, fitted, strict=True):
        held = task.train.Y[fold.held]
        is_whole = len(held) > 0 and bool(np.isfinite(fit.predictions).all())
        said = fit.predictions
        errors = (nmse(held, said), nmae(held, said)) if is_whole else (np.nan, np.nan)
        tables = np.array([f.constants for f in fit.fits]).reshape(len(fit.groups), n_targets, -1)
        constants = dict(zip(fit.groups, tables, strict=True))
        views.append(FoldView(fold, chose, 1.0 - errors[0], errors[1], said, constants))
    return views
