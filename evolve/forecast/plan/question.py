"""What is planned: a law, a cost, what is fixed, what is sought and within which bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from evolve.errors import Argument, EvolveError, nearest
from evolve.evaluation.predict import predict
from evolve.forecast.interval import Forecast, forecast
from evolve.forecast.level import read_level
from evolve.forecast.model import ForecastModel, Member
from evolve.forecast.plan.blends import MOST_TRADED, require_no_share, what_is_left
from evolve.forecast.plan.cost import Cost
from evolve.forecast.plan.together import because
from evolve.law.graph import Law, features_of
from evolve.tasks.directions import is_better_higher
from evolve.tasks.mixture import Mixture, mixture
from evolve.tasks.name_units import units_in_names
from evolve.tasks.roles import SETTINGS
from evolve.tasks.task import Task
from evolve.typing import Array

MOST_TUNED = 3


@dataclass(frozen=True, slots=True)
class Question:
    """What is planned.

    Attributes:
        task: The task.
        forecast_model: Champion and rivals.
        cost: What a run costs.
        group: The group that is planned for.
        target: Number of the target.
        fixed: Values of the features that the cost does not hold, by number.
        maximise: Whether more is better.
        level: Of the intervals.
        most: Largest allowed values of features, by number.
        tuned: Features that cost nothing and whose best values are sought, by number.
        shares: Features that sum to a whole in every training row, if any.
        idle: Features that were to be tuned but that the champion does not hold, by number: they
            are fixed at the median of the group's rows.
    """

    task: Task
    forecast_model: ForecastModel
    cost: Cost
    group: str
    target: int
    fixed: Mapping[int, float]
    maximise: bool = False
    level: float = 0.9
    most: Mapping[int, float] = field(default_factory=dict)
    tuned: tuple[int, ...] = ()
    idle: tuple[int, ...] = ()
    shares: Mixture = Mixture()

    @property
    def varied(self) -> tuple[int, ...]:
        """Numbers of the features whose values are sought: the cost's, then those tuned."""
        return (*self.cost.features, *self.tuned)

    @property
    def names(self) -> list[str]:
        """Names of the features whose values are sought."""
        return [self.task.feature_names[j] for j in self.varied]

    @property
    def better(self) -> str:
        """What is taken to be better, in words; empty where a loss is taken to be one."""
        target = self.task.target_names[self.target]
        if self.maximise:
            return f"more of {target} is taken to be better"
        is_loss = self.task.roles[target] == "loss"
        return "" if is_loss else f"less of {target} is taken to be better"

    @property
    def counted(self) -> str:
        """In which units the cost counts features whose names say one; empty where none does."""
        units = units_in_names(self.task.feature_names, self.task.train.X)
        named = [(self.task.feature_names[j], units[j]) for j in self.cost.features if j in units]
        words = " and ".join(f"{name} in units of {unit:g}" for name, unit in named)
        return f"{self.cost.shown} counts {words}, as the name says" if words else ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was taken for granted, a line each."""
        return tuple(filter(None, (self.counted, self.better)))

    @property
    def known(self) -> Array:
        """`(n, f)` training rows of the group."""
        train = self.task.train
        return np.asarray(train.X[train.group == self.task.group_names.index(self.group)])

    @property
    def linear(self) -> bool:
        """Whether the cost's features act as they are, such as shares of a mixture."""
        features = self.cost.features
        return bool(features) and not self.task.spec.features[features[0]].logarithmic

    @property
    def known_with_fixed(self) -> Array:
        """`(n, f)` training rows of the group, with the fixed features at their values."""
        return self.rows(self.known[:, list(self.varied)])

    def rows(self, free: Array) -> Array:
        """`(n, f)` raw features from `(n, k)` values of the features that are sought.

        Those tuned may be left out where only the cost is asked for, which holds none of them;
        they are nan, so that nothing is forecast of such rows.
        """
        x = np.full((len(free), len(self.task.feature_names)), np.nan)
        for j, value in self.fixed.items():
            x[:, j] = value
        x[:, list(self.varied[: free.shape[1]])] = free
        return x

    def loss(self, free: Array) -> Array:
        """`(n,)` what is minimised; inf where the law is not defined, or bounds or sums broken."""
        member, x = self.forecast_model.members[0], self.rows(free)
        table = predict(member.law, x, member.constants[self.group])
        value = -table[:, self.target] if self.maximise else table[:, self.target]
        allowed = np.isfinite(value) & self.shares.keeps(x)
        for j, most in self.most.items():
            allowed &= x[:, j] <= most
        return np.where(allowed, value, np.inf)

    def forecast(self, free: Array) -> Forecast:
        """Forecast of `(n, k)` values of the features that are sought."""
        return forecast(self.task, self.forecast_model, self.group, self.rows(free), self.level)


def make_question(
    task: Task,
    forecast_model: ForecastModel,
    cost: Cost,
    *,
    group: str | None,
    target: str | None,
    fixed: Mapping[str, float],
    maximise: bool | None,
    level: float,
    most: Mapping[str, float] | None = None,
    split: bool = True,
) -> Question:
    """Check what is planned.

    `maximise` is None where the target's role is to say whether more is better. Where no budget is
    to be `split`, the champion need not depend on what the cost holds.

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
    if len(free) > MOST_TRADED:
        raise EvolveError(Argument("compute"), f": may hold at most {MOST_TRADED} features")
    numbers, tuned = _fixed_numbers(task, free, fixed), _tuned(task, free, fixed)
    chosen = _one("group", group, task.group_names)
    number = task.target_names.index(_one("target", target, task.target_names))
    if maximise is None:
        name = task.target_names[number]
        maximise = is_better_higher(name, task.roles[name])
    bounds = _bounds(task, free, most or {})
    level = read_level(level)
    parts = (task, forecast_model, cost, chosen, number, numbers, maximise, level, bounds, tuned)
    question = _without_idle(Question(*parts, shares=mixture(task)))
    if split:
        require_used(question)
    return question


def _without_idle(question: Question) -> Question:
    """The question without settings that the champion does not hold, unless nothing is left."""
    names = not_used(question, question.forecast_model.members[0])
    idle = tuple(j for j in question.tuned if question.task.feature_names[j] in names)
    if not idle or not (question.cost.features or set(question.tuned) - set(idle)):
        return question
    medians = {j: float(np.median(question.known[:, j])) for j in idle}
    tuned = tuple(j for j in question.tuned if j not in idle)
    return replace(question, fixed={**question.fixed, **medians}, tuned=tuned, idle=idle)


def _bounds(task: Task, free: list[str], most: Mapping[str, float]) -> dict[int, float]:
    """Largest values by the numbers of features that the cost holds."""
    for name, value in most.items():
        if name not in free:
            rule = f": {name} must be one of {', '.join(free)}{nearest(name, free)}"
            raise EvolveError(Argument("most"), rule)
        if not value > 0:
            raise EvolveError(Argument("most"), f": {name} must be above 0, it is {value:g}")
    return {task.feature_names.index(name): value for name, value in most.items()}


def _fixed_numbers(
    task: Task, free: Sequence[str], fixed: Mapping[str, float]
) -> dict[int, float]:
    """Values of the features that are fixed, by number."""
    for name in fixed:
        if name in free:
            compute, at = Argument("compute"), Argument("at")
            raise EvolveError(f"{name} stands in ", compute, ", so ", at, " cannot fix it")
    for feature in task.spec.features:
        if feature.logarithmic and not fixed.get(feature.name, 1.0) > 0:
            rule = f" {feature.name}: must be above 0, it is {fixed[feature.name]:g}"
            raise EvolveError(Argument("at"), rule)
    return {task.feature_names.index(n): v for n, v in fixed.items()}


def _tuned(task: Task, free: Sequence[str], fixed: Mapping[str, float]) -> tuple[int, ...]:
    """Features that neither the cost holds nor a value fixes, whose best values are sought.

    Beside a cost only settings of a run are sought, such as a learning rate: a size that costs
    nothing must be given.
    """
    missing = [n for n in task.feature_names if n not in free and n not in fixed]
    at = Argument("at")
    if not free and not missing:
        raise EvolveError(at, ": fixes every feature, so there is nothing to plan")
    roles = {task.roles[name] for name in missing}
    none_is_a_size = roles <= {*SETTINGS} or (len(missing) == 1 and roles == {"other"})
    if not free and not fixed and not none_is_a_size:
        both = Argument("budget"), " and ", Argument("compute")
        split = ", such as 1e22 and 6*params*tokens, to split a budget, or by "
        size = " a size, so that the best of the other features is sought"
        raise EvolveError("plan: give ", *both, split, at, size)
    linear = {f.name for f in task.spec.features if f.name in free and not f.logarithmic}
    sizes = [n for n in missing if linear or task.roles[n] not in SETTINGS]
    if free and sizes:
        rest = (Argument("compute"), " leaves out: ", at, f" {'=… '.join(sizes)}=…")
        raise EvolveError("fix what ", *rest)
    require_no_share(mixture(task), missing, fixed)
    if len(missing) > MOST_TUNED:
        rule = f": fix more, the best values of at most {MOST_TUNED} features are sought, not of "
        raise EvolveError(at, rule, ", ".join(missing))
    return tuple(task.feature_names.index(name) for name in missing)


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


def require_used(question: Question) -> None:
    """Require that the champion depends on every feature that is sought.

    Raises:
        EvolveError: It does not; the line names a rival that does, if any.
    """
    missing = not_used(question, question.forecast_model.members[0])
    if not missing:
        return
    name = missing[0]
    others = [m for m in question.forecast_model.members[1:] if not not_used(question, m)]
    hint: tuple[str, ...] = ()
    if others:
        entry = max(others, key=lambda m: m.weight).index
        hint = ("; of its rivals entry ", f"{entry} does: ", Argument("entry"), f" {entry}")
    what = (
        "no budget can be split on it"
        if name in question.names[: len(question.cost.features)]
        else "no value of it is best"
    )
    raise EvolveError(
        f"plan: {question.forecast_model.leader} does not depend on {name}, so {what}",
        *hint,
        because(question.task, question.cost.features),
    )


def not_used(question: Question, member: Member) -> list[str]:
    """Features that are sought but that a law does not hold, nor says by the others."""
    law = member.law
    if not isinstance(law, Law) or law.own_feature_first:
        return []
    seen = features_of(law.root)
    said = {*seen, what_is_left(question.shares, question.varied, seen)}
    return [n for j, n in zip(question.varied, question.names, strict=True) if j not in said]
