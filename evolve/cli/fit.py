"""Verb `fit`: a table and a law, by its name or as a formula, to its constants."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evolve.cli.app import app, option_of
from evolve.cli.loading import quick_loading
from evolve.cli.options import Interval, Json, ManyValued, TasksDirs
from evolve.errors import Argument, EvolveError

if TYPE_CHECKING:
    from evolve.api.named import NamedFit
    from evolve.forecast.interval import Forecast
    from evolve.tasks.draft import Draft, Wishes

Names = list[str] | None


@app.command(
    cls=ManyValued,
    epilog="Example: python -m evolve fit my_runs.csv --target loss --law hoffmann_2022 "
    "--at params=7e9 tokens=2e12",
)
def fit(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="A table's file, or a task.")],
    law: Annotated[
        str,
        typer.Option(
            "--law", help="Such as hoffmann_2022, 'sum of powers', or a formula: 'E + A/params^a'."
        ),
    ],
    target: Annotated[
        str | None, typer.Option("--target", help="Of a table: the column to predict.")
    ] = None,
    features: Annotated[
        Names,
        typer.Option(
            "--features",
            help="Columns to predict from [default: those of --at or a formula, or all others].",
        ),
    ] = None,
    groups: Annotated[
        Names, typer.Option("--groups", help="Columns that name groups of runs, fitted apart.")
    ] = None,
    where: Annotated[
        str | None, typer.Option("--where", help="Rows to use, such as \"state == 'finished'\".")
    ] = None,
    derived: Annotated[
        Names, typer.Option("--derive", help="Further columns, such as 'year = years(date)'.")
    ] = None,
    roles: Annotated[
        Names, typer.Option("--role", help="What columns are, where it is not clear: width=N.")
    ] = None,
    weights: Annotated[
        str | None, typer.Option("--weights", help="Column of what each row counts.")
    ] = None,
    sigma: Annotated[
        str | None, typer.Option("--sigma", help="Column of the rows' standard deviations.")
    ] = None,
    run_id: Annotated[
        str | None,
        typer.Option("--run-id", help="Column of runs, where rows are their evaluations."),
    ] = None,
    keep_outliers: Annotated[
        bool,
        typer.Option("--keep-outliers", help="Use rows far from what all others say, too."),
    ] = False,
    at: Annotated[
        Names, typer.Option("--at", help="A run to forecast, a value of every feature.")
    ] = None,
    group: Annotated[
        str | None, typer.Option("--group", help="The group to forecast [default: every one].")
    ] = None,
    interval: Interval = 0.9,
    tasks_dirs: TasksDirs = None,
    json: Json = False,
) -> None:
    """Fit one law, by its name or as a formula: constants, standard errors, intervals, R2."""
    from evolve.api.fit_columns import columns_of_fit, failure_of, lines_of
    from evolve.api.named import fit_to_draft, fit_to_task
    from evolve.cli.output import print_json, print_note
    from evolve.tasks.draft import Wishes
    from evolve.tasks.roles import parse_roles
    from evolve.tasks.task import load_task

    if group is not None and not at:
        rule = " says which group to forecast: needs "
        raise EvolveError(Argument("group"), rule, Argument("at"))
    wishes = Wishes(
        targets=() if target is None else (target,),
        features=tuple(features or ()),
        groups=tuple(groups or ()),
        where=where,
        derive=tuple(derived or ()),
        roles=parse_roles(roles or ()),
        weights=weights,
        sigma=sigma,
        run_id=run_id,
        keep_outliers=keep_outliers,
    )
    draft, named_by = None, "features" if features else "at" if at else ""
    if Path(table).is_file():
        draft = draft_of_table(Path(table), wishes, at or [], law)
    elif wishes != Wishes(()):
        raise EvolveError(f"fit: there is no file {table!r}; a task has its columns set already")
    else:
        task = load_task(table, tasks_dirs or ())
    with quick_loading():
        fitted = fit_to_task(task, law) if draft is None else fit_to_draft(draft, law)
        columns = columns_of_fit(fitted, draft)
        lines = [] if draft is None else lines_of(fitted, columns, named_by)
        for line in (*lines, *failure_of(fitted)):
            print_note(f"fit: {line.spelled(option_of)}")
        forecasts = _forecasts(fitted, at or [], group, interval)
        if json:
            print_json({**_document(fitted, forecasts, interval), "columns": columns})
        else:
            _print(fitted, forecasts, interval)


def draft_of_table(path: Path, wishes: Wishes, at: list[str], law: str = "") -> Draft:
    """The table as a draft; features that nobody names are those of a run to forecast or a law."""
    from evolve.api.named import columns_of, with_inputs
    from evolve.cli.drafts import notes_of
    from evolve.cli.output import print_note
    from evolve.forecast.assigned import pairs
    from evolve.tasks.draft import plain_name, propose
    from evolve.tasks.readers import read_table

    if not wishes.targets:
        raise EvolveError("fit: a table's file needs --target")
    raw = read_table(path)
    columns = columns_of(raw, wishes)
    others = {*wishes.targets, *wishes.groups}  # that are no features is told with the forecast
    named = [name for name, _ in pairs(at, columns, "at")]
    asked = [name for name in named if name not in others]
    if not wishes.features and set(asked) <= set(columns):
        wishes = with_inputs(wishes, law, columns, asked)
    draft = propose(raw, plain_name(path.stem) or "table", wishes)
    for line in (*draft.left_out, *notes_of(draft)):
        print_note(f"fit: {line}")
    return draft


def _forecasts(
    fitted: NamedFit, at: list[str], group: str | None, interval: float
) -> list[Forecast]:
    """Forecasts of the run that is asked about, if any, of one group or of every one."""
    from evolve.forecast.interval import forecast
    from evolve.forecast.queries import from_words

    task = fitted.task
    queries = from_words(task, at, group) if at else []
    return [forecast(task, fitted.forecast_model, q.group, q.x, interval) for q in queries]


def _document(fitted: NamedFit, forecasts: list[Forecast], interval: float) -> dict[str, Any]:
    from evolve.forecast.rows import rows_of

    names = ("group", "target", "constant", "value", "error", "low", "high")
    return {
        "law": fitted.row.name,
        "title": fitted.title,
        "formula": fitted.formula,
        "valued_formula": fitted.row.valued_formula,
        "n_rows": fitted.task.train.n_rows,
        "target_scale": fitted.target_scale,
        "interval": interval,
        "constants": [
            dict(zip(names, row, strict=True)) for row in fitted.interval_rows(interval)
        ],
        "train_r2": fitted.train_r2,
        "held_out_r2": fitted.held_out_r2,
        "converged": fitted.converged,
        "folds": [vars(fold) for fold in fitted.entry.evaluation.folds],
        "noise": [parts.to_data() for parts in fitted.noise_parts],
        "verdict": fitted.verdict.to_data(),
        "rows": [row for f in forecasts for row in rows_of(fitted.task, f)],
        "text": fitted.text,
    }


def _print(fitted: NamedFit, forecasts: list[Forecast], interval: float) -> None:
    from evolve.cli.constants import print_constants
    from evolve.cli.ending import print_valued
    from evolve.cli.output import print_table, print_text
    from evolve.cli.predict import print_forecasts
    from evolve.forecast.words import r2_text

    task = fitted.task
    logs = " by logarithms" if "log" in fitted.target_scale else ""
    print_text(f"{fitted.row.name}, fitted to {task.train.n_rows} rows{logs}")
    if fitted.title != fitted.row.name:
        print_text(f"source: {fitted.title}")
    print_text(fitted.formula)
    print_constants(fitted.row.intervals(interval), task.target_names, interval)
    print_valued(fitted.row)
    print_table(
        ("fold", "held-out rows", "R2", "NMSE"),
        [(f.name, f.n_held, f.r2, f.nmse) for f in fitted.entry.evaluation.folds],
    )
    print(f"train R2 {r2_text(fitted.train_r2)}, held-out R2 {r2_text(fitted.held_out_r2)}")
    for parts in fitted.noise_parts:
        print_text(parts.line)
    print_text(f"verdict: {fitted.verdict.line()}")
    if forecasts:
        print_forecasts(task, forecasts)
