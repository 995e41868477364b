"""Verb `compare`: two runs of one task side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evolve.cli.app import app
from evolve.cli.options import RUNS, Interval, Json, RunsDir, TasksDirs
from evolve.errors import EvolveError

if TYPE_CHECKING:
    import pandas as pd

HEADINGS = (
    *("constants", "held-out R2 1", "held-out R2 2", "score 1", "score 2", "gain"),
    *("formula 1", "formula 2"),
)


@app.command(epilog="Example: python -m evolve compare data_constrained-0-1 data_constrained-1-1")
def compare(
    first: Annotated[str, typer.Argument(metavar="RUN1", help="A run's name or folder.")],
    second: Annotated[str, typer.Argument(metavar="RUN2", help="Another run of its task.")],
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[FEATURE=VALUE]...", help="More of --at.")
    ] = None,
    at: Annotated[
        list[str] | None,
        typer.Option("--at", help="Compare forecasts there; RUN2 may be of another task then."),
    ] = None,
    compute: Annotated[
        str | None, typer.Option("--compute", help="What a run costs, such as 6*params*tokens.")
    ] = None,
    group: Annotated[str | None, typer.Option("--group", help="The group forecast.")] = None,
    target: Annotated[str | None, typer.Option("--target", help="The target forecast.")] = None,
    interval: Interval = 0.9,
    runs_dir: RunsDir = RUNS,
    tasks_dirs: TasksDirs = None,
    json: Json = False,
) -> None:
    """Compare two runs: the best law of each size, how much lower the second one's score is.

    With --at: whether they forecast the same there, where they cross, and what the one saves.
    """
    from evolve.api.differences import difference_of
    from evolve.api.run import load
    from evolve.cli.differences import difference_document, print_difference
    from evolve.cli.output import print_json
    from evolve.forecast.queries import read_words
    from evolve.runs.query import compare as side_by_side

    names = first, second
    one, two = (_read(name, runs_dir, tasks_dirs) for name in names)
    given = [*(at or []), *(words or [])]
    if not given and compute is not None:
        raise EvolveError("--compute: goes with --at")
    apart = _apart({**one, "name": first}, {**two, "name": second})
    if apart and not given:
        raise EvolveError(apart)
    frame = None if apart else side_by_side(one["entries"], two["entries"], one["features"])
    found = None
    if given:
        runs = [load(name, runs_dir=runs_dir, tasks_dirs=tasks_dirs or ()) for name in names]
        point, tasks = read_words(runs[0].task, given), [run.task for run in runs]
        of = {"group": group, "target": target}
        folders = [run.folder for run in runs]
        found = difference_of(folders, tasks, point, compute, level=interval, **of)
    if json:
        rows = [] if frame is None else frame.to_dict(orient="records")
        facts = [{k: v for k, v in run.items() if k != "entries"} for run in (one, two)]
        forecast = {} if found is None else {"forecast": difference_document(*found)}
        print_json({"runs": facts, "sizes": rows, **forecast})
        return
    if frame is not None:
        _print_sizes(frame, one, two)
    for number, run in enumerate((one, two), 1):
        print(f"{number}: {run['run']}, {run['evaluations']} evaluations, seed {run['seed']}")
    if found is not None:
        print_difference(*found)


def _apart(one: dict[str, Any], two: dict[str, Any]) -> str:
    """Why two runs are not of one task; empty where they are."""
    for key, what in (("task", "task"), ("fingerprint", "rows or task.toml")):
        if one[key] != two[key]:
            return (
                f"compare: {one['name']!r} and {two['name']!r} must be runs of one task, but "
                f"their {what} differ: {one[key]} and {two[key]}; with --at they may"
            )
    return ""


def _print_sizes(frame: pd.DataFrame, one: dict[str, Any], two: dict[str, Any]) -> None:
    from evolve.cli.output import print_table
    from evolve.tasks.symbols import symbols_of

    table = frame.astype(object).where(frame.notna(), None)
    title = f"{one['task']}: 1 is {one['run']}, 2 is {two['run']}"
    cells = table.iloc[:, : len(HEADINGS)].to_numpy().tolist()
    print_table(HEADINGS, cells, title, symbols=symbols_of(one["features"]))


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
