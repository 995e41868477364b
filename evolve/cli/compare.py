"""Verb `compare`: two runs of one task side by side, forecasts of any number at one point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evolve.cli.app import app
from evolve.cli.options import RUNS, Interval, Json, ManyAssigned, RunsDir, TasksDirs
from evolve.errors import EvolveError, StoreError

if TYPE_CHECKING:
    import pandas as pd

    from evolve.api.differences import Asked

HEADINGS = (
    *("constants", "held-out R2 1", "held-out R2 2", "score 1", "score 2", "gain"),
    *("formula 1", "formula 2"),
)
GAIN = "gain: by how much the score of 2 is lower, which is better; below 0 that of 1 is"


@app.command(
    cls=ManyAssigned,
    epilog="Example: python -m evolve compare data_constrained-0-1 data_constrained-1-1",
)
def compare(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN...",
            help="Runs, by name or folder; with --at one will do for its groups.",
        ),
    ],
    at: Annotated[
        list[str] | None,
        typer.Option("--at", help="Compare forecasts there, of any tasks with its features."),
    ] = None,
    compute: Annotated[
        str | None, typer.Option("--compute", help="What a run costs, such as 6*params*tokens.")
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option("--group", help="The group forecast; repeated, one a run or those of a run."),
    ] = None,
    target: Annotated[str | None, typer.Option("--target", help="The target forecast.")] = None,
    maximise: Annotated[
        bool | None,
        typer.Option("--maximise/--minimise", help="Whether more is better [default: its role]."),
    ] = None,
    interval: Interval = 0.9,
    runs_dir: RunsDir = RUNS,
    tasks_dirs: TasksDirs = None,
    json: Json = False,
) -> None:
    """Compare runs: of two the best law of each size, how much lower the second one's score is.

    With --at, of any number: which is forecast best there, the chance of each to be, how far the
    others are behind, where they cross, and what the one saves. Of one run its groups.
    """
    from evolve.api.differences import Asked
    from evolve.cli.output import print_json, print_text

    names, given = _names_and_values(words, at or [])
    _require_enough(names, given, compute)
    facts = [{**_read(name, runs_dir, tasks_dirs, group), "name": name} for name in names]
    apart = _apart(facts)
    if apart and not given:
        raise EvolveError(apart)
    of_pair = len(facts) == 2 and not apart
    frame = _sizes(*facts) if of_pair else None
    document: dict[str, Any] = {}
    if given:
        of = group[0] if group is not None and len(group) == 1 else group
        asked = Asked({}, compute, of, target, maximise, interval)
        document, show = _forecasts(names, given, asked, runs_dir, tasks_dirs or ())
    if json:
        rows = [] if frame is None else frame.to_dict(orient="records")
        shown = [{k: v for k, v in f.items() if k not in ("entries", "name")} for f in facts]
        print_json({"runs": shown, "sizes": rows, **document})
        return
    if frame is not None:
        _print_sizes(frame, *facts)
    for number, run in enumerate(facts, 1):
        done = f"{run['evaluations']} evaluations, seed {run['seed']}"
        print_text(f"{number}: {run['run']}, {done}")
    if given:
        show()


def _names_and_values(words: Sequence[str], at: Sequence[str]) -> tuple[list[str], list[str]]:
    """Runs, and values of --at among them: what holds `=` and is no folder."""
    values = [word for word in words[1:] if "=" in word and not Path(word).exists()]
    return [word for word in words if word not in values], [*at, *values]


def _require_enough(names: Sequence[str], given: Sequence[str], compute: str | None) -> None:
    if not given and compute is not None:
        raise EvolveError("--compute: goes with --at")
    if not given and len(names) < 2:
        raise EvolveError("compare: needs another run, or --at to compare the groups of one")
    if not given and len(names) > 2:
        rule = f"compare: {len(names)} runs are compared by what they forecast; give --at"
        raise EvolveError(rule)


def _forecasts(
    names: Sequence[str], given: Sequence[str], asked: Asked, runs_dir: Path, tasks_dirs: Any
) -> tuple[dict[str, Any], Callable[[], None]]:
    """Two runs' difference at a point, or the ranking of systems: as JSON value, and printed."""
    from evolve.api.differences import difference_of
    from evolve.api.run import load
    from evolve.api.systems import ranked, systems_of
    from evolve.cli.differences import difference_document, print_difference
    from evolve.cli.ranking import print_ranking, ranking_document
    from evolve.forecast.queries import read_words

    runs = [load(name, runs_dir=runs_dir, tasks_dirs=tasks_dirs) for name in names]
    asked = replace(asked, at=read_words(runs[0].task, given))
    folders, tasks = [run.folder for run in runs], [run.task for run in runs]
    if len(runs) == 2 and not isinstance(asked.group, list):
        found = difference_of(folders, tasks, asked)
        return {"forecast": difference_document(*found)}, partial(print_difference, *found)
    ranking, sides = ranked(folders, tasks, asked)
    of = ranking, sides, systems_of([folder.name for folder in folders], sides)
    return {"ranking": ranking_document(*of)}, partial(print_ranking, *of)


def _apart(facts: Sequence[dict[str, Any]]) -> str:
    """Why runs are not of one task; empty where they are."""
    one = facts[0]
    for other in facts[1:]:
        for key, what in (("task", "tasks"), ("fingerprint", "rows or task.toml")):
            if one[key] != other[key]:
                names = f"{one['name']!r} and {other['name']!r}"
                return (
                    f"compare: {names} must be runs of one task, but "
                    f"their {what} differ: {one[key]} and {other[key]}; with --at they may"
                )
    return ""


def _sizes(one: dict[str, Any], two: dict[str, Any]) -> pd.DataFrame:
    from evolve.runs.query import compare as side_by_side

    return side_by_side(one["entries"], two["entries"], one["features"])


def _print_sizes(frame: pd.DataFrame, one: dict[str, Any], two: dict[str, Any]) -> None:
    from evolve.cli.output import print_table, print_text
    from evolve.tasks.symbols import symbols_of

    table = frame.astype(object).where(frame.notna(), None)
    title = f"{one['task']}: 1 is {one['run']}, 2 is {two['run']}"
    cells = table.iloc[:, : len(HEADINGS)].to_numpy().tolist()
    symbols, formulas = symbols_of(one["features"]), HEADINGS[-1:-3:-1]
    print_table(HEADINGS, cells, title, symbols=symbols, below=formulas)
    print_text(GAIN)


def _of_law(name: str) -> str:
    """How a run is set beside a law of the literature, where that is named in a run's place."""
    from evolve.search.named import CALLED
    from evolve.tasks.folders import shipped_folders

    laws = {path.stem for folder in shipped_folders("seeds") for path in folder.glob("*/*.py")}
    laws |= {*CALLED}
    told = f"; of a law by its name the same is told by: python -m evolve show RUN --law {name}"
    return told if name in laws else ""


def _read(
    name: str, runs_dir: Path, tasks_dirs: list[Path] | None, group: list[str] | None
) -> dict[str, Any]:
    """The best entry of each size, and facts of a run; `group` for what may be wrong with it."""
    from evolve.runs.folders import find_run
    from evolve.runs.provenance import feature_names
    from evolve.runs.store import Store

    try:
        folder = find_run(name, runs_dir)
    except StoreError as error:
        rule = "; if it is a group, --group stands before it, too" if group else ""
        raise StoreError(*error.args, rule or _of_law(name)) from None
    with Store.open(folder, write=False) as store:
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
