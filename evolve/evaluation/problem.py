"""What candidates are judged on: a task's training rows and folds, and how a fold is judged."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from evolve.evaluation.record import Evaluation
from evolve.fitting.messages import FitProblem
from evolve.scoring.fold import Fold, FoldScore
from evolve.scoring.objective import SCREEN_GROUPS, fold_score
from evolve.scoring.targets import FoldTargets
from evolve.tasks.folds import can_be_judged
from evolve.tasks.task import Task
from evolve.typing import Array

SCREEN = "first look"  # the screen's name in stored evaluations, whose digests hold it


@dataclass(frozen=True)
class EvaluationProblem:
    """The task and the folds on which candidates are scored.

    Attributes:
        task: The task.
        folds: Its folds.
    """

    task: Task
    folds: tuple[Fold, ...]

    @cached_property
    def screen(self) -> Fold:
        """The fold of the screen: the smallest hold-out, on a few groups if there are many."""
        first, group = self.folds[0], self.task.train.group
        stride = -(-self.task.n_groups // SCREEN_GROUPS)
        fit, held = (rows[group[rows] % stride == 0] for rows in (first.fit, first.held))
        few = Fold(SCREEN, fit, held, fit_counts=first.fit_counts)
        return few if can_be_judged(self.task, few) else first

    @cached_property
    def all_folds(self) -> tuple[Fold, ...]:
        """The folds, then that of the screen."""
        return (*self.folds, self.screen)

    @cached_property
    def _targets(self) -> tuple[FoldTargets, ...]:
        """What each of `all_folds` is judged by."""
        train = self.task.train
        return tuple(FoldTargets.of(train.Y, fold, train.counts) for fold in self.all_folds)

    def to_fit(self) -> FitProblem:
        """What a fitting service is given: targets that every fold holds out are left out.

        So are rows of a large table that no fold has.
        """
        train, folds = self.task.train, self.all_folds
        fitted, asked = np.zeros((2, train.n_rows), dtype=bool)
        for fold in folds:
            fitted[fold.fit] = True
            asked[fold.held] = True
        y = np.where(fitted[:, None], train.Y, np.nan)
        if self.task.is_sampled:
            rows = np.flatnonzero(fitted | asked)
            number = np.cumsum(fitted | asked) - 1
            train, y, folds = train.at(rows), y[rows], tuple(f.among(number) for f in folds)
        return FitProblem(
            train.X,
            y,
            train.group,
            self.task.axes,
            folds,
            self.task.constraints,
            self.task.frame.targets,
            train.weights,
        )

    def judge(
        self, number: int, predictions: Array, fitted: Array, n_free: float
    ) -> FoldScore | Evaluation:
        """Score the predictions of a fold's rows; they must all be finite.

        Args:
            number: Of one of `all_folds`.
            predictions: `(n_held, t)` of the rows held out.
            fitted: `(n_fit, t)` of the rows fitted.
            n_free: Constants for each target that the rows decide, of all groups together.
        """
        targets, fold = self._targets[number], self.all_folds[number]
        for known, values in ((targets.held, predictions), (targets.fit, fitted)):
            if values.shape != known.y.shape or not np.isfinite(values).all():
                return failed("not-finite", f"{fold.name}: a prediction is not finite")
        judged = fold_score(targets, predictions, fitted, n_free)
        if not math.isfinite(judged.nmse + (judged.fitted or 0.0)):
            return failed("not-finite", f"{fold.name}: the squared error overflows")
        return judged


def failed(status: str, message: str) -> Evaluation:
    """The evaluation of a candidate that gave no score."""
    return Evaluation(status, message, None, 0, (), 0, 0.0, 0.0, {})
