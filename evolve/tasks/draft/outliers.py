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
from evolve.tasks.raw import RawTable
from evolve.tasks.task import Task
from evolve.typing import Array

# Judgement, settled on generated tables with and without such rows: docs/extrapolation.md.
FAR = 8.0  # times the typical error
FURTHER = 20.0  # the same where all rows beside lie to one side: laws may bend at an end
BESIDE = 2.0  # from which a row beside lies off to the same side; one more outlier may be there
ONE_SIDE = 0.7  # length of the mean direction to the rows beside, from which they are so
NEIGHBOURS = 5
MOST = 0.1  # share of rows; of more it is the polynomial that is wrong
ALIKE = 0.25  # share of rows with one and the same result
SHOWN = 5  # rows that are named one by one
MOST_ROWS, MOST_TERMS = 5_000, 40
KEPT = 0.85  # share of rows of which trimmed fits are made
LEFT_OUT = 2  # rows of most leverage, without each of which such a fit begins
STEPS = 20
TUNING = 4.685  # of Tukey's biweight, for 95 % of least squares' efficiency in normal noise
ROUNDING = 1e-9  # of a target's range, below which errors are none


def outliers_of(task: Task) -> dict[int, float]:
    """Training rows that are far from what all others say, and how far.

    None are told where rows say what they count or are points of curves or evaluations of runs,
    nor of groups with too few rows.

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
        for group in range(task.n_groups):
            rows = np.flatnonzero(train.group == group)
            times[rows] = _of_group(_scaled(train.X[rows], logarithmic), train.Y[rows])
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


def _of_group(x: Array, targets: Array) -> Array:
    """How far rows of one group are off, 0 if they are none; `(n, d)` features, `(n, t)` targets.

    Where a good part of the rows has one result, as at chance, the others are what there is.
    """
    times = np.zeros(len(x))
    terms = _terms(x) if len(x) <= MOST_ROWS else None
    if terms is None:
        return times
    for y in targets.T:
        if np.unique(y, return_counts=True)[1].max() <= max(ALIKE * len(y), 1):
            times = np.maximum(times, _far_off(x, terms, y))
    return times if np.count_nonzero(times) <= max(1, MOST * len(x)) else np.zeros_like(times)


def _scaled(x: Array, logarithmic: Sequence[bool]) -> Array:
    """Features, or their logarithms, of mean 0 and deviation 1; those that vary."""
    columns = np.where(logarithmic, np.log(np.where(logarithmic, x, 1.0)), x)
    columns = columns[:, np.ptp(columns, axis=0) > 0]
    return np.asarray((columns - columns.mean(axis=0)) / columns.std(axis=0))


def _terms(x: Array) -> Array | None:
    """`(n, p)` orthogonal terms of a polynomial as rich as the rows bear; None where of none."""
    n, d = x.shape
    if not d or d >= MOST_TERMS:
        return None
    powers = [(), *((i,) for i in range(d))]
    squares = [(i, j) for i in range(d) for j in range(i + 1)]
    for more in ([*squares, (0, 0, 0)] if d == 1 else squares, squares, []):
        chosen = [*powers, *more]
        if len(chosen) <= MOST_TERMS and n >= 2.5 * len(chosen) + 2:
            columns = np.column_stack([x[:, list(which)].prod(axis=1) for which in chosen])
            terms, sizes, _ = np.linalg.svd(columns, full_matrices=False)
            return np.asarray(terms[:, sizes > ROUNDING * sizes[0]])
    return None


def _far_off(x: Array, terms: Array, y: Array) -> Array:
    """How far rows lie off alone, 0 if they do not."""
    views = [y]
    if (y > 0).all() or (y < 0).all():
        views.append(np.log(np.abs(y)))
    errors = np.array([_errors(terms, view) for view in views])
    least = errors[np.argmin(np.abs(errors), axis=0), np.arange(len(y))]
    times = np.zeros(len(y))
    for row in np.flatnonzero(np.abs(least) > FAR).tolist():
        times[row] = abs(least[row]) if _stands_alone(x, least, row) else 0.0
    return times


def _stands_alone(x: Array, errors: Array, row: int) -> bool:
    """Whether no more than one row beside another, an outlier too, lies off to the same side."""
    away = np.linalg.norm(x - x[row], axis=1)
    away[row] = np.inf
    beside = away <= np.sort(away)[min(NEIGHBOURS, len(away) - 1) - 1] * (1.0 + ROUNDING)
    steps = (x - x[row])[beside] / np.maximum(away[beside], ROUNDING)[:, None]
    at_an_end = np.linalg.norm(steps.mean(axis=0)) > ONE_SIDE
    agreeing = np.sign(errors[row]) * errors[beside]
    too_many = ((agreeing > BESIDE) & (agreeing <= FAR)).any() or (agreeing > FAR).sum() > 1
    return bool(not too_many and abs(errors[row]) > (FURTHER if at_an_end else FAR))


def _errors(terms: Array, y: Array) -> Array:
    """`(n,)` errors of a robust fit over their own deviations, as if each row were left out.

    Tukey's biweight (Beaton & Tukey 1974) from the best of some least trimmed squares (Rousseeuw
    1984): as efficient as least squares where noise is normal, and blind to what lies far off.
    """
    factors = min(_trimmed(terms, y), key=lambda b: _trimmed_cost(y - terms @ b))
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
    deviations = _typical(errors, terms, y) * np.sqrt(1.0 + _leverage(terms, weights))
    return np.asarray(errors / deviations)


def _trimmed(terms: Array, y: Array) -> Iterator[Array]:
    """Least trimmed squares from all rows, and from all but each of those of most leverage."""
    leverage = _leverage(terms, np.ones(len(y)))
    for left in (None, *np.argsort(-leverage, kind="stable")[:LEFT_OUT]):
        weights = np.ones(len(y))
        if left is not None:
            weights[left] = 0.0
        for _ in range(STEPS):
            factors = _solved(terms, y, weights)
            errors, before = np.abs(y - terms @ factors), weights
            weights = (errors <= np.quantile(errors, KEPT)).astype(float)
            if np.array_equal(weights, before):
                break
        yield factors


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
