"""Print the end of a run: table, formula, constants, next commands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from evolve.cli.next_commands import next_commands, print_commands
from evolve.cli.output import print_json, print_table, print_text

if TYPE_CHECKING:
    from evolve.runs.results import ResultRow
    from evolve.runs.session import SessionResult
    from evolve.runs.settings import RunConfig
    from evolve.runs.store import Store
    from evolve.search.problem import SearchProblem
    from evolve.tasks.task import Task

HEADINGS = ("kind", "constants", "held-out R2", "train R2", "score", "law")
GROUP_HEADINGS = ("group", "predictions", "error", "median", "baseline", "which", "")
MOST_ROWS = 12
OWN = re.compile(r"^each target = .*\bown\b")  # of targets with a feature of their own each
LONG_FORMULA = 240  # characters; a longer one fills a narrow screen, and its law has a name


def print_ending(
    store: Store, problem: SearchProblem, settings: RunConfig, result: SessionResult, *, json: bool
) -> None:
    """Print the end of a run.

    Args:
        store: The run.
        problem: Its task.
        settings: Its budget.
        result: What its session has kept.
        json: Print a JSON document in place of text.

    Raises:
        EvolveError: The champion's program cannot be written; all else is kept and printed.
    """
    from evolve.runs.session import PROGRAM_NAME, write_program

    commands = next_commands(
        store.folder, settings, len(store), problem.task, has_law=bool(result.rows)
    )
    try:
        _print_all(store, problem, settings, result, commands, json=json)
    finally:  # also where nobody reads on, as behind a pipe to head
        if result.rows:
            write_program(store.folder / PROGRAM_NAME, result.rows[0].text)


def _print_all(
    store: Store,
    problem: SearchProblem,
    settings: RunConfig,
    result: SessionResult,
    commands: dict[str, str],
    *,
    json: bool,
) -> None:
    rows, chosen, n_done = result.rows, result.choice is not None, len(store)
    if json:
        document = _document(
            store, problem, settings, rows, commands, n_done, result.stopped, chosen
        )
        data = None if result.verdict is None else result.verdict.to_data()
        print_json({**document, "verdict": data, "remarks": remarks(store, problem)})
    else:
        print(_headline(store, settings, n_done, result.stopped))
        _print_laws(rows, problem.task, chosen=chosen)
        if result.verdict is not None:
            print_text(f"verdict: {result.verdict.line()}")
        for remark in remarks(store, problem):
            print_text(remark)
        print_commands({"run": str(store.folder), **commands})


def remarks(store: Store, problem: SearchProblem) -> list[str]:
    """What a user should know of a run that has ended, beside its verdict."""
    from evolve.runs.crosscheck import disagreements
    from evolve.runs.one_sided import one_sided_rows
    from evolve.runs.provenance import describe_task_change
    from evolve.runs.replies import remarks_of_models

    report = "the programs as text did not all come out the same, please report this"
    texts = [f"{report}: {line}" for line in disagreements(store)]
    texts += [*remarks_of_models(store, problem.models), *one_sided_rows(store, problem.task)]
    changed = describe_task_change(store, problem.task)
    return texts if changed is None else [*texts, changed]


def _print_laws(rows: Sequence[ResultRow], task: Task, *, chosen: bool) -> None:
    if rows:
        print_rows(rows, task.feature_names, chosen=chosen)
        print_law(rows[0], task.target_names, MOST_ROWS)
    else:
        print("no law has a score yet")


def print_rows(rows: Sequence[ResultRow], features: Sequence[str], *, chosen: bool) -> None:
    """Print the table of champion (or best so far), sizes and literature.

    Args:
        rows: The laws.
        features: Names of the task's features.
        chosen: Whether the first row is the champion.
    """
    from evolve.law.naming import own_words
    from evolve.runs.choices import why_not_the_best_score
    from evolve.tasks.symbols import symbols_of

    kinds = {} if chosen else {"champion": "best so far"}
    cells = [
        (
            *(kinds.get(row.kind, row.heading), row.n_constants),
            *(row.held_out_r2, row.train_r2, row.score, _law(row)),
        )
        for row in rows
    ]
    print_table(HEADINGS, cells, symbols=symbols_of(features))
    if len(features) > 1 and "own" not in features and any(OWN.search(r.formula) for r in rows):
        print_text(own_words(features))
    if chosen and (words := why_not_the_best_score(rows)):
        print_text(f"{words}: show --choice")


def _law(row: ResultRow) -> str:
    """The name of a law that somebody wrote down, any law's formula, or why it failed."""
    text = row.message or row.formula.partition(" = ")[2]
    if row.kind != "literature":
        return text
    long = not row.message and len(text) > LONG_FORMULA
    return f"{row.name}: long, show RUN --law {row.name} has it" if long else f"{row.name}: {text}"


def print_law(row: ResultRow, targets: Sequence[str], most: int | None = None) -> None:
    """Print a law's formula and its constants, one row a group and target.

    Args:
        row: The law.
        targets: Names of the task's targets.
        most: Print no more rows than these, and how many are left out.
    """
    print_text(row.formula)
    print_constants_alone(row, targets, most)
    print_valued(row)


def print_valued(row: ResultRow) -> None:
    """Print a law with the values of its constants in it, where these are the same everywhere."""
    if row.valued_formula:
        print_text(f"that is {row.valued_formula}")


def print_constants_alone(row: ResultRow, targets: Sequence[str], most: int | None = None) -> None:
    """Print a law's constants without their intervals; arguments as `print_law`."""
    cells = [[where, *(f"{value:.6g}" for value in values)] for where, values in row.fits(targets)]
    if len(cells) == 1:
        pairs = zip(row.constant_names, cells[0][1:], strict=True)
        print_text("  " + ", ".join(f"{name} = {value}" for name, value in pairs))
    elif cells:
        print_table(("constants", *row.constant_names), cells[:most], names=("constants",))
        if most is not None and len(cells) > most:
            print(f"and {len(cells) - most} more rows")


def print_groups(store: Store) -> None:
    """Print the champion's errors by group, the worst first, if there are several."""
    from evolve.forecast.by_group import warning_of
    from evolve.forecast.words import share_text
    from evolve.runs.choices import load_group_errors

    errors = load_group_errors(store)
    if len(errors) < 2:
        return
    cells = [
        (
            *(e.group, e.n_held, f"{e.error:.3g}", share_text(e.relative)),
            *(f"{e.baseline_error:.3g}", e.baseline, "worse" if e.worse else ""),
        )
        for e in errors[:MOST_ROWS]
    ]
    print_table(GROUP_HEADINGS, cells, "the champion by group, the worst first", names=("group",))
    if len(errors) > MOST_ROWS:
        print(f"and {len(errors) - MOST_ROWS} more groups; --json has all")
    if words := warning_of(errors):
        print_text(f"warning: {words}")


def _headline(store: Store, settings: RunConfig, n_done: int, stopped: bool) -> str:
    total = "" if settings.evaluations is None else f" of {settings.evaluations}"
    how = "stopped after" if stopped else "done:"
    text = f"{store.task['name']}: {how} {n_done}{total} evaluations, seed {settings.seed}"
    text += f", {settings.n_seeds} searches" if settings.n_seeds > 1 else ""
    spent = stopped or settings.seconds is not None or n_done >= (settings.evaluations or n_done)
    return text if spent else f"{text}; every law that the task's limits allow nearby was tried"


def _document(
    store: Store,
    problem: SearchProblem,
    settings: RunConfig,
    rows: list[ResultRow],
    commands: dict[str, str],
    n_done: int,
    stopped: bool,
    chosen: bool,
) -> dict[str, Any]:
    data = [row.document() for row in rows]
    return {
        "run": store.folder.name,
        "folder": str(store.folder),
        "task": problem.task.name,
        "seed": settings.seed,
        "evaluations": n_done,
        "budget": settings.evaluations,
        "stopped": stopped,
        "chosen": chosen,
        "champion": next((d for d in data if d["kind"] == "champion"), None),
        "sizes": [d for d in data if d["kind"] == "size"],
        "literature": [d for d in data if d["kind"] == "literature"],
        "commands": commands,
    }
