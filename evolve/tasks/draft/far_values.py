"""Values that lie far from all others of their column and group, most likely mistyped."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evolve.errors import Remark
from evolve.law.faults import quoted
from evolve.tasks.draft.leave_out import leave_out
from evolve.tasks.task import Task
from evolve.typing import Array

FEWEST_OTHERS = 5  # rows of a group that tell where its values lie
MOST = 0.1  # of the rows of a group that may be far from the others; one may be in any
RANGES = 3.0  # of all others by which a value lies off them; of logarithms where all are above 0
LEAST_FACTOR = 10.0  # that it lies off them in logarithms
MOST_TOLD = 3  # values


def far_values(task: Task, where: str | None = None) -> list[Remark]:
    """What to say of targets and sizes that lie far from all others of their group.

    Targets of 0 or below are compared as they are, and sizes only among each other.

    Args:
        task: Its training rows are looked at.
        where: The condition that they meet, if any.
    """
    train, names = task.train, (*task.target_names, *task.feature_names)
    is_size = [True] * len(task.target_names) + [f.logarithmic for f in task.spec.features]
    told: list[Remark] = []
    for name, values, asked in zip(names, np.hstack([train.Y, train.X]).T, is_size, strict=True):
        for g in range(task.n_groups if asked else 0):
            group = f" of group {task.group_names[g]!r}" if task.n_groups > 1 else ""
            told += (_told(name, value, group, where) for value in _far(values[train.group == g]))
    more = len(told) - MOST_TOLD
    return told[:MOST_TOLD] + [Remark(f"{more} more values lie as far from others")] * (more > 0)


def _told(name: str, value: float, group: str, where: str | None) -> Remark:
    return Remark(
        f"{name} is {value:g} in a row{group}, far from all others: if it is mistyped, or of a "
        "run that went wrong, leave it out by ",
        *leave_out([f"{quoted(name)} != {float(value)!r}"], where),
    )


def _far(values: Array) -> Iterator[float]:
    """The few different values `(n,)` that lie far above or below all others."""
    if len(values) <= FEWEST_OTHERS:
        return
    is_log = bool((values > 0).all())
    places = np.log(values) if is_log else values
    most = max(1, min(int(MOST * len(values)), len(values) - FEWEST_OTHERS))
    for sign in (1.0, -1.0):
        order = np.argsort(-sign * places, kind="stable")
        out = sign * places[order]
        for k in range(most, 0, -1):
            gap, others = out[k - 1] - out[k], np.ptp(out[k:])
            if gap > RANGES * others > 0 and not (is_log and gap < np.log(LEAST_FACTOR)):
                far = values[order[:k]]
                if len(np.unique(far)) == k:  # else they stand for no result
                    yield from far.tolist()
                break
