"""Turns candidates of the fast lane into a comparison with the same programs in the foreign lane.

The fast lane evaluates graph and recipe; the foreign lane runs the printed text in a sandboxed
child. Both must give the same predictions, or the printed program is not what was scored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from evolve.archive import Archive
from evolve.evaluate import Evaluator, FoldResult
from evolve.fold import Fold
from evolve.law.candidate import Candidate
from evolve.law.graph import Array
from evolve.record import Entry, Evaluation
from evolve.sandbox import ForeignLane
from evolve.task import Task

TOLERANCE = 1e-9
SAMPLED = 0.005
SALT = 2**32 - 5

Text = Callable[[Candidate, Array | None], str]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How one entry fared in both lanes.

    Attributes:
        index: The entry.
        status: ``ok``, or how the foreign lane failed.
        difference: Largest difference of the predictions, relative to the largest of them.
    """

    index: int
    status: str
    difference: float | None

    @property
    def holds(self) -> bool:
        """Whether the lanes agree."""
        return self.difference is not None and self.difference <= TOLERANCE

    def to_data(self) -> dict[str, Any]:
        """JSON value for the store."""
        return asdict(self)


def to_compare(archive: Archive, entries: Sequence[Entry], seed: int) -> list[Entry]:
    """Entries of a batch to run again: new elites of a size, and a random sample of the rest."""
    front = {e.entry.index for e in archive.front()}
    scored = [e for e in entries if e.law is not None and e.evaluation.score is not None]
    return [
        e
        for e in scored
        if e.index in front or np.random.default_rng([seed, e.index, SALT]).random() < SAMPLED
    ]


def compare(
    evaluator: Evaluator, lane: ForeignLane, entry: Entry, candidate: Candidate, text_of: Text
) -> Agreement:
    """Run one candidate through both lanes on the fold of the first look.

    Args:
        evaluator: The fast lane.
        lane: The foreign lane.
        entry: The entry the candidate comes from.
        candidate: Its law and recipe.
        text_of: Program text of a candidate under priors `(t, 2, p)`, or without any.
    """
    setting = evaluator.setting
    (fast,) = evaluator.fit([candidate], [len(setting.folds)])
    if isinstance(fast, Evaluation):
        return Agreement(entry.index, fast.status, None)
    text = text_of(candidate, priors_of(fast[0], setting.task.train.Y.shape[1]))
    predictions = run_text(lane, setting.task, setting.look, text)
    if isinstance(predictions, str):
        return Agreement(entry.index, predictions, None)
    return Agreement(entry.index, "ok", difference(predictions, fast[0].predictions))


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
