"""A task and a condition to the axes along which folds and test extrapolate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from evolve.errors import Argument, EvolveError, TaskError
from evolve.tasks.draft.condition import Condition
from evolve.tasks.draft.roles import NO_AXES, Wishes
from evolve.tasks.spec import FoldSpec
from evolve.tasks.task import Task

LEAST_LEVELS = 3  # two to fit, one to hold out


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
        folds = FoldSpec(axes=list(wishes.axes), together=_together(wishes.axes, condition))
        _require_folds(with_folds(task, folds), wishes.extrapolate)
        return folds, "named by the user"
    return _guessed(task, condition)


def with_folds(task: Task, folds: FoldSpec) -> Task:
    """The task under other folds."""
    return replace(task, spec=task.spec.model_copy(update={"folds": folds}))


def _guessed(task: Task, condition: Condition | None) -> tuple[FoldSpec, str]:
    tested = [n for n in task.feature_names if condition and n in condition.upward]
    for axes, why in (
        (tested, "the test lies above them"),
        (_sizes(task), "a guess, as none were named: the sizes (log scale, up to 1 or more)"),
        (_logs(task), "a guess, as none were named: the features of log scale"),
    ):
        folds = FoldSpec(axes=axes, together=_together(tuple(axes), condition))
        if axes and _has_folds(with_folds(task, folds)):
            return folds, why
    _require_folds(task, ())
    return (
        FoldSpec(),
        "no feature has scales enough to hold some out: plain folds, no extrapolation",
    )


def _together(axes: tuple[str, ...], condition: Condition | None) -> Literal["any", "all"]:
    """Whether the test holds rows at the top of all axes at once, or of any of them."""
    several = condition is not None and len(axes) > 1 and set(axes) == set(condition.upward)
    return condition.together if condition is not None and several else "any"


def _logs(task: Task) -> list[str]:
    """Features of log scale with levels enough."""
    columns = zip(task.spec.features, task.train.X.T, strict=True)
    return [
        feature.name
        for feature, values in columns
        if feature.logarithmic and len(np.unique(values)) >= LEAST_LEVELS
    ]


def _sizes(task: Task) -> list[str]:
    """Those that reach 1: counts of something, not rates such as a learning rate."""
    columns = dict(zip(task.feature_names, task.train.X.T, strict=True))
    return [name for name in _logs(task) if columns[name].max() >= 1]


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
