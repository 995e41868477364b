"""A task and a condition to the axes along which folds and test extrapolate."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from evolve.errors import Argument, EvolveError, TaskError
from evolve.scoring.objective import DISAGREEMENT_REACH
from evolve.tasks.draft.condition import Condition
from evolve.tasks.draft.roles import NO_AXES, Wishes
from evolve.tasks.roles import SETTINGS
from evolve.tasks.spec import FoldSpec
from evolve.tasks.task import Task
from evolve.typing import Array

LEAST_LEVELS = 3  # two to fit, one to hold out
MOST_AXES = 3  # beyond any of which a fold holds rows out; with more, little is left to fit
LEAST_EVEN = 5  # levels of a feature of linear scale: its steps are small beside its values
LEAST_SPAN = 1 / 3  # of the widest axis, in logarithms, that another one spans
MOST_LOG = 100.0  # largest value that a column of logarithms has


def choose_axes(task: Task, wishes: Wishes, condition: Condition | None) -> tuple[FoldSpec, str]:
    """How folds are made, and why so.

    The axes are those asked for; else the features that the test's condition bounds below; else a
    guess that the training rows allow folds for.

    Args:
        task: The training rows, under a spec without axes.
        wishes: What was asked for.
        condition: Of the test rows.

    Raises:
        EvolveError: The rows allow no folds along axes that were asked for.
        TaskError: They allow no folds at all.
    """
    if wishes.extrapolate:
        folds = _folds(task, axes=list(wishes.axes), together=_together(wishes.axes, condition))
        _require_folds(with_folds(task, folds), wishes.extrapolate)
        return folds, "named by the user"
    return _guessed(task, condition)


def choose_horizon(
    task: Task, wishes: Wishes, condition: Condition | None
) -> tuple[FoldSpec, str]:
    """The folds with the factor beyond the data that forecasts will be asked for, and why that.

    Rows of a test say nothing of it, but where its condition begins further out than laws are
    compared anyway, they are compared there.

    Args:
        task: The training rows, with axes.
        wishes: What was asked for.
        condition: Of the test rows.

    Raises:
        EvolveError: The user gave a horizon that the axes cannot have.
    """
    folds = task.spec.folds
    if wishes.horizon:
        try:
            named = FoldSpec.model_validate(
                folds.model_dump() | {"horizon": [float(h) for h in wishes.horizon]}
            )
        except ValueError as error:
            given = ", ".join(map(str, wishes.horizon))
            raise EvolveError(
                Argument("horizon"), f": {_rule_of(error)}; it holds {given}"
            ) from None
        return named, "named by the user"
    begins = {} if condition is None else condition.thresholds
    reach = [_reach(task, axis, begins.get(axis)) for axis in folds.axes]
    if not reach or max(reach) <= DISAGREEMENT_REACH:
        return folds, "not given: how far beyond the data forecasts will be asked for"
    return folds.model_copy(update={"horizon": reach}), "the test begins so far out"


def _rule_of(error: ValueError) -> str:
    """The rule that a specification breaks, as its validator says it."""
    text = str(error)
    own = text.partition("Value error, ")[2].partition(" [type")[0]
    return own or "must hold factors of 1 or more"


def _reach(task: Task, axis: str, begins: float | None) -> float:
    """Factor beyond the training rows at which a test begins, if that is further than usual."""
    if axis not in task.feature_names or begins is None:
        return DISAGREEMENT_REACH
    number = task.feature_names.index(axis)
    if not task.spec.features[number].logarithmic:
        return DISAGREEMENT_REACH
    factor = begins / float(task.train.X[:, number].max())
    return max(DISAGREEMENT_REACH, float(f"{factor:.3g}"))


def horizon_text(task: Task) -> str:
    """The horizon in words."""
    pairs = zip(task.spec.folds.axes, task.horizon or (), strict=False)
    return ", ".join(f"{factor:g} times along {axis}" for axis, factor in pairs) or "none"


def _folds(task: Task, axes: Sequence[str], together: Literal["any", "all"]) -> FoldSpec:
    """The task's folds along other axes."""
    return task.spec.folds.model_copy(update={"axes": list(axes), "together": together})


def with_folds(task: Task, folds: FoldSpec) -> Task:
    """The task under other folds."""
    return replace(task, spec=task.spec.model_copy(update={"folds": folds}))


def _guessed(task: Task, condition: Condition | None) -> tuple[FoldSpec, str]:
    tested = [n for n in task.feature_names if condition and n in condition.upward]
    large = _sizes(task)
    sizes = _widest(task, [name for name in _candidates(task) if name in large])
    for axes, why in (
        (tested, "the test lies above them"),
        (
            sizes,
            "a guess, as none were named: what spans most and is no setting of a run",
        ),
        (_counted(task), "a guess, as none were named: what is counted from 0 and no setting"),
        (_widest(task, _candidates(task)), "a guess, as none were named: what spans most"),
        (_only_even(task), "a guess, as none were named: nothing else can be larger"),
    ):
        folds = _folds(task, axes=axes, together=_together(tuple(axes), condition))
        if axes and _has_folds(with_folds(task, folds)):
            return folds, why
    _require_folds(task, ())
    return (
        task.spec.folds,
        "no one feature is likely to grow, or its largest are too few to hold out: plain folds, "
        "no extrapolation unless features are named",
    )


def _together(axes: tuple[str, ...], condition: Condition | None) -> Literal["any", "all"]:
    """Whether the test holds rows at the top of all axes at once, or of any of them."""
    several = condition is not None and len(axes) > 1 and set(axes) == set(condition.upward)
    return condition.together if condition is not None and several else "any"


def _candidates(task: Task) -> list[str]:
    """Features of log scale, and logarithms given as such, with levels enough."""
    columns = zip(task.spec.features, task.train.X.T, strict=True)
    return [
        feature.name
        for feature, values in columns
        if (feature.logarithmic or _log_base(feature.name))
        and len(np.unique(values)) >= LEAST_LEVELS
    ]


def _counted(task: Task) -> list[str]:
    """The one feature of whole numbers from 0, such as cycles, which 0 keeps from a log scale."""
    columns = zip(task.feature_names, task.train.X.T, strict=True)
    whole = {name for name, x in columns if x.min() == 0 and (x == np.round(x)).all()}
    return [name for name in _only_even(task) if name in whole]


def _only_even(task: Task) -> list[str]:
    """The one feature of linear scale that can be larger, such as a year; none of several.

    A setting of a run, such as a temperature, is it where it is the only feature. What lies within
    0 and 1 may be a share, which cannot be larger.
    """
    even = [
        feature.name
        for feature, values in zip(task.spec.features, task.train.X.T, strict=True)
        if not feature.logarithmic and len(np.unique(values)) >= LEAST_EVEN
        if values.min() < 0 or values.max() > 1
    ]
    alone = len(task.feature_names) == 1
    names = even if alone else [name for name in even if name in _sizes(task)]
    return names if len(names) == 1 else []


def _sizes(task: Task) -> set[str]:
    """Features that may be a size of something, and are no settings such as a learning rate."""
    return {feature.name for feature in task.spec.features if feature.role not in SETTINGS}


def _widest(task: Task, names: Sequence[str]) -> list[str]:
    """Those of some features that span most, at most three, in the order given.

    A table is made along these: what spans less than a third as much is not what is to be larger.
    """
    columns = dict(zip(task.feature_names, task.train.X.T, strict=True))
    spans = {name: _span(columns[name], name) for name in names}
    widest = sorted(names, key=lambda name: -spans[name])[:MOST_AXES]
    least = LEAST_SPAN * max(spans.values(), default=0.0)
    return [n for n in names if n in widest and spans[n] >= least]


def _span(values: Array, name: str) -> float:
    """Logarithm of the factor between a feature's largest and least value."""
    if base := _log_base(name) if values.min() <= 0 or values.max() < MOST_LOG else None:
        return float(np.ptp(values)) * math.log(base)
    return float(np.log(values.max()) - np.log(values.min()))


def _log_base(name: str) -> float | None:
    """Base of the logarithm that a column holds by its name, such as ``log10_flops``."""
    match = re.match(r"(?:log[_ ]?(10|2)|(log)|(ln))(?=[_ (]|$)", name.lower())
    if match is None:
        return None
    return float(match[1]) if match[1] else (10.0 if match[2] else math.e)


def _has_folds(task: Task) -> bool:
    try:
        return bool(task.folds)
    except TaskError:
        return False


def _require_folds(task: Task, named: Sequence[str]) -> None:
    try:
        _ = task.folds
    except TaskError as error:
        if not named or named[-1].endswith(NO_AXES):
            raise
        words = f" {' '.join(named)}: "
        raise EvolveError(Argument("extrapolate"), words, *error.args) from None
