"""Verb `new-task`: a user's table to a task's folder and the command that searches it."""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evolve.cli.app import app
from evolve.cli.options import Json, ManyValued, parse_number
from evolve.errors import EvolveError

if TYPE_CHECKING:
    from evolve.tasks.draft import Draft, Wishes

TASKS = Path("tasks")  # where `--task NAME` looks first
EXAMPLE = (
    "Example: python -m evolve new-task my_runs.csv --target loss --features params tokens "
    '--test "params>=4e9" --name my_runs'
)

CHART = "a chart of W&B each column is a run: make rows of them by --from wandb"

Names = list[str] | None


@app.command("new-task", cls=ManyValued, epilog=EXAMPLE)
def new_task(
    table: Annotated[
        Path, typer.Argument(metavar="TABLE", help="A table of runs: CSV, TSV, JSONL, Parquet, …")
    ],
    target: Annotated[Names, typer.Option("--target", help="Columns to predict.")] = None,
    features: Annotated[
        Names,
        typer.Option(
            "--features",
            help="Columns to predict from [default: other numbers that may be inputs: no "
            "outcomes, errors, copies or bookkeeping].",
        ),
    ] = None,
    groups: Annotated[
        Names, typer.Option("--groups", help="Columns that name groups of runs, fitted apart.")
    ] = None,
    extrapolate: Annotated[
        Names,
        typer.Option("--extrapolate", help="Features whose largest values matter, or none."),
    ] = None,
    horizon: Annotated[
        list[float] | None,
        typer.Option(
            "--horizon",
            help="Factor beyond the data that forecasts will be asked for.",
            parser=parse_number,
            metavar="FLOAT",
        ),
    ] = None,
    test: Annotated[
        str | None,
        typer.Option("--test", help='Rows kept for a test, such as "params>=4e9 or tokens>6e11".'),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--from", help="What wrote TABLE, a file or folder: wandb, tensorboard, …"),
    ] = None,
    where: Annotated[
        str | None,
        typer.Option("--where", help="Rows to use, such as \"state == 'finished'\"."),
    ] = None,
    derived: Annotated[
        Names,
        typer.Option("--derive", help='Further columns, such as "flops = 6*params*tokens".'),
    ] = None,
    roles: Annotated[
        Names,
        typer.Option("--role", help="What columns are, where a guess is wrong: width=N."),
    ] = None,
    decreasing: Annotated[
        Names, typer.Option("--decreasing", help="Features that the target falls in, or none.")
    ] = None,
    increasing: Annotated[
        Names, typer.Option("--increasing", help="Features that the target rises in.")
    ] = None,
    floor: Annotated[
        float | None,
        typer.Option(
            "--floor",
            help="Value that the target stays above, -inf for none.",
            parser=parse_number,
            metavar="FLOAT",
        ),
    ] = None,
    ceiling: Annotated[
        float | None,
        typer.Option(
            "--ceiling",
            help="Value that the target stays below.",
            parser=parse_number,
            metavar="FLOAT",
        ),
    ] = None,
    bounds: Annotated[
        list[float] | None,
        typer.Option(
            "--bounds",
            help="Lowest and highest value that the target can have: 0 1.",
            parser=parse_number,
            metavar="FLOAT",
        ),
    ] = None,
    weights: Annotated[
        str | None, typer.Option("--weights", help="Column of what each training row counts.")
    ] = None,
    sigma: Annotated[
        str | None, typer.Option("--sigma", help="Column of the rows' standard deviations.")
    ] = None,
    run_id: Annotated[
        str | None,
        typer.Option(
            "--run-id", help="Column of runs, where rows are points or evaluations of them."
        ),
    ] = None,
    step: Annotated[str | None, typer.Option("--step", help="Column of their steps.")] = None,
    points: Annotated[
        str | None, typer.Option("--points", help="Points of each run: last, all, or a number.")
    ] = None,
    wide: Annotated[
        str | None,
        typer.Option("--wide", help="Feature whose values are names of columns, as budgets."),
    ] = None,
    keep_outliers: Annotated[
        bool,
        typer.Option("--keep-outliers", help="Use rows far from what all others say, too."),
    ] = False,
    name: Annotated[
        str | None, typer.Option("--name", help="The task's name [default: the file's].")
    ] = None,
    tasks_dir: Annotated[
        Path, typer.Option("--tasks-dir", help="Folder to make the task's folder in.")
    ] = TASKS,
    search: Annotated[
        int | None,
        typer.Option("--search", min=1, help="Search it at once, with so many evaluations."),
    ] = None,
    json: Json = False,
) -> None:
    """Make a task of your own table: inspect it, propose scales, units and folds, say why."""
    from evolve.cli.drafts import document_of, print_draft
    from evolve.cli.output import print_json
    from evolve.tasks.draft import Wishes, check_name, plain_name, write_task
    from evolve.tasks.roles import parse_roles

    called = name or plain_name(table.resolve().stem)
    check_name(called, tasks_dir, "" if name else table.name)
    wishes = Wishes(
        targets=tuple(target or ()),
        features=tuple(features or ()),
        groups=tuple(groups or ()),
        extrapolate=tuple(extrapolate or ()),
        horizon=tuple(horizon or ()),
        test=test,
        roles=parse_roles(roles or ()),
        where=where,
        derive=tuple(derived or ()),
        decreasing=tuple(decreasing or ()),
        increasing=tuple(increasing or ()),
        floor=floor,
        ceiling=ceiling,
        bounds=tuple(bounds or ()),
        weights=weights,
        sigma=sigma,
        run_id=run_id,
        step=step,
        points=points,
        wide=wide,
        keep_outliers=keep_outliers,
    )
    _require_search(search)
    draft = _drafted(called, wishes, table, source, search)
    files = write_task(draft, tasks_dir, _command(table, source, wishes, called))
    commands = _next(tasks_dir, called)
    if not json:
        print_draft(draft, files, commands)
    elif search is None:
        print_json(document_of(draft, files, commands))
    if search is not None:
        _search(files[0].parent, search, json=json)


def _drafted(
    name: str, wishes: Wishes, table: Path, source: str | None, search: int | None
) -> Draft:
    """The draft of a task, with a note where its table is a chart of which one run is used.

    Raises:
        EvolveError: There is none; the message says what to call where that can be known.
    """
    from evolve.tasks.draft import corrected, propose
    from evolve.tasks.draft.wide import hint
    from evolve.tasks.importers import import_from
    from evolve.tasks.importers.wandb import is_chart
    from evolve.tasks.readers import read_table

    raw = import_from(source, table) if source else read_table(table)
    chart = source is None and is_chart(raw)
    try:
        draft = propose(raw, name, wishes)
        return replace(draft, notes=(*draft.notes, f"in {CHART}")) if chart else draft
    except EvolveError as error:
        if chart:
            raise EvolveError(*error.args, f"; in {CHART}") from None
        if wishes.targets and (how := hint(raw, wishes.targets[0])) and wishes.wide is None:
            raise EvolveError(*error.args, *how) from None
        meant = corrected(wishes, raw)
        if meant == wishes:
            raise
        command = _command(table, source, meant, name)
        command += f" --search {search}" if search else ""
        raise EvolveError(*error.args, f"; try: {command}") from None


def _require_search(evaluations: int | None) -> None:
    """Refuse what `_search` would, before a task is written."""
    from evolve.runs.limits import EVALUATIONS
    from evolve.runs.settings import require_number

    require_number("search", evaluations or 1, 1, EVALUATIONS)


def _search(folder: Path, evaluations: int, *, json: bool) -> None:
    """Search a task as the verb `run` does, and end with its exit code.

    The verb is called by its words, as only so its other options have what they are without them.

    Raises:
        EvolveError: It cannot be searched.
    """
    path = os.path.join(os.curdir, folder)  # a name alone is looked for elsewhere first
    words = ["run", "--task", path, "--evaluations", str(evaluations)]
    words += ["--json"] if json else []
    code = typer.main.get_command(app).main(words, prog_name="evolve", standalone_mode=False)
    raise typer.Exit(code if isinstance(code, int) else 0)


def _command(table: Path, source: str | None, wishes: Wishes, name: str) -> str:
    """The call that makes this task, for its first line."""
    words = ["python", "-m", "evolve", "new-task", str(table)]
    words += ["--from", source] if source else []
    options = {
        "--target": wishes.targets,
        "--features": wishes.features,
        "--groups": wishes.groups,
        "--extrapolate": wishes.extrapolate,
        "--horizon": tuple(f"{value:g}" for value in wishes.horizon),
        "--derive": wishes.derive,
        "--role": tuple(f"{column}={role}" for column, role in wishes.roles.items()),
        "--decreasing": wishes.decreasing,
        "--increasing": wishes.increasing,
        "--floor": () if wishes.floor is None else (f"{wishes.floor:g}",),
        "--ceiling": () if wishes.ceiling is None else (f"{wishes.ceiling:g}",),
        "--bounds": tuple(f"{value:g}" for value in wishes.bounds),
        "--name": (name,),
    }
    for one in ("test", "where", "weights", "sigma", "run_id", "step", "points", "wide"):
        if (value := getattr(wishes, one)) is not None:
            options[f"--{one.replace('_', '-')}"] = (value,)
    for option, values in options.items():
        words += [option, *values] if values else []
    words += ["--keep-outliers"] if wishes.keep_outliers else []
    return shlex.join(words)


def _next(tasks_dir: Path, name: str) -> dict[str, str]:
    """The exact commands to look at the task and to search it."""
    word = name
    if tasks_dir.resolve() != TASKS.resolve():
        folder = str(tasks_dir / name)
        word = folder if os.sep in folder else os.path.join(".", folder)
    start, task = "python -m evolve", shlex.quote(word)
    return {"show": f"{start} tasks {task}", "run": f"{start} --task {task}"}
