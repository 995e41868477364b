"""Divide a task's training rows into folds that hold out the next scales up.

A fold holds out the rows beyond a threshold on the task's axes and fits the rows below, as the
test does one step further out (expanding windows, rolling origin). Where only rows far on every
axis are held out, the folds share most of these, and a long search overfits these rows; hold-outs
with a threshold for each axis ask for other scales. Tasks without axes get plain k-fold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from evolve.errors import TaskError
from evolve.scoring.fold import Fold, different
from evolve.scoring.metrics import nmse
from evolve.scoring.objective import (
    FOLD_SHARES,
    LARGEST_FIRST,
    LEAST_FOLDS,
    MIN_FIT_ROWS,
    MIN_HELD_ROWS,
    N_CORNERS,
    OTHER_K,
    SECONDARY_SHARE,
    SECONDARY_SHARES,
    SELECTION_SHARES,
    fold_weight,
    least_fit_rows,
)
from evolve.tasks.holdouts import (
    far_rows,
    fold_of,
    least_similar,
    multi_axis_holdouts,
    split_groups,
)
from evolve.tasks.kfold import dealt_otherwise, k_fold, numbered
from evolve.tasks.raw import LEAST
from evolve.tasks.table import TaskRows
from evolve.typing import Array, Ints

LEAST_ROWS = MIN_FIT_ROWS + 2  # two of which plain folds can hold out


def expanding_window_folds(
    values: Array,
    group: Ints,
    together: str,
    shares: Sequence[float] = FOLD_SHARES,
) -> list[Fold]:
    """Hold out the far end of the axes, from further and further down (expanding windows).

    Args:
        values: `(n, a)` axis values, larger is further.
        group: `(n,)` group numbers; thresholds are chosen within each group.
        together: ``any`` holds out rows beyond the threshold on one axis, ``all`` on every axis.
        shares: Least share of the rows that successive folds hold out.

    Returns:
        Different folds, the smallest hold-out first.
    """
    folds: list[Fold] = []
    before = np.zeros(len(values), dtype=bool)
    for share in shares:
        held, unjudged = far_rows(values, group, together, share)
        if held.sum() >= MIN_HELD_ROWS and not np.array_equal(held, before):
            folds.append(fold_of(f"far {held.sum()} rows", held, unjudged))
            before = held
    return folds


def _points(task: TaskRows) -> Ints | None:
    """`(n,)` number of the curve, or of the point in feature space, that each row belongs to.

    They are numbered as they first appear, in whatever order the features stand. None where
    repeats of so few points leave no fold: rows of runs are never parted for that.
    """
    if (curve := task.train.curve) is not None:
        return numbered(curve)
    points = numbered(task.train.X)
    return points if k_fold(task.train.group, task.spec.folds.kfold, points) else None


def make_folds(task: TaskRows) -> list[Fold]:
    """The folds that a search is judged on, as the task's `[folds]` table says.

    Args:
        task: The task; with axes its `peel` folds are made, else its `kfold`. Where the axes
            have too few levels for that many, the rest are folds along all features that act
            through their logarithm.

    Returns:
        Different folds. The first holds out the furthest rows as the test does; where there are
        axes, the others come by what they hold out, the smallest first.

    Raises:
        TaskError: no fold leaves enough rows to fit and something to predict.
    """
    spec = task.spec.folds
    if not spec.axes:
        folds = _judgeable(task, k_fold(task.train.group, spec.kfold, _points(task)))
    else:
        folds = _with_corners(task, _along_axes(task, FOLD_SHARES[: spec.peel]))
        if len(folds) < min(spec.peel, LEAST_FOLDS):
            folds += _secondary(task, folds, spec.peel - len(folds))
    if not folds:
        raise TaskError(f"{task.folder}: {_why_no_folds(task)}")
    return folds


def _why_no_folds(task: TaskRows) -> str:
    for name, y in zip(task.target_names, task.train.Y.T, strict=True):
        if np.isnan(nmse(y, y)):
            if 0.0 < np.abs(y).max() < LEAST:
                return (
                    f"target {name!r} must be at least {LEAST:g} in size somewhere, all "
                    f"lie within {np.abs(y).max():.3g} of 0; give it in a smaller unit"
                )
            held = f"all hold {y[0]:g}" if (y == y[0]).all() else f"all lie within {np.ptp(y):.3g}"
            return f"target {name!r} must vary over the training rows, {held}"
    axes = task.spec.folds.axes
    if not axes:
        least = least_fit_rows(task.n_groups)
        if task.train.run is not None:
            return f"no group has runs enough to predict whole ones by {least} rows of the others"
        return f"no group has rows enough to fit {least} of them and predict the others"
    levels = ((a, np.unique(v)) for a, v in zip(axes, task.axis_values.T, strict=True))
    words = ", ".join(f"{a} ({len(v)} level{'s' * (len(v) != 1)})" for a, v in levels)
    return (
        f"the training rows have no further scale to hold out along {words}: each axis needs "
        f"{MIN_HELD_ROWS} rows to hold out, and two levels and {least_fit_rows(task.n_groups)} "
        "rows below them; "
        "name other axes, or none for plain folds"
    )


def require_n_rows(where: Path, n_rows: int) -> None:
    """Require training rows enough to fit some and predict others.

    Raises:
        TaskError: They are too few.
    """
    if n_rows < LEAST_ROWS:
        raise TaskError(
            f"{where}: a search needs at least {LEAST_ROWS} training rows, to fit {MIN_FIT_ROWS} "
            f"and predict the others, there {'is' if n_rows == 1 else 'are'} {n_rows}; add rows"
        )


def require_rows(task: TaskRows) -> None:
    """Require that a search can fit every group and has rows left to predict.

    Raises:
        TaskError: The training rows, or those of a group, are too few.
    """
    require_n_rows(task.folder, task.train.n_rows)
    counts = np.bincount(task.train.group, minlength=task.n_groups)
    least = least_fit_rows(task.n_groups)
    small = [f"{task.group_names[g]!r} has {counts[g]}" for g in np.flatnonzero(counts < least)]
    if small:
        more = f" and {len(small) - 3} groups more" if len(small) > 3 else ""
        raise TaskError(
            f"{task.folder}: a group needs at least {least} training rows to be fitted, "
            f"{', '.join(small[:3])}{more}; add rows, take them out, or join groups"
        )


def make_selection_folds(task: TaskRows) -> list[Fold]:
    """Further folds, for choosing among the finalists of a search.

    Other thresholds than `make_folds`, and where there are few, jumps that leave out the scales
    between the rows to fit and the rows to predict. Without axes, k-fold with other k, or dealt
    out in another way where a table is too short for these. None is a fold of `make_folds` again,
    so that some tables have none.
    """
    group, search_folds = task.train.group, make_folds(task)
    if not task.spec.folds.axes:
        others = dealt_otherwise(group, OTHER_K, search_folds, _points(task))
        return _judgeable(task, others)
    deep = _along_axes(task, SELECTION_SHARES)
    others = different(deep, search_folds)
    others += _corners(task, [*search_folds, *others], N_CORNERS)
    if len(others) < LEAST_FOLDS:
        jumps = [
            _weighed(task, Fold(f"{near.name} after a jump", far.fit, near.held, far.unjudged))
            for i, near in enumerate(deep)
            for far in deep[i + 1 : i + 3]
            if set(group[near.held]) <= set(group[far.fit])
        ]
        others += jumps[: LEAST_FOLDS - len(others)]
    if len(others) < LEAST_FOLDS:
        others += _secondary(task, [*others, *search_folds], LEAST_FOLDS - len(others))
    return different(others, search_folds)


def extrapolation_rows(task: TaskRows, share: float) -> npt.NDArray[np.bool_]:
    """`(n,)` whether a training row lies beyond the thresholds that hold out a least share.

    Args:
        task: A task with axes.
        share: Least share of each group's rows to hold out.
    """
    return far_rows(task.axis_values, task.train.group, task.spec.folds.together, share)[0]


def can_be_judged(task: TaskRows, fold: Fold) -> bool:
    """Whether every target varies over the rows held out; an error has no scale otherwise."""
    held = task.train.Y[fold.held]
    return len(held) > 0 and not np.isnan(nmse(held, held))


def _judgeable(task: TaskRows, folds: Sequence[Fold]) -> list[Fold]:
    """The folds that can be judged, weighed."""
    return [_weighed(task, fold) for fold in folds if can_be_judged(task, fold)]


def _weighed(task: TaskRows, fold: Fold) -> Fold:
    weight = fold_weight(len(fold.fit), task.train.n_rows - len(fold.unjudged))
    return replace(fold, weight=weight)


def _along_axes(task: TaskRows, shares: Sequence[float]) -> list[Fold]:
    """Folds along the task's axes."""
    values, together = task.axis_values, task.spec.folds.together
    folds = _judgeable(task, expanding_window_folds(values, task.train.group, together, shares))
    if together == "any" and folds and len(folds[0].held) > LARGEST_FIRST * task.train.n_rows:
        return [*_smaller(task, shares[0], len(folds[0].held)), *folds]
    return folds


def _smaller(task: TaskRows, share: float, n_held: int) -> list[Fold]:
    """A fold that holds out fewer rows than those beyond any of the axes are, if there is one.

    Of a table with few levels on each axis these are most of it. Fewer lie beyond one axis alone,
    or beyond all at once.
    """
    values, group = task.axis_values, task.train.group
    some = [values[:, [a]] for a in range(values.shape[1])]
    folds = [
        *(fold for v in some for fold in expanding_window_folds(v, group, "any", [share])),
        *expanding_window_folds(values, group, "all", [share]),
    ]
    smaller = [fold for fold in _judgeable(task, folds) if len(fold.held) < n_held]
    return [min(smaller, key=lambda fold: len(fold.held))] if smaller else []


def _with_corners(task: TaskRows, folds: list[Fold]) -> list[Fold]:
    """Replace the two deepest folds by multi-axis hold-outs (corners of the table)."""
    if len(folds) <= LEAST_FOLDS:
        return folds
    corners = _corners(task, folds[:-N_CORNERS], N_CORNERS)
    rest = [*folds[1 : len(folds) - len(corners)], *corners]
    return [folds[0], *sorted(rest, key=lambda f: len(f.held))]


def _corners(task: TaskRows, folds: Sequence[Fold], n: int) -> list[Fold]:
    """Multi-axis hold-outs, none of more weight than the first of the folds given.

    Folds of rows that are far on any axis hold out each axis' far end already.
    """
    if task.spec.folds.together == "any":
        return []
    values, group = task.axis_values, task.train.group
    far = multi_axis_holdouts(values, group) if values.shape[1] > 1 else []
    numbers = np.arange(task.train.n_rows)
    chosen = least_similar(far, [np.isin(numbers, f.held) for f in folds], n)
    new = [fold_of(f"corner {m.sum()} rows", *split_groups(values, group, m)) for m in chosen]
    most = min((f.weight for f in folds[:1]), default=np.inf)
    return [replace(f, weight=min(f.weight, most)) for f in _judgeable(task, new)]


def _secondary(task: TaskRows, folds: Sequence[Fold], n: int) -> list[Fold]:
    """Extra folds along every log-scaled feature; duplicates of `folds` are dropped.

    They are less like the test than the given ones, and weigh less than each of these.
    """
    logs = [j for j, f in enumerate(task.spec.features) if f.logarithmic]
    if not logs:
        return []
    held_out = [f.held for f in folds]
    others = expanding_window_folds(
        task.train.X[:, logs], task.train.group, "any", SECONDARY_SHARES
    )
    new = [f for f in others if not any(np.array_equal(f.held, held) for held in held_out)]
    most = SECONDARY_SHARE * min((f.weight for f in folds), default=np.inf)
    return [replace(f, weight=min(f.weight, most)) for f in _judgeable(task, new)[:n]]
