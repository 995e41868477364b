"""What is asked of a plan, checked, to all that it answers, for command line and Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evolve.errors import Argument, EvolveError
from evolve.forecast.model import ForecastModel
from evolve.forecast.plan.against_rows import AgainstRows, against_rows
from evolve.forecast.plan.allocate import Allocation
from evolve.forecast.plan.budgets import best_run, other_budgets, pinned, without_optimum
from evolve.forecast.plan.cost import Cost
from evolve.forecast.plan.levels import Level, levels
from evolve.forecast.plan.narrowing import Narrowed, forecast_at, narrowed_at, point_of
from evolve.forecast.plan.next_runs import NextRun, next_runs
from evolve.forecast.plan.per_parameter import PerParameter, per_parameter
from evolve.forecast.plan.question import Question, make_question, require_used
from evolve.forecast.plan.reach import cost_of
from evolve.forecast.plan.shares import require_within
from evolve.forecast.queries import checked_point, finite_number, read_values
from evolve.tasks.name_units import as_column_counts
from evolve.tasks.task import Task


@dataclass(frozen=True, slots=True)
class PlannedRuns:
    """All that a plan answers.

    Attributes:
        question: What was planned.
        best: The best run; None where only a forecast is to be narrowed.
        budgets: The best run of each of some budgets around it.
        without_optimum: Those of these budgets whose best run lies at no finite ratio.
        against_rows: What rows of its size say against its settings; None where they do not.
        per_parameter: Tokens per parameter of the best run; None where it has not one of each.
        levels: Runs of nearly equal cost among the rows, and what is best there without a law.
        narrowed: The point whose interval the next runs narrow; None without a cost.
        next_budget: Most that one of these may cost.
        next_runs: Runs worth making first.
    """

    question: Question
    best: Allocation | None
    budgets: Sequence[Allocation]
    without_optimum: Sequence[float]
    against_rows: AgainstRows | None
    per_parameter: PerParameter | None
    levels: Sequence[Level]
    narrowed: Narrowed | None
    next_budget: float | None
    next_runs: Sequence[NextRun]


def plan_runs(
    task: Task,
    forecast_model: ForecastModel,
    *,
    compute: str | None,
    budget: float | None = None,
    reach: float | str | None = None,
    serve_tokens: float | None = None,
    narrow: Mapping[str, object] | None = None,
    next_budget: float | None = None,
    at: Mapping[str, object],
    most: Mapping[str, object],
    group: str | None = None,
    target: str | None = None,
    maximise: bool | None = None,
    level: float = 0.9,
) -> PlannedRuns:
    """Plan a budget, the least one that reaches a value, or the settings of a given size.

    Args:
        task: The task.
        forecast_model: Champion and rivals.
        compute: What a run costs; None where settings are sought that cost nothing.
        budget: Compute of one run.
        reach: Of the target, in place of a budget; ``90%`` is 90 of a target in percent.
        serve_tokens: Tokens that the model is to serve.
        narrow: Values of features at the point whose interval next runs are to narrow; the best
            run if None. Those that `at` holds may be left out here. With `next_budget` it is a
            question of its own, which needs neither a best run nor a budget.
        next_budget: Most that a next run may cost; as much as the best run if None.
        at: Values of the features that the cost leaves out.
        most: Largest values of features.
        group: As `make_question` takes it, and so are the others.
        target: Of several.
        maximise: Whether more is better.
        level: Of the intervals.

    Raises:
        EvolveError: A value is no finite number, a name is not known, what was given does not go
            together, or there is no such run.
    """
    _require_together(
        compute,
        budget=budget,
        reach=reach,
        max=most,
        serve_tokens=serve_tokens,
        narrow=narrow,
        next_budget=next_budget,
    )
    budget = _number("budget", budget, above_zero=True)
    # Before a best run is sought, of which there may be none.
    point, fixed = read_values(task, narrow or {}, "narrow"), read_values(task, at)
    cost = cost_of(task, compute, _number("serve_tokens", serve_tokens))
    alone = bool(point) and budget is None and reach is None
    if alone:
        fixed = _shared_with(task, cost, point, fixed)

    question = make_question(
        task,
        forecast_model,
        cost,
        group=group,
        target=target,
        fixed=fixed,
        maximise=maximise,
        level=finite_number("interval", level),
        most=read_values(task, most, "most"),
        split=not point,
    )
    best = None if alone else _best(question, budget, _wanted(question, reach), named=bool(point))
    return _planned(question, best, point, _number("next_budget", next_budget, above_zero=True))


def _shared_with(
    task: Task, cost: Cost, point: Mapping[str, float], fixed: Mapping[str, float]
) -> dict[str, float]:
    """What the cost leaves out: of next runs as of the point, where nothing else was said."""
    whole = checked_point(task, {**fixed, **point}, "narrow")
    free = [task.feature_names[j] for j in cost.features]
    return {name: value for name, value in whole.items() if name not in free} | dict(fixed)


def _best(
    question: Question, budget: float | None, reach: float | None, *, named: bool
) -> Allocation:
    """The best run; where there is none, the line says that a named point needs none."""
    try:
        require_used(question)
        return best_run(question, budget, reach)
    except EvolveError as error:
        if not named:
            raise
        way = (Argument("narrow"), " with ", Argument("next_budget"), " alone needs no best run")
        raise EvolveError(*error.args, "; ", *way) from None


def _planned(
    question: Question,
    best: Allocation | None,
    point: Mapping[str, float],
    next_budget: float | None,
) -> PlannedRuns:
    """All that is answered of a question and its best run."""
    runs = question if best is None else pinned(question, best)
    wanted, most = None, None
    if question.cost.features:
        wanted = forecast_at(runs, point_of(runs, point or (best.values if best else {})))
        most = _most_cost(question, best, next_budget)
    return PlannedRuns(
        question=question,
        best=best,
        budgets=[] if best is None else other_budgets(question, best.budget),
        without_optimum=[] if best is None else without_optimum(question, best.budget),
        against_rows=None if best is None else against_rows(question, best),
        per_parameter=None if best is None else per_parameter(question, best.values),
        levels=[] if best is None else levels(question),
        narrowed=None if wanted is None else narrowed_at(runs, wanted),
        next_budget=most,
        next_runs=[] if wanted is None or most is None else next_runs(runs, wanted, most),
    )


def _most_cost(question: Question, best: Allocation | None, next_budget: float | None) -> float:
    """Most that a next run may cost; of a mixture no more than the shares add up to.

    One of the two is given.
    """
    given = [next_budget] if next_budget else []
    if best is not None and (question.linear or not given):
        given.append(best.budget)
    if question.linear:
        costs = question.cost.of(question.known_with_fixed)
        given.append(float(costs.max()))
        require_within(costs, min(given))
    return min(given)


def _wanted(question: Question, reach: float | str | None) -> float | None:
    """The value to reach, in what the target's column counts."""
    value = _number("reach", reach)
    if value is None or not isinstance(reach, str):
        return value
    largest = float(question.task.train.Y[:, question.target].max())
    return as_column_counts(question.task.target_names[question.target], reach, value, largest)


def _number(argument: str, value: object, *, above_zero: bool = False) -> float | None:
    if value is None:
        return None
    number = finite_number(argument, value)
    if above_zero and not number > 0:
        raise EvolveError(Argument(argument), f": must be above 0, it is {number:g}")
    return number


def _require_together(compute: str | None, **options: object) -> None:
    """Require a cost where something is given that needs one, and then one thing to plan for."""
    given = [name for name, value in options.items() if value is not None and value != {}]
    if compute is not None:
        _require_one_question(given)
    elif given:
        first, *others = (Argument(name) for name in given)
        names = [part for name in others for part in (", ", name)]
        verb = " need " if others else " needs "
        rule = ", what a run costs, such as 6*params*tokens"
        raise EvolveError("plan: ", first, *names, verb, Argument("compute"), rule)


def _require_one_question(given: Sequence[str]) -> None:
    """Require a budget or a value, or a point to narrow and what a next run may cost."""
    n_asked = ("budget" in given) + ("reach" in given)
    if n_asked == 1 or (not n_asked and {"narrow", "next_budget"} <= set(given)):
        return
    if not n_asked and "narrow" in given:
        rule = ", most that one next run may cost"
        raise EvolveError("plan: ", Argument("narrow"), " needs ", Argument("next_budget"), rule)
    either = ("give either ", Argument("budget"), " or ", Argument("reach"))
    alone = () if n_asked else (", or ", Argument("narrow"), " with ", Argument("next_budget"))
    raise EvolveError("plan: ", *either, *alone)
