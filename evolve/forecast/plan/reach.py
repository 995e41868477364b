"""The smallest budget whose best run reaches a value of the target, and what serving adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from evolve.errors import Argument, EvolveError
from evolve.forecast.plan.allocate import (
    NOTHING,
    Allocation,
    NoOptimumError,
    allocate,
    what_is_better,
)
from evolve.forecast.plan.cost import Cost, parse_cost
from evolve.forecast.plan.question import Question
from evolve.tasks.name_units import units_in_names
from evolve.tasks.task import Task
from evolve.typing import Array

MOST_DECADES = 8  # beyond the dearest training run, and below the cheapest where that is needed
USUAL_BELOW = 2.0  # decades below the cheapest training run
STRIDE = 0.5  # decades between the budgets that are tried first
STEPS, FEW_STEPS = 40, 8  # halvings of a stride: for the budget, and for the ends of its interval
SERVED = 2.0  # FLOPs per parameter and token of a forward pass (Kaplan et al. 2020, section 2.1)
TRAINED = 6.0  # of a forward and a backward pass (the same)


@dataclass(frozen=True, slots=True)
class _Tried:
    """What the best run of a budget is predicted to reach.

    Attributes:
        low: Lower end of the interval.
        high: Upper end.
        point: Prediction of the target.
        none: Why there is no best run, where its prediction keeps improving to the end of the
            search. What is better of champion and all laws there are the numbers then; the worse
            end of the interval is as bad as can be.
    """

    low: float
    high: float
    point: float
    none: NoOptimumError | None = None


def allocate_if_possible(question: Question, budget: float) -> Allocation | None:
    """The best run of a budget; None where there is none, be it that none costs that much."""
    try:
        return allocate(question, budget)
    except EvolveError:
        return None


def reach(question: Question, value: float) -> Allocation:
    """The cheapest run that is predicted to reach a value, and what its interval says of that.

    Args:
        question: What is planned.
        value: Of the target; to be undercut, or exceeded where more is better.

    Raises:
        NoOptimumError: Whether cheaper runs reach it, or any do, cannot be said: their best lies
            at no finite ratio.
        EvolveError: No budget within `MOST_DECADES` of the training rows reaches it, or all do.
    """
    costs = question.cost.of(question.known_with_fixed)
    costs = costs[costs > 0]
    if not len(costs):
        raise EvolveError(Argument("compute"), ": no training row has a cost above 0")
    runs = _best_runs(question, value, costs)
    found = _cheapest(question, value, runs, "point", STEPS)
    if found is None:
        raise _never(question, value, runs)
    budget, run = found
    if run.none is not None:
        raise run.none
    if _reaches(question, value, runs[min(runs)], "point"):
        rule = f": every budget down to {10.0 ** min(runs):.3g} reaches {value:g}"
        raise EvolveError(Argument("reach"), rule, *what_is_better(question))
    better, worse = ("high", "low") if question.maximise else ("low", "high")
    least, most = (_end_reached(question, value, runs, end) for end in (better, worse))
    return replace(allocate(question, budget), reached=(least, most))


def _never(question: Question, value: float, runs: Mapping[float, _Tried | None]) -> EvolveError:
    """Why no budget reaches a value, of which the dearest are the best."""
    tried = [run for _, run in sorted(runs.items()) if run is not None]
    if tried and (none := tried[-1].none) is not None:
        return none
    sign = -1.0 if question.maximise else 1.0
    best = [run.point for run in tried if run.none is None]
    hint = f", the best is {min(best, key=lambda p: sign * p):.5g}" if best else ""
    rule = f": no run of up to {10.0 ** max(runs):.3g} reaches {value:g}{hint}"
    return EvolveError(Argument("reach"), rule, *what_is_better(question))


def _tried(question: Question, budget: float) -> _Tried | None:
    """What the best run of a budget reaches; None where no run within the bounds costs that."""
    try:
        run = allocate(question, budget)
    except NoOptimumError as error:
        return _at_end(question, error)
    except EvolveError:
        return None
    return _Tried(run.low, run.high, run.point)


def _at_end(question: Question, error: NoOptimumError) -> _Tried:
    """What a budget reaches at the end of the search, where it has no best run."""
    forecast, t = question.forecast(error.values), question.target
    said = float(question.loss(error.values)[0])
    if question.maximise:
        point = float(np.fmax(-said, forecast.point[0, t]))
        return _Tried(-np.inf, float(np.fmax(point, forecast.high[0, t])), point, error)
    point = float(np.fmin(said, forecast.point[0, t]))
    return _Tried(float(np.fmin(point, forecast.low[0, t])), np.inf, point, error)


def _best_runs(question: Question, value: float, costs: Array) -> dict[float, _Tried | None]:
    """Best runs by the exponents of budgets, ascending, from one that does not reach a value on.

    The first may reach it where all within `MOST_DECADES` of the cheapest training run do.
    """
    low, high = np.log10(costs.min()) - USUAL_BELOW, np.log10(costs.max()) + MOST_DECADES
    grid = np.arange(low, high + STRIDE, STRIDE).tolist()
    runs = {e: _tried(question, 10.0**e) for e in grid}
    least, below = low + USUAL_BELOW - MOST_DECADES, low
    while below > least and _reaches(question, value, runs[below], "point"):
        below -= STRIDE
        runs[below] = _tried(question, 10.0**below)
    return dict(sorted(runs.items()))


def _reaches(question: Question, value: float, run: _Tried | None, end: str) -> bool:
    """Whether a run has its point, or an end of its interval, at a value or better."""
    sign = -1.0 if question.maximise else 1.0
    return run is not None and sign * float(getattr(run, end)) <= sign * value


def _end_reached(
    question: Question, value: float, runs: Mapping[float, _Tried | None], end: str
) -> float | None:
    """The least budget whose best run has an end of its interval at a value.

    None where no budget has it there, the least one has, or it has no best run.
    """
    if _reaches(question, value, runs[min(runs)], end):
        return None
    found = _cheapest(question, value, runs, end, FEW_STEPS)
    return None if found is None or found[1].none is not None else found[0]


def _cheapest(
    question: Question,
    value: float,
    runs: Mapping[float, _Tried | None],
    end: str,
    steps: int,
) -> tuple[float, _Tried] | None:
    """The least budget whose best run has its point, or an end of its interval, at a value.

    Args:
        question: What is planned.
        value: Of the target.
        runs: Best runs by the exponents of budgets, `STRIDE` apart.
        end: ``point``, ``low`` or ``high``.
        steps: Halvings of a stride.

    Returns:
        The budget and its run; None where no budget has it there.
    """
    reaching = ((e, run) for e, run in runs.items() if _reaches(question, value, run, end))
    good, found = next(reaching, (None, None))
    if good is None or found is None:
        return None
    bad = good - STRIDE
    for _ in range(steps):
        middle = 0.5 * (bad + good)
        run = _tried(question, 10.0**middle)
        if run is not None and _reaches(question, value, run, end):
            good, found = middle, run
        else:
            bad = middle
    return float(10.0**good), found


def cost_of(task: Task, compute: str | None, served: float | None) -> Cost:
    """The cost of a run, with its use if that is given; the one of nothing where none is given.

    Raises:
        EvolveError: As `parse_cost` and `with_serving`.
    """
    if compute is None:
        return NOTHING
    text = compute if served is None else with_serving(task, compute, served)
    return parse_cost(text, task.feature_names)


def with_serving(task: Task, compute: str, tokens: float) -> str:
    """A cost with what a model's use takes: two FLOPs for each parameter and token.

    Args:
        task: Its column of role N holds the parameters, in millions if its name says so.
        compute: What training takes, in FLOPs or in what columns count, as `_unit_of` finds.
        tokens: That the model is to read and write in its life.

    Raises:
        EvolveError: There is not one column of parameters, or the tokens are not positive.
    """
    if not 0 < tokens < float("inf"):
        raise EvolveError(Argument("serve_tokens"), f": must be above 0, it is {tokens:g}")
    columns = [name for name in task.feature_names if task.roles[name] == "N"]
    if len(columns) != 1:
        valid = ", ".join(columns or task.feature_names)
        rule = f": needs one column of parameters (role N), there are {valid}"
        raise EvolveError(Argument("serve_tokens"), rule)
    j = task.feature_names.index(columns[0])
    units = units_in_names(task.feature_names, task.train.X)
    one = SERVED * units.get(j, 1.0) / _unit_of(task, compute, j, units)
    return f"{compute} + {one:g}*`{columns[0]}`*{tokens:.12g}"


def _unit_of(task: Task, compute: str, parameters: int, units: Mapping[int, float]) -> float:
    """How many FLOPs one of a cost is: 1, or what the units of its columns come to.

    ``6*`params (M)`*tokens`` counts a million FLOPs, ``6e6*`params (M)`*tokens`` counts one. The
    one is taken that has training take about six a parameter and token; of a cost of other
    columns it is 1.

    Args:
        task: Its training rows are read.
        compute: What training takes.
        parameters: Number of the column of parameters.
        units: What columns count, by their numbers.
    """
    cost = parse_cost(compute, task.feature_names)
    data = [j for j in cost.features if task.roles[task.feature_names[j]] == "D"]
    if parameters not in cost.features or len(data) != 1:
        return 1.0
    sizes = [units.get(j, 1.0) for j in (parameters, data[0])]
    x = task.train.X
    with np.errstate(all="ignore"):
        each = cost.of(x) / (x[:, parameters] * x[:, data[0]] * np.prod(sizes))
        off = np.log(float(np.median(each)) / TRAINED)
    if not np.isfinite(off):
        return 1.0
    candidates = (1.0, sizes[0], sizes[1], sizes[0] * sizes[1])
    return min(candidates, key=lambda unit: abs(off + np.log(unit)))
