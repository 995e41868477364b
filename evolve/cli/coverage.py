"""Verb `bench coverage`: how many held-out runs the intervals of forecasts hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from evolve.cli.bench import FIRST_SEED, Seeds, bench
from evolve.cli.lists import Texts, names_in, seeds_in
from evolve.cli.options import Json, ManyValued, TasksDirs, Workers
from evolve.cli.output import print_note

if TYPE_CHECKING:
    from evolve.bench.coverage import Coverage

HEADINGS = (
    *("task", "kind", "seed", "values", "in 50 %", "in 90 %"),
    *("width", "error", "steps beyond"),
)


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
    workers: Workers = None,
    tasks_dirs: TasksDirs = None,
    json: Json = False,
) -> None:
    """Search, forecast the held-out runs, and count how many the intervals hold.

    Example: python -m evolve bench coverage --seeds "0 1" --evaluations 400
    """
    from evolve.bench.coverage import measure, search_forecast_model
    from evolve.cli.options import n_cores

    coverages = []
    for kind, case in _cases(names, tasks_dirs, seeds, synthetic=synthetic):
        seed, task, rows_of = case
        forecast_model = search_forecast_model(task, seed, evaluations, workers or n_cores())
        if forecast_model is None:
            print_note(f"{task.name} seed {seed}: nothing could be fitted")
            continue
        coverages.append(measure(task, rows_of(), forecast_model, kind, seed))
        share = coverages[-1].inside[-1]
        print_note(f"{task.name} seed {seed}: {share:.3f} inside 90 %")
    _show(coverages, json=json)


def _cases(names: Texts, tasks_dirs: TasksDirs, seeds: list[str], *, synthetic: bool) -> Any:
    """Kind, and seed, task and how to get its held-out rows, of all that is to be measured."""
    from evolve.bench.known import KNOWN_LAWS, make_case
    from evolve.tasks.task import list_tasks, load_task, load_test

    dirs, numbers = tasks_dirs or (), seeds_in(seeds)
    tested = [t.name for t in list_tasks(dirs) if t.n_rows and t.has_test]
    chosen = names_in("--tasks", names, tested, "task with test rows", none=True)
    for seed in numbers:
        for name in chosen:
            task = load_task(name, dirs)
            yield "shipped", (seed, task, lambda task=task: load_test(task))
        for law in KNOWN_LAWS if synthetic else ():
            task_of_law, test = make_case(law, seed)
            yield "synthetic", (seed, task_of_law, lambda test=test: test)


def _show(coverages: list[Coverage], *, json: bool) -> None:
    from evolve.bench.coverage import LEVELS, overall
    from evolve.cli.output import print_json, print_table

    totals: dict[str, tuple[float, ...]] = {}
    for kind in ("shipped", "synthetic", "all"):
        of_kind = [c for c in coverages if kind in (c.kind, "all")]
        if of_kind:
            totals[kind] = overall(of_kind)
    if json:
        print_json(
            {"levels": LEVELS, "lines": [c.to_data() for c in coverages], "overall": totals}
        )
        return
    rows = [
        (c.task, c.kind, c.seed, c.n_values, *c.inside, c.width, c.error, c.extrapolation_distance)
        for c in coverages
    ]
    print_table(HEADINGS, rows, "width and error in spreads of the training targets")
    for kind, shares in totals.items():
        words = ", ".join(
            f"{s:.3f} of nominal {100 * q:g} %" for q, s in zip(LEVELS, shares, strict=True)
        )
        print(f"{kind}: {words}")
