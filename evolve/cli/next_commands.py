"""The commands by which a user goes on from a run, as they can be typed."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evolve.runs.settings import RunConfig
    from evolve.search.problem import SearchProblem
    from evolve.tasks.task import Task

ROUNDING = 1e-9  # of a feature's range
MOST_DIGITS = 12
# How a user goes on from a run, by its state: verb and option.
WAYS_ON = {"done": ("show", ""), "stopped": ("resume", ""), "running": ("show", " --watch")}


def next_commands(
    folder: Path,
    settings: RunConfig,
    n_done: int,
    task: Task | None = None,
    *,
    has_law: bool = True,
) -> dict[str, str]:
    """The exact commands to go on from a run.

    Args:
        folder: Of the run.
        settings: Its budget.
        n_done: Its evaluations so far.
        task: Its task, for a forecast and to leave out a test that it has no rows for.
        has_law: Whether a law has a score; without one there is nothing but to go on.
    """
    from evolve.runs.usual import elsewhere, run_word

    name, where, more = run_word(folder), elsewhere(folder), ""
    if settings.evaluations is not None and n_done >= settings.evaluations:
        more = f" --evaluations {2 * settings.evaluations}"
    if settings.models.models:
        more += " --trust-run"
    start = "python -m evolve"
    resume = {"resume": f"{start} resume {name}{more}{where}"}
    if not has_law:
        return resume
    commands = {"show": f"{start} show {name}{where}"}
    if task is not None:
        commands["predict"] = f"{start} predict {name}{where} {_to_forecast(task)}"
    commands["report"] = f"{start} report {name}{where}"
    if task is None or _has_test(task):
        commands["score"] = f"{start} score {name} --split test{where}"
    return commands | resume


def tell_of_equal(runs_dir: Path, problem: SearchProblem, settings: RunConfig) -> None:
    """Say so where a new run will repeat one that is there."""
    from evolve.cli.output import print_note
    from evolve.runs.equal import SAME, equal_run
    from evolve.runs.usual import run_words

    if found := equal_run(runs_dir, problem, settings):
        folder, state = found
        verb, more = WAYS_ON[state]
        way_on = f"python -m evolve {verb} {run_words(folder)}{more}"
        print_note(f"evolve: run {folder.name!r}, {state}, {SAME}: {way_on}")


def print_commands(commands: Mapping[str, str]) -> None:
    """Print what each command is for, and the commands below each other, never broken."""
    width = max(map(len, commands)) + 1
    for name, command in commands.items():
        print(f"{name + ':':{width}} {command}")


def _to_forecast(task: Task) -> str:
    """A row to forecast; of a task with schedules, which no one row says, a table of them."""
    from evolve.forecast.queries import schedule_columns, schedule_sums

    if schedule_sums(task):
        columns = ", ".join(schedule_columns(task))
        return f"--rows planned.csv  # whole schedules: {columns}"
    return f"--at {_further(task)}"


def _further(task: Task) -> str:
    """A row as far out along the axes as a verdict reaches, and at the medians of the rest.

    That is in every group, as all are forecast; no further, once rounded.
    Shares of a mixture are those of the training row nearest to the medians, so that they sum.
    """
    import numpy as np

    from evolve.tasks.mixture import mixture

    x, shares = task.train.X, list(mixture(task).columns)
    medians = np.median(x, axis=0)
    rounded = np.abs(medians) < ROUNDING * np.ptp(x, axis=0)
    medians[rounded & (x.min(axis=0) < 0)] = 0.0  # not -4e-16 of -1 to 1
    nearest_row = x[np.abs(x[:, shares] - medians[shares]).sum(axis=1).argmin()]
    words, ends = [], _ends(task)
    for j, (feature, values) in enumerate(zip(task.spec.features, x.T, strict=True)):
        # Years differ in their last digits.
        size = 0.0 if feature.logarithmic else float(np.ptp(values))
        text = f"{nearest_row[j]:.6g}" if j in shares else _short(medians[j], 3, size)
        if j in ends:
            text = _not_above(ends[j], size)
        words.append(shlex.quote(f"{feature.name}={text}"))
    return " ".join(words)


def _ends(task: Task) -> dict[int, float]:
    """How far a verdict reaches in each feature of an axis: ten times beyond, or half a range.

    That is from the smallest of the groups' own ends on; factors of a product share the ten times,
    and go no further than the product does where no row has the largest of all.
    """
    import numpy as np

    from evolve.search.consensus import further
    from evolve.tasks.axes import axis_features, axis_values

    x, axes, names = task.train.X, task.spec.folds.axes, task.feature_names
    groups = [x[task.train.group == group] for group in np.unique(task.train.group)]
    high = np.min([rows.max(axis=0) for rows in groups], axis=0)
    ends = further(task, high[None], 10.0)
    for axis, is_log in zip(axes, task.logarithmic_axes, strict=True):
        if is_log:
            largest = min(axis_values(rows, [axis], names).max() for rows in groups)
            factors = list(axis_features([axis], names))
            over = float(axis_values(ends, [axis], names)[0, 0]) / (10.0 * largest)
            ends[:, factors] /= max(over, 1.0) ** (1.0 / len(factors))
    return {j: float(ends[0, j]) for j in axis_features(axes, names)}


def _not_above(value: float, size: float) -> str:
    """A number of two digits, those of `size` where one is given, that is no larger."""
    step = 10.0 ** (math.floor(math.log10(size or value)) - 1)
    below = math.floor(value / step * (1.0 + ROUNDING)) * step
    return f"{below:.{MOST_DIGITS if size else 2}g}" if size or below >= 1e6 else f"{below:.6g}"


def _short(value: float, digits: int, size: float = 0.0) -> str:
    """A number of few digits, written out up to a million: `7600`, not `7.6e+03`.

    Where it is large beside the `size` of what it differs by, they are digits of that size.
    """
    if 0.0 < size < abs(value):
        return f"{round(value, digits - 1 - math.floor(math.log10(size))):.{MOST_DIGITS}g}"
    return f"{float(f'{value:.{digits}g}'):.6g}"


def _has_test(task: Task) -> bool:
    """Whether a task keeps rows for a test; they are not opened."""
    from evolve.errors import TaskError
    from evolve.tasks.folders import data_file

    try:
        data_file(task.folder, "test")
    except TaskError:
        return False
    return True
