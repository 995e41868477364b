"""Verb `bench coverage`: how many held-out runs the intervals of forecasts hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated

import typer

from evolve.cli.bench import FIRST_SEED, Seeds, bench
from evolve.cli.lists import Texts, names_in, seeds_in
from evolve.cli.options import Json, ManyValued, TasksDirs, Workers
from evolve.cli.output import print_note
from evolve.errors import EvolveError, SandboxError, TaskError

if TYPE_CHECKING:
    from evolve.bench.coverage import Coverage
    from evolve.tasks.task import Table, Task

HEADINGS = (
    *("task", "kind", "seed", "values", "in 50 %", "in 90 %"),
    *("width", "error", "half width / error", "steps beyond"),
)
TABLE_SHARES = (0.2,)  # of the rows of a folder's tables, which are taken out


@bench.command(cls=ManyValued)
def coverage(
    names: Annotated[
        Texts,
        typer.Option("--tasks", help="Tasks with test rows, by name, or none [default: all]."),
    ] = None,
    seeds: Seeds = FIRST_SEED,
    evaluations: Annotated[
        int, typer.Option("--evaluations", min=1, help="Budget of a run.")
    ] = 400,
    synthetic: Annotated[
        bool,
        typer.Option("--synthetic/--no-synthetic", help="Known laws at ten times the scale."),
    ] = True,
    nested: Annotated[
        bool,
        typer.Option(
            "--nested/--no-nested",
            help="Training rows without their far end, of the tasks and of --folder.",
        ),
    ] = False,
    folder: Annotated[
        Path | None,
        typer.Option("--folder", help="With --nested: holds TABLE/train.csv, as bench unseen."),
    ] = None,
    workers: Workers = None,
    tasks_dirs: TasksDirs = None,
    json: Json = False,
) -> None:
    """Search, forecast the held-out runs, and count how many the intervals hold.

    Example: python -m evolve bench coverage --seeds "0 1" --evaluations 400

    With --nested no test row is opened: intervals are settled there.
    """
    from evolve.bench.coverage import measure, search_forecast_model
    from evolve.cli.options import n_cores

    if folder is not None and not nested:
        raise EvolveError("--folder: its tables are measured with --nested alone")
    coverages = []
    for kind, seed, task, rows_of in _cases(
        names, tasks_dirs, seeds, synthetic=synthetic, nested=nested, folder=folder
    ):
        try:
            forecast_model = search_forecast_model(task, seed, evaluations, workers or n_cores())
        except SandboxError:  # no task could be searched here
            raise
        except EvolveError as error:
            print_note(f"{task.name} seed {seed}: left out, {error}")
            continue
        if forecast_model is None:
            print_note(f"{task.name} seed {seed}: nothing could be fitted")
            continue
        coverages.append(measure(task, rows_of(), forecast_model, kind, seed))
        share = coverages[-1].inside[-1]
        print_note(f"{task.name} seed {seed}: {share:.3f} inside 90 %")
    if not coverages:
        raise EvolveError("bench coverage: nothing was measured; name tasks or known laws")
    _show(coverages, json=json)


# Kind, seed, task, and how to get its held-out rows.
Case = tuple[str, int, "Task", "Callable[[], Table]"]


def _cases(
    names: Texts,
    tasks_dirs: TasksDirs,
    seeds: list[str],
    *,
    synthetic: bool,
    nested: bool,
    folder: Path | None,
) -> Iterator[Case]:
    """All that is to be measured."""
    from evolve.bench.known import KNOWN_LAWS, make_case
    from evolve.tasks.task import list_tasks, load_task, load_test

    dirs, numbers = tasks_dirs or (), seeds_in(seeds)
    tested = [t.name for t in list_tasks(dirs) if t.n_rows and t.has_test]
    chosen = names_in("--tasks", names, tested, "task with test rows", none=True)
    for seed in numbers:
        tasks = [load_task(name, dirs) for name in chosen]
        if nested:
            yield from _nested(tasks, folder, seed)
        else:
            yield from (("shipped", seed, task, partial(load_test, task)) for task in tasks)
        for law in KNOWN_LAWS if synthetic else ():
            task_of_law, test = make_case(law, seed)
            yield "synthetic", seed, task_of_law, partial(_same, test)


def _nested(tasks: Sequence[Task], folder: Path | None, seed: int) -> Iterator[Case]:
    """Cases of training rows, the far end of which is forecast from the others."""
    from evolve.bench.nested import SHARES, inner_task

    tables = [] if folder is None else _tables_in(folder)
    for kind, some, shares in (("nested", tasks, SHARES), ("tables", tables, TABLE_SHARES)):
        for task in some:
            for share in shares:
                case = inner_task(task, share)
                if case is None:
                    print_note(f"{task.name}: too few scales to take {share:g} of the rows out")
                    continue
                yield kind, seed, case[0], partial(_same, case[1])


def _tables_in(folder: Path) -> list[Task]:
    """The tables of a folder as tasks, without those that can be none."""
    from evolve.bench.unseen import draft_of, tables_in

    tables = []
    for each in tables_in(folder, "train.csv"):
        try:
            tables.append(draft_of(each))
        except TaskError as error:
            print_note(f"{each.name}: left out, {error}")
    return tables


def _same(table: Table) -> Table:
    return table


def _show(coverages: list[Coverage], *, json: bool) -> None:
    from evolve.bench.coverage import LEVELS, overall
    from evolve.cli.output import print_json, print_table

    totals: dict[str, tuple[float, ...]] = {}
    for kind in (*dict.fromkeys(c.kind for c in coverages), "all"):
        of_kind = [c for c in coverages if kind in (c.kind, "all")]
        if of_kind:
            totals[kind] = overall(of_kind)
    if json:
        print_json(
            {"levels": LEVELS, "lines": [c.to_data() for c in coverages], "overall": totals}
        )
        return
    rows = [
        (
            *(c.task, c.kind, c.seed, c.n_values, *c.inside, c.width, c.error, c.times_error),
            c.extrapolation_distance,
        )
        for c in coverages
    ]
    print_table(HEADINGS, rows, "width and error in spreads of the training targets")
    for kind, shares in totals.items():
        words = ", ".join(
            f"{s:.3f} of nominal {100 * q:g} %" for q, s in zip(LEVELS, shares, strict=True)
        )
        times = median(c.times_error for c in coverages if kind in (c.kind, "all"))
        print(f"{kind}: {words}; half width {times:.1f} times the mean error (median)")
