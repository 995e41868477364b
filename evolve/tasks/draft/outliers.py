"""Rows far from all that the other rows say: runs that went wrong, or figures mistyped.

One such row decides squared errors, those of held-out rows above all, however well a law fits all
others. So they are looked for before a search. A polynomial in the features is fitted robustly;
laws bend as it cannot, so that it errs more than they do and its typical error is wide. A row is
an outlier only where it lies many times that error off, of the target and of its logarithm, and
no row beside it lies off to the same side: what several rows say together is no accident.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from evolve.errors import Argument, Remark
from evolve.scoring.combine import TO_DEVIATION
from evolve.scoring.objective import least_fit_rows
from evolve.tasks.raw import RawTable
from evolve.tasks.task import Task
from evolve.typing import Array, Ints

# Judgement, settled on generated tables with and without such rows: docs/extrapolation.md.
FAR = 8.0  # times the typical error
FURTHER = 20.0  # the same where all rows beside lie to one side: laws may bend at an end
BESIDE = 2.0  # from which a row beside lies off to the same side; one more outlier may be there
FLAT = 0.25  # share of the rows' own spread, from which on a typical error shows no trend
ONE_SIDE = 0.7  # length of the mean direction to the rows beside, from which they are so
NEIGHBOURS = 5
MOST = 0.1  # share of rows; of more it is the polynomial that is wrong
ALIKE = 0.25  # share of rows with one and the same result
SHOWN = 5  # rows that are named one by one
MOST_ROWS, MOST_TERMS = 5_000, 40
MOST_LEVELS = 200  # terms with the levels of groups
LEAST_TOLD = 4  # rows of a small group; three and one other: of two nobody knows which is right
KEPT = 0.85  # share of rows of which trimmed fits are made
LEFT_OUT = 2  # rows of most leverage, without each of which such a fit begins
STEPS = 20
TUNING = 4.685  # of Tukey's biweight, for 95 % of least squares' efficiency in normal noise
ROUNDING = 1e-9  # of a target's range, below which errors are none


def outliers_of(task: Task) -> dict[int, float]:
    """Training rows that are far from what all others say, and how far.

    None are told where rows say what they count or are points of curves or evaluations of runs.
    Groups with too few rows for a polynomial of their own are looked at together, each with a
    level of its own; none are told of those that are too few for that, too, and of groups in which
    nobody could tell which row is wrong, or that could not be fitted without it.

    Args:
        task: The task as it is drafted.

    Returns:
        Errors of these rows in typical errors, by their numbers as they were given.
    """
    (_, train), spec = task.given, task.spec
    times = np.zeros(train.n_rows)
    are_runs = train.curve is None or len(np.unique(train.curve)) == train.n_rows
    if train.weights is None and are_runs:
        logarithmic = [feature.logarithmic for feature in spec.features]
        small = np.zeros(train.n_rows, dtype=bool)
        least = max(LEAST_TOLD, least_fit_rows(task.n_groups) + 1)
        for group in range(task.n_groups):
            rows = np.flatnonzero(train.group == group)
            x = _scaled(train.X[rows], logarithmic)
            small[rows] = least <= len(rows) <= MOST_ROWS and _terms(x) is None
            times[rows] = _of_rows(x, train.Y[rows])
        if small.any():
            x = _scaled(train.X[small], logarithmic)
            times[small] = _of_rows(x, train.Y[small], train.group[small])
    kept = train.X[times == 0.0]
    if not len(kept) or ((np.ptp(kept, axis=0) == 0) & (np.ptp(train.X, axis=0) > 0)).any():
        return {}  # a feature would not vary without them
    return {row: float(times[row]) for row in np.flatnonzero(times).tolist()}


def left_out_as_outliers(
    raw: RawTable, targets: Sequence[str], times: dict[int, float]
) -> tuple[tuple[str, str], Remark]:
    """What is decided of rows that are left out as outliers and why, and a line to act on.

    Args:
        raw: The table with them.
        targets: What is predicted.
        times: How far each is off, in typical errors, by number.
    """
    some = [
        f"row {raw.row_number(i + 1)}{raw.line(i + 1)} with "
        + ", ".join(f"{name} {raw.values(name)[i]:.5g}" for name in targets)
        + f", {times[i]:.2g} times the typical error"
        for i in sorted(times, key=lambda i: -times[i])[:SHOWN]
    ]
    more = f" and {len(times) - SHOWN} more" if len(times) > SHOWN else ""
    why = f"far from what all other rows say: {'; '.join(some)}{more}"
    are = "an outlier is" if len(times) == 1 else f"{len(times)} outliers are"
    keeps = " takes every row"
    return (
        (f"{len(times)} left out", why),
        Remark(f"{are} left out, as of a run that went wrong; ", Argument("keep_outliers"), keeps),
    )


def _of_rows(x: Array, targets: Array, group: Ints | None = None) -> Array:
    """How far rows of one group, or of small ones together, are off; 0 if they are none.

    Where a good part of the rows has one result, as at chance, the others are what there is.

    Args:
        x: `(n, d)` features.
        targets: `(n, t)`.
        group: `(n,)` the group of each row, where they are of several.
    """
    times = np.zeros(len(x))
    terms = _terms(x, group) if len(x) <= MOST_ROWS else None
    if terms is None:
        return times
    for y in targets.T:
        if np.unique(y, return_counts=True)[1].max() <= max(ALIKE * len(y), 1):
            times = np.maximum(times, _far_off(x, terms, y, group))
    return times if np.count_nonzero(times) <= max(1, MOST * len(x)) else np.zeros_like(times)


def _scaled(x: Array, logarithmic: Sequence[bool]) -> Array:
    """Features, or their logarithms, of mean 0 and deviation 1; those that vary."""
    columns = np.where(logarithmic, np.log(np.where(logarithmic, x, 1.0)), x)
    columns = columns[:, np.ptp(columns, axis=0) > 0]
    return np.asarray((columns - columns.mean(axis=0)) / columns.std(axis=0))


def _terms(x: Array, group: Ints | None = None) -> Array | None:
    """`(n, p)` orthogonal terms of a polynomial as rich as the rows bear; None where of none.

    Groups have levels of their own and the other terms in common.
    """
    n, d = x.shape
    if not d or d >= MOST_TERMS:
        return None
    levels = np.ones((n, 1)) if group is None else (group[:, None] == np.unique(group)) * 1.0
    powers = [(i,) for i in range(d)]
    squares = [(i, j) for i in range(d) for j in range(i + 1)]
    for more in ([*squares, (0, 0, 0)] if d == 1 else squares, squares, []):
        chosen = [*powers, *more]
        n_terms = levels.shape[1] + len(chosen)
        if len(chosen) < MOST_TERMS and n_terms <= MOST_LEVELS and n >= 2.5 * n_terms + 2:
            columns = [x[:, list(which)].prod(axis=1) for which in chosen]
            terms, sizes, _ = np.linalg.svd(np.column_stack([levels, *columns]), False)
            return np.asarray(terms[:, sizes > ROUNDING * sizes[0]])
    return None


def _far_off(x: Array, terms: Array, y: Array, group: Ints | None) -> Array:
    """How far rows lie off alone among those of their group, 0 if they do not."""
    views = [y]
    if (y > 0).all() or (y < 0).all():
        views.append(np.log(np.abs(y)))
    fits = [_errors(terms, view, group) for view in views]
    errors = np.array([found for found, _ in fits])
    is_flat = all(_is_flat(view, typical) for view, (_, typical) in zip(views, fits, strict=True))
    least = errors[np.argmin(np.abs(errors), axis=0), np.arange(len(y))]
    times = np.zeros(len(y))
    for row in np.flatnonzero(np.abs(least) > FAR).tolist():
        own = np.ones(len(y), dtype=bool) if group is None else group == group[row]
        among = int(np.count_nonzero(own[:row]))
        if group is not None and _tells_a_slope(x[own], among):
            continue
        if _stands_alone(x[own], least[own], among, is_flat=is_flat):
            times[row] = abs(least[row])
    if group is not None:  # of two in a small group nobody knows which rows are right
        times[np.bincount(group, times > 0)[group] > 1] = 0.0
    return times


def _tells_a_slope(x: Array, row: int) -> bool:
    """Whether a group's only row at its place may as well say that the slope there is another.

    So it may where the others are at fewer than three places.
    """
    places, of, rows = np.unique(x, axis=0, return_inverse=True, return_counts=True)
    return bool(rows[of.ravel()[row]] == 1 and len(places) < LEAST_TOLD)


def _is_flat(y: Array, typical: float) -> bool:
    """Whether most rows show no trend, as at chance: the first that does is no accident then."""
    return typical > FLAT * TO_DEVIATION * float(np.median(np.abs(y - np.median(y))))


def _stands_alone(x: Array, errors: Array, row: int, *, is_flat: bool) -> bool:
    """Whether no more than one row beside another, an outlier too, lies off to the same side.

    Where most rows are flat, none, and none at an end.
    """
    away = np.linalg.norm(x - x[row], axis=1)
    away[row] = np.inf
    beside = away <= np.sort(away)[min(NEIGHBOURS, len(away) - 1) - 1] * (1.0 + ROUNDING)
    steps = (x - x[row])[beside] / np.maximum(away[beside], ROUNDING)[:, None]
    at_an_end = np.linalg.norm(steps.mean(axis=0)) > ONE_SIDE
    agreeing = np.sign(errors[row]) * errors[beside]
    too_many = ((agreeing > BESIDE) & (agreeing <= FAR)).any() or (agreeing > FAR).sum() > (
        not is_flat
    )
    if too_many or (at_an_end and is_flat):
        return False
    return bool(abs(errors[row]) > (FURTHER if at_an_end else FAR))


def _errors(terms: Array, y: Array, group: Ints | None) -> tuple[Array, float]:
    """`(n,)` errors of a robust fit over their own deviations, as if each row were left out.

    Beside them the typical error.

    Tukey's biweight (Beaton & Tukey 1974) from the best of some least trimmed squares (Rousseeuw
    1984): as efficient as least squares where noise is normal, and blind to what lies far off.
    """
    factors = min(_trimmed(terms, y, group), key=lambda b: _trimmed_cost(y - terms @ b))
    weights = np.ones(len(y))
    for _ in range(STEPS):
        errors = y - terms @ factors
        weights = (
            np.clip(1.0 - (errors / (TUNING * _typical(errors, terms, y))) ** 2, 0, None) ** 2
        )
        if np.count_nonzero(weights) <= terms.shape[1]:
            break
        factors = _solved(terms, y, weights)
    errors = y - terms @ factors
    typical = _typical(errors, terms, y)
    return np.asarray(errors / (typical * np.sqrt(1.0 + _leverage(terms, weights)))), typical


def _trimmed(terms: Array, y: Array, group: Ints | None) -> Iterator[Array]:
    """Least trimmed squares from all rows, and from all but each of those of most leverage.

    The better half of each group is always among the rows, as its level is its own.
    """
    leverage = _leverage(terms, np.ones(len(y)))
    for left in (None, *np.argsort(-leverage, kind="stable")[:LEFT_OUT]):
        weights = np.ones(len(y))
        if left is not None:
            weights[left] = 0.0
        for _ in range(STEPS):
            factors = _solved(terms, y, weights)
            errors, before = np.abs(y - terms @ factors), weights
            kept = errors <= np.quantile(errors, KEPT)
            weights = (kept if group is None else kept | _better_half(errors, group)) * 1.0
            if np.array_equal(weights, before):
                break
        yield factors


def _better_half(errors: Array, group: Ints) -> Array:
    """Whether a row's error is among the lower half of those of its group."""
    order = np.lexsort((errors, group))
    first = np.searchsorted(group[order], group[order])
    rank = np.empty(len(group), dtype=np.int64)
    rank[order] = np.arange(len(group)) - first
    return np.asarray(2 * rank < np.bincount(group)[group])


def _trimmed_cost(errors: Array) -> float:
    return float(np.sum(np.sort(errors**2)[: int(KEPT * len(errors))]))


def _solved(terms: Array, y: Array, weights: Array) -> Array:
    weighed = terms * weights[:, None]
    return np.asarray(np.linalg.lstsq(weighed.T @ terms, weighed.T @ y, rcond=None)[0])


def _leverage(terms: Array, weights: Array) -> Array:
    inverse = np.linalg.pinv((terms * weights[:, None]).T @ terms, hermitian=True)
    return np.asarray(np.maximum(np.einsum("ij,jk,ik->i", terms, inverse, terms), 0.0))


def _typical(errors: Array, terms: Array, y: Array) -> float:
    """Deviation of normal noise with such errors; the terms take up as many rows as they are."""
    found = TO_DEVIATION * float(np.median(np.sort(np.abs(errors))[terms.shape[1] :]))
    return max(found, ROUNDING * float(np.ptp(y)) + np.finfo(float).tiny)
