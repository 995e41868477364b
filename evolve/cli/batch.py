"""Verb `batch`: a folder of tasks to a run each, and one summary."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evolve.cli.app import app
from evolve.cli.options import RUNS, Json, Quiet, RunsDir
from evolve.cli.output import print_note

if TYPE_CHECKING:
    from evolve.api.batch import BatchJob, BatchRow
    from evolve.api.progress import NullProgress


@app.command(epilog="Example: python -m evolve batch tasks")
def batch(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="It holds folders of tasks.")],
    file: Annotated[
        Path | None,
        typer.Option("--file", help="What is searched [default: FOLDER/evolve.toml, if there]."),
    ] = None,
    runs_dir: RunsDir = RUNS,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Search every task of a folder, one run a task and seed; called again, runs go on.

    Budget, seeds and proposers stand in the table [batch] of an evolve.toml.
    """
    from evolve.api.batch import plan_batch, run_batch
    from evolve.cli.loading import spare_loaded
    from evolve.cli.output import print_json

    jobs, workers = plan_batch(folder, file, print_note)
    spare_loaded()
    listener = _listener(jobs, hidden=quiet or json)
    rows = []
    for row in run_batch(jobs, runs_dir, workers, listener):
        rows.append(row)
        if not (quiet or json):
            print_note(f"[{len(rows)}/{len(jobs)}] {row.run}: {_outcome(row)}")
    if json:
        print_json({"runs": [asdict(row) for row in rows]})
    else:
        _print(rows)
    if any(row.problem for row in rows):
        raise typer.Exit(1)


def _outcome(row: BatchRow) -> str:
    from evolve.forecast.words import r2_text

    if row.problem:
        return row.problem
    return f"held-out R2 {r2_text(row.held_out_r2)}, {row.verdict or 'no verdict'}"


def _print(rows: Sequence[BatchRow]) -> None:
    from evolve.cli.output import print_table

    headings = ("run", "task", "seed", "evaluations", "held-out R2", "verdict", "formula")
    cells: list[list[Any]] = [
        [r.run, r.task, r.seed, r.evaluations, r.held_out_r2, r.verdict, r.formula or r.problem]
        for r in rows
    ]
    print_table(headings, cells, names=("run", "task"), below=("formula", "seed", "task"))


def _listener(
    jobs: Sequence[BatchJob], *, hidden: bool
) -> Callable[[BatchJob, Callable[[], bool]], NullProgress]:
    """What makes the display of each run: a line that says how far the whole batch is."""
    from evolve.api.batch_display import BatchBar
    from evolve.api.progress import NullProgress

    if hidden or not sys.stderr.isatty():
        return lambda _, stopping: NullProgress(stopping)
    return lambda job, stopping: BatchBar(jobs, job, stopping, sys.stderr)
