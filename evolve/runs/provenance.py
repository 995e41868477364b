"""The task that a run was made for, found again, and whether it is still the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evolve.errors import StoreError, TaskError
from evolve.runs.store import Store
from evolve.tasks.task import Task, fingerprint, load_task


def task_of(store: Store, tasks_dirs: Sequence[Path] = ()) -> Task:
    """The task that a run was made for: from its folder, the run's own folder, or by its name.

    Raises:
        TaskError: It cannot be loaded.
    """
    name = store.task["name"]
    for folder in (Path(store.task["folder"]), store.folder.resolve() / name):
        if (folder / "task.toml").is_file() and not tasks_dirs:
            return load_task(str(folder))
    try:
        return load_task(name, tasks_dirs)
    except TaskError as error:
        raise TaskError(f"{store.folder}: its task cannot be loaded: {error}") from None


def require_same_rows(store: Store, task: Task) -> None:
    """Require that a task's rows are those a run was made with.

    Raises:
        StoreError: They differ.
    """
    now = fingerprint(task)
    if store.task["fingerprint"] != now:
        raise StoreError(
            f"run {store.folder.name!r} was made with other rows or another task.toml: "
            f"fingerprint was {store.task['fingerprint']}, {task.folder} has {now}"
        )


def describe_task_change(store: Store, task: Task) -> str | None:
    """One line if a task's files are no longer those that a run was made with."""
    try:
        now = fingerprint(load_task(str(task.folder)))
    except TaskError as error:
        return f"the task cannot be loaded any more, this run used it as it was: {error}"
    if now == store.task["fingerprint"]:
        return None
    return (
        f"{task.folder} has changed while the run went on, which used it as it was; to go on "
        f"under the new rows: python -m evolve resume {store.folder.name} --accept-changes, which "
        "starts a new run from the elites"
    )
