"""A drafted task in memory, for what needs no folder."""

from __future__ import annotations

from evolve.tasks.draft.draft import Draft
from evolve.tasks.table import build_table
from evolve.tasks.task import Task


def task_in_memory(draft: Draft) -> Task:
    """The task that a draft proposes, with its training rows."""
    rows = draft.raw.take(draft.train)
    table, groups = build_table(rows, draft.spec)
    return Task(draft.name, rows.path, draft.spec, groups, table)
