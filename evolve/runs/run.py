"""Turns a task and settings into a run: store, workers, search and champion joined.

A run is a folder with one database. What decides its entries is kept there when it is made
(settings, the task's fingerprint, versions), and a run goes on only under the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from evolve.errors import StoreError, TaskError
from evolve.evaluation.evaluator import Evaluator
from evolve.evaluation.problem import Setting
from evolve.evaluation.record import Entry
from evolve.runs.crosscheck import CrossCheck
from evolve.runs.folders import NAME
from evolve.runs.settings import RunCallback, RunConfig
from evolve.runs.store import Store
from evolve.search.archive import Archive
from evolve.search.champion import Choice, choose
from evolve.search.loop import search
from evolve.search.setup import (
    Setup,
    elites_of,
    elites_to_inherit,
    literature,
    make_setup,
    warm_start_from,
)
from evolve.tasks.task import Task, fingerprint, load_task

INHERITED = "inherited"
BUDGET = "budget"
COMPARED = {
    "fingerprint": "the task (rows or task.toml)",
    "scoring": "the scoring version",
    "starts": "the set of starting programs",
}


def create_run(folder: Path, setup: Setup, settings: RunConfig) -> Store:
    """Make a run's folder and database, open for writing.

    Raises:
        StoreError: The run exists, its name is not a folder's name, or it cannot be written.
    """
    if not NAME.fullmatch(folder.name):
        raise StoreError(
            f"run: a name must be letters, digits, '.', '_' and '-', it is {folder.name!r}"
        )
    return Store.create(
        folder,
        settings=asdict(settings),
        task=_task_facts(setup.task),
        versions=setup.versions,
    )


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


def settings_of(store: Store) -> RunConfig:
    """The settings a run was made with, under the budget it was last given."""
    return replace(RunConfig(**store.settings), **(store.note(BUDGET) or {}))


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
        f"under the new rows: --accept-changes, which starts a new run from the elites"
    )


def setup_of(store: Store, tasks_dirs: Sequence[Path] = ()) -> Setup:
    """What a run's task, as it is now, and seed fix before the first evaluation.

    Raises:
        TaskError: The task cannot be loaded.
    """
    settings = settings_of(store)
    setup = make_setup(task_of(store, tasks_dirs), settings.seed, settings.proposers)
    inherited = store.note(INHERITED)
    return setup if inherited is None else warm_start_from(setup, inherited)


def changes(store: Store, setup: Setup) -> list[str]:
    """What differs between a run as it was made and as it would go on."""
    was = {"fingerprint": store.task["fingerprint"], **store.versions}
    now = {"fingerprint": fingerprint(setup.task), **setup.versions}
    return [
        f"{what} was {was.get(key)}, is {now[key]}"
        for key, what in COMPARED.items()
        if was.get(key) != now[key]
    ]


def require_same(store: Store, setup: Setup) -> None:
    """Require that task and versions are those a run was made with.

    Raises:
        StoreError: Something differs; the message says what.
    """
    if changed := changes(store, setup):
        raise StoreError(
            f"run {store.folder.name!r} cannot go on, its scores would not compare: "
            f"{'; '.join(changed)}; --accept-changes starts a new run from its elites"
        )


def fork_run(old: Store, setup: Setup, folder: Path, settings: RunConfig) -> tuple[Store, Setup]:
    """Make a new run whose first candidates include the elites of another.

    Returns:
        The new run, open for writing, and its setup.
    """
    archive = Archive()
    archive.tell(old.each())
    inherited = elites_to_inherit(old.folder.name, archive)
    heir = warm_start_from(setup, inherited)
    store = create_run(folder, heir, settings)
    store.set_note(INHERITED, inherited)
    return store, heir


def carry_on(
    store: Store, setup: Setup, settings: RunConfig, workers: int, watcher: RunCallback
) -> tuple[Archive, Choice | None]:
    """Search until the budget is spent or the watcher ends it, then choose the champion.

    Args:
        store: A new or resumed run, open for writing.
        setup: From its task and seed.
        settings: Seed and budget.
        workers: Number of worker processes; with 0 no process is started, everything is fitted
            in this one and nothing is compared with the foreign lane.
        watcher: Follows the run.

    Returns:
        The archive, and the champion among its finalists (None if the watcher ended the search
        or nothing has a score).
    """
    budget = {"evaluations": settings.evaluations, "seconds": settings.seconds}
    store.set_note(BUDGET, budget)
    watcher.began(store, setup.task, settings)
    lanes = CrossCheck(store, setup, settings.seed, shut=workers == 0)
    ended = False

    def on_batch(archive: Archive, entries: Sequence[Entry]) -> bool:
        nonlocal ended
        ended = not watcher.batch(archive, entries)
        if not ended:
            lanes.compare_batch(evaluator, archive, entries)
        return not ended

    setting = Setting(setup.task, setup.folds)
    with lanes, Evaluator(setting, workers) as evaluator:
        if len(store):
            known = Archive()
            known.tell(store.each())
            watcher.replayed(known, store.statuses())
            del known
        archive = search(
            store,
            evaluator,
            setup.proposer(),
            setup.starts,
            setup.text_of,
            seed=settings.seed,
            budget=settings.budget,
            on_batch=on_batch,
        )
        if ended or not archive.cells:
            return archive, None
        watcher.choosing()
        extra = elites_of(literature(setup, store.entries(stop=len(setup.starts))))
        choice = choose(setup.task, archive, workers, extra)
        lanes.compare_champion(choice.champion)
    return archive, choice


def _task_facts(task: Task) -> dict[str, Any]:
    return {
        "name": task.name,
        "fingerprint": fingerprint(task),
        "folder": str(task.folder.resolve()),
    }
