"""The points of training curves that a task is made of: rows of one run are not runs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product

import numpy as np

from evolve.errors import Argument, EvolveError, Remark
from evolve.tasks.cells import number
from evolve.tasks.draft.roles import Wishes
from evolve.tasks.labels import curves_of
from evolve.tasks.raw import RawTable
from evolve.tasks.roles import Role, guess_role, nearest_column
from evolve.tasks.task import Task
from evolve.typing import Array, Ints

SETTLED: tuple[Role, ...] = (
    "N",
    "U",
    "batch",
    "rate",
    "share",
    "setting",
    "seed",
)  # before a run begins
ALL, LAST = "all", "last"
MOST_AT_0 = 0.25  # share of rows at step 0 up to which they are left out
FEWEST_POINTS = 5  # of most curves, where nobody said that rows are points of curves
N_POINTS = 20  # of a curve, where not said; judgement: neighbours repeat what a point says


def choose_points(raw: RawTable, wishes: Wishes) -> tuple[RawTable, list[tuple[str, str]]]:
    """The rows of curves that are used, and what was left out, in words.

    Args:
        raw: Rows that all have results.
        wishes: With the columns that name runs and steps; without them every row is a run.

    Raises:
        EvolveError: One of them is missing, or the number of points is none.
    """
    if wishes.run_id is None and wishes.step is None:
        if wishes.points is not None:
            raise EvolveError(Argument("points"), ": goes with ", Argument("run_id"))
        names = () if wishes.every_row else raw.columns
        name = next((name for name in names if _begins_curves(raw, name, wishes)), None)
        return (raw, []) if name is None else _after_step_0(raw, name, wishes)
    if _are_evaluations(raw, wishes):
        n_runs = len(curves_of(raw, str(wishes.run_id), wishes.groups))
        why = "no step changes within a run: folds hold out whole runs, and errors rest on runs"
        return raw, [(f"{raw.n_rows} evaluations of {n_runs} runs", why)]
    for argument, name in (("run_id", wishes.run_id), ("step", wishes.step)):
        _require_column(raw, argument, name)
    raw, decisions = _after_step_0(raw, str(wishes.step), wishes)
    steps = np.array(raw.numbers(str(wishes.step)))
    runs = curves_of(raw, str(wishes.run_id), wishes.groups)
    points, why = _how_many(raw, runs, wishes)
    chosen_rows = sorted(int(i) for rows in runs for i in _spread(rows, steps[rows], points))
    some = f"{len(chosen_rows)} points of" if points != 1 else "the end of"
    n_left = raw.n_rows - len(chosen_rows) if wishes.points is None else 0  # else it was asked for
    rest = f", {n_left} row{'s' * (n_left > 1)} left out" if n_left else ""
    decisions.append((f"{some} {len(runs)} runs{rest}", why))
    return raw.take(chosen_rows), decisions


def _are_evaluations(raw: RawTable, wishes: Wishes) -> bool:
    """Whether rows are what finished runs were measured to be: runs alone are named, and no steps.

    Raises:
        EvolveError: The column that is to name the runs is missing.
    """
    if wishes.run_id is None or wishes.step is not None or wishes.points is not None:
        return False
    _require_column(raw, "run_id", wishes.run_id)
    runs = curves_of(raw, wishes.run_id, wishes.groups)
    roles = {name: wishes.roles.get(name) or guess_role(name) for name in raw.columns}
    steps = [name for name, role in roles.items() if counts_steps(name, role)]
    return not any(_varies(raw, name, runs) for name in steps)


def _begins_curves(raw: RawTable, name: str, wishes: Wishes) -> bool:
    """Whether a column counts the steps of curves below one another, each from 0 on.

    So a chart of one run is, or a log of several whose names are not said.
    """
    role = wishes.roles.get(name) or guess_role(name)
    if not counts_steps(name, role) or not _holds_numbers(raw, name):
        return False
    steps = np.array(raw.numbers(name))
    starts = np.flatnonzero(steps == 0)
    rises = np.diff(steps) > 0
    rises[starts[1:] - 1] = True
    long = np.diff([*starts, len(steps)]) >= FEWEST_POINTS
    return bool(len(starts) > 0 and starts[0] == 0 and rises.all() and long.all())


def _after_step_0(
    raw: RawTable, name: str, wishes: Wishes
) -> tuple[RawTable, list[tuple[str, str]]]:
    """The points after the start of training, where few are at its start; a step has a logarithm.

    Only points of curves lie there: 0 steps of decay, or of reasoning, are a setting of a run.

    Raises:
        EvolveError: A step is no number.
    """
    steps = np.array(raw.numbers(name))
    at_0 = int((steps == 0).sum())
    few = 0 < at_0 <= MOST_AT_0 * raw.n_rows and steps.min() == 0
    if not few or wishes.roles.get(name) == "other":
        return raw, []
    why = f"no training has been done there; with {name} in the role other they stay"
    return raw.take(np.flatnonzero(steps).tolist()), [(f"{at_0} at {name} 0 left out", why)]


def counts_steps(name: str, role: str | None) -> bool:
    """Whether a column of a role counts steps of training; the first epoch is often called 0."""
    return role == "step" and "epoch" not in name.lower()


def unnamed(rows: RawTable, task: Task) -> tuple[list[str], set[str]]:
    """What to do about rows that seem to be points of curves, where no run was named.

    Rows seem so where a step rises from each to the next in the order of the file while what a
    run is called, or else all that it is set to, stays the same.

    Returns:
        The advice, if any, and every column that may name the runs: of no other use then.
    """
    if task.spec.folds.runs:
        return [], set()
    roles = {name: guess_role(name) for name in rows.columns}
    steps = [name for name, role in roles.items() if role == "step" and _holds_numbers(rows, name)]
    if not steps:
        return [], set()
    steps.sort(key=lambda name: name not in task.feature_names)
    called = [[name] for name, role in roles.items() if _may_name(rows, name, role)]
    settings = [name for name, role in roles.items() if role in SETTLED]
    found = [
        (step, names, n_curves)
        for step, names in product(steps, [*called, settings])
        if names and not set(names) & set(task.spec.groups)
        if (n_curves := _count_rising(rows, step, names))
    ]
    if not found:
        return [], set()
    step, names, n_curves = found[0]
    same = " and ".join(names)
    run_id = same if len(names) == 1 else "a column that names each"
    advice = Remark(
        f"rows seem to be points of {n_curves} runs, for {step} rises while {same} stay"
        f"{'s' * (len(names) == 1)} the same: with {run_id} as ",
        *(Argument("run_id"), f" and {step} as ", Argument("step")),
        ", points of one run are not taken for runs",
    )
    return [advice], {name for _, (name, *others), _ in found if not others}


def _may_name(rows: RawTable, name: str, role: Role) -> bool:
    """Whether a column may say what each run is called: an identifier, or texts."""
    texts = role == "other" and not _holds_numbers(rows, name)
    return role == "id" or name.lower() == "run" or texts


def _count_rising(rows: RawTable, step: str, names: Sequence[str]) -> int:
    """How many curves rows are by some columns; 0 where the step does not rise along each."""
    keys = list(zip(*(map(str, rows.column(name)) for name in names), strict=True))
    values = rows.numbers(step)
    curves: dict[tuple[str, ...], list[float]] = {}
    for key, value in zip(keys, values, strict=True):
        curves.setdefault(key, []).append(value)
    rise = all(a < b for curve in curves.values() for a, b in pairwise(curve))
    usual = np.median([len(curve) for curve in curves.values()])
    return len(curves) if rise and len(curves) > 1 and usual >= FEWEST_POINTS else 0


def _holds_numbers(rows: RawTable, name: str) -> bool:
    return all(
        (value := number(cell)) is not None and np.isfinite(value) for cell in rows.columns[name]
    )


def _require_column(raw: RawTable, argument: str, name: str | None) -> None:
    if name is None:
        raise EvolveError(Argument(argument), ": curves have runs and steps, name both columns")
    if name not in raw.columns:
        have, close = ", ".join(raw.columns), nearest_column(name, raw.columns)
        rule = f": {raw.path} has no column {name!r}{close}, it has {have}"
        raise EvolveError(Argument(argument), rule)


def _how_many(raw: RawTable, runs: Sequence[Ints], wishes: Wishes) -> tuple[int, str]:
    """The most points of a run, 0 for all, and why so."""
    if wishes.points is None:
        if wishes.features and not any(_varies(raw, name, runs) for name in wishes.features):
            return 1, "no feature varies within a run, so that its end says all of it"
        spread = f"at most {N_POINTS} of each, evenly in the logarithm of the step"
        return N_POINTS, f"{spread}: neighbouring points of a curve say the same"
    if wishes.points in (ALL, LAST):
        return int(wishes.points == LAST), "as was said"
    if not wishes.points.isdigit() or int(wishes.points) < 1:
        rule = f": must be {LAST}, {ALL} or how many of each run, it is {wishes.points!r}"
        raise EvolveError(Argument("points"), rule)
    return int(wishes.points), "at most so many of each, evenly in the logarithm of the step"


def _varies(raw: RawTable, name: str, runs: Sequence[Ints]) -> bool:
    cells = raw.columns.get(name, [])
    return any(len({str(cells[i]) for i in rows}) > 1 for rows in runs if cells)


def _spread(rows: Ints, steps: Array, points: int) -> Ints:
    """Rows of one run, at most so many, evenly in the logarithm of the step, with the last."""
    order = np.argsort(steps, kind="stable")
    if points == 0 or len(rows) <= points:
        return rows
    if points == 1:
        return rows[order[-1:]]
    logs = np.log(np.maximum(steps[order], np.finfo(float).tiny))
    wanted = np.linspace(logs[0], logs[-1], points)
    nearest_points = np.unique(np.abs(logs[:, None] - wanted).argmin(axis=0))
    return np.asarray(rows[order[nearest_points]])
