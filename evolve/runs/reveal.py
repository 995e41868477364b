"""Open the test rows for a run: recorded first, then read."""

from __future__ import annotations

from evolve.evaluation.record import program_id
from evolve.runs.store import Store
from evolve.tasks.folders import data_file
from evolve.tasks.task import Table, Task, load_test


def reveal_test(store: Store, task: Task, what: str, text: str, command: str) -> Table:
    """Read a task's test rows for a law of a run, whose store says so from before on.

    Args:
        store: The run.
        task: Its task.
        what: The verb that asks.
        text: The law's program.
        command: What was typed.

    Raises:
        TaskError: There are no test rows, and nothing is recorded; or they break a rule.
        StoreError: The opening cannot be recorded, and nothing is read.
    """
    data_file(task.folder, "test")  # rows that are not there are not opened
    store.record_test_opening(what, program_id(text), command)
    return load_test(task)
