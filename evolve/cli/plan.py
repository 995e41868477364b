"""Verb `plan`: a run and a budget of compute to the best allocation and the next runs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evolve.cli.app import app
from evolve.cli.options import (
    RUNS,
    EntryNumber,
    Interval,
    Json,
    LawName,
    ManyAssigned,
    RunsDir,
    Size,
    TasksDirs,
    parse_number,
    parse_number_in_words,
)

if TYPE_CHECKING:
    from evolve.forecast.plan import Allocation, PlannedRuns
    from evolve.forecast.verdict import Verdict


@app.command(
    cls=ManyAssigned,
    epilog="Example: python -m evolve plan data_constrained-0-1 --budget-flops 1e21 "
    '--compute "6*params*tokens" --at unique_tokens=1e11',
)
def plan(
    name: Annotated[str, typer.Argument(metavar="RUN", help="A run's name or folder.")],
    compute: Annotated[
        str | None,
        typer.Option("--compute", help="What a run costs, such as 6*params*tokens."),
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option(
            "--budget-flops", help="Compute of one run.", parser=parse_number, metavar="FLOAT"
        ),
    ] = None,
    value: Annotated[
        str | None,
        typer.Option(
            "--reach",
            help="In place of a budget: the cheapest run to reach this.",
            parser=parse_number_in_words,
            metavar="FLOAT",
        ),
    ] = None,
    most: Annotated[
        list[str] | None, typer.Option("--max", help="Largest values, such as params=7e10.")
    ] = None,
    served: Annotated[
        float | None,
        typer.Option(
            "--serve-tokens",
            help="Tokens that the model serves; adds 2*params*tokens.",
            parser=parse_number,
            metavar="FLOAT",
        ),
    ] = None,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[FEATURE=VALUE]...", help="More of --at.")
    ] = None,
    at: Annotated[
        list[str] | None,
        typer.Option(
            "--at",
            help="Values of features left out of --compute; the best of the others is sought, "
            "such as of a learning rate.",
        ),
    ] = None,
    narrow: Annotated[
        list[str] | None,
        typer.Option(
            "--narrow",
            help="The run to forecast, such as params=7B tokens=2T: next runs narrow the interval "
            "there [default: the best run].",
        ),
    ] = None,
    next_budget: Annotated[
        float | None,
        typer.Option(
            "--next-budget",
            help="Most that one next run may cost [default: the budget]; beside --narrow no "
            "budget is needed.",
            parser=parse_number,
            metavar="FLOAT",
        ),
    ] = None,
    group: Annotated[str | None, typer.Option("--group", help="The group planned for.")] = None,
    target: Annotated[str | None, typer.Option("--target", help="The target planned for.")] = None,
    maximise: Annotated[
        bool | None,
        typer.Option("--maximise/--minimise", help="Whether more is better [default: its role]."),
    ] = None,
    interval: Interval = 0.9,
    size: Size = None,
    entry: EntryNumber = None,
    law: LawName = None,
    runs_dir: RunsDir = RUNS,
    tasks_dirs: TasksDirs = None,
    json: Json = False,
) -> None:
    """Split a budget over features so that the champion predicts best; say what to run next.

    Without --compute: the best of the features that --at leaves out, such as the learning rate of
    a run of a given size.
    """
    from evolve.cli.output import print_json
    from evolve.cli.plan_text import print_plan
    from evolve.forecast.plan import plan_runs, verdict_of_plan
    from evolve.forecast.queries import read_words
    from evolve.runs.choices import load_verdict
    from evolve.runs.folders import find_run
    from evolve.runs.picks import Pick, forecast_model_of_pick
    from evolve.runs.provenance import require_same_rows, task_of
    from evolve.runs.store import Store

    with Store.open(find_run(name, runs_dir), write=False) as store:
        task = task_of(store, tasks_dirs or ())
        require_same_rows(store, task)
        fixed = read_words(task, [*(at or []), *(words or [])])
        bounds = read_words(task, most or [], "most")
        point = read_words(task, narrow, "narrow") if narrow else None
        pick = Pick(size, entry, law)
        forecast_model = forecast_model_of_pick(store, task, pick)
        verdict = load_verdict(store) if pick.is_champion else None
    planned = plan_runs(
        task,
        forecast_model,
        compute=compute,
        budget=budget,
        reach=value,
        serve_tokens=served,
        narrow=point,
        next_budget=next_budget,
        at=fixed,
        most=bounds,
        group=group,
        target=target,
        maximise=maximise,
        level=interval,
    )
    there = verdict_of_plan(planned, verdict)
    if json:
        print_json({"run": name, **document_of(planned, there)})
    else:
        print_plan(planned, there)


def document_of(planned: PlannedRuns, verdict: Verdict | None = None) -> dict[str, Any]:
    """A plan as JSON values, with what the run's forecasts are worth there."""
    from evolve.forecast.plan import exponents, moving_together, steady

    question, ratio = planned.question, planned.per_parameter
    return {
        "champion": question.forecast_model.members[0].number,
        "verdict": None if verdict is None else verdict.to_data(),
        "group": question.group,
        "target": question.task.target_names[question.target],
        "compute": question.cost.text or None,
        "interval": question.level,
        "maximise": question.maximise,
        "notes": question.notes,
        "together": moving_together(question.task, question.cost.features),
        "tuned": [question.task.feature_names[j] for j in question.tuned],
        "idle": {question.task.feature_names[j]: question.fixed[j] for j in question.idle},
        "best": None if planned.best is None else _data(planned.best),
        "against_rows": None if planned.against_rows is None else asdict(planned.against_rows),
        "exponents": exponents(planned.budgets),
        "exponents_over": [run.budget for run in steady(planned.budgets)],
        "budgets": [_data(allocation) for allocation in planned.budgets],
        "without_optimum": list(planned.without_optimum),
        "per_parameter": None if ratio is None else asdict(ratio) | {"inside": ratio.is_inside},
        "isoflop": [asdict(lev) | {"inside": lev.is_inside} for lev in planned.levels],
        "narrowed": None if planned.narrowed is None else asdict(planned.narrowed),
        "next_budget": planned.next_budget,
        "next_runs": [asdict(run) for run in planned.next_runs],
    }


def _data(allocation: Allocation) -> dict[str, Any]:
    data = asdict(allocation)
    return data | {"beyond": data["extrapolation_distance"]}  # its name of earlier versions
