"""Verb `bench budget`: one search read at several budgets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evolve.cli.bench import FIRST_SEED, Names, Seeds, bench, tasks_named
from evolve.cli.lists import Texts, numbers_in, seeds_in
from evolve.cli.options import Json, ManyValued, TasksDirs, Workers
from evolve.cli.output import print_note
from evolve.errors import EvolveError

if TYPE_CHECKING:
    from evolve.tasks.task import Table, Task

BUDGETS = ["32", "100", "300", "1000", "3000"]


@bench.command(cls=ManyValued)
def budget(
    names: Names = None,
    folder: Annotated[
        Path | None, typer.Option("--unseen", help="Tables of this folder, with their test rows.")
    ] = None,
    budgets: Annotated[
        list[str], typer.Option("--budgets", help="Evaluations at which it is read.")
    ] = BUDGETS,
    seeds: Seeds = FIRST_SEED,
    workers: Workers = None,
    tasks_dirs: TasksDirs = None,
    json: Json = False,
) -> None:
    """Choose as after 32, 100, … evaluations of one search; score on rows it never saw.

    Example: python -m evolve bench budget --tasks data_constrained --budgets "32 100 300"
    """
    from evolve.bench.budget import means, run_budgets
    from evolve.bench.tasks import machine
    from evolve.cli.options import n_cores
    from evolve.cli.output import print_json, print_table

    steps = sorted(numbers_in("--budgets", budgets, int, 1, "32 100 300"))
    numbers = seeds_in(seeds)
    results = []
    for task, outer in _cases(names, folder, tasks_dirs):
        for seed in numbers:
            new = run_budgets(task, outer, seed, steps, workers or n_cores())
            results += new
            words = ", ".join(f"{result.evaluations}: {result.forecast:.3f}" for result in new)
            print_note(f"{task.name} seed {seed}: {words}")
    if json:
        data = [result.to_data() for result in results]
        print_json({"machine": machine(), "means": means(results), "lines": data})
        return
    rows: list[list[object]] = [list(result.to_data().values()) for result in results]
    for at, values in means(results).items():
        rows.append(["mean, each at least -1", None, at, *values.values()])
    headings = ("case", "seed", "evaluations", "forecast", "champion", "best finalist")
    print_table(headings, rows, title=machine())


def _cases(names: Texts, folder: Path | None, tasks_dirs: TasksDirs) -> list[tuple[Task, Table]]:
    """Nested rows of tasks, or the tables of a folder with their test rows."""
    from evolve.bench.nested import SHARES, inner_task
    from evolve.bench.unseen import load_table, tables_in

    if folder is not None and names:
        raise EvolveError("--tasks: names no tables of --unseen, give one of the two")
    if folder is not None:
        return [load_table(path) for path in tables_in(folder)]
    cases = [inner_task(t, share) for t in tasks_named(names, tasks_dirs) for share in SHARES]
    return [case for case in cases if case is not None]
