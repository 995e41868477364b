"""Verbs `bench …`: the engine to measured tables, on screen and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from evolve.cli.app import app
from evolve.cli.lists import Texts, names_in, numbers_in, seeds_in, tasks_in
from evolve.cli.options import Json, ManyValued, TasksDirs, Workers
from evolve.cli.output import print_note

if TYPE_CHECKING:
    from evolve.bench.recover import Case
    from evolve.bench.tasks import TaskResult
    from evolve.tasks.task import Task

bench = typer.Typer(
    help="Measure the engine; prints tables or JSON.",
    epilog="Example: python -m evolve bench nested --tasks sft --families none",
    no_args_is_help=True,
)
app.add_typer(bench, name="bench")

SEEDS, FIRST_SEED, NOISES = ["0", "1", "2"], ["0"], ["0.001", "0.01"]
Seeds = Annotated[list[str], typer.Option("--seeds", help="Seeds of the runs, such as 0 1 2.")]
Names = Annotated[
    Texts, typer.Option("--tasks", help="Tasks, by name [default: all whose table is here].")
]
Evaluations = Annotated[
    int | None, typer.Option("--evaluations", min=1, help="Budget of a run [default: a run's].")
]


@bench.command(cls=ManyValued)
def tasks(
    names: Names = None,
    seeds: Seeds = SEEDS,
    evaluations: Evaluations = None,
    workers: Workers = None,
    tasks_dirs: TasksDirs = None,
    json: Json = False,
) -> None:
    """Search every task and measure its champion on the test rows.

    Example: python -m evolve bench tasks --tasks data_constrained --seeds "0 1 2"
    """
    results = _run(names, seeds, evaluations, workers, tasks_dirs)
    _show(results, json=json)


@bench.command(cls=ManyValued)
def fit(json: Json = False) -> None:
    """Fit from the same starts with the kernel and with scipy, on one core.

    Example: python -m evolve bench fit
    """
    from dataclasses import fields

    from evolve.bench.fit import Speed, measure
    from evolve.bench.tasks import machine
    from evolve.cli.output import print_json, print_table

    lines = measure()
    if json:
        print_json({"machine": machine(), "lines": [line.to_data() for line in lines]})
        return
    headings = [field.name for field in fields(Speed)]
    print_table(headings, [list(line.to_data().values()) for line in lines], title=machine())


@bench.command(cls=ManyValued)
def recover(
    families: Annotated[
        Texts, typer.Option("--families", help="Known laws, by name [default: all].")
    ] = None,
    further: Annotated[
        bool,
        typer.Option(
            "--further",
            help="Twenty further laws in their place, of which half rise or saturate.",
        ),
    ] = False,
    noises: Annotated[list[str], typer.Option("--noises", help="Deviations of log y.")] = NOISES,
    seeds: Seeds = SEEDS,
    evaluations: Evaluations = None,
    repeats: Annotated[
        int | None,
        typer.Option(
            "--repeats",
            min=1,
            help="Runs of every configuration "
            "[default: as many as the true form itself needs for R2 0.99].",
        ),
    ] = None,
    workers: Workers = None,
    json: Json = False,
) -> None:
    """Search for known laws in noisy runs; predict runs ten times larger.

    Example: python -m evolve bench recover --families "hoffmann, kaplan" --evaluations 500
    """
    from evolve.bench.families import FAMILIES
    from evolve.bench.further_families import FURTHER
    from evolve.bench.recover import recover as search
    from evolve.bench.recover import shares
    from evolve.bench.tasks import machine
    from evolve.cli.options import n_cores
    from evolve.cli.output import print_json, print_table
    from evolve.runs.settings import DEFAULT_EVALUATIONS

    known, others = (FURTHER, FAMILIES) if further else (FAMILIES, FURTHER)
    elsewhere = dict.fromkeys(others, f"is searched for with{'out' * further} --further")
    names = names_in("--families", families, [*known], "known law", elsewhere=elsewhere)
    levels = numbers_in("--noises", noises, float, 0, "0.001 0.01")
    numbers = seeds_in(seeds)
    budget = evaluations or DEFAULT_EVALUATIONS
    cases = search(names, levels, numbers, budget, workers or n_cores(), repeats, _tell)
    share = shares(cases)
    if json:
        lines = [case.to_data() for case in cases]
        print_json({"machine": machine(), "evaluations": budget, "shares": share, "lines": lines})
        return
    rows = [
        [c.family, c.noise, c.seed, c.n_rows, c.r2, c.known_r2, c.found, c.n_constants, c.formula]
        for c in cases
    ]
    headings = "family noise seed rows r2 known_r2 found constants formula"
    title = (
        f"R2 >= 0.99: {share['r2']:.0%} of all, {share['r2_quiet']:.0%} at the least noise, "
        f"{share['r2_answerable']:.0%} where the true form has it ({share['answerable']:.0%} "
        f"of all); true form: {share['found']:.0%} at the least noise ({machine()})"
    )
    print_table(headings.split(), rows, title=title)


def _tell(case: Case) -> None:
    words = f"{case.family} noise {case.noise:g} seed {case.seed}: R2 {case.r2:.4f}"
    words += f"{', found' if case.found else ''} in {case.seconds:.0f} s: {case.formula}"
    print_note(words)


def tasks_named(names: Texts, tasks_dirs: TasksDirs) -> list[Task]:
    """The tasks of these names; every task whose table is here if there are none.

    Raises:
        EvolveError: One is not known, or stands twice.
    """
    from evolve.tasks.folders import is_task
    from evolve.tasks.task import list_tasks, load_task

    dirs = tasks_dirs or ()
    chosen = tasks_in("--tasks", names, lambda name: is_task(name, dirs))
    chosen = chosen or [t.name for t in list_tasks(dirs) if t.n_rows]
    return [load_task(name, dirs) for name in chosen]


def _run(
    names: Texts,
    seeds: list[str],
    evaluations: int | None,
    workers: int | None,
    tasks_dirs: TasksDirs,
) -> list[TaskResult]:
    """The results of all tasks and seeds, each printed on stderr when it is there."""
    from evolve.bench.tasks import run_task
    from evolve.cli.options import n_cores
    from evolve.runs.settings import DEFAULT_EVALUATIONS

    results, numbers = [], seeds_in(seeds)
    for task in tasks_named(names, tasks_dirs):
        for seed in numbers:
            budget = evaluations or DEFAULT_EVALUATIONS
            result = run_task(task, seed, budget, workers or n_cores())
            results.append(result)
            test_r2 = "-" if result.test_r2 is None else f"{result.test_r2:.4f}"
            words = f"{task.name} seed {seed}: test R2 {test_r2} in {result.seconds:.0f} s"
            print_note(words)
    return results


def _show(results: list[TaskResult], *, json: bool) -> None:
    from evolve.bench.tasks import machine, published
    from evolve.cli.output import print_json, print_table

    figures = published()
    if json:
        data = {"machine": machine(), "lines": [result.to_data() for result in results]}
        print_json(data | {"published": figures})
        return
    headings = "task seed folds train test constants seconds per_s best_published formula"
    rows = []
    for result in results:
        best = max(figures[result.task]) if result.task in figures else None
        rows.append(
            [
                *(result.task, result.seed, result.fold_r2, result.train_r2, result.test_r2),
                *(result.n_constants, round(result.seconds), round(result.rate, 1), best),
                result.formula,
            ]
        )
    print_table(headings.split(), rows, title=machine())
