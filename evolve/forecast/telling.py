"""The folds that can tell a law from none: those that hold out more than repeats of one run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evolve.scoring.fold import Fold
from evolve.tasks.task import Task


def telling_folds(task: Task, folds: Sequence[Fold]) -> list[int]:
    """Numbers of the folds whose held-out rows lie at several points; of all where none has such.

    Rows that repeat one run differ by noise alone. No law says more of them than their mean, so
    that an R2 over them is 0 at best, however good it is.

    Args:
        task: Its training rows are looked at.
        folds: Of these.
    """
    inputs = np.column_stack([task.train.group, task.train.X])
    several = [i for i, f in enumerate(folds) if np.ptp(inputs[f.held], axis=0).any()]
    return several or list(range(len(folds)))
