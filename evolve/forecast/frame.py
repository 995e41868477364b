"""Forecasts of rows to columns beside the table that they were asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from evolve.forecast.departures import departures
from evolve.forecast.interval import Forecast
from evolve.forecast.tested import untested_rows
from evolve.tasks.task import Task
from evolve.typing import Ints

IS_OPEN = "is_open"
PARTS = ("point", "low", "high", IS_OPEN)
DISTANCE = "extrapolation_distance"
OLD_DISTANCE = "beyond"  # its name of earlier versions


def frame_of(
    forecasts: Sequence[tuple[Ints, Forecast]],
    n_rows: int,
    task: Task,
) -> pd.DataFrame:
    """Forecasts as columns beside the table they were asked for.

    Args:
        forecasts: Forecasts, each with the numbers of its rows in that table.
        n_rows: Rows of the table.
        task: The task.

    Returns:
        For every target ``T``: ``T_point``, ``T_low``, ``T_high``, and ``T_is_open``, whether
        nothing bounds it, so that these are no guide; then
        ``extrapolation_distance``, the steps outside the training range in the feature where they
        are most, and ``extrapolation_distance_F`` for every feature ``F``, negative below the
        range; and these under their names of earlier versions, ``beyond`` and ``beyond_F``; and
        ``departures``, what a row breaks that every training row keeps to, and ``untested``, the
        ends of the training rows beyond which it lies and no fold tests the law; empty for most.
    """
    names, targets = task.feature_names, task.target_names
    columns = {
        f"{target}_{part}": np.full(n_rows, False if part == IS_OPEN else np.nan)
        for target in targets
        for part in PARTS
    }
    away, broken, ends = np.zeros((n_rows, len(names))), [""] * n_rows, [""] * n_rows
    for at, each in forecasts:
        away[at] = each.extrapolation_distance
        for i, words in zip(at, departures(task, each.group, each.x), strict=True):
            broken[i] = "; ".join(words)
        for i, some in zip(at, untested_rows(task, each.group, each.x), strict=True):
            ends[i] = ", ".join(some)
        for t, target in enumerate(targets):
            for part in PARTS:
                columns[f"{target}_{part}"][at] = getattr(each, part)[:, t]
    for prefix in (DISTANCE, OLD_DISTANCE):
        columns[prefix] = np.abs(away).max(axis=1)
        columns |= {f"{prefix}_{name}": away[:, j] for j, name in enumerate(names)}
    return pd.DataFrame(columns | {"departures": broken, "untested": ends})
