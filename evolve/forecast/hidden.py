"""Whether held-out rows cannot show a law that all rows show.

Where a target hardly changes between held-out rows, noise is most of what they vary by: no
forecaster has an R² above 0 there, and none errs much less than another. So it is at the end of a
curve, and where the far end of one axis holds rows that differ along another, of little effect.
"""

from __future__ import annotations

import math
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
# Squared error of the mean or last value over that of forecasts. It was 4.9 and more on generated
# power laws of two features in noise whose folds said nothing, at most 2.1 on 24 tables of noise,
# walks and levels. Judgement.
AS_FAR = math.e
IGNORANT = ("mean", "last value")  # baselines for which no feature acts on the target


def goes_through(task: Task, choice: Choice) -> bool:
    """Whether the champion explains the training rows, to all of which it is fitted."""
    train = task.train
    error = nmse(train.Y, choice.champion.fitted.predictions, train.counts)
    return bool(error <= 1.0 - HOLDS_HELD_R2)


def is_known(choice: Choice, told: Sequence[int], errors: Array) -> bool:
    """Whether forecasts err far less on held-out rows than who knows of no feature's effect.

    Args:
        choice: Gives what the mean and the last value say on all folds.
        told: Numbers of the folds that are looked at.
        errors: Mean squared error over variance of the forecast on each of them.
    """
    weights = np.array([choice.champion.folds[i].weight for i in told])
    ignorant = [mean_log_error(choice.baselines[name][told], weights) for name in IGNORANT]
    return bool(min(ignorant) - mean_log_error(errors, weights) >= math.log(AS_FAR))


def is_hidden(task: Task, choice: Choice, told: Sequence[int], errors: Array) -> bool:
    """Whether forecasts come as near to held-out rows as a law does that was fitted to them too.

    Args:
        task: Its training rows are read.
        choice: The champion, which is fitted to all of them, and the folds.
        told: Numbers of the folds that are looked at.
        errors: Mean squared error over variance of the forecast on each of them.
    """
    train, fitted = task.train, choice.champion.fitted.predictions
    weights = np.array([choice.champion.folds[i].weight for i in told])
    held = [choice.folds[i].held for i in told]
    own = np.array([nmse(train.Y[rows], fitted[rows], train.at(rows).counts) for rows in held])
    if not (own > 0).all():
        return False
    further = mean_log_error(errors, weights) - mean_log_error(own, weights)
    return bool(further <= np.log(AS_NEAR))
