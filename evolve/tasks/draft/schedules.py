"""Columns of a table to the sums of the learning rate that are made of them, and why."""

from __future__ import annotations

from collections.abc import Sequence

from evolve.errors import Argument, TaskError
from evolve.tasks.cells import is_blank, number
from evolve.tasks.draft.roles import Wishes
from evolve.tasks.labels import curves_of
from evolve.tasks.raw import RawTable
from evolve.tasks.roles import guess_role
from evolve.tasks.schedules import SUMS, with_sums
from evolve.tasks.spec import ScheduleSpec
from evolve.typing import Ints


def derive_sums(
    raw: RawTable, wishes: Wishes
) -> tuple[RawTable, ScheduleSpec, list[tuple[str, str]]]:
    """The table with the sums of a learning rate that changes within runs, if there is one.

    They are made before any row is left out, as a rate counts at points without a result too, and
    not where features were named and neither is among them.

    Returns:
        The table, the columns that they were made of, none where they were not, and what was
        decided, in words.

    Raises:
        TaskError: A run has no name, or a rate or a step is none.
    """
    rate = _changing_rate(raw, wishes)
    if rate is None:
        return raw, ScheduleSpec(), []
    run_id, step = str(wishes.run_id), str(wishes.step)
    n_blank = sum(map(is_blank, raw.column(rate)))
    try:
        raw = with_sums(raw, rate, step, run_id, wishes.groups)
    except TaskError as error:
        without = ("; mend that, or name ", Argument("features"), f" without {' and '.join(SUMS)}")
        raise TaskError(*error.args, *without) from None
    blank = f"; its {n_blank} blank cells are read off their neighbours" if n_blank else ""
    why = (
        f"of {rate} along each run: its sum over {step}, and how far it has been annealed (Tissue "
        f"et al. 2024){blank}; features that are named may leave them out"
    )
    return raw, ScheduleSpec(rate=rate, step=step), [(" and ".join(SUMS), why)]


def without_rate(
    names: list[str], why_not: dict[str, str], schedule: ScheduleSpec, wishes: Wishes
) -> tuple[list[str], dict[str, str]]:
    """Features and why others are none, where the rate's sums stand for the rate itself."""
    if wishes.features or schedule.rate not in names or schedule.rate in wishes.axes:
        return names, why_not
    reason = {schedule.rate: f"{' and '.join(SUMS)} say what it has done"}
    return [name for name in names if name != schedule.rate], why_not | reason


def _changing_rate(raw: RawTable, wishes: Wishes) -> str | None:
    """The first column of learning rates that change within a run, where sums are wanted."""
    wanted = not wishes.features or any(name in SUMS for name in wishes.features)
    curves = (wishes.run_id, wishes.step)
    if not wanted or any(name is None or name not in raw.columns for name in curves):
        return None
    if any(name in raw.columns for name in SUMS):
        return None
    rates = [name for name in raw.columns if _is_rate(raw, name, wishes)]
    if not rates:
        return None
    runs = curves_of(raw, str(wishes.run_id), wishes.groups)
    return next((name for name in rates if _changes(raw.column(name), runs)), None)


def _is_rate(raw: RawTable, name: str, wishes: Wishes) -> bool:
    if (wishes.roles.get(name) or guess_role(name)) != "lr":
        return False
    cells = [cell for cell in raw.column(name) if not is_blank(cell)]
    return bool(cells) and all(number(cell) is not None for cell in cells)


def _changes(cells: Sequence[object], runs: Sequence[Ints]) -> bool:
    """Whether a column holds several values within a run."""
    return any(
        len({number(cells[i]) for i in rows if not is_blank(cells[i])}) > 1 for rows in runs
    )
