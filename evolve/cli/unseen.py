"""Verb `bench unseen`: tables that nobody tuned for, beside simple baselines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evolve.cli.bench import SEEDS, Evaluations, Seeds, bench
from evolve.cli.lists import Texts, names_in, seeds_in
from evolve.cli.options import Json, ManyValued, Workers
from evolve.cli.output import print_note

if TYPE_CHECKING:
    from evolve.bench.unseen import UnseenResult


@bench.command(cls=ManyValued)
def unseen(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Holds TABLE/train.csv and TABLE/test.csv.")
    ],
    names: Annotated[
        Texts, typer.Option("--tables", help="Tables, by name [default: all of the folder].")
    ] = None,
    seeds: Seeds = SEEDS,
    evaluations: Evaluations = None,
    workers: Workers = None,
    json: Json = False,
) -> None:
    """Search every table of a folder as a user would, and measure forecasts on its test rows.

    Example: python -m evolve bench unseen my_tables --seeds 0
    """
    from evolve.bench.unseen import load_table, run_table, tables_in
    from evolve.cli.options import n_cores
    from evolve.errors import EvolveError
    from evolve.runs.settings import DEFAULT_EVALUATIONS

    results, numbers = [], seeds_in(seeds)
    paths = {path.name: path for path in tables_in(folder)}
    for name in names_in("--tables", names, list(paths), f"table in {folder}"):
        path = paths[name]
        for seed in numbers:
            try:
                budget = evaluations or DEFAULT_EVALUATIONS
                result = run_table(*load_table(path), seed, budget, workers or n_cores())
            except EvolveError as error:
                print_note(f"{path.name} seed {seed}: {error}")
                continue
            results.append(result)
            summary = f"R2 {result.forecast:.3f}, champion {result.champion:.3f}, {result.verdict}"
            words = f"{result.table} seed {seed}: {summary} in {result.seconds:.0f} s"
            print_note(words)
    _show(results, json=json)


def _show(results: list[UnseenResult], *, json: bool) -> None:
    from evolve.bench.measure import mean_clipped
    from evolve.bench.tasks import machine
    from evolve.bench.unseen import BASELINES
    from evolve.cli.output import print_json, print_table

    columns = {
        "forecast": [result.forecast for result in results],
        "champion": [result.champion for result in results],
        **{name: [result.baselines[name] for result in results] for name in BASELINES},
    }
    means = {name: mean_clipped(values) for name, values in columns.items() if values}
    if json:
        data = [result.to_data() for result in results]
        print_json({"machine": machine(), "mean_clipped": means, "lines": data})
        return
    headings = ["table", "seed", *columns, "error", "in 90 %", "width", "verdict"]
    rows: list[list[object]] = [
        [
            *(result.table, result.seed, *(values[i] for values in columns.values())),
            *(result.error, result.inside, result.width, result.verdict),
        ]
        for i, result in enumerate(results)
    ]
    rows.append(["mean, each at least -1", None, *means.values(), None, None, None, None])
    print_table(headings, rows, title=machine())
