"""Watch a run that another process writes: its progress, then its final table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evolve.runs.store import Store
    from evolve.tasks.task import Task


def watch_run(store: Store, task: Task, *, hidden: bool) -> None:
    """Show where a run stands until nobody writes it any more.

    Args:
        store: The run, open for reading.
        task: Its task.
        hidden: Wait without a word.
    """
    from evolve.api.progress import make_display
    from evolve.runs.follow import follow

    with make_display(lambda: False, hidden=hidden) as display:
        follow(store, task, display)


def print_end(store: Store, task: Task) -> None:
    """Print the table and the champion that a run has kept, and how to go on."""
    from evolve.cli.ending import MOST_ROWS, print_law, print_rows
    from evolve.cli.next_commands import next_commands, print_commands
    from evolve.runs.results import load_results
    from evolve.runs.run import settings_of

    results = load_results(store)
    rows, chosen = results.rows, results.chosen
    settings, n_done = settings_of(store), len(store)
    total = "" if settings.evaluations is None else f" of {settings.evaluations}"
    how = "done" if chosen else "ended early"
    print(f"{store.folder.name}, task {store.task['name']}: {how}, {n_done}{total} evaluations")
    if rows:
        print_rows(rows, task.feature_names, chosen=chosen)
        print_law(rows[0], task.target_names, MOST_ROWS)
    else:
        print("its process left no table behind; resume it to choose a champion")
    has_law = results.summary.best is not None
    print_commands(next_commands(store.folder, settings, n_done, task, has_law=has_law))
