"""Plain folds of rows that extrapolate along nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from evolve.scoring.fold import Fold, different, rows_by_group
from evolve.scoring.objective import least_fit_rows
from evolve.tasks.holdouts import fold_of
from evolve.typing import Ints


def k_fold(group: Ints, k: int, points: Ints | None = None, deal: int = 0) -> list[Fold]:
    """Plain folds where nothing extrapolates: every k-th point, shuffled once.

    Args:
        group: `(n,)` group numbers.
        k: Number of folds; fewer are made of a table too short to hold out two rows in each.
        points: `(n,)` number of the run, or of the point in the space of features, that each row
            belongs to. Rows of one are held out together, in all groups, for the test asks for
            points that no group has seen. Where that leaves too few rows of a group, its points
            are dealt out alone. Without points, or where no group has two, rows are dealt out.
        deal: Number of the shuffle; each deals the rows out in another way.

    Returns:
        Folds that together hold out every row once, but those of groups that have too few rows,
        or too few points to hold one out.
    """
    k = max(min(k, len(group) // 2), 2)
    label = np.zeros(len(group), dtype=np.int64)
    together = points is not None and _are_shared(group, points)
    if points is not None and together:
        label = np.random.default_rng(deal).permutation(points.max() + 1)[points] % k
    least = least_fit_rows(len(np.unique(group)))
    for g, rows in rows_by_group(group):
        if points is None or not together:
            label[rows] = _dealt(np.arange(len(rows)), k, [deal, g])
        elif _left(label[rows]) < least:
            label[rows] = _dealt(numbered(points[rows]), k, [deal, g])
        if _left(label[rows]) < least:
            label[rows] = -1
    folds = [fold_of(f"fold {i + 1} of {k}", label == i, label < 0) for i in range(k)]
    return [fold for fold in folds if len(fold.held)]


def dealt_otherwise(
    group: Ints, numbers: Sequence[int], folds: Sequence[Fold], points: Ints | None = None
) -> list[Fold]:
    """Plain folds beside those of a search: of other numbers, or else dealt out in another way.

    Args:
        group: As `k_fold` takes it.
        numbers: How many folds to make, each in turn.
        folds: Those of the search, of which none comes again.
        points: As `k_fold` takes it.
    """
    others: list[Fold] = []
    for deal, k in enumerate(numbers, 1):
        known, once = [*folds, *others], k_fold(group, k, points)
        is_new = len(different(once, known)) == len(once)
        others += once if is_new else different(k_fold(group, k, points, deal), known)
    return others


def numbered(labels: npt.NDArray[np.generic]) -> Ints:
    """`(n,)` number of each of `(n,)` or `(n, c)` labels, from 0 as they first appear."""
    _, first, inverse = np.unique(labels, axis=0, return_index=True, return_inverse=True)
    place = np.argsort(np.argsort(first))
    return np.asarray(place[inverse.ravel()], dtype=np.int64)


def _are_shared(group: Ints, points: Ints) -> bool:
    """Whether rows share points, and some group has two of these, of which one can be held out."""
    several = any(len(np.unique(points[rows])) > 1 for _, rows in rows_by_group(group))
    return several and len(np.unique(points)) < len(points)


def _dealt(points: Ints, k: int, seed: Sequence[int]) -> Ints:
    """`(n,)` fold of each row, by the number from 0 of its point: every k-th, shuffled."""
    order = np.random.default_rng(seed).permutation(int(points.max()) + 1)
    fold = np.empty(len(order), dtype=np.int64)
    fold[order] = np.arange(len(order)) % k
    return fold[points]


def _left(label: Ints) -> int:
    """Rows left to fit where the fold with most of them is held out."""
    return len(label) - int(np.bincount(label).max())
