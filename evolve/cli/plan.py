"""Verb `plan`: a run and a budget of compute to the best allocation and the next runs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evolve.cli.app import app
from evolve.cli.options import RUNS, EntryNumber, Json, LawName, RunsDir, Size, TasksDirs
from evolve.errors import EvolveError

if TYPE_CHECKING:
    from evolve.forecast.plan import Allocation, NextRun, Question


MOST_RIVALS = 6  # laws whose forecast of a next run is written out
RATIO_ROLES = ("N", "D")  # whose ratio is told: tokens per parameter


@app.command(
    epilog="Example: python -m evolve plan data_constrained-0-1 --budget-flops 1e21 "
    '--compute "6*params*tokens" --at unique_tokens=1e11'
)
def plan(
    name: Annotated[str, typer.Argument(metavar="RUN", help="A run's name or folder.")],
    compute: Annotated[
        str | None,
        typer.Option("--compute", help="What a run costs, such as 6*params*tokens."),
    ] = None,
    budget: Annotated[
        float | None, typer.Option("--budget-flops", help="Compute of one run.")
    ] = None,
    value: Annotated[
        float | None,
        typer.Option("--reach", help="In place of a budget: the cheapest run to reach this."),
    ] = None,
    most: Annotated[
        list[str] | None, typer.Option("--max", help="Largest values, such as params=7e10.")
    ] = None,
    served: Annotated[
        float | None,
        typer.Option("--serve-tokens", help="Tokens that the model serves; adds 2*params*tokens."),
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
    group: Annotated[str | None, typer.Option("--group", help="The group planned for.")] = None,
    target: Annotated[str | None, typer.Option("--target", help="The target planned for.")] = None,
    maximise: Annotated[
        bool | None,
        typer.Option("--maximise/--minimise", help="Whether more is better [default: its role]."),
    ] = None,
    interval: Annotated[
        float, typer.Option("--interval", help="Share of runs that the interval is to hold.")
    ] = 0.9,
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
    from evolve.forecast.plan import (
        best_run,
        cost_of,
        make_question,
        next_runs,
        other_budgets,
        pinned,
    )
    from evolve.forecast.queries import read_words
    from evolve.runs.folders import find_run
    from evolve.runs.picks import Pick, forecast_model_of_pick
    from evolve.runs.provenance import require_same_rows, task_of
    from evolve.runs.store import Store

    _require_one(compute, budget, value, most, served)
    with Store.open(find_run(name, runs_dir), write=False) as store:
        task = task_of(store, tasks_dirs or ())
        require_same_rows(store, task)
        cost = cost_of(task, compute, served)
        fixed = read_words(task, [*(at or []), *(words or [])])
        forecast_model = forecast_model_of_pick(store, task, Pick(size, entry, law))
    question = make_question(
        task,
        forecast_model,
        cost,
        group=group,
        target=target,
        fixed=fixed,
        maximise=maximise,
        level=interval,
        most=read_words(task, most or [], "max"),
    )
    best = best_run(question, budget, value)
    table = other_budgets(question, best.budget)
    further = next_runs(pinned(question, best), best.budget) if compute else []
    if json:
        print_json({"run": name, **_document(question, best, table, further)})
    else:
        _print(question, best, table, further)


def _require_one(
    compute: str | None,
    budget: float | None,
    value: float | None,
    most: list[str] | None,
    served: float | None,
) -> None:
    if compute is None:
        options = {"--budget-flops": budget, "--reach": value, "--max": most or None}
        given = [name for name, option in options.items() if option is not None]
        if served is not None or given:
            needy = [*given, "--serve-tokens"][: len(given) or 1]
            verb = "needs" if len(needy) == 1 else "need"
            rule = f" {verb} --compute, what a run costs, such as 6*params*tokens"
            raise EvolveError("plan: ", ", ".join(needy), rule)
        return
    if (budget is None) == (value is None):
        raise EvolveError("plan: give either --budget-flops or --reach")
    if budget is not None and not 0 < budget < float("inf"):
        raise EvolveError(f"--budget-flops: must be above 0, it is {budget:g}")


def _document(
    question: Question, best: Allocation, table: list[Allocation], further: list[NextRun]
) -> dict[str, Any]:
    from evolve.forecast.plan import exponents, moving_together

    return {
        "champion": question.forecast_model.members[0].index,
        "group": question.group,
        "target": question.task.target_names[question.target],
        "compute": question.cost.text or None,
        "interval": question.level,
        "maximise": question.maximise,
        "together": moving_together(question.task, question.cost.features),
        "tuned": [question.task.feature_names[j] for j in question.tuned],
        "idle": {question.task.feature_names[j]: question.fixed[j] for j in question.idle},
        "best": _data(best),
        "exponents": exponents(table),
        "budgets": [_data(allocation) for allocation in table],
        "next_runs": [asdict(run) for run in further],
    }


def _data(allocation: Allocation) -> dict[str, Any]:
    data = asdict(allocation)
    return data | {"beyond": data["extrapolation_distance"]}  # its name of earlier versions


def _print(
    question: Question, best: Allocation, table: list[Allocation], further: list[NextRun]
) -> None:
    from evolve.cli.output import print_text
    from evolve.cli.predict import distance_text
    from evolve.forecast.plan import moving_together

    task = question.task
    target = task.target_names[question.target]
    values = ", ".join(f"{n} = {v:.4g}" for n, v in best.values.items())
    group = f", group {question.group}" if task.n_groups > 1 else ""
    print_text(f"{_what(question, best)}{group}: {values}")
    level = f"{100 * question.level:g} % interval"
    print_text(f"{target} {best.point:.5g}, {level} {best.low:.5g} to {best.high:.5g}")
    if best.reached is not None:
        print_text(_how_sure(best.reached, question.level))
    if best.ranges and not _is_given(question):
        ends = (f"{n} {low:.4g} to {high:.4g}" for n, (low, high) in best.ranges.items())
        print_text(f"what is best by the champion's rivals and other constants: {', '.join(ends)}")
    for j in question.idle:
        name, value = task.feature_names[j], question.fixed[j]
        print_text(f"the champion does not depend on {name}, which is left at {value:.4g}")
    if best.at_edge:
        names = ", ".join(best.at_edge)
        print_text(f"at an end of the training rows, so the best may lie beyond: {names}")
    if best.at_most:
        print_text(f"as large as allowed: {', '.join(best.at_most)}")
    if (where := distance_text(task, best.extrapolation_distance)) != "inside":
        print_text(f"outside the data: {where}")
    for words in moving_together(task, question.cost.features):
        print_text(f"not to be relied on: {words}")
    if question.maximise:
        print_text(f"more of {target} is taken to be better; --minimise says otherwise")
    if not question.cost.features:
        return
    _print_budgets(question, list(best.values), table, level)
    _print_growth(question, best, table)
    _print_next(question, question.names[: len(question.cost.features)], further)


def _is_given(question: Question) -> bool:
    """Whether the budget alone says the one value that is sought."""
    return len(question.names) == len(question.cost.features) == 1


def _how_sure(reached: tuple[float | None, float | None], level: float) -> str:
    """Between which budgets the value is reached, by the ends of the intervals."""
    least, most = reached
    ends = f"by the {100 * level:g} % intervals "
    ends += "no budget is sure to reach it" if most is None else f"{most:.3g} is sure to reach it"
    return ends + ("" if least is None else f", and less than {least:.3g} is sure not to")


def _what(question: Question, best: Allocation) -> str:
    """What is planned for, a budget or a size, in words."""
    if question.cost.features:
        return f"{best.budget:.3g} of {question.cost.shown}"
    names = question.task.feature_names
    fixed = ", ".join(f"{names[j]} = {v:.4g}" for j, v in sorted(question.fixed.items()))
    return f"best {' and '.join(question.names)} at {fixed}"


def _print_growth(question: Question, best: Allocation, table: list[Allocation]) -> None:
    """With which power of the budget each best value grows, and tokens per parameter."""
    from evolve.cli.output import print_text
    from evolve.forecast.plan import exponents

    powers = ", ".join(f"{name} by ^{power:.3g}" for name, power in exponents(table).items())
    if powers:
        print_text(f"as the budget grows: {powers}")
    roles = question.task.roles
    n, d = ([name for name in best.values if roles[name] == role] for role in RATIO_ROLES)
    if len(n) == len(d) == 1:
        print_text(f"{d[0]} per {n[0]}: {best.values[d[0]] / best.values[n[0]]:.3g}")


def _print_budgets(
    question: Question, names: list[str], table: list[Allocation], level: str
) -> None:
    from evolve.cli.output import print_table
    from evolve.cli.predict import distance_text
    from evolve.tasks.symbols import symbols_of

    task = question.task
    headings = ["budget", *names, task.target_names[question.target], level, "beyond"]
    rows = [
        [
            *(f"{a.budget:.3g}", *(f"{v:.4g}" for v in a.values.values())),
            *(
                f"{a.point:.5g}",
                f"{a.low:.5g} to {a.high:.5g}",
                distance_text(task, a.extrapolation_distance),
            ),
        ]
        for a in table
    ]
    print_table(headings, rows, "other budgets", symbols=symbols_of(task.feature_names))


def _print_next(question: Question, names: list[str], further: list[NextRun]) -> None:
    from evolve.cli.output import print_table, print_text
    from evolve.tasks.symbols import symbols_of

    if not further:
        words = "no run within the budget tells the leading laws apart above the noise"
        print_text(f"next runs: {words}")
        return
    rows = [
        [
            *(f"{r.cost:.3g}", *(f"{v:.4g}" for v in r.values.values())),
            *(f"{r.disagreement:.3g}", f"{r.noise:.3g}"),
            _rivals(r),
        ]
        for r in further
    ]
    headings = ["compute", *names, "laws differ by", "noise", "entry: prediction"]
    title = "next runs, those that tell most for their compute first"
    print_table(headings, rows, title, symbols=symbols_of(question.task.feature_names))


def _rivals(run: NextRun) -> str:
    """What the champion and its nearest rivals say of a run, and how many say what cannot be."""
    sensible = [(k, v) for k, v in run.predictions.items() if k not in run.far]
    words = [f"{k}: {v:.4g}" for k, v in sensible[:MOST_RIVALS]]
    if more := len(sensible) - MOST_RIVALS if len(sensible) > MOST_RIVALS else 0:
        words.append(f"{more} more")
    if run.far:
        words.append(f"{len(run.far)} further off than all targets span")
    return ", ".join(words)
