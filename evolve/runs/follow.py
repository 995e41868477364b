"""Follow a run that another process writes, until nobody writes it any more."""

from __future__ import annotations

import time
from collections.abc import Callable

from evolve.runs.lock import writer
from evolve.runs.results import best_entry
from evolve.runs.run import settings_of
from evolve.runs.settings import RunCallback
from evolve.runs.store import Store
from evolve.tasks.task import Task

EVERY_S = 1.0


def follow(
    store: Store,
    task: Task,
    callback: RunCallback,
    every_s: float = EVERY_S,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Tell a callback what a run holds and what is added to it, until nobody writes it any more.

    Only reads, and each time only what is new, so that the writer is never kept waiting.

    Args:
        store: The run, open for reading.
        task: Its task.
        callback: Told as by the run itself; it cannot end the search.
        every_s: Seconds between two looks.
        sleep: Waits so many seconds.
    """
    settings, chose = settings_of(store), False
    callback.began(store, task, settings)
    summary = store.summary()
    if summary.n_entries:
        callback.replayed(best_entry(store, summary), summary.statuses)
    while True:
        # Asked first: whatever the writer has stored before it left is read below.
        is_written = writer(store.folder) is not None
        n_before, summary = summary.n_entries, store.summary()
        if summary.n_entries > n_before:
            entries = store.entries(n_before, summary.n_entries)
            callback.batch(best_entry(store, summary), entries)
        if not is_written:
            return
        spent = settings.evaluations is not None and summary.n_entries >= settings.evaluations
        if spent and not chose:
            callback.choosing()
            chose = True
        sleep(every_s)
