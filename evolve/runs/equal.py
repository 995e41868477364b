"""A run that a new one would only repeat: of the same rows, settings and seed."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from evolve.errors import EvolveError
from evolve.jsontext import compact_json
from evolve.runs.database import connect, read_meta, translated_errors
from evolve.runs.folders import list_runs
from evolve.runs.listing import state_of
from evolve.runs.notes import BUDGET
from evolve.runs.results import load_results
from evolve.runs.run import changes, settings_of
from evolve.runs.settings import RunConfig
from evolve.runs.store import STORE_NAME, Store
from evolve.search.problem import SearchProblem
from evolve.tasks.task import fingerprint

SAME = "is of the same table, settings and seed"
LATER = {"evaluations", "seconds", "models"}  # settings that a run can be given anew


def equal_run(
    runs_dir: Path, problem: SearchProblem, settings: RunConfig
) -> tuple[Path, str] | None:
    """The folder of a run that a new one would repeat, and its state; None if there is none.

    Args:
        runs_dir: The folder of runs.
        problem: Of the new run.
        settings: Likewise.
    """
    rows, asked = fingerprint(problem.task), json.loads(compact_json(asdict(settings)))
    for name in list_runs(runs_dir):
        with contextlib.suppress(EvolveError):  # what cannot be read is repeated by nothing
            if not _may_be(runs_dir / name, rows, asked):
                continue
            with Store.open(runs_dir / name, write=False) as store:
                if settings_of(store) == settings and not changes(store, problem):
                    return store.folder, state_of(store.folder, load_results(store))
    return None


def _may_be(folder: Path, rows: object, asked: Mapping[str, Any]) -> bool:
    """Whether a run is of these rows and settings, as far as a glance tells.

    A check of all that a run holds takes ten times as long, which a folder of a hundred runs of
    one table would add to the start of each further one.
    """
    path = folder / STORE_NAME
    with (
        translated_errors(path),
        contextlib.closing(connect(path, write=False)) as connection,
    ):
        meta = read_meta(path, connection)
        found = connection.execute("SELECT count(*) FROM notes WHERE key = ?", (BUDGET,))
        later = LATER if found.fetchone()[0] else {"models"}
    kept = meta["settings"]
    same = all(kept[key] == asked[key] for key in kept.keys() & asked.keys() - later)
    return meta["task"].get("fingerprint") == rows and same
