"""A run that a new one would only repeat: of the same rows, settings and seed."""

from __future__ import annotations

import contextlib
from pathlib import Path

from evolve.errors import EvolveError
from evolve.runs.database import connect, read_meta, translated_errors
from evolve.runs.folders import list_runs
from evolve.runs.listing import state_of
from evolve.runs.results import load_results
from evolve.runs.run import changes, settings_of
from evolve.runs.settings import RunConfig
from evolve.runs.store import STORE_NAME, Store
from evolve.search.problem import SearchProblem
from evolve.tasks.task import fingerprint

SAME = "is of the same table, settings and seed"


def equal_run(
    runs_dir: Path, problem: SearchProblem, settings: RunConfig
) -> tuple[Path, str] | None:
    """The folder of a run that a new one would repeat, and its state; None if there is none.

    Args:
        runs_dir: The folder of runs.
        problem: Of the new run.
        settings: Likewise.
    """
    rows = fingerprint(problem.task)
    for name in list_runs(runs_dir):
        with contextlib.suppress(EvolveError):  # what cannot be read is repeated by nothing
            if _rows_of(runs_dir / name) != rows:
                continue
            with Store.open(runs_dir / name, write=False) as store:
                if settings_of(store) == settings and not changes(store, problem):
                    return store.folder, state_of(store.folder, load_results(store))
    return None


def _rows_of(folder: Path) -> object:
    """The fingerprint of a run's task, without a check of all that it holds."""
    path = folder / STORE_NAME
    with (
        translated_errors(path),
        contextlib.closing(connect(path, write=False)) as connection,
    ):
        return read_meta(path, connection)["task"].get("fingerprint")
