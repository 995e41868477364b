"""Verb `report`: a run to one page for colleagues."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evolve.cli.app import app
from evolve.cli.options import RUNS, EntryNumber, Json, LawName, RunsDir, Size, TasksDirs
from evolve.forecast.words import counted, r2_text
from evolve.runs.usual import REPORT

if TYPE_CHECKING:
    from evolve.report import WrittenReport


@app.command(epilog="Example: python -m evolve report data_constrained-0-1 -o report.html")
def report(
    name: Annotated[str, typer.Argument(metavar="RUN", help="A run's name or folder.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help=f"File to write [default: RUN/{REPORT}]."),
    ] = None,
    reveal_test: Annotated[
        bool,
        typer.Option("--reveal-test", help="Open the test rows, which is recorded, and show R2."),
    ] = False,
    size: Size = None,
    entry: EntryNumber = None,
    law: LawName = None,
    runs_dir: RunsDir = RUNS,
    tasks_dirs: TasksDirs = None,
    json: Json = False,
) -> None:
    """Write a run's report: one self-contained page with law, accuracy, figures and search.

    It is of the champion, or of the law that is asked for.
    """
    from evolve.cli.output import print_json, print_text
    from evolve.report import write_report
    from evolve.runs.folders import find_run
    from evolve.runs.picks import Pick
    from evolve.runs.provenance import require_same_rows, task_of
    from evolve.runs.store import Store

    pick = Pick(size, entry, law)
    command = " ".join(["evolve", *sys.argv[1:]]) if reveal_test else None
    with Store.open(find_run(name, runs_dir), write=False) as store:
        task = task_of(store, tasks_dirs or ())
        require_same_rows(store, task)
        written = write_report(store, task, output or store.folder / REPORT, command, pick)
        document = _document(written)
    if json:
        print_json(document)
        return
    print_text(document["formula"])
    print(f"{_summary(document)}\nreport: {written.path}")


def _document(written: WrittenReport) -> dict[str, Any]:
    from evolve.evaluation.record import entry_number
    from evolve.report.tables import formula_in
    from evolve.runs.results import held_out_r2

    findings, best = written.findings, written.findings.best
    opened = written.opened
    return {
        "run": findings.store.folder.name,
        "task": findings.task.name,
        "file": str(written.path),
        "chosen": findings.chosen,
        "index": entry_number(best.index),
        "formula": formula_in(findings.task, best),
        "n_constants": best.evaluation.n_constants,
        "score": best.evaluation.score,
        "held_out_r2": held_out_r2(best.evaluation),
        "train_r2": findings.train_r2,
        "test_r2": None if opened is None else opened.scores.overall.r2,
        "test_openings": len(findings.store.test_openings()),
    }


def _summary(document: dict[str, Any]) -> str:
    words = [f"held-out R2 {r2_text(document['held_out_r2'])}"]
    if document["train_r2"] is not None:
        words.append(f"train R2 {r2_text(document['train_r2'])}")
    if document["test_r2"] is not None:
        words.append(f"test R2 {r2_text(document['test_r2'])}")
    n = document["test_openings"]
    return ", ".join([*words, f"test rows opened {counted(n, 'time')}"])
