"""Masks of the rows of a table that lie beyond thresholds on its axes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import product

import numpy as np
import numpy.typing as npt

from evolve.scoring.fold import Fold, rows_by_group
from evolve.scoring.objective import (
    LEAST_SHARE,
    MOST_CORNERS,
    MOST_LEVELS,
    MOST_SHARE,
    least_fit_rows,
)
from evolve.typing import Array, Ints

Mask = npt.NDArray[np.bool_]


def far_rows(values: Array, group: Ints, together: str, share: float) -> tuple[Mask, Mask]:
    """Rows beyond the thresholds of their groups, and rows of groups too small for that.

    Args:
        values: `(n, a)` axis values, larger is further.
        group: `(n,)` group numbers; thresholds are chosen within each group.
        together: ``any`` for rows beyond the threshold on one axis, ``all`` on every axis.
        share: Least share of a group's rows to hold out.
    """
    far = np.zeros(len(values), dtype=bool)
    for _, rows in rows_by_group(group):
        beyond = _beyond(values[rows], together, share)
        if beyond is not None:
            far[rows[beyond]] = True
    return split_groups(values, group, far)


def split_groups(values: Array, group: Ints, far: Mask) -> tuple[Mask, Mask]:
    """The far rows of groups that are left with enough to fit, and all rows of the others."""
    judged = np.zeros(len(values), dtype=bool)
    least = least_fit_rows(len(np.unique(group)))
    for _, rows in rows_by_group(group):
        judged[rows] = bool(far[rows].any()) and _enough(values[rows], far[rows], least)
    return far & judged, ~judged


def _beyond(values: Array, together: str, share: float) -> Mask | None:
    """Rows beyond the highest thresholds that hold out at least a share of the rows."""
    n, ordered = len(values), np.sort(values, axis=0)

    def far(keep: int) -> Mask:
        above = values >= ordered[keep]
        return np.asarray(above.any(axis=1) if together == "any" else above.all(axis=1))

    def too_few(keep: int) -> bool:
        return bool(far(keep).sum() < max(share * n, 1))

    # Lower thresholds hold out more rows, so the highest that hold out enough are found by halves.
    keep = bisect_left(range(1, n), True, key=too_few)
    return far(keep) if keep else None


def _enough(values: Array, far: Mask, least: int) -> bool:
    """Whether the rows left can be fitted: enough of them and two levels on every axis."""
    left = values[~far]
    if len(left) < least:
        return False
    return all(len(np.unique(left[:, a])) >= 2 for a in range(left.shape[1]))


def multi_axis_holdouts(values: Array, group: Ints) -> list[Mask]:
    """Different corners of a table, each axis with its own threshold or none.

    Args:
        values: `(n, a)` axis values, larger is further.
        group: `(n,)` group numbers; a threshold is the same share of the levels of every group.

    Returns:
        `(n,)` masks of the rows beyond every threshold, where these are between `LEAST_SHARE` and
        `MOST_SHARE` of all rows; none of a table with so many axes that one level each gives
        more than `MOST_CORNERS`.
    """
    n_levels = min(MOST_LEVELS, int(MOST_CORNERS ** (1.0 / values.shape[1])) - 1)
    if n_levels < 1:
        return []
    heights = _heights(values, group)
    masks: dict[bytes, Mask] = {}
    options = [[-np.inf, *_upper_levels(column, n_levels)] for column in heights.T]
    for thresholds in product(*options):
        far = np.asarray((heights >= np.array(thresholds)).all(axis=1))
        if LEAST_SHARE * len(far) <= far.sum() <= MOST_SHARE * len(far):
            masks.setdefault(far.tobytes(), far)
    return list(masks.values())


def _heights(values: Array, group: Ints) -> Array:
    """`(n, a)` place of each value among the levels of its group, from 0 to 1."""
    heights = np.zeros(values.shape)
    for _, rows in rows_by_group(group):
        for j, column in enumerate(values[rows].T):
            levels, level = np.unique(column, return_inverse=True)
            heights[rows, j] = level / max(len(levels) - 1, 1)
    return heights


def _upper_levels(column: Array, most: int) -> Array:
    """The upper two thirds of an axis' levels, thinned out to at most `most`."""
    levels = np.unique(column)[1:]
    upper = levels[len(levels) // 3 :]
    if not len(upper):
        return upper
    at = np.unique(np.linspace(0, len(upper) - 1, most).round().astype(int))
    return np.asarray(upper[at])


def least_similar(masks: Sequence[Mask], others: Sequence[Mask], n: int) -> list[Mask]:
    """Choose the few hold-outs that are small and least similar to those already there.

    Args:
        masks: To choose from.
        others: Hold-outs that are there.
        n: How many to choose at most.
    """
    chosen: list[Mask] = []
    while masks and len(chosen) < n:
        worth = [_worth(mask, [*others, *chosen]) for mask in masks]
        if max(worth) <= 0.0:
            break
        chosen.append(masks[int(np.argmax(worth))])
    return chosen


def _worth(mask: Mask, others: Sequence[Mask]) -> float:
    """Share that the most similar known hold-out does not have, over the squared share of rows."""
    likeness = max((float((mask & k).sum() / (mask | k).sum()) for k in others), default=0.0)
    return (1.0 - likeness) / float(mask.mean()) ** 2


def fold_of(name: str, held: Mask, unjudged: Mask) -> Fold:
    """The fold that holds rows out and leaves others unjudged."""
    fit = ~held & ~unjudged
    return Fold(name, np.flatnonzero(fit), np.flatnonzero(held), np.flatnonzero(unjudged))
