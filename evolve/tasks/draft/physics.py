"""Declared constraints of a law, as the user says or as roles of columns and rows suggest."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
from pydantic import ValidationError

from evolve.errors import Argument, EvolveError
from evolve.tasks.complaints import explain
from evolve.tasks.costs import costs_above_0, is_cost
from evolve.tasks.declared import between_text
from evolve.tasks.draft.columns import POSITIVE
from evolve.tasks.draft.roles import NO_AXES, Wishes
from evolve.tasks.measures import ERROR_SHARES, ERRORS, LOGARITHM
from evolve.tasks.roles import nearest_column, words_of
from evolve.tasks.spec import PhysicsSpec, Target, TaskSpec
from evolve.tasks.task import Task

UNKNOWN = (None, "other", "outcome")  # roles of targets whose names do not say what is better
SIZES = ("N", "D", "U", "C")  # roles of what a loss falls with
_ERROR = re.compile(rf"\b({ERRORS}|error|err)\b")
_SHARE = re.compile(rf"\b({ERROR_SHARES})\b")
PERCENT = 100.0
ANY_NUMBER = [-math.inf, math.inf]
TOGETHER = 0.01  # of the widest direction of rows; across a narrower one features move together


def declare(task: Task, wishes: Wishes) -> tuple[Task, str, str]:
    """The task with physics and bounds, what they are in words, and why.

    Args:
        task: The training rows, with roles.
        wishes: What the user said; ``none`` for no falling or rising feature.

    Raises:
        EvolveError: A name is no feature, or a bound is wrong.
    """
    falling, rising = (_named(task, wishes, kind) for kind in ("decreasing", "increasing"))
    guessed = [] if wishes.decreasing else [n for n in _falls_in(task) if n not in rising]
    targets = [_bounded(task, t, wishes) for t in range(len(task.target_names))]
    floor = None if wishes.floor == -math.inf else wishes.floor
    if wishes.floor is None and _are_above_0(task) and not all(t["bounds"] for t in targets):
        floor = 0.0
    try:
        physics = PhysicsSpec(
            decreasing_in=[*falling, *guessed],
            increasing_in=rising,
            floor=floor,
            ceiling=wishes.ceiling,
        )
        spec = TaskSpec.model_validate(
            task.spec.model_dump() | {"physics": physics.model_dump(), "targets": targets}
        )
    except ValidationError as error:
        rule = str(error).partition("Value error, ")[2].partition(" [type")[0]
        raise EvolveError(f"physics: {rule or explain(error, TaskSpec, {})}") from None
    task = replace(task, spec=spec)
    return task, _words(task), _why(task, wishes)


def _named(task: Task, wishes: Wishes, kind: str) -> list[str]:
    """The features that the user says the target falls or rises in."""
    names = list(getattr(wishes, kind))
    if names == [NO_AXES]:
        return []
    for name in names:
        if name not in task.feature_names:
            raise EvolveError(
                Argument(kind),
                f": must name features, {name!r} is none of {', '.join(task.feature_names)}"
                f"{nearest_column(name, task.feature_names)}",
            )
    return names


def _is_loss(target: Target) -> bool:
    """Whether a target is a loss, or an error by its name, which is none where it is 0."""
    is_error = target.role == "outcome" and _ERROR.search(words_of(target.name)) is not None
    return target.role == "loss" or is_error


def _are_losses(task: Task) -> bool:
    """Whether every target is a loss or an error, and above 0 in every row."""
    return all(map(_is_loss, task.spec.targets)) and bool((task.train.Y > 0).all())


def _is_logarithm(target: Target) -> bool:
    """Whether a target is a logarithm by its name."""
    return re.search(LOGARITHM, words_of(target.name)) is not None


def _are_above_0(task: Task) -> bool:
    """Whether targets are above 0 by their names, or by their rows where names say nothing."""
    if any(map(_is_logarithm, task.spec.targets)):
        return False
    return _are_losses(task) or _falls_above_0(task)


def _falls_above_0(task: Task) -> bool:
    """Whether targets of names that say nothing are above 0 and fall along every axis of sizes.

    Hardly anything does so that 0 means nothing for, and laws over any origin, which may go either
    way, are many more than those that fall towards a floor.
    """
    says_nothing = all(target.role in UNKNOWN for target in task.spec.targets)
    along = [j for j in task.axes if task.spec.features[j].logarithmic]
    if not says_nothing or not along or not (task.train.Y > 0).all():
        return False
    return all(_slopes_down(task, j) for j in along)


def _falls_in(task: Task) -> list[str]:
    """Sizes that losses fall with, where the training rows do not say otherwise."""
    if not _are_losses(task):
        return []
    return [
        feature.name
        for j, feature in enumerate(task.spec.features)
        if feature.logarithmic and feature.role in SIZES and _slopes_down(task, j)
    ]


def _slopes_down(task: Task, feature: int) -> bool:
    """Whether the straight line through the rows of most groups falls in a feature.

    What features that move together do is shared among them: rounding would say which one falls.
    """
    logs = [f.logarithmic for f in task.spec.features]
    falls = []
    for g in range(task.n_groups):
        rows = task.train.group == g
        x = np.where(logs, np.log(np.where(logs, task.train.X[rows], 1.0)), task.train.X[rows])
        y, span = task.train.Y[rows], np.ptp(x, axis=0)
        design = (x - x.mean(axis=0)) / np.where(span > 0, span, 1.0)
        slopes = np.linalg.lstsq(design, y - y.mean(axis=0), rcond=TOGETHER)[0][feature]
        falls.append(bool((slopes < 0).all()))
    return 2 * sum(falls) > len(falls)


def _bounded(task: Task, number: int, wishes: Wishes) -> dict[str, object]:
    """A target with the bounds that the user gave, or that its role and its rows suggest.

    Where all targets are above 0, the floor of the physics says so of each.
    """
    target: Target = task.spec.targets[number]
    y = task.train.Y[:, number]
    bounds = list(wishes.bounds)
    is_share = target.role == "outcome" and _SHARE.search(words_of(target.name)) is not None
    is_share = is_share and not _is_logarithm(target)
    if not bounds and (target.role == "accuracy" or is_share) and y.min() >= 0.0:
        top = 1.0 if y.max() <= 1.0 else PERCENT
        bounds = [0.0, top] if y.max() <= top else []
    is_lone_loss = _is_loss(target) and not _is_logarithm(target) and not _are_above_0(task)
    is_positive = (is_lone_loss or target.role in POSITIVE) and wishes.floor is None
    if not bounds and is_positive and y.min() > 0.0:
        bounds = [0.0, math.inf]
    if not bounds and wishes.floor == -math.inf and is_cost(target.name):
        bounds = ANY_NUMBER  # takes back that its intervals end at 0
    return target.model_dump() | {"bounds": bounds}


def _costs(task: Task) -> list[str]:
    """Targets whose intervals end at 0, as costs do by their names."""
    return [n for n, ends in zip(task.target_names, costs_above_0(task), strict=True) if ends]


def _words(task: Task) -> str:
    """What is declared, in words."""
    spec, words = task.spec, []
    physics = spec.physics
    words += [f"falls in {', '.join(physics.decreasing_in)}"] if physics.decreasing_in else []
    words += [f"rises in {', '.join(physics.increasing_in)}"] if physics.increasing_in else []
    words += [] if physics.floor is None else [f"above {physics.floor:g}"]
    words += [] if physics.ceiling is None else [f"below {physics.ceiling:g}"]
    words += [f"{t.name} {between_text(*t.bounds)}" for t in spec.targets if t.bounds]
    words += [f"intervals of {name} end at 0" for name in _costs(task)]
    return "; ".join(words) or "none"


def _why(task: Task, wishes: Wishes) -> str:
    """Whether the user says what is declared, or what makes a guess of it."""
    spec = task.spec
    taken_back = [t.name for t in spec.targets if t.bounds == ANY_NUMBER]
    guessed = any(t.bounds for t in spec.targets if t.name not in taken_back) or _costs(task)
    wished = (wishes.decreasing, wishes.increasing, wishes.bounds)
    said = any(wished) or wishes.floor is not None or wishes.ceiling is not None
    falls = bool(spec.physics.decreasing_in) and not wishes.decreasing
    above = spec.physics.floor is not None and wishes.floor is None
    if not (falls or above or (not wishes.bounds and guessed)):
        if said:
            return "as the user says; a law that breaks it far out loses score"
        return "nothing is certain by the names; say so where it is"
    if above and not _are_losses(task):
        guess = "a guess: it is above 0 in every row, and a line through the rows falls with size"
    else:
        what = "losses fall with size" if falls else "what such a target can be"
        guess = f"a guess from names: {what}"
    part = "in part as the user says, in part " if said else ""
    return f"{part}{guess}; say otherwise where it is wrong"
