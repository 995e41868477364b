"""Verb `bench metamorphic`: the same table, written down in other ways, must give the same law."""

from __future__ import annotations

import typer

from evolve.cli.bench import Names, bench, tasks_named
from evolve.cli.options import Json, ManyValued, TasksDirs, Workers

SHORT = 96  # evaluations of each of the ten searches of a table


@bench.command(cls=ManyValued)
def metamorphic(
    names: Names = None,
    evaluations: int = typer.Option(SHORT, "--evaluations", min=1, help="Budget of a search."),
    workers: Workers = None,
    tasks_dirs: TasksDirs = None,
    json: Json = False,
) -> None:
    """Search tables in other units, orders, names and signs: the law must be the same.

    Example: python -m evolve bench metamorphic --tasks parallel
    """
    from evolve.bench.metamorphic import relations
    from evolve.cli.output import print_json, print_table

    tasks = tasks_named(names, tasks_dirs)
    results = [r for task in tasks for r in relations(task, evaluations, workers or 0)]
    if json:
        print_json({"relations": [r.to_data() for r in results]})
    else:
        print_table(
            ["case", "relation", "entries", "score", "champion", "forecast", "holds"],
            [
                [r.case, r.relation, r.entries, r.score, r.champion, r.forecast, r.holds]
                for r in results
            ],
        )
    if not all(r.holds for r in results):
        raise typer.Exit(1)
