"""Verb `score`: a program's file or a run to R2, NMSE and NMAE on a split."""

from __future__ import annotations

import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evolve.cli.app import app
from evolve.cli.ends import level_text
from evolve.cli.options import RUNS, AllowWeak, Json, RunsDir, TasksDirs
from evolve.cli.output import print_note
from evolve.errors import EvolveError
from evolve.forecast.words import counted

if TYPE_CHECKING:
    from evolve.evaluation.foreign import Scored
    from evolve.forecast.on_rows import ForecastScore
    from evolve.law.program import Program
    from evolve.tasks.task import Table, Task

APART = 0.5  # of R2, by which a part is below the whole before it is told why
OF_A_PART = (
    "R2 of a group or target is against the mean of its own rows: where these differ little, a "
    "small error is much of it; NMAE likewise"
)

OF_A_FORECAST = "what predict answers, the champion and its rivals together"


class Split(StrEnum):
    """Which rows are scored."""

    TRAIN = "train"
    TEST = "test"


@app.command(epilog="Example: python -m evolve score data_constrained-0-1 --split test")
def score(
    what: Annotated[
        str, typer.Argument(metavar="PROGRAM|RUN", help="A program's file, or a run.")
    ],
    task: Annotated[str | None, typer.Option("--task", help="The task of a program.")] = None,
    split: Annotated[Split, typer.Option("--split", help="Rows to score.")] = Split.TRAIN,
    size: Annotated[
        int | None, typer.Option("--size", min=0, help="Of a run: its elite with SIZE constants.")
    ] = None,
    runs_dir: RunsDir = RUNS,
    tasks_dirs: TasksDirs = None,
    allow_weak: AllowWeak = False,
    json: Json = False,
) -> None:
    """Fit and score a program or a run's law; exits 1 if it fails.

    It is fitted on the training rows. For a run, an opening of the test rows is recorded, and the
    forecast that `predict` answers with is scored beside its champion.
    """
    from evolve.evaluation.foreign import PATIENT, FailedError, score_program
    from evolve.sandbox import ForeignLane

    is_file = what.endswith(".py") or Path(what).is_file()
    if is_file:
        program, loaded, of, table = _from_file(what, task, size, tasks_dirs or (), split)
        forecast = None
    else:
        given = what, task, size, runs_dir, tasks_dirs or (), split
        program, loaded, of, table, forecast = _from_run(*given)
    try:
        # What a run stores is text as any other: it may be a user's program, or from a stranger.
        with ForeignLane(PATIENT, allow_weak=allow_weak) as lane:
            scored = score_program(program, loaded, table, lane)
    except FailedError as error:
        print_note(f"evolve: {of}: {' '.join(str(error).split())}")
        if error.printed:
            print_note(f"it printed:\n{error.printed}")
        raise typer.Exit(1) from None
    _show(scored, loaded, of, split, forecast, json=json)


def _from_file(
    what: str, task: str | None, size: int | None, tasks_dirs: Any, split: Split
) -> tuple[Program, Task, str, Table]:
    """The program of a file, its task, its name and the rows; of no run, so nothing records it."""
    from evolve.law.program import read_program
    from evolve.tasks.task import load_task, load_test

    if task is None:
        raise EvolveError("score: a program's file needs --task")
    if size is not None:
        raise EvolveError("score: --size is for a run, not for a program's file")
    program, loaded = read_program(Path(what)), load_task(task, tasks_dirs)
    return program, loaded, what, loaded.train if split is Split.TRAIN else load_test(loaded)


def _from_run(
    what: str, task: str | None, size: int | None, runs_dir: Path, tasks_dirs: Any, split: Split
) -> tuple[Program, Task, str, Table, ForecastScore | None]:
    """The program of a run's champion or elite; an opening of the test rows is recorded first.

    The champion's comes with what its forecasts of test rows, which `predict` gives, are worth.
    """
    from evolve.forecast.on_rows import score_forecast
    from evolve.law.program import parse_program
    from evolve.runs.folders import find_run
    from evolve.runs.forecasts import forecast_model_of
    from evolve.runs.provenance import require_same_rows, task_of
    from evolve.runs.reveal import reveal_test
    from evolve.runs.store import Store
    from evolve.runs.tabulate import find_row

    with Store.open(find_run(what, runs_dir), write=False) as store:
        loaded = task_of(store, tasks_dirs)
        if task is not None and task != loaded.name:
            raise EvolveError(f"score: run {what!r} is of task {loaded.name!r}, not {task!r}")
        require_same_rows(store, loaded)
        row, table, forecast = find_row(store, loaded, size), loaded.train, None
        if split is Split.TEST:
            command = " ".join(["evolve", *sys.argv[1:]])
            table = reveal_test(store, loaded, "score", row.text, command)
            if size is None:
                forecast = score_forecast(loaded, forecast_model_of(store, loaded), table)
    return parse_program(row.text), loaded, f"{what} entry {row.index}", table, forecast


def _document(
    scored: Scored, task: Task, of: str, split: Split, forecast: ForecastScore | None
) -> dict[str, Any]:
    scores = scored.scores
    return {
        "program": of,
        "task": task.name,
        "split": split.value,
        "overall": asdict(scores.overall),
        "by_target": {k: asdict(m) for k, m in scores.by_target.items()},
        "by_group": {k: asdict(m) for k, m in scores.by_group.items()},
        "n_constants": scored.n_constants,
        "constants": scored.constants,
        "cpu_seconds": scored.seconds,
        "printed": scored.printed,
        **({} if forecast is None else {"forecast": forecast.to_data()}),
    }


def _show(
    scored: Scored,
    task: Task,
    of: str,
    split: Split,
    forecast: ForecastScore | None = None,
    *,
    json: bool,
) -> None:
    from evolve.cli.output import print_json, print_table, print_text

    scores = scored.scores
    if json:
        print_json(_document(scored, task, of, split, forecast))
        return
    lines = [("overall", scores.overall)]
    lines += [] if forecast is None else [("forecast", forecast.overall)]
    if len(scores.by_target) > 1:
        lines += [(f"target {name}", m) for name, m in scores.by_target.items()]
    if len(scores.by_group) > 1:
        lines += [(f"group {name}", m) for name, m in scores.by_group.items()]
    rows = [(name, m.r2, m.nmse, m.nmae, m.n_rows) for name, m in lines]
    # As SLDBench has it; what other verbs say of a run goes by the weights of its rows.
    alike = "" if task.train.counts is None else ", each counting alike"
    print_table(
        ("", "R2", "NMSE", "NMAE", "rows"), rows, f"{of} on {task.name}, {split} rows{alike}"
    )
    if forecast is not None:
        share = f"{forecast.inside} of {counted(forecast.n_values, 'test value')}"
        level = level_text(forecast.interval)
        print_text(f"forecast: {OF_A_FORECAST}; {share} lie in its intervals of {level}")
    parts = (*scores.by_target.values(), *scores.by_group.values())
    if any(part.r2 < scores.overall.r2 - APART for part in parts):
        print_text(OF_A_PART)
    if scored.constants:
        n = counted(scored.n_constants, "constant")
        print(f"{n} for each group and target{_too_many(scored, task)}")
    if scored.printed:
        print(f"it printed:\n{scored.printed}")


def _too_many(scored: Scored, task: Task) -> str:
    """A warning where a search of the task would refuse so many constants."""
    allowed = task.max_constants
    return f", more than the {allowed} of a search" if scored.n_constants > allowed else ""
