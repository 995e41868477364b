"""Stores to what the pages say: the list of runs, a run as it stands, one entry in full.

Everything is read anew for each request and nothing is kept, so that a run that is being written
is shown as it is. What cannot be read is said in its place.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evolve.dashboard.charts import front_chart, progress_chart
from evolve.errors import EvolveError, StoreError
from evolve.evaluation.record import Entry
from evolve.law.bounds import MOST_FEATURES
from evolve.printable import printable
from evolve.runs.choices import load_finalists, load_verdict
from evolve.runs.folders import list_runs
from evolve.runs.listing import lineage, listed, state_of
from evolve.runs.makers import makers_of
from evolve.runs.query import entry_formula
from evolve.runs.results import held_out_r2, leading_row, load_results
from evolve.runs.sketches import scores_of
from evolve.runs.store import Store

MOST_ELITES = 200
UNNAMED = [f"x{j}" for j in range(MOST_FEATURES)]  # of a run of a version that names none


def folder_of(runs_dir: Path, name: str) -> Path:
    """The folder of a run that the list names, inside the folder of runs.

    Raises:
        StoreError: There is no such run there.
    """
    folder = runs_dir / name
    if name not in list_runs(runs_dir) or folder.resolve().parent != runs_dir.resolve():
        raise StoreError(f"no run {name[:80]!r} in this folder")
    return folder


def runs_of(runs_dir: Path) -> list[dict[str, Any]]:
    """What the list says of each run, those that are being written first."""
    rows = [
        listed(runs_dir / name, own_names=True)
        for name in list_runs(runs_dir)
        if (runs_dir / name).resolve().parent == runs_dir.resolve()
    ]
    for row in rows:
        row["linked"] = row["state"] != "unreadable" and printable(row["run"]) == row["run"]
    return sorted(rows, key=lambda row: (row["state"] != "running", row["run"]))


def progress_of(folder: Path) -> dict[str, Any]:
    """How far a run is, its best law and its best score so far."""
    with Store.open(folder, write=False) as store:
        results = load_results(store)
        row = leading_row(store, results, own_names=True)
        return {
            "run": folder.name,
            "state": state_of(folder, results),
            "n_done": results.summary.n_entries,
            "budget": results.budget,
            "statuses": sorted(results.summary.statuses.items(), key=lambda s: -s[1]),
            "chosen": results.chosen,
            "best": row,
            "verdict": load_verdict(store),
            "progress": progress_chart(scores_of(store), results.summary.n_entries),
        }


def laws_of(folder: Path) -> dict[str, Any]:
    """Elites, front and finalists of a run."""
    with Store.open(folder, write=False) as store:
        results = load_results(store)
        names = names_of(store)
        summary = results.summary
        makers = makers_of(store)
        ranked = [makers.named(store.entry(i)) for i in summary.ranked()[:MOST_ELITES]]
        front = [store.entry(i) for i in summary.best_per_size().values()]
        row = results.row()
        errors = [_error(entry) for entry in front]
        sizes = [entry.evaluation.n_constants for entry in front]
        return {
            "run": folder.name,
            "n_elites": len(summary.leaders),
            "elites": [_elite(entry, names) for entry in ranked],
            "champion": None if row is None else row.index,
            "front": front_chart(sizes, errors, None if row is None else row.n_constants),
            "finalists": load_finalists(store),
            "names": names,
        }


def entry_of(folder: Path, index: int) -> dict[str, Any]:
    """One entry: its law, folds, program and where it comes from."""
    with Store.open(folder, write=False) as store:
        entry, names = makers_of(store).named(store.entry(index)), names_of(store)
        return {
            "run": folder.name,
            "entry": _elite(entry, names) | {"status": entry.evaluation.status},
            "folds": entry.evaluation.folds,
            "message": entry.evaluation.message,
            "text": entry.text,
            "parents": entry.parents,
            "lineage": [_elite(ancestor, names) for ancestor in lineage(store, entry)],
        }


def names_of(store: Store) -> list[str]:
    """Names of the features as the run has them."""
    return list(store.task.get("features", ())) or UNNAMED


def _elite(entry: Entry, names: list[str]) -> dict[str, Any]:
    try:
        formula = entry_formula(entry, names)
    except (EvolveError, IndexError) as error:
        formula = f"cannot be shown: {error}"
    return {
        "index": entry.index,
        "n_constants": entry.evaluation.n_constants,
        "held_out_r2": held_out_r2(entry.evaluation),
        "score": entry.evaluation.score,
        "operator": entry.operator,
        "origin": entry.origin,
        "formula": formula or "a program",
    }


def _error(entry: Entry) -> float:
    r2 = held_out_r2(entry.evaluation)
    return float("inf") if r2 is None else 1.0 - r2
