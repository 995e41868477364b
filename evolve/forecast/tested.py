"""What the folds of a task held out: along which features, how far, and what no fold tests.

A law is tested along a feature where held-out rows of a fold lie beyond all rows of their group
that it fitted. Features go together, too: tokens over unique tokens, as epochs, may be far larger
in a row to forecast than in any other though neither is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from evolve.forecast.spread import extrapolation_distance
from evolve.forecast.telling import telling_folds
from evolve.forecast.words import plain
from evolve.scoring.fold import Fold, rows_by_group
from evolve.scoring.objective import HORIZONS
from evolve.tasks.once import once_a_task
from evolve.tasks.task import Task
from evolve.tasks.together import lines, listed
from evolve.typing import Array

LEAST_REACH = np.log10(HORIZONS[0])  # steps that test a feature that is no axis; judgement
LEAST_BEYOND = np.log10(1.05)  # steps outside the rows that are more than rounding; judgement
RATIO_STEPS = np.log10(2.0)  # by which a ratio lies further out than its features do; judgement
NEAR_1 = 0.05  # by which the power of a ratio may be off 1 to be read as 1; judgement
MOST_NAMED = 3  # features that a sentence names
AT_RANDOM = "held-out rows were drawn at random, so that nothing tests forecasts beyond the data"

TOGETHER = "held-out rows lie beyond the fitted ones along all axes at once, along none alone"


def reach_of(task: Task, folds: Sequence[Fold]) -> Array:
    """`(f,)` steps by which held-out rows lie above what their fold fitted of their group.

    Of an axis the most that any of them lies above, of another feature what most of them do in
    folds of most weight, as where it grows with an axis. Steps are those of
    `extrapolation_distance`; all are 0 of a task that does not extrapolate, whose folds hold out
    an end by chance alone.

    Args:
        task: Its training rows are looked at.
        folds: Of these.
    """
    logarithmic = [feature.logarithmic for feature in task.spec.features]
    most, usual = _reach(task, folds, task.train.X, logarithmic)
    is_axis = np.isin(np.arange(len(most)), task.axes)
    return np.asarray(np.where(is_axis, most, usual))


def rests_on(task: Task, held: Collection[int] | None = None) -> str:
    """What held-out rows test a law along, and what nothing does, in words.

    Args:
        task: Its training rows are looked at.
        held: Numbers of the features that the law holds; None for all.
    """
    if not task.axes:
        return AT_RANDOM
    reach, names = _reached(task), task.feature_names
    along = [j for j in task.axes if reach[j] > 0]
    asked = np.ptp(task.train.X, axis=0) > 0
    asked &= held is None or np.isin(np.arange(len(names)), list(held))
    none = [names[j] for j in np.flatnonzero(asked) if not _is_tested(task, reach, int(j))]
    far = [_far(task, reach, j) for j in along]
    parts = [f"held-out rows reach {listed(far)}" if far else TOGETHER]
    if none:
        more = f" and {len(none) - MOST_NAMED} more" if len(none) > MOST_NAMED else ""
        which = ", ".join(none[:MOST_NAMED]) if more else listed(none)
        parts.append(f"nothing tests forecasts beyond the rows in {which}{more}")
    return "; ".join(parts)


def untested_rows(task: Task, group: str, x: Array) -> list[tuple[str, ...]]:
    """Ends of the training rows beyond which each row lies and no fold tests the law, in words.

    They are ends of features, then of a ratio of two of which one is never less than the other,
    as of tokens to unique tokens, if one lies further than its features do by themselves, then of
    ratios of axes that rise together in all rows, as of tokens to parameters.

    Args:
        task: Its training rows are looked at.
        group: Of the rows.
        x: `(n, f)` rows to forecast.
    """
    own = task.train.X[task.train.group == task.group_names.index(group)]
    steps = extrapolation_distance(x, own, [f.logarithmic for f in task.spec.features])
    reach, names = _reached(task), task.feature_names
    tested = np.array([_is_tested(task, reach, j) for j in range(len(names))])
    found = [
        (
            *(f"low end of {names[j]}" for j in np.flatnonzero(row < -LEAST_BEYOND)),
            *(f"high end of {names[j]}" for j in np.flatnonzero((row > LEAST_BEYOND) & ~tested)),
        )
        for row in steps
    ]
    ratios = _untested_ratios(task, own, x, steps)
    apart = _untested_lines(task, own, x)
    return [tuple(dict.fromkeys(a + b + c)) for a, b, c in zip(found, ratios, apart, strict=True)]


def untested(task: Task, asked: Iterable[tuple[str, Array]]) -> tuple[str, ...]:
    """What `untested_rows` says of any of some rows, each end once.

    Args:
        task: Its training rows are looked at.
        asked: Groups, each with rows `(n, f)`.
    """
    ends = (ends for group, x in asked for ends in untested_rows(task, group, x))
    return tuple(dict.fromkeys(end for some in ends for end in some))


@once_a_task
def _reached(task: Task) -> Array:
    """`(f,)` what `reach_of` says of the folds that a verdict rests on."""
    return reach_of(task, _folds(task))


@once_a_task
def _folds(task: Task) -> Sequence[Fold]:
    """The folds that a verdict on a task's runs rests on, of one that extrapolates."""
    folds = (*task.folds, *task.selection_folds) if task.axes else ()
    return [folds[i] for i in telling_folds(task, folds)]


def _is_tested(task: Task, reach: Array, j: int) -> bool:
    """Whether folds test a law above the largest values of a feature."""
    return bool(j in task.axes or reach[j] >= LEAST_REACH)


def _far(task: Task, reach: Array, j: int) -> str:
    """How far beyond fitted rows held-out ones lie along a feature."""
    if task.spec.features[j].logarithmic:
        return f"{plain(10.0 ** reach[j], 2)} times the fitted {task.feature_names[j]}"
    return f"{plain(reach[j], 2)} ranges beyond the fitted {task.feature_names[j]}"


def _reach(
    task: Task, folds: Sequence[Fold], x: Array, logarithmic: Sequence[bool]
) -> tuple[Array, Array]:
    """`(k,)` largest step of a fold above its fitted rows, and median of its held-out rows.

    The largest is that of any fold, the median one that folds of half of the weight reach.

    Args:
        task: Gives groups.
        folds: Of its training rows.
        x: `(n, k)` columns over these.
        logarithmic: Whether a column is counted in factors of 10, or else in its range.
    """
    each = [_steps(task, fold, x, logarithmic) for fold in folds]
    each, weights = (
        [s for s in each if len(s)],
        [fold.weight for fold, s in zip(folds, each, strict=True) if len(s)],
    )
    if not each or not task.axes:
        return np.zeros(x.shape[1]), np.zeros(x.shape[1])
    medians = np.stack([np.median(steps, axis=0) for steps in each])
    order = np.argsort(-medians, axis=0, kind="stable")
    share = np.cumsum(np.asarray(weights)[order], axis=0) / np.sum(weights)
    place = (share < 0.5).sum(axis=0)
    usual = np.take_along_axis(medians, np.take_along_axis(order, place[None], axis=0), axis=0)[0]
    return np.stack([steps.max(axis=0) for steps in each]).max(axis=0), usual


def _steps(task: Task, fold: Fold, x: Array, logarithmic: Sequence[bool]) -> Array:
    """`(m, k)` steps of a fold's held-out rows above what it fitted of their groups."""
    group = task.train.group
    fitted = {g: fold.fit[rows] for g, rows in rows_by_group(group[fold.fit])}
    steps = [
        extrapolation_distance(x[fold.held[rows]], x[fitted[g]], logarithmic)
        for g, rows in rows_by_group(group[fold.held])
        if g in fitted
    ]
    return np.maximum(np.concatenate(steps), 0.0) if steps else np.zeros((0, x.shape[1]))


def _untested_ratios(task: Task, own: Array, x: Array, steps: Array) -> list[tuple[str, ...]]:
    """The high end of the ratio of a whole to its part in which each row lies furthest out.

    Args:
        task: Its training rows are looked at.
        own: `(m, f)` training rows of the rows' group.
        x: `(n, f)` rows.
        steps: `(n, f)` of each feature outside the training rows.
    """
    parts, wholes = [i for i, _ in task.frame.parts], [j for _, j in task.frame.parts]
    if not parts:
        return [()] * len(x)
    always = [True] * len(parts)
    ratios, own_ratios, all_ratios = (
        rows[:, wholes] / rows[:, parts] for rows in (x, own, task.train.X)
    )
    by_features = np.maximum(steps[:, wholes], 0.0) + np.maximum(-steps[:, parts], 0.0)
    away = extrapolation_distance(ratios, own_ratios, always)
    away = np.where(away - by_features >= RATIO_STEPS, away, 0.0)
    if not away.any():
        return [()] * len(x)
    most, usual = _reach(task, _folds(task), all_ratios, always)
    are_axes = np.isin(parts, task.axes) & np.isin(wholes, task.axes)
    away[:, np.where(are_axes, most, usual) >= LEAST_REACH] = 0.0
    names = [f"{task.feature_names[j]} / {task.feature_names[i]}" for i, j in task.frame.parts]
    return [(f"high end of {names[row.argmax()]}",) if row.any() else () for row in away]


def _untested_lines(task: Task, own: Array, x: Array) -> list[tuple[str, ...]]:
    """Ends of ratios of axes that rise together, beyond which each row lies.

    No fold can hold out one without the other.

    Args:
        task: Its training rows are looked at.
        own: `(m, f)` training rows of the rows' group.
        x: `(n, f)` rows.
    """
    ends: list[tuple[str, ...]] = [()] * len(x)
    for j, k, power in lines(task, tuple(task.axes)):
        plain_ratio = abs(power - 1.0) <= NEAR_1
        power = 1.0 if plain_ratio else power
        named = f"{task.feature_names[k]} / {task.feature_names[j]}"
        named += "" if plain_ratio else f"^{power:.2g}"
        with np.errstate(all="ignore"):
            ratios, own_ratios = (rows[:, [k]] / rows[:, [j]] ** power for rows in (x, own))
        away = extrapolation_distance(ratios, own_ratios, [True])[:, 0]
        for i in np.flatnonzero(np.abs(away) >= RATIO_STEPS):
            ends[i] += (f"{'high' if away[i] > 0 else 'low'} end of {named}",)
    return ends
