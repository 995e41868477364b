"""The training rows of a proposed task to what its user should look at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evolve.tasks.draft.columns import WIDE, Column
from evolve.tasks.draft.condition import Condition
from evolve.tasks.draft.roles import could_be_groups
from evolve.tasks.readers import RawTable
from evolve.tasks.task import Task
from evolve.typing import Array

COMFORTABLE = 20  # rows of a group below which its constants are hardly known
SAME = 1e-6  # largest relative error of a feature that is a product of powers of others


def remarks(
    rows: RawTable, task: Task, columns: dict[str, Column], condition: Condition | None
) -> list[str]:
    """What stands out in the training rows, one sentence each.

    Args:
        rows: The training rows.
        task: What they are in the task.
        columns: Facts of the columns.
        condition: Of the test rows.
    """
    found = [*_repeats(task), *_dependent(task), *_zeros(task), *_constant_in_groups(task)]
    if texts := could_be_groups(columns, rows.n_rows, task.spec):
        found.append(
            f"column {texts[0]} holds {columns[texts[0]].n_levels} texts and is not used: "
            f"with {' '.join(texts)} among the groups, each of them is fitted alone"
        )
    counts = np.bincount(task.train.group, minlength=task.n_groups)
    if counts.min() < COMFORTABLE:
        least = int(np.argmin(counts))
        where = f"group {task.group_names[least]!r} has" if task.n_groups > 1 else "there are"
        found.append(f"{where} {counts[least]} training rows: only short laws can be told apart")
    if condition is not None and condition.downward:
        names = ", ".join(condition.downward)
        found.append(f"the test lies below {names}; folds hold out the largest values, not those")
    return found


def _repeats(task: Task) -> list[str]:
    """Rows that repeat the inputs, or all, of another."""
    inputs = np.column_stack([task.train.group, task.train.X])
    same = len(inputs) - len(np.unique(inputs, axis=0))
    whole = np.column_stack([inputs, task.train.Y])
    twice = len(whole) - len(np.unique(whole, axis=0))
    found = []
    if twice:
        found.append(f"{_rows(twice)} an earlier row in every used column: counted more than once")
    if same > twice:
        found.append(f"{_rows(same - twice)} the features of another with another result: noise")
    return found


def _rows(n: int) -> str:
    return f"{n} row repeats" if n == 1 else f"{n} rows repeat"


def _dependent(task: Task) -> list[str]:
    """Features that the others of log scale fix: constants of such a law are not determined."""
    logs = [j for j, f in enumerate(task.spec.features) if f.logarithmic]
    if len(logs) < 2 or task.train.n_rows <= len(logs) + 1:
        return []
    z = np.log(task.train.X[:, logs])
    for k in reversed(range(len(logs))):
        others = [m for m in range(len(logs)) if m != k]
        if _fixed_by(z[:, k], z[:, others]):
            names = [task.feature_names[logs[m]] for m in others]
            return [
                f"{task.feature_names[logs[k]]} is a product of powers of {_listed(names)}: "
                "it adds nothing, leave it out of the features"
            ]
    return []


def _fixed_by(y: Array, x: Array) -> bool:
    """Whether a column is a linear function of others, to rounding."""
    design = np.column_stack([np.ones(len(x)), x])
    solution = np.linalg.lstsq(design, y, rcond=None)[0]
    return bool(np.abs(design @ solution - y).max() <= SAME)


def _zeros(task: Task) -> list[str]:
    """Features that a few rows keep from a log scale."""
    found = []
    for feature, values in zip(task.spec.features, task.train.X.T, strict=True):
        above = values[values > 0]
        n_others = len(values) - len(above)
        wide = 0 < n_others < len(above) and above.max() / above.min() >= WIDE
        if feature.scale == "linear" and wide:
            found.append(
                f"{feature.name} spans a factor of {above.max() / above.min():.3g} but for "
                f"{n_others} row{'s' * (n_others > 1)} at 0 or below, which keeps it linear: take "
                "them out if it is a size, which acts through its logarithm"
            )
    return found


def _constant_in_groups(task: Task) -> list[str]:
    """Features that never vary within a group, so that no group shows what they do."""
    if task.n_groups < 2:
        return []
    groups = [task.train.X[task.train.group == g] for g in range(task.n_groups)]
    still = [
        name
        for j, name in enumerate(task.feature_names)
        if all(len(np.unique(rows[:, j])) < 2 for rows in groups)
    ]
    return [f"{_listed(still)} never varies within a group: no group shows its effect"] * bool(
        still
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + " and " * (len(names) > 1) + names[-1] if names else ""
