"""Columns that are not used: inputs by their names, and texts that could name groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evolve.tasks.draft.columns import Column
from evolve.tasks.raw import RawTable
from evolve.tasks.roles import BOOKKEEPING, OUTCOMES, guess_role
from evolve.tasks.task import Task
from evolve.tasks.together import listed


def inputs_left(columns: dict[str, Column], task: Task) -> list[str]:
    """Columns of numbers that are not used and that are inputs by their names, such as tokens."""
    used = {*task.feature_names, *task.target_names, *task.spec.groups, task.spec.folds.runs}
    return [
        name
        for name, column in columns.items()
        if name not in used and column.kind == "numbers"
        if guess_role(name) not in ("other", *OUTCOMES, *BOOKKEEPING)
    ]


def may_be_groups(
    rows: RawTable, task: Task, texts: Sequence[str], columns: dict[str, Column]
) -> list[str]:
    """A sentence on the column of texts that would make the best groups; none if none would.

    A name of models says what their size does, too: within such a group no size varies.

    Args:
        rows: The training rows.
        task: What they are in the task.
        texts: Columns of texts that are not used.
        columns: Facts of the columns.
    """
    still = {name: _fixed_within(rows, task, name) for name in texts}
    name = min(texts, key=lambda name: len(still[name]), default="")
    if not name or len(still[name]) == len(task.feature_names):
        return []
    told = f"column {name} holds {columns[name].n_levels} texts and is not used: "
    told += f"named as groups, {name} would give each of them constants of its own"
    if still[name]:
        never = "never vary" if len(still[name]) > 1 else "never varies"
        told += f", and show no effect of {listed(still[name])}, which {never} within one"
    return [told]


def _fixed_within(rows: RawTable, task: Task, name: str) -> list[str]:
    """Features that have one value in all rows of the same text."""
    texts = np.unique([str(cell) for cell in rows.column(name)], return_inverse=True)[1]
    n_texts = len(np.unique(texts))
    return [
        feature
        for feature in task.feature_names
        if len(np.unique(np.column_stack([texts, rows.values(feature)]), axis=0)) == n_texts
    ]
