"""Verb `bench unseen`: tables that nobody tuned for, beside simple baselines."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evolve.cli.bench import Evaluations, Seeds, bench
from evolve.cli.options import Json, Workers

if TYPE_CHECKING:
    from evolve.bench.unseen import UnseenResult


@bench.command()
def unseen(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Holds TABLE/train.csv and TABLE/test.csv.")
    ],
    names: Annotated[
        str, typer.Option("--tables", help="Tables, by name [default: all of the folder].")
    ] = "",
    seeds: Seeds = "0 1 2",
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

    lines = []
    for path in tables_in(folder):
        if names and path.name not in names.split():
            continue
        for seed in map(int, seeds.split()):
            try:
                budget = evaluations or DEFAULT_EVALUATIONS
                line = run_table(*load_table(path), seed, budget, workers or n_cores())
            except EvolveError as error:
                print(f"{path.name} seed {seed}: {error}", file=sys.stderr, flush=True)
                continue
            lines.append(line)
            told = f"R2 {line.forecast:.3f}, champion {line.champion:.3f}, {line.verdict}"
            words = f"{line.table} seed {seed}: {told} in {line.seconds:.0f} s"
            print(words, file=sys.stderr, flush=True)
    _show(lines, json=json)


def _show(lines: list[UnseenResult], *, json: bool) -> None:
    from evolve.bench.tasks import machine
    from evolve.bench.unseen import BASELINES, mean_clipped
    from evolve.cli.output import print_json, print_table

    columns = {
        "forecast": [line.forecast for line in lines],
        "champion": [line.champion for line in lines],
        **{name: [line.baselines[name] for line in lines] for name in BASELINES},
    }
    means = {name: mean_clipped(values) for name, values in columns.items() if values}
    if json:
        data = [line.to_data() for line in lines]
        print_json({"machine": machine(), "mean_clipped": means, "lines": data})
        return
    headings = ["table", "seed", *columns, "error", "in 90 %", "width", "verdict"]
    rows: list[list[object]] = [
        [
            *(line.table, line.seed, *(values[i] for values in columns.values())),
            *(line.error, line.inside, line.width, line.verdict),
        ]
        for i, line in enumerate(lines)
    ]
    rows.append(["mean, each at least -1", None, *means.values(), None, None, None, None])
    print_table(headings, rows, title=machine())
