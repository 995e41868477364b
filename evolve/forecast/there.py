"""A run's verdict as it stands for the rows that are asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evolve.forecast.departures import departures
from evolve.forecast.promise import reach_text, reaches_of
from evolve.forecast.tested import untested
from evolve.forecast.verdict import Verdict
from evolve.forecast.words import some_of
from evolve.tasks.axes import axis_values, factors_of
from evolve.tasks.task import Task
from evolve.typing import Array

ROUNDING = 1e-9  # by which a row may seem to lie beyond the horizon
TINY = np.finfo(float).tiny


def verdict_there(
    task: Task, verdict: Verdict | None, asked: Sequence[tuple[str, Array]]
) -> Verdict | None:
    """The verdict, with care where some of the rows are such as nothing tests or promises.

    Args:
        task: Its training rows are read.
        verdict: Of the run; None for none.
        asked: Names of groups and `(n, f)` rows that are asked for in them.
    """
    if verdict is None:
        return None
    ends = {group: untested(task, [(group, x)]) for group, x in asked}
    unlike = [group for group, x in asked if any(departures(task, group, x))]
    far = [group for group, x in asked if beyond_reach(task, group, x)]
    of = [group for group, _ in asked if ends[group] or group in (*unlike, *far)]
    return verdict.beyond(
        tuple(dict.fromkeys(end for each in ends.values() for end in each)),
        unlike=bool(unlike),
        reach=reach_text(task) if far else "",
        of="" if len(of) in (0, len(asked)) else some_of(of, len(asked)),
    )


def beyond_reach(task: Task, group: str, x: Array) -> bool:
    """Whether some rows lie further out along an axis than the intervals' promise reaches.

    Args:
        task: With axes, or nothing is promised beyond the data at all.
        group: Name of the rows' group.
        x: `(n, f)` rows.
    """
    names, own = task.feature_names, task.train.group == task.group_names.index(group)
    for axis, (is_log, reach) in zip(task.spec.folds.axes, reaches_of(task), strict=True):
        along = [axis, *factors_of(axis, names)]  # a product, and what it is made of
        every, values = axis_values(task.train.X, along, names), axis_values(x, along, names)
        low, high = every[own].min(axis=0), every[own].max(axis=0)
        unit = 1.0 if is_log else np.maximum(np.ptp(every, axis=0), TINY)
        steps = np.maximum(_above(values, high, is_log), _above(low, values, is_log)) / unit
        if (steps > reach + ROUNDING).any():
            return True
    return False


def _above(values: Array, ends: Array, is_log: bool) -> Array:
    """How far values lie above others: powers of ten, or as much as they differ."""
    with np.errstate(all="ignore"):
        return np.asarray(np.log10(values / ends) if is_log else values - ends)
