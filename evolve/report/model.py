"""A run's law or program as fits to look at: on all training rows, and on every fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evolve.evaluation.fitted import FittedLaw, fit_folds_of, fitted_law
from evolve.evaluation.predict import predict
from evolve.evaluation.requests import Form
from evolve.fitting.messages import FoldAnswer
from evolve.scoring.fold import Fold, all_rows
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
    """A law or program of a run and its fits.

    Attributes:
        task: The task.
        fitted: The fit of all training rows.
        facts: How that fit went; less is known of a program, which fits by itself.
        train: Scores on the training rows.
        folds: The search's folds, smallest hold-out first, then those of the choice.
    """

    task: Task
    fitted: FittedLaw
    facts: Mapping[str, float]
    train: Scores
    folds: tuple[FoldView, ...]

    @property
    def search_folds(self) -> tuple[FoldView, ...]:
        """The folds that the search was judged on."""
        return tuple(view for view in self.folds if not view.chose)

    @property
    def n_fits(self) -> int:
        """Fits of all training rows: one a group and target."""
        return len(self.fitted.constants) * len(self.task.target_names)

    def predict(self, x: Array, group: Ints) -> Array:
        """`(n, t)` predictions of rows `(n, f)` that belong to groups `(n,)`.

        Raises:
            EvolveError: A group has no training rows, so nothing was fitted to it.
            ProgramFailedError: A program failed.
        """
        return self.fitted.predict(x, [self.task.group_names[g] for g in group])

    def predict_with(self, x: Array, constants: Array) -> Array:
        """`(n, t)` predictions of rows `(n, f)` under other constants `(t, p)`.

        Raises:
            ProgramFailedError: A program failed.
        """
        return predict(self.fitted.law, x, constants)

    def score(self, table: Table) -> Scores:
        """Scores of the predictions of a table's rows; every row is predicted."""
        predictions = self.predict(table.X, table.group)
        names = self.task.group_names, self.task.target_names
        return scores(table.Y, predictions, table.group, *names, table.counts)


def fit_model(task: Task, form: Form) -> Model:
    """Fit a law or program on all training rows and on the folds of search and choice.

    Args:
        task: Its training rows only are read.
        form: Law and recipe, or a program.

    Returns:
        The model; constants are those that the search and the choice found.

    Raises:
        ProgramError: A program failed, or a prediction of a training row is not finite.
        SandboxError: It is a program, and the sandbox is too weak here to run it.
    """
    train = task.train
    search, selection = task.folds, task.selection_folds
    whole, *nearer = fit_folds_of(task, form, [all_rows(train.n_rows), *search])
    further = fit_folds_of(task, form, selection, SELECTION_STARTS) if selection else []
    views = [
        *_views(task, search, nearer, chose=False),
        *_views(task, selection, further, chose=True),
    ]
    names = task.group_names, task.target_names
    train_scores = scores(train.Y, whole.predictions, train.group, *names, train.counts)
    return Model(task, fitted_law(task, form, whole), whole.facts, train_scores, tuple(views))


def _views(
    task: Task, folds: Sequence[Fold], answers: Sequence[FoldAnswer], *, chose: bool
) -> list[FoldView]:
    n_targets = len(task.target_names)
    views = []
    for fold, answer in zip(folds, answers, strict=True):
        held, predictions = task.train.at(fold.held), answer.predictions
        is_whole = held.n_rows > 0 and bool(np.isfinite(predictions).all())
        compared = (held.Y, predictions, held.counts)
        errors = (nmse(*compared), nmae(*compared)) if is_whole else [np.nan] * 2
        shape = (len(answer.groups), n_targets, answer.constants.shape[1])
        constants = dict(zip(answer.groups, answer.constants.reshape(shape), strict=True))
        views.append(FoldView(fold, chose, 1.0 - errors[0], errors[1], predictions, constants))
    return views
