"""Print a law's constants with their standard errors or their intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from evolve.cli.ends import ends_text, level_text, point_text, size_text
from evolve.cli.output import print_table
from evolve.forecast.words import OPEN
from evolve.runs.intervals import in_common

if TYPE_CHECKING:
    from evolve.runs.intervals import ConstantRow

HEADINGS = ("group", "target", "constant", "value", "standard error")


def print_constants(rows: Sequence[ConstantRow], targets: Sequence[str], level: float) -> None:
    """Print one constant a line, with its group and its target where there are several of them.

    Args:
        rows: The constants.
        targets: Names of the targets.
        level: Of their intervals.
    """
    cells = [
        (
            *(row.group, targets[row.target], row.constant),
            point_text(row.value, row.low, row.high),
            *(OPEN if _is_open(row) else size_text(row.error, 3),),
            ends_text(row.low, row.high, is_open=_is_open(row)),
        )
        for row in rows
    ]
    headings = (*HEADINGS, f"{level_text(level)} interval")
    several = (len({row.group for row in rows}) > 1, len({row.target for row in rows}) > 1)
    kept = [k for k in range(len(headings)) if k >= len(several) or several[k]]
    print_table(
        tuple(headings[k] for k in kept),
        [tuple(row[k] for k in kept) for row in cells],
        names=("group", "target"),
    )


def print_constants_by_fit(
    rows: Sequence[ConstantRow], targets: Sequence[str], level: float
) -> None:
    """Print one group and target a line, each constant with half the width of its interval.

    Args:
        rows: The constants.
        targets: Names of the targets.
        level: Of their intervals.
    """
    cells: dict[str, list[str]] = {}
    for row in rows:
        where = row.group + (f" [{targets[row.target]}]" if len(targets) > 1 else "")
        half = row.high - row.value
        told = OPEN if _is_open(row) else f"+- {size_text(half, 2)}"
        cells.setdefault(where, []).append(f"{point_text(row.value, row.low, row.high)} {told}")
    names = list(dict.fromkeys(row.constant for row in rows))
    title = f"constants of each group, +- half the width of their {level_text(level)} intervals"
    if common := in_common(rows):
        title += f"; all groups have {', '.join(common)} in common"
    table = [(where, *values) for where, values in cells.items()]
    print_table(("group", *names), table, title, names=("group",))


def _is_open(row: ConstantRow) -> bool:
    """Whether the rows say nothing of a constant, such as one of two that do the same."""
    return math.isinf(row.error)


def n_fits(rows: Sequence[ConstantRow]) -> int:
    """How many groups and targets have constants of their own."""
    return len({(row.group, row.target) for row in rows})
