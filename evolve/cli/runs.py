"""Verbs `runs` and `show`: what was searched, and one law of it in full."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evolve.cli.app import app
from evolve.cli.options import RUNS, EntryNumber, Json, LawName, RunsDir, Size, TasksDirs
from evolve.forecast.words import counted, r2_text

if TYPE_CHECKING:
    from pathlib import Path

    from evolve.evaluation.record import Entry
    from evolve.runs.picks import Pick
    from evolve.runs.results import ResultRow, RunResults
    from evolve.runs.store import Store

HEADINGS = (
    *("run", "task", "seed", "evaluations", "budget", "state", "test opened"),
    *("verdict", "law", "held-out R2", "train R2", "formula"),
)
LEAST_ASKED = ("formula", "test opened", "seed", "train R2", "budget", "law", "state", "task")


@app.command(epilog="Example: python -m evolve runs --json")
def runs(runs_dir: RunsDir = RUNS, json: Json = False) -> None:
    """List the runs of a folder."""
    from evolve.cli.output import print_json, print_table
    from evolve.runs.folders import list_cut_short, list_runs
    from evolve.runs.listing import listed

    names = sorted([*list_runs(runs_dir), *list_cut_short(runs_dir)])
    rows = [listed(runs_dir / name) for name in names]
    if json:
        print_json([row | {"held_out_r2": row["held-out R2"]} for row in rows])
    elif not rows:
        print(f"no runs in {runs_dir}; start one: python -m evolve --task data_constrained")
    else:
        cells = [_cells(row) for row in rows]
        print_table(HEADINGS, cells, names=("run", "task"), below=LEAST_ASKED)
        for problem in filter(None, (row["problem"] for row in rows)):
            print(" ".join(problem.split()))


@app.command(epilog="Example: python -m evolve show data_constrained-0-1 --size 4")
def show(
    name: Annotated[str, typer.Argument(metavar="RUN", help="A run's name or folder.")],
    size: Size = None,
    number: EntryNumber = None,
    law: LawName = None,
    choice: Annotated[
        bool, typer.Option("--choice", help="The finalists and why the champion was chosen.")
    ] = False,
    program: Annotated[
        bool, typer.Option("--program", help="Print the law's program, and nothing else.")
    ] = False,
    prompt: Annotated[
        bool, typer.Option("--prompt", help="Of --entry: what the language model was told.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Follow a run that is going on; Ctrl-C leaves it be.")
    ] = False,
    runs_dir: RunsDir = RUNS,
    tasks_dirs: TasksDirs = None,
    json: Json = False,
) -> None:
    """Show a law of a run in full, the champion or the one asked for.

    Scores, lineage and the table of laws; at the end the formula, the constants with their
    intervals, and the verdict. With --watch, where the run stands until it ends, then its final
    table; exit code 130 after Ctrl-C.
    """
    from evolve.cli.choice import show_choice
    from evolve.cli.output import print_json
    from evolve.cli.prompt import print_prompt
    from evolve.cli.watch import print_end, watch_run
    from evolve.runs.folders import find_run
    from evolve.runs.listing import lineage
    from evolve.runs.picks import Pick
    from evolve.runs.provenance import require_same_rows, task_of
    from evolve.runs.results import load_results
    from evolve.runs.store import Store

    if program:
        _require_none(json=json, choice=choice, prompt=prompt, watch=watch)
    pick = Pick(size, number, law)
    with Store.open(find_run(name, runs_dir), write=False) as store:
        if prompt:
            print_prompt(store, number, json=json)
            return
        if watch:
            task = task_of(store, tasks_dirs or ())
            require_same_rows(store, task)
            watch_run(store, task, hidden=json)
            if not json and pick.is_champion:
                print_end(store, task)
                return
        if choice:
            show_choice(store, pick, json=json)
            return
        results = load_results(store)
        row, entry = _picked(store, results, pick, tasks_dirs)
        family = lineage(store, entry)
        if json:
            print_json(_document(store, row, entry, family, chosen=results.chosen))
        elif program:
            print(row.text, end="")
        else:
            _print(store, row, entry, family, results)


def _require_none(**options: bool) -> None:
    """Refuse options whose output would be dropped beside a program, which is printed alone."""
    from evolve.errors import EvolveError

    for name in (name for name, is_given in options.items() if is_given):
        has = ", which has it as text" if name == "json" else ""
        raise EvolveError(f"show: --program prints the program alone, not beside --{name}{has}")


def _picked(
    store: Store, results: RunResults, pick: Pick, tasks_dirs: list[Path] | None
) -> tuple[ResultRow, Entry]:
    """The law that is asked for; the task is loaded only where the run keeps no row of it."""
    from evolve.runs.makers import makers_of
    from evolve.runs.picks import picked
    from evolve.runs.provenance import require_same_rows, task_of

    row = results.row(pick.size) if pick.entry is None and pick.law is None else None
    if row is not None:
        return row, makers_of(store).named(store.entry(row.index))
    task = task_of(store, tasks_dirs or ())
    require_same_rows(store, task)
    return picked(store, task, pick)


def _cells(row: dict[str, Any]) -> list[object]:
    """A row of the list: what its formula is of, and the formula, come last."""
    kinds = {None: None, True: "champion", False: "best so far"}
    cells = row | {"law": kinds[row["chosen"]]}
    cells["formula"] = (row["formula"] or "").partition(" = ")[2] or None
    return [cells[heading] for heading in HEADINGS]


def _print(
    store: Store, row: ResultRow, entry: Entry, family: list[Entry], results: RunResults
) -> None:
    """Print a law, the longest first: what one wants to know stays on the screen."""
    from evolve.api.champion import four
    from evolve.cli.ending import print_groups, print_rows
    from evolve.cli.output import print_table, print_text

    what = {
        "champion": "champion" if results.chosen else "best score so far, no champion chosen yet",
        "entry": f"law made by {row.name}",
        "size": f"best law with {counted(row.n_constants, 'constant')}",
    }.get(row.kind, row.name)
    where = f"entry {row.number}" if row.number is not None else "not an entry of the run"
    print_text(f"{store.folder.name}, task {store.task['name']}: {what} ({where})")
    print_table(
        ("fold", "held-out rows", "R2", "NMSE"),
        [(f.name, f.n_held, f.r2, f.nmse) for f in entry.evaluation.folds],
    )
    scores = f"score {row.score:.4f}, train R2 {r2_text(row.train_r2)}"
    print(f"{scores}, {counted(row.n_constants, 'constant')}")
    print(f"made by {entry.operator}" + (", from" if family else ""))
    for old in family:
        print(f"  entry {old.index}: {old.operator}, score {four(old.evaluation.score)}")
    if row.kind == "champion":
        print_groups(store)
    if row.kind == "champion" and results.rows:
        print_rows(results.rows, store.task.get("features", ()), chosen=results.chosen)
        for other in (other for other in results.rows if other.printed):
            print(f"{other.name} printed:\n{other.printed}")
    opened = store.test_openings()
    print(
        f"test rows opened {counted(len(opened), 'time')}"
        + "".join(f"\n  {o['at']} {o['command']}" for o in opened)
    )
    print()
    _print_law(store, row)


def _print_law(store: Store, row: ResultRow) -> None:
    """Print formula, constants and verdict; constants that fill a screen go first."""
    from evolve.cli.ending import MOST_ROWS, print_valued
    from evolve.cli.output import print_text
    from evolve.runs.choices import load_verdict

    is_long = sum(map(len, row.constants.values())) > MOST_ROWS
    if is_long:
        _print_constants(store, row)
    print_text(row.formula)
    if not is_long:
        _print_constants(store, row)
    print_valued(row)
    verdict = load_verdict(store)
    if row.kind == "champion" and verdict is not None:
        print_text(f"verdict: {verdict.line()}")


def _print_constants(store: Store, row: ResultRow) -> None:
    """Print the constants with their intervals, where the run knows these, else alone."""
    from evolve.api.forecasts import LEVEL
    from evolve.cli.constants import n_fits, print_constants, print_constants_by_fit
    from evolve.cli.ending import print_constants_alone

    known = [constant for constant in row.intervals(LEVEL) if not math.isnan(constant.error)]
    n_targets = max(map(len, row.constants.values()), default=0)
    numbered = [f"target {k + 1}" for k in range(n_targets)]  # a run of an earlier version
    targets = store.task.get("targets", numbered)
    if not known:
        print_constants_alone(row, targets)
        return
    printed = print_constants if n_fits(known) == 1 else print_constants_by_fit
    printed(known, targets, LEVEL)


def _document(
    store: Store, row: ResultRow, entry: Entry, family: list[Entry], *, chosen: bool
) -> dict[str, Any]:
    from evolve.law.graph import law_with_first_names
    from evolve.law.recipe import recipe_with_first_names
    from evolve.runs.choices import load_group_errors, load_verdict

    folds = [vars(fold) for fold in entry.evaluation.folds]
    verdict = load_verdict(store)
    return {
        "run": store.folder.name,
        "task": store.task["name"],
        "chosen": chosen,
        **row.document(),
        "folds": folds,
        "facts": entry.evaluation.facts,
        "law": None if entry.law is None else law_with_first_names(entry.law),
        "recipe": None if entry.recipe is None else recipe_with_first_names(entry.recipe),
        "operator": entry.operator,
        "origin": entry.origin,
        "lineage": [
            {"index": e.index, "operator": e.operator, "score": e.evaluation.score} for e in family
        ],
        "verdict": None if verdict is None else verdict.to_data(),
        "groups": [
            error.to_data() for error in load_group_errors(store) if row.kind == "champion"
        ],
        "test_openings": store.test_openings(),
    }
