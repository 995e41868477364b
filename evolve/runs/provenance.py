"""The task that a run was made for, found again, and whether it is still the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evolve.errors import StoreError, TaskError
from evolve.runs import limits
from evolve.runs.notes import ENDING, FORECAST
from evolve.runs.store import Store
from evolve.runs.usual import run_words
from evolve.scoring.objective import SEARCH_ROWS
from evolve.tasks.folders import digests_of
from evolve.tasks.task import Task, fingerprint, load_task


def task_of(store: Store, tasks_dirs: Sequence[Path] = ()) -> Task:
    """The task that a run was made for: from the run's own folder, its folder, or by its name.

    Raises:
        TaskError: It cannot be loaded.
    """
    name = store.task["name"]
    search_rows = store.settings.get("search_rows", SEARCH_ROWS)
    for folder in (store.folder.resolve() / name, Path(store.task["folder"])):
        if (folder / "task.toml").is_file() and not tasks_dirs:
            return load_task(str(folder)).searched_on(search_rows)
    try:
        return load_task(name, tasks_dirs).searched_on(search_rows)
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
            f"fingerprint was {store.task['fingerprint']}, {task.folder} has {now}; put back what "
            "was changed, or start a new run from its elites: "
            f"python -m evolve resume {run_words(store.folder)} --accept-changes"
        )
    names = {"features": task.feature_names, "targets": task.target_names}
    for what, of_task in names.items():
        if store.task.get(what, list(of_task)) != list(of_task):
            raise StoreError(f"{store.path}: damaged: its {what} are not those of its task")
    store.bind(len(task.feature_names), len(task.target_names), task.max_constants)
    require_same_groups(store, task.group_names)


def feature_names(store: Store, tasks_dirs: Sequence[Path] = ()) -> Sequence[str]:
    """Names of the features of a run's laws, from its task, which may have changed since.

    Raises:
        TaskError: The task cannot be loaded.
        StoreError: The task has another number of features by now.
    """
    task = task_of(store, tasks_dirs)
    n_features, n_then = len(task.feature_names), len(store.task.get("features", ()))
    if n_then not in (0, n_features):
        raise StoreError(
            f"run {store.folder.name!r} was made with {n_then} features, "
            f"{task.folder} has {n_features}"
        )
    store.bind(n_features, len(task.target_names), limits.CONSTANTS)
    return task.feature_names


def require_same_groups(store: Store, names: Sequence[str]) -> None:
    """Require that all that a run keeps of constants is of laws and groups that there are.

    Raises:
        StoreError: It is of others.
    """
    table, forecast_model = store.note(ENDING), store.note(FORECAST)
    rows = [] if table is None else table["lines"]
    members = [] if forecast_model is None else forecast_model["basis"]["members"]
    for row in [*rows, *members]:
        if set(row["constants"]) not in (set(names), set()):
            raise StoreError(f"{store.path}: damaged: constants are of other groups than its task")
    for member in members:
        if not member["constants"]:
            raise StoreError(f"{store.path}: damaged: a law to forecast with has no constants")
    for row in rows:
        law = store.entry(row["index"]).law if row["index"] >= 0 else None
        if law is not None and row["constants"] and law["n_constants"] != row["n_constants"]:
            raise StoreError(
                f"{store.path}: damaged: the law of entry {row['index']} has "
                f"{law['n_constants']} constants, its table has {row['n_constants']}"
            )


def describe_task_change(store: Store, task: Task) -> str | None:
    """One line if a task's files are no longer those that a run was made with.

    Files of the same bytes are not parsed again: of a million rows that takes seconds.
    """
    try:
        same = digests_of(task.folder) == task.digests
        now = fingerprint(task if same else load_task(str(task.folder)))
    except TaskError as error:
        return f"the task cannot be loaded any more, this run used it as it was: {error}"
    if now == store.task["fingerprint"]:
        return None
    return (
        f"{task.folder} has changed while the run went on, which used it as it was; to start "
        "a new run from its elites under the new rows: "
        f"python -m evolve resume {run_words(store.folder)} --accept-changes"
    )
