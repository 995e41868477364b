"""Search every task of a folder, one run a task and seed; runs that are there go on."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from joblib import cpu_count

from evolve.api.batch_file import BatchFile, SearchSettings, read_batch_file
from evolve.api.batch_tables import make_tables
from evolve.api.progress import NullProgress
from evolve.api.searching import search_on
from evolve.errors import EvolveError
from evolve.evaluation.loading import loading_fitter
from evolve.runs.choices import load_verdict
from evolve.runs.folders import check_run_name, name_of
from evolve.runs.results import load_results
from evolve.runs.run import create_run, problem_of, require_same, settings_of, stored_problem
from evolve.runs.settings import RunConfig, with_budget
from evolve.runs.store import STORE_NAME, Store
from evolve.search.proposers.llm.config import FILE, models_of
from evolve.search.proposers.llm.settings import NO_MODELS, ModelConfig
from evolve.search.proposers.registry import LLM
from evolve.tasks.task import Task, load_task

MakeListener = Callable[["BatchJob", Callable[[], bool]], NullProgress]


@dataclass(frozen=True, slots=True)
class BatchJob:
    """One run of a batch.

    Attributes:
        task: Its task.
        config: Its seed, budget and proposers.
        name: Of the run.
    """

    task: Task
    config: RunConfig
    name: str


@dataclass(frozen=True, slots=True)
class BatchRow:
    """What came of a run of a batch; None where nothing did.

    Attributes:
        task: The task's name.
        seed: The run's seed.
        run: Its name.
        evaluations: That it has made.
        held_out_r2: Of its champion.
        verdict: What its forecasts are worth.
        formula: Of its champion.
        problem: Why it has no law; empty where it has one.
    """

    task: str
    seed: int
    run: str
    evaluations: int
    held_out_r2: float | None
    verdict: str | None
    formula: str
    problem: str


def plan_batch(
    folder: Path, file: Path | None = None, tell: Callable[[str], None] = lambda line: None
) -> tuple[list[BatchJob], int]:
    """The runs of a folder of tasks, all of which are read first, and the worker processes.

    Of tables that the file names tasks are made first, each once.

    Args:
        folder: Holds folders of tasks.
        file: What is searched; the folder's `evolve.toml` if not given, else the defaults.
        tell: Called with a line about each task that is made of a table, where there is one.

    Raises:
        EvolveError: There is no task, one is broken, or the file is.
    """
    place = folder / FILE if file is None else file
    read = file is not None or place.exists()
    if read:
        make_tables(folder, place, tell)
    names = tuple(sorted(path.parent.name for path in folder.glob("*/task.toml")))
    if not names:
        raise EvolveError(
            f"{folder}: holds no task; make one of each table: python -m evolve new-task FILE "
            f"--target COLUMN --tasks-dir {shlex.quote(str(folder))}"
        )
    batch = read_batch_file(place, names) if read else BatchFile()
    tasks = [load_task(str(folder / name)) for name in batch.tasks or names]
    jobs = [
        BatchJob(task, config, f"{name_of(task.name, config.seed)}-batch")
        for task in tasks
        for config in _configs(batch.of(task.name), place)
    ]
    return jobs, cpu_count() if batch.workers is None else batch.workers


def _configs(settings: SearchSettings, file: Path) -> Iterator[RunConfig]:
    """One a seed."""
    models = NO_MODELS
    if LLM in settings.proposers:
        models = ModelConfig(models_of((), {}, file))
    for seed in settings.seeds:
        yield RunConfig(seed, settings.evaluations, proposers=settings.proposers, models=models)


def run_batch(
    jobs: Sequence[BatchJob], runs_dir: Path, workers: int, listener: MakeListener
) -> Iterator[BatchRow]:
    """Search one after the other, and say what came of each; a run that fails ends no other.

    Raises:
        KeyboardInterrupt: After an interrupt, when the run at hand is saved.
    """
    with loading_fitter(workers):  # once for all runs
        for job in jobs:
            check_run_name(job.name)
            problem = ""
            try:
                problem = _search(job, runs_dir / job.name, workers, listener)
            except EvolveError as error:
                problem = str(error)
            yield _row(job, runs_dir / job.name, problem)


def _search(job: BatchJob, folder: Path, workers: int, listener: MakeListener) -> str:
    """Make the run, or go on with it; why no law has a score, empty if one has."""
    is_new = not (folder / STORE_NAME).exists()
    problem, config = problem_of(job.task, job.config), job.config
    made = create_run(folder, problem, config) if is_new else Store.open(folder, write=True)
    with made as store:
        if not is_new:
            before = with_budget(settings_of(store), config.evaluations, len(store))
            config = replace(before, seconds=config.seconds)
            problem = stored_problem(store, [job.task.folder.parent])
            require_same(store, problem)
        return search_on(
            store,
            problem,
            config,
            workers,
            progress=False,
            listener=lambda stopping: listener(job, stopping),
        )


def _row(job: BatchJob, folder: Path, problem: str) -> BatchRow:
    facts = job.task.name, job.config.seed, job.name
    try:
        with Store.open(folder, write=False) as store:
            results, verdict = load_results(store), load_verdict(store)
    except EvolveError as error:
        return BatchRow(*facts, 0, None, None, "", problem or str(error))
    row, n = results.row(), results.summary.n_entries
    if row is None:
        return BatchRow(*facts, n, None, None, "", problem or "no law has a score")
    worth = None if verdict is None else verdict.verdict
    return BatchRow(*facts, n, row.held_out_r2, worth, row.formula, problem)
