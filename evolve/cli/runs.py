"""Verbs `runs` and `show`: what was searched, and one law of it in full."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evolve.cli.app import app
from evolve.cli.options import RUNS, Json, RunsDir, TasksDirs
from evolve.errors import EvolveError

if TYPE_CHECKING:
    from evolve.evaluation.record import Entry
    from evolve.runs.results import ResultRow
    from evolve.runs.store import Store

LINEAGE = 12


@app.command(epilog="Example: python -m evolve runs --json")
def runs(runs_dir: RunsDir = RUNS, json: Json = False) -> None:
    """List the runs of a folder."""
    from evolve.cli.output import print_json, print_table
    from evolve.runs.folders import list_runs

    rows = [_row(runs_dir / name) for name in list_runs(runs_dir)]
    if json:
        print_json(rows)
    elif not rows:
        print(f"no runs in {runs_dir}; start one: python -m evolve --task data_constrained")
    else:
        problems = [row.pop("problem") for row in rows]
        print_table(list(rows[0]), [list(row.values()) for row in rows])
        for problem in filter(None, problems):
            print(" ".join(problem.split()))


@app.command(epilog="Example: python -m evolve show data_constrained-0-1 --size 4")
def show(
    name: Annotated[str, typer.Argument(metavar="RUN", help="A run's name or folder.")],
    size: Annotated[
        int | None, typer.Option("--size", min=1, help="The best law with SIZE constants.")
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Follow a run that is going on; Ctrl-C leaves it be.")
    ] = False,
    runs_dir: RunsDir = RUNS,
    tasks_dirs: TasksDirs = None,
    json: Json = False,
) -> None:
    """Show a law of a run in full, the champion or one of a size.

    Formula, constants of each group, scores, program text and lineage. With --watch, where the
    run stands until it ends, then its final table; exit code 130 after Ctrl-C.
    """
    from evolve.cli.output import print_json
    from evolve.cli.watch import print_end, watch_run
    from evolve.runs.folders import find_run
    from evolve.runs.results import find_row, load_results, saved_row
    from evolve.runs.run import require_same_rows, task_of
    from evolve.runs.store import Store

    with Store.open(find_run(name, runs_dir), write=False) as store:
        if watch:
            task = task_of(store, tasks_dirs or ())
            require_same_rows(store, task)
            watch_run(store, task, hidden=json)
            if not json and size is None:
                print_end(store, task)
                return
        line = saved_row(store, size)
        if line is None:
            task = task_of(store, tasks_dirs or ())
            require_same_rows(store, task)
            line = find_row(store, task, size)
        lines, chosen = load_results(store)
        entry = store.entry(line.index)
        family = lineage(store, entry)
        if json:
            print_json(_document(store, line, entry, family, chosen=chosen))
        else:
            _print(store, line, entry, family, lines, chosen=chosen)


def lineage(store: Store, entry: Entry) -> list[Entry]:
    """An entry's ancestors along first parents, nearest first, as many as are worth reading."""
    found: list[Entry] = []
    while entry.parents and len(found) < LINEAGE:
        entry = store.entry(entry.parents[0])
        found.append(entry)
    return found


def _row(folder: Path) -> dict[str, Any]:
    from evolve.runs.lock import writer
    from evolve.runs.results import held_out_r2
    from evolve.runs.run import settings_of
    from evolve.runs.store import Store
    from evolve.search.archive import Archive

    try:
        with Store.open(folder, write=False) as store:
            archive = Archive()
            archive.tell(store.each())
            best = archive.elites()[:1]
            settings = settings_of(store)
            total = settings.evaluations
            state = "running" if writer(folder) else "stopped"
            if state == "stopped" and total is not None and archive.size >= total:
                state = "done"
            return {
                "run": folder.name,
                "task": store.task["name"],
                "seed": settings.seed,
                "evaluations": archive.size,
                "budget": total,
                "state": state,
                "held-out R2": held_out_r2(best[0].entry.evaluation) if best else None,
                "test opened": len(store.test_openings()),
                "problem": None,
            }
    except EvolveError as error:
        blank = dict.fromkeys(
            ("task", "seed", "evaluations", "budget", "state", "held-out R2", "test opened")
        )
        return {"run": folder.name, **blank, "state": "unreadable", "problem": str(error)}


def _print(
    store: Store,
    line: ResultRow,
    entry: Entry,
    family: list[Entry],
    lines: list[ResultRow],
    *,
    chosen: bool,
) -> None:
    from evolve.cli.ending import print_law, print_lines
    from evolve.cli.output import print_table

    best = "champion" if chosen else "best score so far, no champion chosen yet"
    what = best if line.kind == "champion" else f"best law with {line.n_constants} constants"
    print(f"{store.folder.name}, task {store.task['name']}: {what} (entry {line.index})")
    print_law(line)
    print_table(
        ("fold", "held-out rows", "R2", "NMSE"),
        [(f.name, f.n_held, f.r2, f.nmse) for f in entry.evaluation.folds],
    )
    print(f"score {line.score:.4f}, train R2 {_four(line.train_r2)}")
    print(f"made by {entry.operator}" + (", from" if family else ""))
    for old in family:
        print(f"  entry {old.index}: {old.operator}, score {_four(old.evaluation.score)}")
    if line.kind == "champion" and lines:
        print_lines(lines, chosen=chosen)
        for told in (told for told in lines if told.printed):
            print(f"{told.name} printed:\n{told.printed}")
    opened = store.test_openings()
    print(
        f"test rows opened {len(opened)} times"
        + "".join(f"\n  {o['at']} {o['command']}" for o in opened)
    )
    print(f"\n{line.text}", end="")


def _document(
    store: Store, line: ResultRow, entry: Entry, family: list[Entry], *, chosen: bool
) -> dict[str, Any]:
    from evolve.law.graph import law_with_first_names
    from evolve.law.recipe import recipe_with_first_names

    folds = [vars(fold) for fold in entry.evaluation.folds]
    return {
        "run": store.folder.name,
        "task": store.task["name"],
        "chosen": chosen,
        **line.to_data(),
        "folds": folds,
        "facts": entry.evaluation.facts,
        "law": None if entry.law is None else law_with_first_names(entry.law),
        "recipe": None if entry.recipe is None else recipe_with_first_names(entry.recipe),
        "operator": entry.operator,
        "lineage": [
            {"index": e.index, "operator": e.operator, "score": e.evaluation.score} for e in family
        ],
        "test_openings": store.test_openings(),
    }


def _four(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
