"""Verb `query`: the entries of a run that match, sorted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated

import typer

from evolve.cli.app import app
from evolve.cli.options import RUNS, Json, RunsDir, TasksDirs
from evolve.errors import EvolveError

SHOWN = ("index", "constants", "held_out_r2", "score", "status", "operator", "formula", "recipe")
LEAST_ASKED = ("formula", "recipe", "status", "operator")


@app.command(
    epilog="Example: python -m evolve query data_constrained-0-1 --max-constants 5 "
    "--contains tokens/unique_tokens --status ok --sort held_out --limit 20"
)
def query(
    name: Annotated[str, typer.Argument(metavar="RUN", help="A run's name or folder.")],
    max_constants: Annotated[
        int | None, typer.Option("--max-constants", min=0, help="At most so many constants.")
    ] = None,
    contains: Annotated[
        str | None, typer.Option("--contains", help="Text that formula or program holds.")
    ] = None,
    status: Annotated[str | None, typer.Option("--status", help="How it ended: ok, …")] = None,
    operator: Annotated[
        str | None, typer.Option("--operator", help="What made the program.")
    ] = None,
    origin: Annotated[
        str | None,
        typer.Option("--origin", help="Where it came from: literature, initial, mutation, …"),
    ] = None,
    sort: Annotated[
        str, typer.Option("--sort", help="held_out, score, size or index.")
    ] = "held_out",
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many.")] = 20,
    runs_dir: RunsDir = RUNS,
    tasks_dirs: TasksDirs = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print comma-separated values.")] = False,
    json: Json = False,
) -> None:
    """List the entries of a run that match every condition, best held-out R2 first."""
    from evolve.cli.output import print_json, print_table
    from evolve.runs.folders import find_run
    from evolve.runs.places import layout_of
    from evolve.runs.provenance import feature_names
    from evolve.runs.query import COLUMNS, query_store
    from evolve.runs.store import Store
    from evolve.tasks.symbols import symbols_of

    if csv and json:
        raise EvolveError("query: --csv and --json exclude each other")
    with Store.open(find_run(name, runs_dir), write=False) as store:
        features = feature_names(store, tasks_dirs or ())
        rows = query_store(
            store,
            features,
            max_constants=max_constants,
            contains=contains,
            status=status,
            operator=operator,
            origin=origin,
            sort=sort,
            limit=limit,
            layout=layout_of(store),
        )
    if json:
        print_json(rows)
    elif csv:
        import pandas as pd

        columns = list(rows[0]) if rows else list(COLUMNS)
        table = pd.DataFrame(rows, columns=columns)
        print(table.assign(recipe=table["recipe"].map(_recipe)).to_csv(index=False), end="")
    elif not rows:
        print("no entry matches")
    else:
        told = [row | {"recipe": _recipe(row["recipe"])} for row in rows]
        shown = [[_cell(row[name]) for name in SHOWN] for row in told]
        print_table(SHOWN, shown, symbols=symbols_of(features), below=LEAST_ASKED)


def _recipe(arguments: Mapping[str, object] | None) -> str:
    """How a law is fitted, in few words; empty of a black box."""
    if arguments is None:
        return ""
    always = ("target_scale", "loss")
    others = [f"{name}={value}" for name, value in arguments.items() if name not in always]
    return " ".join([*(str(arguments[name]) for name in always), *others])


def _cell(value: object) -> object:
    """A value of a table; nothing where there is no number."""
    return None if isinstance(value, float) and math.isnan(value) else value
