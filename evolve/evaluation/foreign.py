"""Turns a program and a table into scores, by running the program in the sandbox.

Fitted programs see the training rows of one group at a time; programs with constants inside see
the inputs alone. Targets of the scored rows stay here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evolve.errors import ProgramError
from evolve.evaluation.evaluator import FoldResult
from evolve.law.program import Program
from evolve.sandbox import ForeignLane, Limits, Outcome
from evolve.scoring.fold import Fold
from evolve.scoring.metrics import Scores, scores
from evolve.tasks.task import Table, Task
from evolve.typing import Array

PATIENT = Limits(cpu_s=120.0, predict_cpu_s=20.0)


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


def score_program(program: Program, task: Task, table: Table, lane: ForeignLane) -> Scored:
    """Fit a program on the training rows where it can be fitted, and score its predictions.

    Args:
        program: In either dialect.
        task: Its training rows are fitted.
        table: Rows to predict.
        lane: Where the program runs.

    Raises:
        FailedError: The program failed, or a prediction is missing or not finite.
    """
    groups = [int(g) for g in np.unique(table.group)]
    inputs = [table.X[table.group == g] for g in groups]
    names = [task.group_names[g] for g in groups]
    if program.dialect == "law":
        labels = [task.sldbench_labels[g] for g in groups]
        fitted, constants = None, {}
        outcome = lane.law(program.text, inputs, labels, task.feature_names, task.target_names)
    else:
        fitted = _fit(program, task, groups, lane)
        constants = dict(zip(names, fitted.arrays, strict=True))
        outcome = lane.predict(program.text, inputs, fitted.arrays)
    printed = fitted.stdout if fitted else ""
    _require(outcome, "prediction", printed)
    printed = _joined(printed, outcome.stdout)
    try:
        predictions = _in_rows(table, task, groups, outcome.arrays)
        told = scores(table.Y, predictions, table.group, task.group_names, task.target_names)
    except ProgramError as error:
        raise FailedError(str(error), printed) from error
    seconds = outcome.cpu_s + (fitted.cpu_s if fitted else 0.0)
    return Scored(told, constants, predictions, seconds, printed)


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


def _fit(program: Program, task: Task, groups: list[int], lane: ForeignLane) -> Outcome:
    """Constants of each group, from its training rows."""
    train = task.train
    rows = [train.group == g for g in groups]
    one = len(task.target_names) == 1
    targets = [train.Y[at, 0] if one else train.Y[at] for at in rows]
    outcome = lane.fit(program.text, [train.X[at] for at in rows], targets)
    _require(outcome, "fit")
    return outcome


def _require(outcome: Outcome, step: str, printed: str = "") -> None:
    if not outcome.ok:
        message = f"{step}: {outcome.status}: {outcome.message}"
        raise FailedError(message, _joined(printed, outcome.stdout))


def _joined(*parts: str) -> str:
    """What two processes of a program printed, each from a line of its own."""
    return "\n".join(part for part in parts if part)


def difference(predictions: Array, others: Array) -> float:
    """Largest difference of two lanes' predictions, relative to the largest of them."""
    gap, size = np.max(np.abs(predictions - others)), np.max(np.abs([predictions, others]))
    return float(gap / size) if size > 0.0 else 0.0


def priors_of(result: FoldResult, n_targets: int) -> Array | None:
    """`(t, 2, p)` priors that a fold's fits were made under, None without."""
    priors = result.priors[:n_targets]
    return None if np.isnan(priors).any() else priors


def run_text(lane: ForeignLane, task: Task, fold: Fold, text: str) -> Array | str:
    """Predictions `(n_held, t)` of a program on a fold, or the status of its failure."""
    train = task.train
    groups = np.unique(train.group[fold.held])
    fit_rows = [fold.fit[train.group[fold.fit] == g] for g in groups]
    held_rows = [np.flatnonzero(train.group[fold.held] == g) for g in groups]
    single = train.Y.shape[1] == 1
    targets = [train.Y[rows, 0] if single else train.Y[rows] for rows in fit_rows]
    fitted = lane.fit(text, [train.X[rows] for rows in fit_rows], targets)
    if not fitted.ok:
        return f"{fitted.status}: {fitted.message}"
    inputs = [train.X[fold.held[rows]] for rows in held_rows]
    predicted = lane.predict(text, inputs, fitted.arrays)
    if not predicted.ok:
        return f"{predicted.status}: {predicted.message}"
    result = np.full((len(fold.held), train.Y.shape[1]), np.nan)
    for rows, values in zip(held_rows, predicted.arrays, strict=True):
        result[rows] = values.reshape(len(rows), -1)
    return result
