"""What a run's finalists together forecast of held-out rows, and how far off that is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evolve.scoring.combine import combine, median_of
from evolve.scoring.metrics import nmse
from evolve.search.champion import Choice
from evolve.tasks.table import Table
from evolve.tasks.task import Task
from evolve.typing import Array


def held_forecasts(task: Task, choice: Choice) -> list[tuple[Table, Array]]:
    """The held-out rows of each fold, and `(n_held, t)` what all finalists say of them."""
    weights = np.array([f.weight for f in choice.finalists])
    said = [
        combine(np.array([f.held[number] for f in choice.finalists]), weights)[0]
        for number in range(len(choice.folds))
    ]
    return [(task.train.at(f.held), p) for f, p in zip(choice.folds, said, strict=True)]


def forecast_errors(task: Task, choice: Choice) -> Array:
    """`(n_folds,)` mean squared error over variance of what all finalists say of held-out rows."""
    return np.array([nmse(held.Y, p, held.counts) for held, p in held_forecasts(task, choice)])


def held_share(task: Task, choice: Choice, told: Sequence[int]) -> float:
    """Median error of held-out rows as a share of the target, mean over folds.

    Rows count by their weights.

    It is to be as small as the error that intervals promise further out: these rest on folds as
    near as possible to each row, and a law that was off by many times its spread on the others
    may be so again.

    Args:
        task: Its training rows are read.
        choice: The finalists and the folds.
        told: Numbers of the folds that are looked at.
    """
    each = held_forecasts(task, choice)
    with np.errstate(all="ignore"):
        shares = [np.abs(p - held.Y) / np.maximum(np.abs(held.Y), 1e-300) for held, p in each]
    medians = [median_of(shares[i], each[i][0].counts) for i in told]
    return float(np.average(medians, weights=[choice.folds[i].weight for i in told]))
