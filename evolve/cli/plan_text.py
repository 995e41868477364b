"""What `plan` prints: the best run, other budgets, and the runs to make next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evolve.cli.ends import (
    distance_text,
    ends_text,
    far_out,
    level_text,
    point_text,
    untested_text,
)
from evolve.forecast.words import NO_GUIDE

if TYPE_CHECKING:
    from evolve.forecast.plan import (
        Allocation,
        Level,
        NextRun,
        PerParameter,
        PlannedRuns,
        Question,
    )
    from evolve.forecast.verdict import Verdict

MOST_RIVALS = 6  # laws whose forecast of a next run is written out


def print_plan(planned: PlannedRuns, verdict: Verdict | None = None) -> None:
    """Print a plan, below what the run's forecasts are worth there."""
    from evolve.cli.output import print_text

    question, best = planned.question, planned.best
    if verdict is not None:
        print_text(f"verdict: {verdict.line()}")
    if best is not None:
        _print_best(question, best)
        if planned.against_rows is not None:
            print_text(planned.against_rows.line(question.task.target_names[question.target]))
        _print_no_guide(question, best)
    if best is not None and question.cost.features:
        _print_budgets(question, list(best.values), planned.budgets)
        if planned.without_optimum:
            left_out = ", ".join(f"{budget:#.3g}" for budget in planned.without_optimum)
            print_text(f"left out, as no ratio of {_traded(question)} is best there: {left_out}")
        _print_growth(planned.budgets)
    if planned.per_parameter is not None:
        _print_ratio(planned.per_parameter)
    _print_levels(question, planned.levels)
    _print_next(planned)


def _print_best(question: Question, best: Allocation) -> None:
    from evolve.cli.output import print_text
    from evolve.forecast.plan import moving_together

    task = question.task
    target = task.target_names[question.target]
    values = ", ".join(f"{n} = {v:.4g}" for n, v in best.values.items())
    group = f", group {question.group}" if task.n_groups > 1 else ""
    print_text(f"{_what(question, best)}{group}: {values}")
    if question.counted:
        print_text(question.counted)
    ends = ends_text(best.low, best.high, is_open=best.is_open)
    point = point_text(best.point, best.low, best.high)
    print_text(f"{target} {point}, {_interval(question)} {ends}")
    if best.reached is not None:
        print_text(_how_sure(best.reached, question.level))
    if best.ranges and not _is_given(question):
        found = (f"{n} {low:.4g} to {high:.4g}" for n, (low, high) in best.ranges.items())
        print_text(f"what is best by all laws, under other constants too: {', '.join(found)}")
    leader = question.forecast_model.leader
    for j in question.idle:
        name, value = task.feature_names[j], question.fixed[j]
        print_text(f"{leader} does not depend on {name}, which is left at {value:.4g}")
    if best.at_edge:
        names = ", ".join(best.at_edge)
        print_text(f"at an end of the training rows, so the best may lie beyond: {names}")
    if best.at_most:
        print_text(f"as large as allowed: {', '.join(best.at_most)}")
    if (where := distance_text(task, best.extrapolation_distance)) != "inside":
        print_text(f"outside the data: {where}")
    for words in moving_together(task, question.cost.features):
        print_text(f"not to be relied on: {words}")
    if question.better:
        otherwise = "--minimise" if question.maximise else "--maximise"
        print_text(f"{question.better}; {otherwise} says otherwise")


def _print_no_guide(question: Question, best: Allocation) -> None:
    """Say where numbers of the best run are none to go by."""
    from evolve.cli.output import print_text
    from evolve.forecast.plan import row_of
    from evolve.forecast.tested import untested

    if best.is_open:
        print_text(NO_GUIDE)
    if ends := untested(question.task, [(question.group, row_of(question, best))]):
        print_text(untested_text(ends))
    if words := far_out(question.task, best.extrapolation_distance[None]):
        print_text(words)


def _interval(question: Question) -> str:
    return f"{level_text(question.level)} interval"


def _traded(question: Question) -> str:
    """The features whose ratio a plan seeks."""
    return " and ".join(question.names[: len(question.cost.features)])


def _is_given(question: Question) -> bool:
    """Whether the budget alone says the one value that is sought."""
    return len(question.names) == len(question.cost.features) == 1


def _how_sure(reached: tuple[float | None, float | None], level: float) -> str:
    """Between which budgets the value is reached, by the ends of the intervals."""
    least, most = reached
    ends = f"by the {level_text(level)} intervals "
    ends += "no budget is sure to reach it" if most is None else f"{most:#.3g} is sure to reach it"
    return ends + ("" if least is None else f", and less than {least:#.3g} is sure not to")


def _what(question: Question, best: Allocation) -> str:
    """What is planned for, a budget or a size, in words."""
    if question.cost.features:
        return f"{best.budget:#.3g} of {question.cost.shown}"
    names = question.task.feature_names
    fixed = ", ".join(f"{names[j]} = {v:.4g}" for j, v in sorted(question.fixed.items()))
    return f"best {' and '.join(question.names)}{' at ' * bool(fixed)}{fixed}"


def _print_growth(table: Sequence[Allocation]) -> None:
    """With which power of the budget each best value grows."""
    from evolve.cli.output import print_text
    from evolve.forecast.plan import exponents, steady

    powers = ", ".join(f"{name} by ^{power:.3g}" for name, power in exponents(table).items())
    some = steady(table)
    ends = (
        f" from {some[0].budget:#.3g} to {some[-1].budget:#.3g}" if len(some) < len(table) else ""
    )
    if powers:
        print_text(f"as the budget grows{ends}: {powers}")


def _print_ratio(ratio: PerParameter) -> None:
    """Tokens per parameter, and whether any training row has as many or as few."""
    from evolve.cli.output import print_text

    text = f"{ratio.data} per {ratio.parameters}: {ratio.ratio:.3g}"
    where = "within" if ratio.is_inside else "outside"
    print_text(f"{text}, {where} the {ratio.low:.3g} to {ratio.high:.3g} of the training rows")


def _print_levels(question: Question, found: Sequence[Level]) -> None:
    from evolve.cli.output import print_table, print_text
    from evolve.forecast.plan import size_of
    from evolve.tasks.symbols import symbols_of

    if (j := size_of(question)) is None or not found:
        return
    names = question.task.feature_names
    name, others = names[j], list(found[0].at)
    rows = [
        [
            *(f"{lev.budget:#.3g}", f"{lev.n_runs}", *(f"{v:.4g}" for v in lev.at.values())),
            f"{lev.sizes[0]:.4g} to {lev.sizes[1]:.4g}",
            "none" if lev.best is None else f"{lev.best:.4g}",
            "open" if lev.best is None else _range(lev.low, lev.high),
            "none" if lev.law is None else f"{lev.law:.4g}",
            "" if lev.best is None or lev.is_inside else "beyond its runs",
        ]
        for lev in found
    ]
    end = "highest" if question.maximise else "lowest"
    headings = ["compute", "runs", *others, f"{name} of the runs", f"best {name}"]
    headings += [f"{level_text(question.level)} range", "best by the law", "where"]
    if not any(row[-1] for row in rows):
        headings, rows = headings[:-1], [row[:-1] for row in rows]
    title = f"runs of nearly equal compute: the {name} at the {end} point of a parabola, by no law"
    print_table(headings, rows, title, symbols=symbols_of(names))
    if any(lev.best is None for lev in found):
        print_text(f"none: those runs have no {end} point; they bend the other way, or hardly")


def _range(low: float | None, high: float | None) -> str:
    """The ends of a range, either of which may be open."""
    if low is None and high is None:
        return "open"
    ends = ("open" if end is None else f"{end:.4g}" for end in (low, high))
    return " to ".join(ends)


def _print_budgets(question: Question, names: list[str], table: Sequence[Allocation]) -> None:
    from evolve.cli.output import print_table
    from evolve.tasks.symbols import symbols_of

    task = question.task
    headings = [
        "budget",
        *names,
        task.target_names[question.target],
        _interval(question),
        "beyond",
    ]
    rows = [
        [
            *(f"{a.budget:#.3g}", *(f"{v:.4g}" for v in a.values.values())),
            *(
                point_text(a.point, a.low, a.high),
                ends_text(a.low, a.high, is_open=a.is_open),
                distance_text(task, a.extrapolation_distance),
            ),
        ]
        for a in table
    ]
    print_table(headings, rows, "other budgets", symbols=symbols_of(task.feature_names))


def _print_next(planned: PlannedRuns) -> None:
    from evolve.cli.output import print_table, print_text
    from evolve.cli.predict import print_departures
    from evolve.tasks.symbols import symbols_of

    question, narrowed, most = planned.question, planned.narrowed, planned.next_budget
    if narrowed is None or most is None:
        return
    task = question.task
    place = ", ".join(f"{name} = {value:.4g}" for name, value in narrowed.at.items())
    point = point_text(narrowed.point, narrowed.low, narrowed.high)
    target = f"{task.target_names[question.target]} {point}"
    ends = ends_text(narrowed.low, narrowed.high, is_open=narrowed.is_open)
    now = f"{_interval(question)} {ends}"
    print_text(f"to be narrowed: {target} at {place}, {now}")
    print_departures(narrowed.departures)
    if not planned.next_runs:
        print_text(f"next runs: no run that costs at most {most:#.3g} would narrow it noticeably")
        return
    names = question.names[: len(question.cost.features)]
    rows = [
        [
            *(f"{r.cost:#.3g}", *(f"{r.values[name]:.4g}" for name in names)),
            ends_text(*r.then, is_open=narrowed.is_open),
            *(f"{r.disagreement:.3g}", f"{r.noise:.3g}"),
            _rivals(r),
        ]
        for r in planned.next_runs
    ]
    whose = "law" if question.forecast_model.members[0].number is None else "entry"
    headings = ["compute", *names, "interval then", "laws differ by", "noise"]
    headings += [f"{whose}: prediction"]
    fixed = ", ".join(
        f"{name} = {value:.4g}"
        for name, value in planned.next_runs[0].values.items()
        if name not in names
    )
    title = f"next runs of at most {most:#.3g}{f' at {fixed}' if fixed else ''}"
    title += ", each after those above it, and the interval then"
    print_table(headings, rows, title, symbols=symbols_of(task.feature_names))


def _rivals(run: NextRun) -> str:
    """What the champion and its nearest rivals say of a run, and how many say what cannot be."""
    sensible = [(k, v) for k, v in run.predictions.items() if k not in run.far]
    words = [f"{k}: {v:.4g}" for k, v in sensible[:MOST_RIVALS]]
    if len(sensible) > MOST_RIVALS:
        words.append(f"{len(sensible) - MOST_RIVALS} more")
    if run.far:
        words.append(f"{len(run.far)} further off than all targets span")
    return ", ".join(words)
