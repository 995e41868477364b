"""Verb `compare`: two runs of one task side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from evolve.cli.app import app
from evolve.cli.options import RUNS, Json, RunsDir, TasksDirs
from evolve.errors import EvolveError

HEADINGS = (
    *("constants", "held-out R2 1", "held-out R2 2", "score 1", "score 2", "gain"),
    *("formula 1", "formula 2"),
)


@app.command(epilog="Example: python -m evolve compare data_constrained-0-1 data_constrained-1-1")
def compare(
    first: Annotated[str, typer.Argument(metavar="RUN1", help="A run's name or folder.")],
    second: Annotated[str, typer.Argument(metavar="RUN2", help="Another run of its task.")],
    runs_dir: RunsDir = RUNS,
    tasks_dirs: TasksDirs = None,
    json: Json = False,
) -> None:
    """Compare two runs: the best law of each size, how much lower the second one's score is."""
    from evolve.cli.output import print_json, print_table
    from evolve.cli.symbols import symbols_of
    from evolve.runs.query import compare as side_by_side

    one, two = _read(first, runs_dir, tasks_dirs), _read(second, runs_dir, tasks_dirs)
    for key, what in (("task", "task"), ("fingerprint", "rows or task.toml")):
        if one[key] != two[key]:
            raise EvolveError(
                f"compare: {first!r} and {second!r} must be runs of one task, but their {what} "
                f"differ: {one[key]} and {two[key]}"
            )
    frame = side_by_side(one["entries"], two["entries"], one["features"])
    if json:
        rows = frame.to_dict(orient="records")
        runs = [{k: v for k, v in run.items() if k != "entries"} for run in (one, two)]
        print_json({"runs": runs, "sizes": rows})
        return
    table = frame.astype(object).where(frame.notna(), None)
    title = f"{one['task']}: 1 is {one['run']}, 2 is {two['run']}"
    cells = table.iloc[:, : len(HEADINGS)].to_numpy().tolist()
    print_table(HEADINGS, cells, title, symbols=symbols_of(one["features"]))
    for run in (one, two):
        print(f"{run['run']}: {run['evaluations']} evaluations, seed {run['seed']}")


def _read(name: str, runs_dir: Path, tasks_dirs: list[Path] | None) -> dict[str, Any]:
    """The best entry of each size, and facts of a run."""
    from evolve.runs.folders import find_run
    from evolve.runs.provenance import feature_names
    from evolve.runs.store import Store

    with Store.open(find_run(name, runs_dir), write=False) as store:
        features = feature_names(store, tasks_dirs or ())
        summary = store.summary()
        entries = [store.entry(index) for index in summary.best_per_size().values()]
        return {
            "run": store.folder.name,
            "task": store.task["name"],
            "fingerprint": store.task["fingerprint"],
            "evaluations": summary.n_entries,
            "seed": store.settings.get("seed"),
            "features": features,
            "entries": entries,
        }
