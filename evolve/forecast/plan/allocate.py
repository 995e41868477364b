"""A law, a cost and a budget to the run with the best prediction that the budget buys."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from evolve.errors import Argument, EvolveError
from evolve.forecast.plan.cost import Cost
from evolve.forecast.plan.question import Question
from evolve.forecast.plan.ratios import EXACT, SEARCH_DECADES, polished, ratios
from evolve.forecast.plan.scaling import NoShiftError, at_budgets
from evolve.forecast.plan.settings import settings_of
from evolve.forecast.plan.shares import best_shares
from evolve.forecast.plan.together import because
from evolve.typing import Array

POINTS = {0: 1, 1: 1, 2: 401, 3: 61, 4: 25}
EDGE = 0.02
AT_BOUND = 1e-3
OUT_OF_SIGHT = 10.0  # powers of ten from all rows at which a budget is more likely mistyped
NOTHING = Cost("", (), lambda x: np.zeros(len(x)))  # of features that are only tuned


@dataclass(frozen=True, slots=True)
class Allocation:
    """The best run of a budget.

    Attributes:
        budget: In the units of the cost; nan where there is none.
        values: The features that are sought, by name.
        point: Prediction of the target.
        low: Lower end of the interval.
        high: Upper end.
        extrapolation_distance: `(f,)` steps outside the training range.
        is_open: Whether nothing bounds the forecast, as `Forecast` says.
        at_most: Features whose bound holds the run back.
        at_edge: Tuned features whose best value is at an end of the training rows.
        ranges: Where the best values may lie, by name, as `uncertainty` says; empty where that
            was not asked for.
        reached: Of a run that is to reach a value: the budgets from which on the better and the
            worse end of its interval do so; None for an end that never does within the budgets
            looked at, and for any other run.
    """

    budget: float
    values: dict[str, float]
    point: float
    low: float
    high: float
    extrapolation_distance: Array
    is_open: bool
    at_most: tuple[str, ...] = ()
    at_edge: tuple[str, ...] = ()
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    reached: tuple[float | None, float | None] | None = None


class NoOptimumError(EvolveError):
    """Among the runs of a budget the prediction keeps improving to the end of the search.

    Attributes:
        values: `(1, k)` values of the features that are sought, at that end.
    """

    def __init__(self, *parts: str, values: Array) -> None:
        """Take the parts of the line, as `EvolveError` does, and the values."""
        super().__init__(*parts)
        self.values = values


def allocate(question: Question, budget: float) -> Allocation:
    """The run with the best prediction among those that cost the whole budget.

    Raises:
        NoOptimumError: The best such run lies at no finite ratio.
        EvolveError: The budget buys no such run.
    """
    free = best_values(question, budget)
    result = question.forecast(free)
    t, best = question.target, dict(zip(question.names, free[0].tolist(), strict=True))
    most = {question.task.feature_names[j]: value for j, value in question.most.items()}
    return Allocation(
        budget,
        best,
        float(result.point[0, t]),
        float(result.low[0, t]),
        float(result.high[0, t]),
        result.extrapolation_distance[0],
        bool(result.is_open[0, t]),
        tuple(n for n, v in best.items() if v >= (1.0 - AT_BOUND) * most.get(n, np.inf)),
        settings_of(question).at_edge(free[:, len(question.cost.features) :][0]),
    )


def best_values(question: Question, budget: float, tolerance: float = EXACT) -> Array:
    """`(1, k)` values of the features that are sought, of the best run that costs the budget.

    Args:
        question: What is planned.
        budget: In the units of the cost.
        tolerance: Of the logarithms of values.

    Raises:
        EvolveError: As `allocate`.
    """
    if question.linear:
        return _shares(question, budget)
    return _sizes(question, budget, tolerance)


def tune(question: Question) -> Allocation:
    """The best values of features that cost nothing, for a run whose size is fixed."""
    return allocate(replace(question, cost=NOTHING), float("nan"))


def _shares(question: Question, budget: float) -> Array:
    """`(1, k)` best values of features that act as they are, within the training rows' ranges."""
    rows = question.known[:, list(question.cost.features)]
    shares = question.shares
    within = f" and keeps {shares.sum} at {shares.whole:g}" if shares.columns else ""

    def cost(free: Array) -> Array:
        return question.cost.of(question.rows(free))

    return best_shares(rows, cost, question.loss, budget, within)


def _sizes(question: Question, budget: float, tolerance: float) -> Array:
    """`(1, k)` best values of features that act through their logarithms, and of those tuned."""
    centre = np.log10(question.known[:, list(question.cost.features)]).mean(axis=0)
    k, settings = len(centre), settings_of(question)
    basis = ratios(k) if k else np.zeros((0, 0))
    grid = np.linspace(-SEARCH_DECADES, SEARCH_DECADES, POINTS[k]) if k > 1 else np.zeros(0)
    turns = np.array(list(itertools.product(grid, repeat=max(k - 1, 0))))  # else `(1, 0)`
    n_turned = turns.shape[1]

    def place(turn: Array) -> Array:
        return (
            scaled_to(question, centre + turn @ basis, budget) if k else np.zeros((len(turn), 0))
        )

    def values(steps: Array) -> Array:
        sizes = 10.0 ** place(steps[:, :n_turned])
        return np.hstack([sizes, settings.values(steps[:, n_turned:])])

    spots = settings.grid(len(turns))
    steps = np.hstack([np.repeat(turns, len(spots), axis=0), np.tile(spots, (len(turns), 1))])
    sizes = np.repeat(10.0 ** place(turns), len(spots), axis=0)
    losses = question.loss(np.hstack([sizes, settings.values(steps[:, n_turned:])]))
    if not np.isfinite(losses).any():
        within = " and keeps to the largest values" if question.most else ""
        costs = f" that costs {budget:g}" if k else ""
        raise EvolveError(f"plan: no run{costs}{within} can be predicted")
    best = steps[int(np.argmin(losses))]
    if len(best):
        low = np.concatenate([np.full(n_turned, -SEARCH_DECADES), settings.low])
        high = np.concatenate([np.full(n_turned, SEARCH_DECADES), settings.high])
        best = polished(
            lambda step: float(question.loss(values(step[None]))[0]), best, low, high, tolerance
        )
    if np.abs(best[:n_turned]).max(initial=0.0) > SEARCH_DECADES * (1.0 - EDGE):
        words = _no_optimum(question, budget, place(best[None, :n_turned])[0])
        raise NoOptimumError(*words, values=values(best[None]))
    return values(best[None])


def scaled_to(question: Question, logs: Array, budget: float) -> Array:
    """`(n, k)` logarithms, shifted together until each run costs the budget."""

    def cost(sizes: Array) -> Array:
        return question.cost.of(question.rows(sizes))

    try:
        return at_budgets(cost, logs, np.full(len(logs), budget))
    except NoShiftError:
        raise EvolveError(_no_run(question, budget)) from None


def _no_run(question: Question, budget: float) -> str:
    """Why no run costs a budget: it lies too far from all that is known, or the cost is none."""
    sizes = question.known[:, list(question.cost.features)]
    costs, larger = (question.cost.of(question.rows(times * sizes)) for times in (1.0, 10.0))
    if not (larger > costs).all():
        return f"plan: no run costs {budget:g}; {question.cost.text!r} must grow with its features"
    for bound, end, side in (
        (costs.max(), "dearest", "above"),
        (costs.min(), "cheapest", "below"),
    ):
        away = abs(np.log10(budget / bound)) if bound > 0 else 0.0
        if away >= OUT_OF_SIGHT and (budget > bound) == (side == "above"):
            return (
                f"plan: {budget:g} lies {away:.0f} powers of ten {side} what the {end} training "
                f"row costs, {bound:.3g}: no law is a guide there; is a value mistyped, or in "
                "another unit?"
            )
    return f"plan: no run costs {budget:g} by {question.cost.text!r}"


def _no_optimum(question: Question, budget: float, logs: Array) -> tuple[str, ...]:
    """Why a budget has no best run, and what gives it one.

    Args:
        question: What is planned.
        budget: In the units of the cost.
        logs: `(k,)` logarithms of sizes at the end of the search.
    """
    centre = np.log10(question.known[:, list(question.cost.features)]).mean(axis=0)
    names = [question.task.feature_names[j] for j in question.cost.features]
    order = np.argsort(logs - centre)
    more, less = names[order[-1]], names[order[0]]
    words = (
        f"plan: {question.forecast_model.leader} has no interior optimum at {budget:.3g}: at the "
        f"same compute its prediction keeps improving with more {more} and less {less}, far "
        "beyond the training rows" + because(question.task, question.cost.features)
    )
    bound = (words, "; ", Argument("most"), f" {more}=… sets a bound")
    return (*bound, *what_is_better(question))


def what_is_better(question: Question) -> tuple[str, ...]:
    """What is taken to be better and how to say otherwise; nothing where that is plain."""
    if not question.better:
        return ()
    return f"; {question.better}, ", Argument("maximise"), " is to say"
