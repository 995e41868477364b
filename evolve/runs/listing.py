"""What a list of runs says of each, and where a law of a run comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evolve.errors import EvolveError
from evolve.evaluation.record import Entry
from evolve.runs.choices import load_verdict
from evolve.runs.folders import CUT_SHORT, was_cut_short
from evolve.runs.lock import writer
from evolve.runs.makers import makers_of
from evolve.runs.results import RunResults, leading_row, load_results
from evolve.runs.store import Store

LINEAGE = 12
KEYS = (
    *("run", "task", "seed", "evaluations", "budget", "state", "held-out R2", "train R2"),
    *("constants", "chosen", "verdict", "formula", "test opened", "problem"),
)


def lineage(store: Store, entry: Entry) -> list[Entry]:
    """An entry's ancestors along first parents, nearest first, as many as are worth reading."""
    ancestors: list[Entry] = []
    makers = makers_of(store)
    while entry.parents and len(ancestors) < LINEAGE:
        entry = makers.named(store.entry(entry.parents[0]))
        ancestors.append(entry)
    return ancestors


def state_of(folder: Path, results: RunResults) -> str:
    """`running`, `done` or `stopped`."""
    return "running" if writer(folder) else "done" if results.is_done else "stopped"


def listed(folder: Path, *, own_names: bool = False) -> dict[str, Any]:
    """What the list says of a run; where it cannot be read, why. `own_names` as `leading_row`."""
    row: dict[str, Any] = dict.fromkeys(KEYS) | {"run": folder.name}
    if was_cut_short(folder):
        return row | {"state": "not made", "problem": CUT_SHORT.format(folder)}
    try:
        with Store.open(folder, write=False) as store:
            results = load_results(store)
            row |= {"task": store.task["name"], "seed": results.seed}
            row |= {"evaluations": results.summary.n_entries}
            row |= {"budget": results.budget, "test opened": len(store.test_openings())}
            row["state"] = state_of(folder, results)
            row |= _best(store, results, own_names=own_names)
            verdict = load_verdict(store)
            row["verdict"] = None if verdict is None else verdict.verdict
    except EvolveError as error:
        row |= {"state": row["state"] or "unreadable", "problem": str(error)}
    return row


def _best(store: Store, results: RunResults, *, own_names: bool) -> dict[str, Any]:
    """The scores and the formula of the champion, or of the best law so far."""
    row = leading_row(store, results, own_names=own_names)
    if row is None:
        return {}
    return {
        "held-out R2": row.held_out_r2,
        "train R2": row.train_r2,
        "constants": row.n_constants,
        "chosen": results.chosen,
        "formula": row.formula,
    }
