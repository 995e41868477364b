"""Turns a run into calibrated intervals of its predictions, the same that its forecasts have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from evolve.forecast.interval import interval_at
from evolve.report.gather import Findings
from evolve.runs.forecasts import basis_of
from evolve.typing import Array

LEVEL = 0.9
# (rows `(n, f)`, group number, target number) -> lower and upper ends, `(n,)` each.
Band = Callable[[Array, int, int], tuple[Array, Array]]


@dataclass(frozen=True)
class Interval:
    """How far predictions can be trusted.

    Attributes:
        band: Rows to the ends of their intervals at `LEVEL`; not finite where no law is defined.
        words: What an interval holds, in a sentence.
    """

    band: Band
    words: str


def interval_of(found: Findings) -> Interval | None:
    """Intervals of what the run forecasts; None without fits.

    A run that has kept nothing for forecasts, such as one of an earlier version or one that goes
    on, is fitted to its folds now.
    """
    if found.model is None:
        return None
    basis = basis_of(found.store, found.task)

    def band(x: Array, group: int, target: int) -> tuple[Array, Array]:
        told = interval_at(found.task, basis, found.task.group_names[group], x, LEVEL)
        return told.low[:, target], told.high[:, target]

    n = len(basis.members) - 1
    rivals = f"{n} other law{'s' if n > 1 else ''} that a forecast asks"
    form = f" and of the form ({rivals})" if n else ""
    return Interval(
        band,
        f"The interval holds the noise of the rows and the uncertainty of the constants{form}, "
        "and is calibrated on the errors of the folds.",
    )
