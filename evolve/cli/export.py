"""Verb `export`: a run's law to a file that works without this package."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evolve.cli.app import app
from evolve.cli.options import RUNS, EntryNumber, LawName, RunsDir, Size, TasksDirs

FORMATS = "such as program, law, sympy, latex, json or markdown"


@app.command(epilog="Example: python -m evolve export data_constrained-0-1 --format law -o law.py")
def export(
    name: Annotated[str, typer.Argument(metavar="RUN", help="A run's name or folder.")],
    form: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help=f"What the file holds, {FORMATS}.")
    ] = "program",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write [default: print it].")
    ] = None,
    size: Size = None,
    entry: EntryNumber = None,
    law: LawName = None,
    runs_dir: RunsDir = RUNS,
    tasks_dirs: TasksDirs = None,
) -> None:
    """Write a run's champion, or the law asked for, as a file that works on its own."""
    from evolve.export import export as export_law
    from evolve.export import subject_of
    from evolve.files import write_file
    from evolve.runs.folders import find_run
    from evolve.runs.picks import Pick
    from evolve.runs.provenance import require_same_rows, task_of
    from evolve.runs.store import Store

    with Store.open(find_run(name, runs_dir), write=False) as store:
        task = task_of(store, tasks_dirs or ())
        require_same_rows(store, task)
        text = export_law(subject_of(store, task, Pick(size, entry, law)), form)
    if output is None:
        print(text, end="")
        return
    write_file(output, text)
    print(output)
