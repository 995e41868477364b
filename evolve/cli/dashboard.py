"""Verb `dashboard`: a live page of the runs of a folder, for this machine alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evolve.cli.app import app
from evolve.cli.options import RUNS, TasksDirs


@app.command(epilog="Example: python -m evolve dashboard runs --port 8321")
def dashboard(
    runs_dir: Annotated[
        Path,
        typer.Argument(metavar="[RUNS_DIR]", envvar="EVOLVE_RUNS_DIR", help="Folder of the runs."),
    ] = RUNS,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port; 0 for one that is free.")
    ] = 8321,
    tasks_dirs: TasksDirs = None,
) -> None:
    """Serve a live page of the runs of a folder, to this machine alone, until Ctrl-C.

    Runs, a run's progress as it goes, its laws and where they come from, and a forecast box with
    a slider for each feature. It only reads. It needs the extra 'dashboard'.
    """
    from evolve.dashboard.serve import serve

    serve(
        runs_dir, tasks_dirs or (), port, lambda url: print(f"{url} (Ctrl-C ends it)", flush=True)
    )
