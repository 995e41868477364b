"""A run's verdict as it stands for the rows that are asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from evolve.forecast.departures import departures
from evolve.forecast.promise import horizons_of, reach_text
from evolve.forecast.spread import extrapolation_distance
from evolve.forecast.tested import untested
from evolve.forecast.verdict import Verdict
from evolve.forecast.words import some_of
from evolve.tasks.task import Task
from evolve.typing import Array

ROUNDING = 1e-9  # by which a row may seem to lie beyond the horizon


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
    axes = [j for j in task.axes if task.spec.features[j].logarithmic]
    if not axes:
        return False
    last = horizons_of(task)[-1]
    factors = last if isinstance(last, tuple) else (last,) * len(task.axes)
    reach = dict(zip(task.axes, factors, strict=True))
    own = task.train.X[task.train.group == task.group_names.index(group)]
    steps = extrapolation_distance(x[:, axes], own[:, axes], [True] * len(axes))
    most = [math.log10(reach[j]) + ROUNDING for j in axes]
    return bool((np.abs(steps) > most).any())
