"""Sizes of runs, scaled up or down together until each run costs what it is to cost."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from evolve.typing import Array

LARGEST_SHIFT = 12.0  # factors of 10
HALVINGS = 80  # of a range of shifts
AT_ONCE, MOST_PARTS = 4096, 64  # runs whose cost is asked together, and parts of a range


class NoShiftError(ValueError):
    """No shift within `LARGEST_SHIFT` gives a run its cost."""


def at_budgets(cost: Callable[[Array], Array], logs: Array, budgets: Array) -> Array:
    """`(n, k)` logarithms of sizes, shifted together until each run costs its budget.

    By sections: of few rows many shifts are tried at once, as a call costs more than a row.

    Args:
        cost: `(m, k)` sizes to `(m,)` costs, which grow with them.
        logs: `(n, k)` logarithms to base 10.
        budgets: `(n,)`, one a row.

    Raises:
        NoShiftError: Some run costs too little or too much whatever the shift.
    """
    wanted = budgets[:, None]

    def costs_of(shifts: Array) -> Array:
        """`(n, s)` costs of `(n, s)` shifts."""
        moved = logs[:, None, :] + shifts[:, :, None]
        return cost(10.0 ** moved.reshape(-1, logs.shape[1])).reshape(shifts.shape)

    low, high = (np.full(len(logs), end) for end in (-LARGEST_SHIFT, LARGEST_SHIFT))
    ends = costs_of(np.column_stack([low, high]))
    if not ((ends[:, :1] < wanted) & (ends[:, 1:] > wanted)).all():
        raise NoShiftError
    parts = int(np.clip(AT_ONCE // len(logs), 2, MOST_PARTS))
    for _ in range(math.ceil(HALVINGS / math.log2(parts))):
        width = (high - low) / parts
        dear = costs_of(low[:, None] + width[:, None] * np.arange(1, parts)) > wanted
        first = np.where(dear.any(axis=1), dear.argmax(axis=1), parts - 1)
        low = low + first * width
        high = low + width
    shifted: Array = logs + 0.5 * (low + high)[:, None]
    return shifted
