"""Search a run from Python: progress in a notebook or a terminal, and an end on an interrupt."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from joblib import cpu_count

from evolve.api.notebook import Notebook, in_notebook
from evolve.api.progress import NullProgress, make_display
from evolve.evaluation.loading import loaded_fitter, loading_fitter
from evolve.runs.run import allow_models, require_same, require_trust, settings_of, stored_problem
from evolve.runs.session import PROGRAM_NAME, hold_session, why_no_law, write_program
from evolve.runs.settings import RunConfig, with_budget
from evolve.runs.stopping import Stopping
from evolve.runs.store import Store
from evolve.runs.usual import run_words
from evolve.sandbox import probe
from evolve.search.machines import Machines, machines_here
from evolve.search.problem import SearchProblem


def search_on(
    store: Store,
    problem: SearchProblem,
    settings: RunConfig,
    workers: int,
    *,
    progress: bool,
    listener: Callable[[Callable[[], bool]], NullProgress] | None = None,
    machines: Machines | None = None,
) -> str:
    """Search until the budget is spent, and choose the champion.

    Args:
        store: The run, open for writing.
        problem: Its search problem.
        settings: Its budget.
        workers: Worker processes; with 0 everything is done in this one.
        progress: Show where the search stands.
        listener: In place of the usual display: made with what says whether to stop.
        machines: Where it is searched; else on the cluster that `joblib.parallel_config` names,
            if the caller is within one, or on this machine.

    Returns:
        Why no law has a score; empty if one has.

    Raises:
        KeyboardInterrupt: After an interrupt, when the run is saved.
    """
    display: NullProgress
    stopping = Stopping(
        lambda signal: display.ending(f"{signal}: ending after this batch"), _now, ("SIGINT",)
    )
    make = listener or (lambda asked: _display(asked, hidden=not progress))
    display = make(stopping.asked)
    with loading_fitter(workers), stopping, display:
        sandbox = probe(loaded_fitter()) if workers else None
        result = hold_session(
            *(store, problem, settings, workers, sandbox, stopping, display),
            machines or machines_here(),
        )
        if result.rows:
            write_program(store.folder / PROGRAM_NAME, result.rows[0].text)
        reason = why_no_law(store, result)
    if stopping.asked():
        run = store.folder
        raise KeyboardInterrupt(
            f"run {run.name!r} is saved: evolve.load({str(run)!r}) reads it, "
            f"python -m evolve resume {run_words(run)} goes on with it"
        )
    return reason


def resume_run(
    folder: Path,
    tasks_dirs: Sequence[Path],
    evaluations: int | None,
    workers: int | None,
    *,
    progress: bool,
    trusted: bool,
    limits: tuple[int | None, float | None] = (None, None),
) -> str:
    """Go on with a run, or give it a larger budget; as `search_on`.

    Args:
        folder: The run's folder.
        tasks_dirs: Further folders with tasks.
        evaluations: In total; as before if not given.
        workers: Worker processes; one a core if not given.
        progress: Show where the search stands.
        trusted: Whether its language models may be asked.
        limits: Most requests to these, and most money, in all; as before where not given.

    Raises:
        EvolveError: Another process writes the run, or its task is no longer the same.
    """
    workers = cpu_count() if workers is None else workers
    with loading_fitter(workers), Store.open(folder, write=True) as store:
        require_trust(store, trusted=trusted)
        allow_models(store, *limits)
        problem = stored_problem(store, tasks_dirs)
        settings = with_budget(settings_of(store), evaluations, len(store))
        require_same(store, problem)
        return search_on(store, problem, settings, workers, progress=progress)


def _display(stopping: Callable[[], bool], *, hidden: bool) -> NullProgress:
    if not hidden and in_notebook():
        return Notebook(stopping)
    return make_display(stopping, hidden=hidden, stream=sys.stderr)


def _now(exit_code: int) -> NoReturn:
    raise KeyboardInterrupt
