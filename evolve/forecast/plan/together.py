"""Why a law cannot trade features off: they move together in the training rows."""

from __future__ import annotations

from collections.abc import Sequence

from evolve.tasks.task import Task
from evolve.tasks.together import alongside, relations


def moving_together(task: Task, features: Sequence[int]) -> list[str]:
    """What is said of features, by number, of which at least two move together."""
    names = {task.feature_names[j] for j in features}
    exact = [
        f"{r.said}: {r.consequence}"
        for r in relations(task)
        if len(names & {r.name, *r.others}) > 1
    ]
    return [f"in the training rows {words}" for words in (*exact, *alongside(task, features))]


def because(task: Task, features: Sequence[int]) -> str:
    """The same as the end of a sentence; empty where they do not."""
    return "".join(f"; {words}" for words in moving_together(task, features))
