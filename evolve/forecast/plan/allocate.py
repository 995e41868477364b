"""A law, a cost and a budget to the run with the best prediction that the budget buys."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from evolve.errors import Argument, EvolveError, nearest
from evolve.evaluation.predict import predict
from evolve.forecast.basis import Basis
from evolve.forecast.interval import Forecast, forecast
from evolve.forecast.plan.cost import Cost
from evolve.forecast.plan.ratios import SEARCH_DECADES, polished, ratios
from evolve.forecast.plan.shares import best_shares
from evolve.forecast.plan.together import because
from evolve.law.graph import Law, features_of
from evolve.tasks.task import Task
from evolve.typing import Array

POINTS = {1: 1, 2: 401, 3: 61, 4: 25}
LARGEST_SHIFT = 12.0
EDGE = 0.02
AT_BOUND = 1e-3
RISING = ("accuracy",)  # roles of targets that are better when higher


@dataclass(frozen=True, slots=True)
class Question:
    """What is planned.

    Attributes:
        task: The task.
        basis: Champion and rivals.
        cost: What a run costs.
        group: The group that is planned for.
        target: Number of the target.
        fixed: Values of the features that the cost does not hold, by number.
        maximise: Whether more is better.
        level: Of the intervals.
        most: Largest allowed values of features, by number.
    """

    task: Task
    basis: Basis
    cost: Cost
    group: str
    target: int
    fixed: Mapping[int, float]
    maximise: bool = False
    level: float = 0.9
    most: Mapping[int, float] = field(default_factory=dict)

    @property
    def known(self) -> Array:
        """`(n, f)` training rows of the group."""
        train = self.task.train
        return np.asarray(train.X[train.group == self.task.group_names.index(self.group)])

    @property
    def linear(self) -> bool:
        """Whether the cost's features act as they are, such as shares of a mixture."""
        return not self.task.spec.features[self.cost.features[0]].logarithmic

    @property
    def known_with_fixed(self) -> Array:
        """`(n, f)` training rows of the group, with the fixed features at their values."""
        return self.rows(self.known[:, list(self.cost.features)])

    def rows(self, free: Array) -> Array:
        """`(n, f)` raw features from `(n, k)` values of the cost's features."""
        x = np.zeros((len(free), len(self.task.feature_names)))
        for j, value in self.fixed.items():
            x[:, j] = value
        x[:, list(self.cost.features)] = free
        return x

    def loss(self, free: Array) -> Array:
        """`(n,)` what is minimised; inf where the law is not defined or a bound is broken."""
        member, x = self.basis.members[0], self.rows(free)
        table = predict(member.law, x, member.constants[self.group])
        value = -table[:, self.target] if self.maximise else table[:, self.target]
        allowed = np.isfinite(value)
        for j, most in self.most.items():
            allowed &= x[:, j] <= most
        return np.where(allowed, value, np.inf)

    def forecast(self, free: Array) -> Forecast:
        """Forecast of `(n, k)` values of the cost's features."""
        return forecast(self.task, self.basis, self.group, self.rows(free), self.level)


@dataclass(frozen=True, slots=True)
class Allocation:
    """The best run of a budget.

    Attributes:
        budget: In the units of the cost.
        values: The cost's features by name.
        point: Prediction of the target.
        low: Lower end of the interval.
        high: Upper end.
        extrapolation_distance: `(f,)` steps outside the training range.
        at_most: Features whose bound holds the run back.
    """

    budget: float
    values: dict[str, float]
    point: float
    low: float
    high: float
    extrapolation_distance: Array
    at_most: tuple[str, ...] = ()


def make_question(
    task: Task,
    basis: Basis,
    cost: Cost,
    *,
    group: str | None,
    target: str | None,
    fixed: Mapping[str, float],
    maximise: bool | None,
    level: float,
    most: Mapping[str, float] | None = None,
) -> Question:
    """Check what is planned.

    `maximise` is None where the target's role is to say whether more is better.

    Raises:
        EvolveError: A feature has no value, cannot be traded off, or a name is not known.
    """
    free = [task.feature_names[j] for j in cost.features]
    linear = [f.name for f in task.spec.features if f.name in free and not f.logarithmic]
    if linear and len(linear) < len(free):
        raise EvolveError(
            f"plan: {linear[0]} acts as it is, not through its logarithm; it can be traded off "
            "only against features that do so too"
        )
    if len(free) > max(POINTS):
        raise EvolveError(Argument("compute"), f": may hold at most {max(POINTS)} features")
    numbers = _fixed_numbers(task, free, fixed)
    chosen = _one("group", group, task.group_names)
    number = task.target_names.index(_one("target", target, task.target_names))
    if maximise is None:
        maximise = task.roles[task.target_names[number]] in RISING
    bounds = _bounds(task, free, most or {})
    question = Question(task, basis, cost, chosen, number, numbers, maximise, level, bounds)
    _require_used(question, free)
    return question


def _bounds(task: Task, free: list[str], most: Mapping[str, float]) -> dict[int, float]:
    """Largest values by the numbers of features that the cost holds."""
    for name, value in most.items():
        if name not in free:
            rule = f": {name} must be one of {', '.join(free)}{nearest(name, free)}"
            raise EvolveError(Argument("max"), rule)
        if not value > 0:
            raise EvolveError(Argument("max"), f": {name} must be above 0, it is {value:g}")
    return {task.feature_names.index(name): value for name, value in most.items()}


def _fixed_numbers(
    task: Task, free: Sequence[str], fixed: Mapping[str, float]
) -> dict[int, float]:
    """Values of the features that the cost does not hold, by number; each must have one."""
    compute, at = Argument("compute"), Argument("at")
    for name in fixed:
        if name in free:
            raise EvolveError(f"{name} stands in ", compute, ", so ", at, " cannot fix it")
    missing = [n for n in task.feature_names if n not in free and n not in fixed]
    if missing:
        raise EvolveError("fix what ", compute, " leaves out: ", at, f" {'=… '.join(missing)}=…")
    return {task.feature_names.index(n): v for n, v in fixed.items()}


def _one(argument: str, value: str | None, valid: tuple[str, ...]) -> str:
    if value is None and len(valid) == 1:
        return valid[0]
    shown = ", ".join(valid[:12]) + (", …" if len(valid) > 12 else "")
    if value is None:
        raise EvolveError("plan: give ", Argument(argument), f", one of {shown}")
    if value not in valid:
        rule = f": must be one of {shown}, it is {value!r}{nearest(value, valid)}"
        raise EvolveError(Argument(argument), rule)
    return value


def _require_used(question: Question, free: list[str]) -> None:
    law = question.basis.members[0].law
    seen = set(range(len(question.task.feature_names)))
    if isinstance(law, Law) and not law.own_feature_first:
        seen = features_of(law.root)
    for j, name in zip(question.cost.features, free, strict=True):
        if j not in seen:
            raise EvolveError(
                f"plan: the champion does not depend on {name}, so no budget can be split on it"
                + because(question.task, question.cost.features)
            )


def allocate(question: Question, budget: float) -> Allocation:
    """The run with the best prediction among those that cost the whole budget.

    Raises:
        EvolveError: The budget buys no such run, or the best one lies at no finite ratio.
    """
    free = (_shares if question.linear else _sizes)(question, budget)
    result = question.forecast(free)
    names = [question.task.feature_names[j] for j in question.cost.features]
    t = question.target
    return Allocation(
        budget,
        dict(zip(names, free[0].tolist(), strict=True)),
        float(result.point[0, t]),
        float(result.low[0, t]),
        float(result.high[0, t]),
        result.extrapolation_distance[0],
        tuple(
            name
            for j, name, value in zip(question.cost.features, names, free[0], strict=True)
            if value >= (1.0 - AT_BOUND) * question.most.get(j, np.inf)
        ),
    )


def _shares(question: Question, budget: float) -> Array:
    """`(1, k)` best values of features that act as they are, within the training rows' ranges."""
    rows = question.known[:, list(question.cost.features)]
    return best_shares(
        rows, lambda free: question.cost.of(question.rows(free)), question.loss, budget
    )


def _sizes(question: Question, budget: float) -> Array:
    """`(1, k)` best values of features that act through their logarithms."""
    centre = np.log10(question.known[:, list(question.cost.features)]).mean(axis=0)
    k = len(centre)
    basis = ratios(k)
    grid = np.linspace(-SEARCH_DECADES, SEARCH_DECADES, POINTS[k]) if k > 1 else np.zeros(0)
    turns = np.array(list(itertools.product(grid, repeat=k - 1)))  # of one feature, `(1, 0)`

    def place(turn: Array) -> Array:
        return scaled_to(question, centre + turn @ basis, budget)

    losses = question.loss(10.0 ** place(turns))
    if not np.isfinite(losses).any():
        within = " and keeps to the largest values" if question.most else ""
        raise EvolveError(f"plan: no run that costs {budget:g}{within} can be predicted")
    best = turns[int(np.argmin(losses))]
    if k > 1:
        best = polished(lambda turn: float(question.loss(10.0 ** place(turn[None]))[0]), best)
        if np.abs(best).max() > SEARCH_DECADES * (1.0 - EDGE):
            raise EvolveError(_no_optimum(question, place(best[None])[0]))
    best_place: Array = 10.0 ** place(best[None])
    return best_place


def scaled_to(question: Question, logs: Array, budget: float) -> Array:
    """`(n, k)` logarithms, shifted together until each run costs the budget (bisection)."""

    def cost(shift: Array) -> Array:
        return question.cost.of(question.rows(10.0 ** (logs + shift[:, None])))

    low = np.full(len(logs), -LARGEST_SHIFT)
    high = -low
    if not ((cost(low) < budget) & (cost(high) > budget)).all():
        raise EvolveError(
            f"plan: no run costs {budget:g}; {question.cost.text!r} must grow with its features"
        )
    for _ in range(80):
        middle = 0.5 * (low + high)
        dear = cost(middle) > budget
        high, low = np.where(dear, middle, high), np.where(dear, low, middle)
    shifted: Array = logs + 0.5 * (low + high)[:, None]
    return shifted


def _no_optimum(question: Question, logs: Array) -> str:
    centre = np.log10(question.known[:, list(question.cost.features)]).mean(axis=0)
    names = [question.task.feature_names[j] for j in question.cost.features]
    order = np.argsort(logs - centre)
    more, less = names[order[-1]], names[order[0]]
    return (
        f"plan: the champion has no interior optimum: at the same compute its prediction keeps "
        f"improving with more {more} and less {less}, far beyond the training rows"
        + because(question.task, question.cost.features)
    )
