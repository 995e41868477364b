"""A law fitted on all training rows of a task."""

from __future__ import annotations

import numpy as np

from evolve.errors import ProgramError
from evolve.law.candidate import Candidate
from evolve.scoring.fold import Fold
from evolve.scoring.metrics import r2
from evolve.tasks.task import Task
from evolve.typing import Array


def fit_rows(
    task: Task, candidate: Candidate
) -> tuple[dict[str, Array], Array | None, float | None]:
    """Fit a candidate on all training rows.

    Returns:
        `(t, p)` constants of each group; the priors `(t, 2, p)` learnt across groups, if any;
        R2 on the training rows (None if not finite).
    """
    from evolve.fitting.fold_fits import Rows, fit_folds  # loads the compiler, for those who fit

    train, n_targets = task.train, len(task.target_names)
    axes = tuple(task.feature_names.index(a) for a in task.spec.folds.axes)
    every = np.arange(train.n_rows)
    rows = Rows(train.X, train.Y, train.group, axes)
    result = fit_folds(rows, [Fold("all rows", every, every)], candidate.law, candidate.recipe)[0]
    shape = (len(result.groups), n_targets, -1)
    tables = np.array([f.constants for f in result.fits]).reshape(shape)
    learnt = [f.prior for f in result.fits[:n_targets]]
    priors = np.array([[p.mean, p.weight] for p in learnt if p is not None])
    constants = {task.group_names[g]: tables[i] for i, g in enumerate(result.groups)}
    try:
        train_r2 = r2(train.Y, result.predictions)
    except ProgramError:
        train_r2 = None
    return constants, priors if len(priors) == n_targets else None, train_r2
