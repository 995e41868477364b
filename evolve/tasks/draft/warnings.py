"""The training rows of a proposed task to what its user should look at."""

from __future__ import annotations

import numpy as np

from evolve.tasks.cells import number
from evolve.tasks.draft.candidates import could_be_groups, in_words, moves_with
from evolve.tasks.draft.columns import WIDE, Column
from evolve.tasks.draft.condition import Condition
from evolve.tasks.draft.expressions import quoted
from evolve.tasks.raw import RawTable
from evolve.tasks.task import Task
from evolve.tasks.together import advice, listed

COMFORTABLE = 20  # rows of a group below which its constants are hardly known


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
    warnings = [*_images(task), *_repeats(task), *advice(task), *_zeros(task)]
    warnings += [*_constant_in_groups(task), *_sizes_in_words(rows, task)]
    if texts := could_be_groups(columns, rows.n_rows, task.spec):
        warnings.append(
            f"column {texts[0]} holds {columns[texts[0]].n_levels} texts and is not used: "
            f"named as groups, {' '.join(texts)} would give each of them constants of its own"
        )
    counts = np.bincount(task.train.group, minlength=task.n_groups)
    if counts.min() < COMFORTABLE:
        least = int(np.argmin(counts))
        where = f"group {task.group_names[least]!r} has" if task.n_groups > 1 else "there are"
        warnings.append(
            f"{where} {counts[least]} training rows: only short laws can be told apart"
        )
    if condition is not None and condition.downward:
        names = ", ".join(condition.downward)
        warnings.append(
            f"the test lies below {names}; folds hold out the largest values, not those"
        )
    return warnings


def _images(task: Task) -> list[str]:
    """Features that rise or fall with a target in every row, beside others."""
    if len(task.feature_names) < 2:
        return []
    roles = task.roles
    return [
        f"{name} rises or falls with {target} in every row: leave it out if it is a result of "
        "the run and not an input"
        for target, y in zip(task.target_names, task.train.Y.T, strict=True)
        for name, x in zip(task.feature_names, task.train.X.T, strict=True)
        if roles[name] == "other" and moves_with(x.tolist(), y.tolist())
    ]


def _sizes_in_words(rows: RawTable, task: Task) -> list[str]:
    """How columns are read whose numbers stand in words."""
    warnings = []
    for name in (*task.feature_names, *task.target_names):
        cell = next((cell for cell in rows.column(name) if in_words(cell)), None)
        if cell is not None:
            warnings.append(f"{name}: {cell} is read as {number(cell):g}")
    return warnings


def _repeats(task: Task) -> list[str]:
    """Rows that repeat the inputs, or all, of another."""
    inputs = np.column_stack([task.train.group, task.train.X])
    same = len(inputs) - len(np.unique(inputs, axis=0))
    whole = np.column_stack([inputs, task.train.Y])
    twice = len(whole) - len(np.unique(whole, axis=0))
    warnings = []
    if twice:
        warnings.append(
            f"{_rows(twice)} an earlier row in every used column: counted more than once"
        )
    if same > twice:
        warnings.append(
            f"{_rows(same - twice)} the features of another with another result: noise"
        )
    return warnings


def _rows(n: int) -> str:
    return f"{n} row repeats" if n == 1 else f"{n} rows repeat"


def _zeros(task: Task) -> list[str]:
    """Features that a few rows keep from a log scale."""
    warnings = []
    for feature, values in zip(task.spec.features, task.train.X.T, strict=True):
        above = values[values > 0]
        n_others = len(values) - len(above)
        wide = 0 < n_others < len(above) and above.max() / above.min() >= WIDE
        if feature.scale == "linear" and wide:
            warnings.append(
                f"{feature.name} spans a factor of {above.max() / above.min():.3g} but for "
                f"{n_others} row{'s' * (n_others > 1)} at 0 or below, which keeps it linear: take "
                "them out if it is a size, which acts through its logarithm: "
                f"where {quoted(feature.name)} > 0"
            )
    return warnings


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
    return [f"{listed(still)} never varies within a group: no group shows its effect"] * bool(
        still
    )
