"""Make, resume and fork runs: store, workers, search and champion joined.

A run is a folder with one database. What decides its entries is kept there when it is made
(settings, the task's fingerprint, versions), and a run goes on only under the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from evolve.errors import Argument, EvolveError, StoreError, nearest
from evolve.evaluation.evaluator import Evaluator
from evolve.evaluation.record import Entry
from evolve.runs.crosscheck import CrossCheck
from evolve.runs.folders import check_run_name
from evolve.runs.machine import MACHINE, describe_machine, machine_changes
from evolve.runs.notes import BUDGET, INHERITED, LAYOUT, MODEL_LIMITS
from evolve.runs.provenance import task_of
from evolve.runs.replies import StoredBook
from evolve.runs.results import best_entry
from evolve.runs.settings import RunCallback, RunConfig, config_from_data
from evolve.runs.store import Store
from evolve.runs.usual import is_folder_name, run_words
from evolve.scoring.objective import stored_version
from evolve.search.archive import Archive, elite_of
from evolve.search.champion import Choice, choose
from evolve.search.epochs import Node
from evolve.search.inherit import elites_to_inherit, not_inherited, warm_start_from
from evolve.search.islands import Islands
from evolve.search.machines import HERE, Machines, search_on
from evolve.search.problem import SearchProblem, elites_of, literature, make_search_problem
from evolve.tasks.task import Task, fingerprint

PATIENCE_S = 1.0  # for comparisons that are open when a search ends
COMPARED = {
    "fingerprint": "the task (rows or task.toml)",
    "scoring": "the scoring version",
    "starts": "the set of starting programs",
}


def create_run(folder: Path, problem: SearchProblem, settings: RunConfig) -> Store:
    """Make a run's folder and database, open for writing.

    Raises:
        StoreError: The run exists, its name is not a folder's name, or it cannot be written.
    """
    check_run_name(folder.name)
    store = Store.create(
        folder,
        settings=asdict(settings),
        task=_task_facts(problem.task),
        versions={**problem.versions, MACHINE: describe_machine()},
    )
    store.set_note(LAYOUT, {"n_starts": problem.layout.n_starts})
    return store


def settings_of(store: Store) -> RunConfig:
    """The settings a run was made with, under the budget and the limits it was last given.

    Raises:
        StoreError: They are none that a run can have.
    """
    given = {**store.settings, **(store.note(BUDGET) or {})}
    if (allowed := store.note(MODEL_LIMITS)) is not None and isinstance(given.get("models"), dict):
        given["models"] = {**given["models"], **allowed}
    names = {field.name for field in fields(RunConfig)}
    if unknown := sorted(given.keys() - names):
        raise StoreError(
            f"{store.path}: no setting {unknown[0][:60]!r}{nearest(unknown[0][:60], names)}"
        )
    try:
        return config_from_data(given)
    except EvolveError as error:
        raise StoreError(f"{store.path}: settings: {error}") from None


def allow_models(store: Store, calls: int | None, budget: float | None) -> None:
    """Give a run's models other limits from its next batch on.

    Args:
        store: The run, open for writing.
        calls: Most requests in all, with those already made; None for as before.
        budget: Most money in all, with what is already spent; None for as before.

    Raises:
        EvolveError: A limit cannot be meant, or the run asks no model.
    """
    if calls is None and budget is None:
        return
    config = settings_of(store).models
    if not config.models:
        name = "llm_budget" if calls is None else "llm_calls"
        raise EvolveError(Argument(name), f": run {store.folder.name!r} asks no model")
    config = replace(
        config,
        calls=config.calls if calls is None else calls,
        budget=config.budget if budget is None else budget,
    )
    store.set_note(MODEL_LIMITS, {"calls": config.calls, "budget": config.budget})


def require_trust(store: Store, *, trusted: bool, asks: bool = True) -> None:
    """Require that somebody stands for what a stored run says of language models.

    It names the addresses that requests go to and the variable or file whose content goes along
    as a key, and it may hold templates, which are code: from a stranger, each is an attack.

    Args:
        store: The run.
        trusted: Whether somebody does.
        asks: Whether models are to be asked; else templates alone count.

    Raises:
        StoreError: Nobody does; it says what the run would do.
    """
    config = settings_of(store).models
    deeds = [
        f"send requests to {model.base_url} with the key in {model.key_file or model.key_env}"
        for model in (config.models if asks else ())
    ]
    deeds += ["make prompts by templates of its own"] if config.prompts else []
    if deeds and not trusted:
        run = f"run {store.folder.name!r}"
        rule = f"{run} would {'; '.join(deeds)}; if you know who made it, go on with "
        raise StoreError(rule, Argument("trust_run"))


def problem_of(task: Task, settings: RunConfig) -> SearchProblem:
    """The search problem of a new run."""
    return make_search_problem(
        task.searched_on(settings.search_rows),
        settings.seed,
        settings.proposers,
        rules=settings.rules,
        given=settings.seeds,
        models=settings.models,
        n_seeds=settings.n_seeds,
        n_islands=settings.n_islands,
    )


def stored_problem(store: Store, tasks_dirs: Sequence[Path] = ()) -> SearchProblem:
    """Rebuild the search problem of a stored run from its current task and its seed.

    Raises:
        TaskError: The task cannot be loaded.
    """
    problem = problem_of(task_of(store, tasks_dirs), settings_of(store))
    inherited = store.note(INHERITED)
    return problem if inherited is None else warm_start_from(problem, inherited)


def changes(store: Store, problem: SearchProblem) -> list[str]:
    """List what has changed since the run was made: task, scoring, starts, libraries, machine."""
    scoring = stored_version(store.versions.get("scoring"))
    before = {"fingerprint": store.task["fingerprint"], **store.versions, "scoring": scoring}
    after = {"fingerprint": fingerprint(problem.task), **problem.versions}
    changed = [
        f"{what} was {before.get(key)}, is {after[key]}"
        for key, what in COMPARED.items()
        if before.get(key) != after[key]
    ]
    return changed + machine_changes(store.versions, decisive=True)


def require_same(store: Store, problem: SearchProblem, typed: str = "") -> None:
    """Require that task and versions are those a run was made with.

    Args:
        store: The run.
        problem: From its task as it is now.
        typed: Options that the command which is named as the way on is to have.

    Raises:
        StoreError: Something differs; the message says what.
    """
    if changed := changes(store, problem):
        raise StoreError(
            f"run {store.folder.name!r} cannot go on, its scores would not compare: "
            f"{'; '.join(changed)}; to start a new run from its elites: "
            f"python -m evolve resume {run_words(store.folder)} --accept-changes{typed}"
        )


def fork_run(
    old: Store, problem: SearchProblem, folder: Path, settings: RunConfig
) -> tuple[Store, SearchProblem]:
    """Make a new run whose first candidates include the elites of another.

    Returns:
        The new run, open for writing, and its search problem.

    Raises:
        StoreError: The other run's folder has a name that no line can hold.
    """
    name = old.folder.resolve().name
    if not is_folder_name(name):
        raise StoreError(f"run {name!r}: give the folder a name of one line, so that it is found")
    entries = [old.entry(index) for index in old.summary().ranked()]
    scored = [(entry, entry.evaluation.score) for entry in entries]
    elites = [elite_of(entry, score) for entry, score in scored if score is not None]
    inherited = elites_to_inherit(name, elites)
    forked = warm_start_from(problem, inherited)
    store = create_run(folder, forked, settings)
    store.set_note(INHERITED, inherited)
    return store, forked


def left_behind(store: Store, problem: SearchProblem) -> list[str]:
    """The elites of an earlier run that a forked one cannot evaluate, one line each."""
    inherited = store.note(INHERITED)
    return [] if inherited is None else not_inherited(problem, inherited)


def carry_on(
    store: Store,
    problem: SearchProblem,
    settings: RunConfig,
    workers: int,
    callback: RunCallback,
    machines: Machines = HERE,
    on_node: Callable[[Node], None] = lambda node: None,
    began: float | None = None,
) -> tuple[Archive, Choice | None]:
    """Search until the budget is spent or the callback ends it, then choose the champion.

    Args:
        store: A new or resumed run, open for writing.
        problem: From its task and seed.
        settings: Seed and budget.
        workers: Number of worker processes; with 0 no process is started, everything is fitted
            in this one and nothing is compared with the foreign lane.
        callback: Follows the run.
        machines: Where candidates are evaluated.
        on_node: Called with the machine of every job, where epochs are jobs.
        began: When its seconds began, by the monotonic clock; with the search if None.

    Returns:
        The archive, and the champion among its finalists (None if the callback ended the search
        or nothing has a score).

    Raises:
        EvolveError: Language models take part, and epochs are to be jobs.
    """
    store.set_note(BUDGET, {"evaluations": settings.evaluations, "seconds": settings.seconds})
    callback.began(store, problem.task, settings)
    ended = False

    def on_batch(archive: Archive, entries: Sequence[Entry]) -> bool:
        nonlocal ended
        best = archive.elites()[0].entry if archive.cells else None
        ended = not callback.batch(best, entries)
        if not ended:
            lanes.compare_batch(archive, entries)
        return not ended

    with (
        Evaluator(problem.evaluation, machines.driving(workers)) as evaluator,
        CrossCheck(store, problem, evaluator, settings.seed, shut=workers == 0) as lanes,
        problem.proposing(StoredBook(store), seconds=settings.seconds) as proposers,
    ):
        summary = store.summary()
        if summary.n_entries:
            callback.replayed(best_entry(store, summary), summary.statuses)
        islands = Islands(problem.layout, proposers)
        archive = search_on(
            *(machines, workers, store, evaluator, islands, problem),
            budget=replace(settings.budget, began=began),
            on_batch=on_batch,
            on_node=on_node,
        )
        if ended or not archive.cells:
            return archive, None
        callback.choosing()
        lanes.settle(PATIENCE_S)  # so that most often no worker of the search is held any more
        evaluator.rest()  # slow comparisons go on; the choice has workers of its own
        known = elites_of(literature(problem, store.entries(stop=len(problem.starts))))
        choice = choose(problem.task, archive, workers, known, islands.by_seed)
        lanes.compare_champion(choice.champion)
    return archive, choice


def _task_facts(task: Task) -> dict[str, Any]:
    return {
        "name": task.name,
        "fingerprint": fingerprint(task),
        "folder": str(task.folder.resolve()),
        "features": list(task.feature_names),
        "targets": list(task.target_names),
    }
