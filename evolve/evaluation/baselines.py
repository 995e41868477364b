"""What anybody would forecast without a search: the mean, the nearest run, a straight line.

A law is worth something where it predicts held-out rows better than these. Each is fitted to the
rows of a group alone and is defined everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from evolve.scoring.fold import Fold, rows_by_group
from evolve.scoring.metrics import nmse
from evolve.tasks.table import Table
from evolve.tasks.task import Task
from evolve.typing import Array, Ints

Baseline = Callable[[Array, Array, Array, Array | None], Array]
RIDGE = 1e-6  # of standardised columns, where rows do not tell their slopes apart
NEAREST = 1e-9  # squared distance within which rows are as near
ROUGH = 1e-8  # of the size of rows, by which distances from products of blocks may be wrong
BLOCK = 2_000_000  # distances that are held at a time
LINE = "straight line"
MOST_LOG = 100.0  # how far from the mean log |y| a straight line is followed, in any unit of y


def mean_of(x: Array, y: Array, new: Array, counts: Array | None = None) -> Array:
    """`(m, t)` the mean of the targets everywhere.

    Args:
        x: `(n, f)` standardised features of the rows fitted; so in all baselines.
        y: `(n, t)` their targets.
        new: `(m, f)` rows to predict, standardised alike.
        counts: `(n,)` what each row fitted counts; all alike if None.
    """
    return np.broadcast_to(np.average(y, axis=0, weights=counts), (len(new), y.shape[1]))


def last_value(x: Array, y: Array, new: Array, counts: Array | None = None) -> Array:
    """`(m, t)` the mean target of the nearest rows: the largest scale that was run."""
    result = np.empty((len(new), y.shape[1]))
    for i, near in enumerate(_nearest(x, new)):
        result[i] = np.average(y[near], axis=0, weights=None if counts is None else counts[near])
    return result


def _nearest(x: Array, new: Array) -> Iterator[Ints]:
    """For each new row, the numbers of the rows that are nearest to it.

    Products of blocks of rows say roughly which these may be, so that only a few are looked at.
    """
    squares = np.sum(x**2, axis=1)
    block = max(BLOCK // len(x), 1)
    for begin in range(0, len(new), block):
        rows = new[begin : begin + block]
        rough = squares - 2.0 * rows @ x.T
        slack = ROUGH * (1.0 + squares.max() + np.sum(rows**2, axis=1))
        maybe = ~(rough > (rough.min(axis=1) + slack)[:, None])
        for row, candidates in zip(rows, maybe, strict=True):
            numbers = np.flatnonzero(candidates)
            distance = np.sum((x[numbers] - row) ** 2, axis=1)
            yield numbers[distance <= distance.min() + NEAREST]


def straight_line(x: Array, y: Array, new: Array, counts: Array | None = None) -> Array:
    """`(m, t)` a plane in the features, which are logarithms where these act through them.

    Of the targets, or of their logarithms where these are nearer to the rows.
    """
    planes = [_plane(x, y, np.concatenate([x, new]), counts)]
    if (y > 0).all() or (y < 0).all():
        of_rows = np.log(np.abs(y))
        logs, centre = _plane(x, of_rows, np.concatenate([x, new]), counts), of_rows.mean(axis=0)
        with np.errstate(over="ignore", under="ignore"):
            sizes = np.exp(np.clip(logs, centre - MOST_LOG, centre + MOST_LOG))
        planes.append(np.sign(y[:1]) * np.minimum(sizes, np.finfo(np.float64).max))
    each = 1.0 if counts is None else counts[:, None]
    errors = [np.sum(each * (plane[: len(x)] - y) ** 2, axis=0) for plane in planes]
    best = np.argmin(errors, axis=0)
    return np.stack([planes[k][len(x) :, t] for t, k in enumerate(best)], axis=1)


def _plane(x: Array, y: Array, new: Array, counts: Array | None) -> Array:
    """Least squares of `y` on `x` and a constant, with a ridge that only breaks ties."""
    fitted, asked = (np.column_stack([np.ones(len(rows)), rows]) for rows in (x, new))
    weighted = fitted if counts is None else fitted * counts[:, None]
    normal = weighted.T @ fitted + RIDGE * np.eye(fitted.shape[1])
    return np.asarray(asked @ np.linalg.solve(normal, weighted.T @ y))


BASELINES: dict[str, Baseline] = {
    "mean": mean_of,
    "last value": last_value,
    LINE: straight_line,
}


def predict_baseline(
    name: str, task: Task, table: Table, fit: Sequence[int] | None = None
) -> Array:
    """Fit a baseline to training rows of each group and predict the rows of a table.

    Args:
        name: One of `BASELINES`.
        task: Gives the training rows.
        table: What to predict.
        fit: Numbers of the training rows to fit; all if None.

    Returns:
        `(m, t)` predictions, nan for groups without a row to fit.
    """
    train = task.train
    rows = np.arange(train.n_rows) if fit is None else np.asarray(fit)
    logs = [f.logarithmic for f in task.spec.features]

    known, asked = (dict(rows_by_group(numbers)) for numbers in (train.group[rows], table.group))
    result = np.full((len(table.group), len(task.target_names)), np.nan)
    for g in asked.keys() & known.keys():
        at, fitted = asked[g], train.at(rows[known[g]])
        old, new = _standard(fitted.X, table.X[at], logs)
        result[at] = BASELINES[name](old, fitted.Y, new, fitted.counts)
    return result


def _standard(old: Array, new: Array, logs: Sequence[bool]) -> tuple[Array, Array]:
    """Both sets of rows with features in logarithms, moved and divided by what is known."""
    scaled = []
    for j, logarithmic in enumerate(logs):
        a, b = old[:, j], new[:, j]
        if logarithmic:
            with np.errstate(all="ignore"):
                a, b = np.log(a), np.log(b)
        width = a.std() or 1.0
        scaled.append(((a - a.mean()) / width, (b - a.mean()) / width))
    return np.stack([s[0] for s in scaled], axis=1), np.stack([s[1] for s in scaled], axis=1)


def baseline_errors(task: Task, folds: Sequence[Fold]) -> dict[str, Array]:
    """`(n_folds,)` mean squared error over variance of each baseline on held-out rows, by name."""
    held_out = [task.train.at(fold.held) for fold in folds]
    return {
        name: np.array(
            [
                nmse(rows.Y, predict_baseline(name, task, rows, fold.fit.tolist()), rows.counts)
                for rows, fold in zip(held_out, folds, strict=True)
            ]
        )
        for name in BASELINES
    }
