"""Verbs `pack` and `unpack`: a run in one file to send, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evolve.cli.app import app
from evolve.cli.options import RUNS, Json, RunsDir, TasksDirs
from evolve.runs.usual import REPORT


@app.command(epilog="Example: python -m evolve pack data_constrained-0-1 -o law.evolve.zip")
def pack(
    name: Annotated[str, typer.Argument(metavar="RUN", help="A run's name or folder.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="File to write [default: RUN.evolve.zip]."),
    ] = None,
    report: Annotated[
        bool, typer.Option("--report/--no-report", help="Put the run's page into the file.")
    ] = True,
    runs_dir: RunsDir = RUNS,
    tasks_dirs: TasksDirs = None,
    json: Json = False,
) -> None:
    """Write a run, its task with all rows, and its page into one file to send."""
    import tempfile

    from evolve.cli.output import print_json
    from evolve.report import write_report
    from evolve.runs.bundle import ENDING
    from evolve.runs.bundle import pack as pack_run
    from evolve.runs.folders import find_run
    from evolve.runs.provenance import require_same_rows, task_of
    from evolve.runs.store import Store

    with Store.open(find_run(name, runs_dir), write=False) as store:
        task = task_of(store, tasks_dirs or ())
        require_same_rows(store, task)
        path = output or Path(f"{store.folder.resolve().name}{ENDING}")
        page = None
        if report:
            with tempfile.TemporaryDirectory() as scratch:
                page = write_report(store, task, Path(scratch) / REPORT).path.read_text("utf-8")
        pack_run(store, task, path, page)
    n_bytes = path.stat().st_size
    if json:
        print_json({"run": name, "file": str(path), "bytes": n_bytes})
        return
    print(f"{path}: {n_bytes / 1e6:.3g} MB; it holds all rows of the task, the test rows too")


@app.command(epilog="Example: python -m evolve unpack law.evolve.zip --run from_ada")
def unpack(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `pack` has written.")],
    run: Annotated[
        str | None, typer.Option("--run", help="Name of the run [default: as it was called].")
    ] = None,
    runs_dir: RunsDir = RUNS,
    json: Json = False,
) -> None:
    """Make a run of a packed one, whoever packed it: every part is checked, nothing is run."""
    from evolve.cli.output import print_json
    from evolve.runs.bundle import unpack as unpack_run
    from evolve.runs.usual import run_words

    folder = unpack_run(file, runs_dir, run)
    if json:
        print_json({"run": folder.name, "folder": str(folder)})
        return
    print(f"{folder}: checked; its page was left out, write one:")
    print(f"report: python -m evolve report {run_words(folder)}")
