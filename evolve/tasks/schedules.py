"""The learning rate along a run to what the run has had of it by each of its points.

Two sums say most of what a schedule does to a loss (Tissue et al. 2024, arXiv:2408.11029): that
of the rate over the steps, and how far it has been annealed. The latter adds up, over the steps,
a momentum to which each decrease of the rate adds and which fades by a factor a step.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from evolve.errors import TaskError
from evolve.tasks.cells import is_blank, number, shown
from evolve.tasks.labels import curves_of
from evolve.tasks.raw import MOST, RawTable
from evolve.typing import Array

SUMS = SUM, ANNEALED = "lr_sum", "lr_annealed"
MEMORY = 0.999  # factor by which the momentum fades in a step; that of Tissue et al.


def with_sums(
    raw: RawTable, rate: str, step: str, run_id: str, groups: Sequence[str] = ()
) -> RawTable:
    """The table with the two sums of each row's run up to the row.

    Between points the rate is taken to go evenly, and before the first to have been as there;
    where its cell is blank it is read off its neighbours.

    Args:
        raw: Whole schedules, in any order.
        rate: The column of the rate of the moment.
        step: The column of the steps.
        run_id: The column that names the run of each row.
        groups: Columns that name groups: runs of one name in two groups are two runs.

    Raises:
        TaskError: A run has no name, a step or a rate is none, a run has two rates at a step or
            none at all.
    """
    steps, rates = np.array(raw.numbers(step)), _rates(raw, rate)
    _require_not_negative(raw, step, steps)
    _require_not_negative(raw, rate, rates)
    sums, annealed = np.zeros((2, raw.n_rows))
    for rows in curves_of(raw, run_id, groups):
        ordered = rows[np.argsort(steps[rows], kind="stable")]
        known = ordered[np.isfinite(rates[ordered])]
        if not len(known):
            name = raw.column(run_id)[int(rows[0])]
            rule = f"must hold a rate in a row of every run, {name!r} has none"
            raise TaskError(f"{raw.path}: column {rate!r} {rule}")
        again = np.diff(steps[known]) == 0
        if (differ := np.flatnonzero(again & (np.diff(rates[known]) != 0))).size:
            row = int(known[differ[0] + 1])
            rule = "must hold one rate at each step of a run"
            raise TaskError(raw.complaint(rate, rule, row + 1, f"{rates[row]:g}, another one"))
        filled = np.interp(steps[ordered], steps[known], rates[known])
        sums[ordered], annealed[ordered] = sums_of(steps[ordered], filled)
    raw = raw.with_column(SUM, [float(value) for value in sums])
    return raw.with_column(ANNEALED, [float(value) for value in annealed])


def sums_of(steps: Array, rates: Array) -> tuple[Array, Array]:
    """Sum of the rate, and how far it is annealed, at each point of one run.

    Args:
        steps: `(m,)` ascending.
        rates: `(m,)` the rate at each.

    Returns:
        `(m,)` each. Both are exact for a rate that goes evenly between points; rises of it anneal
        nothing.
    """
    gaps = np.diff(steps)
    sums = np.cumsum([steps[0] * rates[0], *(gaps * (rates[1:] + rates[:-1]) / 2.0)])
    annealed, momentum, totals = 0.0, 0.0, [0.0]
    for gap, fall in zip(gaps, np.maximum(rates[:-1] - rates[1:], 0.0), strict=True):
        fading = MEMORY**gap
        a_step = fall / gap / (1.0 - MEMORY) if gap else 0.0  # what the momentum tends to
        faded = MEMORY * (1.0 - fading) / (1.0 - MEMORY)
        annealed += momentum * faded + a_step * (gap - faded)
        momentum = momentum * fading + a_step * (1.0 - fading)
        totals.append(annealed)
    return sums, np.array(totals)


def _rates(raw: RawTable, name: str) -> Array:
    """`(n,)` rates, nan where a cell is blank."""
    values = []
    for row, cell in enumerate(raw.column(name), 1):
        value = math.nan if is_blank(cell) else number(cell)
        if value is None or math.isinf(value) or abs(value) > MOST:
            raise TaskError(raw.complaint(name, "must hold finite rates", row, shown(cell)))
        values.append(value)
    return np.array(values)


def _require_not_negative(raw: RawTable, name: str, values: Array) -> None:
    if (below := np.flatnonzero(values < 0)).size:
        row = int(below[0])
        raise TaskError(raw.complaint(name, "must be at least 0", row + 1, f"{values[row]:g}"))
