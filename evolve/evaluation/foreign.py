"""Scores a program on a table, by running it in the sandbox.

Fitted programs see the training rows of one group at a time; programs with constants inside see
the inputs alone. Targets of the scored rows stay here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evolve.errors import ProgramError
from evolve.evaluation.failed import ProgramFailedError, joined
from evolve.evaluation.programs import PATIENT, ProgramRunner
from evolve.evaluation.requests import FoldResult
from evolve.law.program import Program
from evolve.sandbox import ForeignLane, PrintedLane
from evolve.scoring.fold import Fold
from evolve.scoring.metrics import Scores, scores
from evolve.tasks.task import Table, Task
from evolve.typing import Array

__all__ = ["PATIENT", "FailedError", "Scored", "score_program"]


class FailedError(ProgramError):
    """A program that ran and gave no score; `printed` is what it printed until then."""

    def __init__(self, message: str, printed: str = "") -> None:
        """Keep message and output."""
        super().__init__(message)
        self.printed = printed


@dataclass(frozen=True)
class Scored:
    """Scores of a program on one table.

    Attributes:
        scores: Overall, by target and by group.
        constants: `(p,)` or `(t, p)` of each group; none for constants inside the program.
        predictions: `(n, t)` in the order of the rows.
        seconds: CPU seconds of fit and prediction.
        printed: What the program printed.
    """

    scores: Scores
    constants: dict[str, Array]
    predictions: Array
    seconds: float
    printed: str

    @property
    def n_constants(self) -> int:
        """Constants for each group and target; 0 for constants inside the program."""
        most = max((c.size for c in self.constants.values()), default=0)
        return int(-(-most // self.predictions.shape[1]))


def score_program(program: Program, task: Task, table: Table, lane: ForeignLane) -> Scored:
    """Fit a program on the training rows where it can be fitted, and score its predictions.

    Args:
        program: In either dialect.
        task: Its training rows are fitted.
        table: Rows to predict.
        lane: Where the program runs.

    Raises:
        FailedError: The program failed, a prediction is missing, not finite, or depends on the
            rows that are predicted beside it.
    """
    runner = ProgramRunner(lane)
    groups = [int(g) for g in np.unique(table.group)]
    inputs = [table.X[table.group == g] for g in groups]
    constants: list[Array] = []
    seconds, printed = 0.0, ""
    try:
        if program.dialect == "law":
            labels = [task.sldbench_labels[g] for g in groups]
            outcome = runner.predict_law(program.text, inputs, labels, task)
        else:
            rows = [task.train.at(task.train.group == g) for g in groups]
            constants, seconds, printed = runner.fit(program.text, rows)
            outcome = runner.predict(program.text, inputs, constants)
    except ProgramFailedError as error:
        raise FailedError(str(error), joined(printed, error.printed)) from error
    printed = joined(printed, outcome.stdout)
    try:
        predictions = _in_rows(table, task, groups, outcome.arrays)
        names = task.group_names, task.target_names
        result = scores(table.Y, predictions, table.group, *names)
    except ProgramError as error:
        raise FailedError(str(error), printed) from error
    by_group = {task.group_names[g]: c for g, c in zip(groups, constants, strict=False)}
    return Scored(result, by_group, predictions, seconds + outcome.cpu_s, printed)


def _in_rows(table: Table, task: Task, groups: list[int], parts: Sequence[Array]) -> Array:
    """Predictions of each group to `(n, t)` in the order of the table's rows."""
    predictions = np.full(table.Y.shape, np.nan)
    for g, part in zip(groups, parts, strict=True):
        rows = table.group == g
        if part.size != predictions[rows].size:
            raise ProgramError(
                f"predictions: expected shape {predictions[rows].shape} for group "
                f"{task.group_names[g]!r} but it was {part.shape}"
            )
        predictions[rows] = part.reshape(predictions[rows].shape)
    return predictions


def difference(predictions: Array, others: Array, targets: Array) -> float:
    """Largest difference of two lanes' predictions, relative to the largest of them and targets.

    Predictions that are next to nothing beside the targets, as of a law whose best constants are
    0, are rounding errors, which no two lanes share. Where one is not finite, nor is the result.
    """
    gap = np.max(np.abs(predictions - others))
    size = np.max(np.abs([predictions, others, targets]))
    return float(gap / size) if size != 0.0 else 0.0


def priors_of(result: FoldResult, n_targets: int) -> Array | None:
    """`(t, 2, p)` priors that a fold's fits were made under, None without."""
    priors = result.priors[:n_targets]
    return None if np.isnan(priors).any() else priors


def run_text(lane: ForeignLane | PrintedLane, task: Task, fold: Fold, text: str) -> Array | str:
    """Predictions `(n_held, t)` of a program on a fold, or the status of its failure.

    A lane of printed programs does all in one process; elsewhere the groups are fitted in
    processes of their own. No prediction is checked in batches, as `ProgramRunner.fit_fold` does.
    """
    train = task.train
    groups = np.unique(train.group[fold.held])
    fit_rows = [fold.fit[train.group[fold.fit] == g] for g in groups]
    held_rows = [np.flatnonzero(train.group[fold.held] == g) for g in groups]
    tables = [train.at(rows) for rows in fit_rows]
    inputs = [train.X[fold.held[rows]] for rows in held_rows]
    try:
        if isinstance(lane, PrintedLane):
            predicted = _printed(lane, text, tables, inputs)
        else:
            runner = ProgramRunner(lane)
            constants, _, _ = runner.fit(text, tables)
            predicted = runner.predict(text, inputs, constants, check=False).arrays
    except ProgramFailedError as error:
        return f"{error.status}: {error.message}"
    result = np.full((len(fold.held), train.Y.shape[1]), np.nan)
    for rows, values in zip(held_rows, predicted, strict=True):
        if values.size != result[rows].size:
            return f"bad-answer: predictions of shape {values.shape} for {result[rows].shape}"
        result[rows] = values.reshape(result[rows].shape)
    return result


def _printed(
    lane: PrintedLane, text: str, groups: Sequence[Table], X: Sequence[Array]
) -> Sequence[Array]:
    """Fit a printed program on the rows of every group and predict others.

    Raises:
        ProgramFailedError: A fit or a prediction failed.
    """
    Y = [rows.Y[:, 0] if rows.Y.shape[1] == 1 else rows.Y for rows in groups]
    weights = [rows.weights for rows in groups if rows.weights is not None]
    noise = weights[0].noise if weights else None
    inputs, counted = [rows.X for rows in groups], [each.values for each in weights]
    outcome = lane.predict(text, inputs, Y, X, counted, noise)
    if not outcome.ok:
        raise ProgramFailedError("fit", outcome)
    return outcome.arrays
