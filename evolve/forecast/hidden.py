"""Whether noise alone keeps held-out rows from showing a law that all rows show.

Where a target hardly changes any more between held-out rows, noise is most of what they vary by:
no forecaster has an R² above 0 there, and none errs much less than another.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evolve.scoring.metrics import nmse
from evolve.scoring.objective import HOLDS_HELD_R2, mean_log_error
from evolve.search.champion import Choice
from evolve.tasks.task import Task
from evolve.typing import Array

# Squared error of forecasts over that of the champion where it was fitted to the same rows. It was
# 0.96 to 1.41 on 11 generated tables of laws in noise that held-out rows did not show, and 6 to 26
# on tables whose course changes; the champion's R² on all rows was at least 0.86 there, and below
# 0.5 on noise alone, random walks and waves. Judgement.
AS_NEAR = 1.5


def is_hidden(task: Task, choice: Choice, told: Sequence[int], errors: Array) -> bool:
    """Whether forecasts come as near to held-out rows as a law does that was fitted to them too.

    Args:
        task: Its training rows are read.
        choice: The champion, which has to explain the training rows, and the folds.
        told: Numbers of the folds that are looked at.
        errors: Mean squared error over variance of the forecast on each of them.
    """
    train, fitted = task.train, choice.champion.fitted.predictions
    if not nmse(train.Y, fitted, train.counts) <= 1.0 - HOLDS_HELD_R2:
        return False
    weights = np.array([choice.champion.folds[i].weight for i in told])
    held = [choice.folds[i].held for i in told]
    own = np.array([nmse(train.Y[rows], fitted[rows], train.at(rows).counts) for rows in held])
    if not (own > 0).all():
        return False
    further = mean_log_error(errors, weights) - mean_log_error(own, weights)
    return bool(further <= np.log(AS_NEAR))
