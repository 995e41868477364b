"""Targets that are costs, durations or memory by their names: no run takes less than none."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from evolve.tasks.measures import LOGARITHM
from evolve.tasks.roles import words_of
from evolve.tasks.table import TaskRows

_COST = re.compile(
    r"\b(hours?|hrs?|minutes?|seconds?|secs?|ms|days|latency|latencies|duration|time|run ?time|"
    r"wall ?(clock|time)|ttft|tpot|costs?|price|usd|dollars|k ?wh|joules|memory|mem|vram|ram|"
    r"[kmgt]i?b)\b"
)
# What may be of either sign, or is measured over another zero.
_OVER_ANOTHER = re.compile(
    r"\b(change|delta|diff|difference|saved|savings?|gain|overhead|residual|"
    r"cost (fn|function)|relative|log|ln)\b"
)


def is_cost(name: str) -> bool:
    """Whether a target is a cost, duration or memory by its name, and no logarithm or change."""
    words = words_of(name)
    is_other = _OVER_ANOTHER.search(words) or re.search(LOGARITHM, words)
    return _COST.search(words) is not None and not is_other


def costs_above_0(task: TaskRows) -> NDArray[np.bool_]:
    """`(t,)` whether a target is a cost by its name and above 0 in every row.

    False where a floor or bounds say what it can be, if that it can be any number.
    """
    named = [is_cost(target.name) and not target.bounds for target in task.spec.targets]
    free = task.spec.physics.floor is None
    return np.asarray(free & np.array(named) & (task.train.Y > 0).all(axis=0))
