"""How far the forecasts of a run's independent searches lie apart beyond the data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evolve.forecast.telling import telling_folds
from evolve.scoring.combine import combine
from evolve.search.champion import Choice
from evolve.search.consensus import further
from evolve.tasks.task import Task


def agreement_of(
    task: Task, choice: Choice, factors: Sequence[float | Sequence[float]]
) -> float | None:
    """R² of what each independent search forecasts alone, against what all of them say together.

    Args:
        task: With axes.
        choice: The first of its folds that can tell holds out the largest scales, which are moved
            on.
        factors: How far beyond the largest scales, as `further` takes them.

    Returns:
        The mean over searches and targets, each at least -1; None where there was one search, or
        where but one has a law among the finalists.
    """
    numbers = sorted({s for finalist in choice.finalists for s in finalist.seeds})
    if len(numbers) < 2:
        return None
    rows = choice.folds[telling_folds(task, choice.folds)[0]].held
    x = np.concatenate([further(task, task.train.X[rows], factor) for factor in factors])
    names = [task.group_names[g] for g in task.train.group[rows]] * len(factors)
    values = np.array([f.fitted.predict_or_nan(x, names) for f in choice.finalists])
    weights = np.array([f.weight for f in choice.finalists])
    together, _ = combine(values, weights)
    r2 = []
    for number in numbers:
        own = np.array([number in f.seeds for f in choice.finalists])
        alone, _ = combine(values[own], weights[own] / weights[own].sum())
        with np.errstate(all="ignore"):
            error = np.mean((alone - together) ** 2, axis=0) / together.var(axis=0)
        r2.append(np.nan_to_num(1.0 - error, nan=-1.0, neginf=-1.0).clip(-1.0))
    return float(np.mean(r2))
