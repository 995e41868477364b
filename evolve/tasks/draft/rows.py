"""The rows of a table that a task is made of: those asked for that have a result."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from evolve.errors import TaskError
from evolve.tasks.cells import is_blank, number
from evolve.tasks.draft.condition import parse_condition
from evolve.tasks.draft.roles import Wishes
from evolve.tasks.raw import MOST, RawTable

# What programs write for a result that is missing; a word such as `diverged` is one to decide on.
NOTHING = frozenset(
    (
        *("na", "n.a.", "none", "nil", "?", "missing", "undefined"),
        *("#div/0!", "#value!", "#num!", "#ref!", "#name?", "#null!"),
    )
)
SHOWN = 5  # rows that are named one by one


def choose_rows(raw: RawTable, wishes: Wishes) -> tuple[RawTable, list[tuple[str, str]]]:
    """The rows that a user asked for and that have results, and what was left out, in words.

    A run that crashed, diverged or has not ended has no result, nothing or no finite number: there
    is nothing to fit, whatever its row says.

    Raises:
        EvolveError: The condition cannot be read, or leaves none or all.
        TaskError: No row has a result.
    """
    decisions = []
    if wishes.where is not None:
        n_rows = raw.n_rows
        raw = raw.take(np.flatnonzero(parse_condition(wishes.where, raw, "where").rows).tolist())
        decisions.append((f"{raw.n_rows} of {n_rows}", f"those where {wishes.where}"))
    for name in wishes.targets:
        without = [i for i, cell in enumerate(raw.column(name)) if _has_no_result(cell)]
        if len(without) == raw.n_rows:
            raise TaskError(_why_none(raw, name))
        if without:
            decisions.append((f"{len(without)} left out", _why(raw, name, without)))
            raw = raw.take(sorted(set(range(raw.n_rows)) - set(without)))
    return raw, decisions


def _has_no_result(cell: object) -> bool:
    """Whether a target's cell is blank, says so, or is not finite, as of runs that diverged."""
    if isinstance(cell, str) and cell.lower() in NOTHING:
        return True
    value = number(cell)
    finite = value is None or (math.isfinite(value) and abs(value) <= MOST)
    return is_blank(cell) or not finite


def _why_none(raw: RawTable, name: str) -> str:
    """What is wrong with a target that has no result in any row."""
    for row, cell in enumerate(raw.column(name), 1):
        value = number(cell)
        if value is not None and math.isfinite(value):
            rule = f"must be at most {MOST:g} in size"
            return raw.complaint(name, rule, row, f"{value:g}") + "; give it in a larger unit"
    return f"{raw.path}: column {name!r} holds no number in any row"


def _why(raw: RawTable, name: str, rows: Sequence[int]) -> str:
    some = ", ".join(f"{raw.row_number(i + 1)}{raw.line(i + 1)}" for i in rows[:SHOWN])
    more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    row = "row" if len(rows) == 1 else "rows"
    return f"no finite {name}, as of runs that have not finished: {row} {some}{more}"
