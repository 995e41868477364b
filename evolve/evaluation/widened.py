"""Errors of constants to wider ones, where rows are points of runs or noise is of another kind."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from evolve.evaluation.predict import slopes_of
from evolve.evaluation.requests import Form, law_of
from evolve.fitting.gap import below_ceiling
from evolve.fitting.messages import FoldAnswer
from evolve.fitting.weights import row_weights
from evolve.law.candidate import Candidate
from evolve.scoring.clusters import FittedRows, Widening
from evolve.scoring.fold import Fold, all_rows
from evolve.scoring.in_common import widenings_in_common
from evolve.tasks.table import Table
from evolve.tasks.task import Task
from evolve.typing import Array, Ints


def with_wider_errors(task: Task, form: Form, whole: FoldAnswer) -> FoldAnswer:
    """A fit of all training rows, with errors that know that points of one run go together.

    Where rows are runs, they know which rows err more than the fit takes them to, as those of
    small targets do where noise is added and logarithms are fitted.

    Args:
        task: Its training rows are points of runs, or runs.
        form: What was fitted.
        whole: The fit; as it is where it has no covariances, as that of a program.
    """
    if not len(whole.covariances):
        return whole
    curve = task.train.curve
    cluster = np.arange(task.train.n_rows) if curve is None else curve
    p = whole.constants.shape[1]
    given = whole.covariances.reshape(len(whole.groups), -1, p, p)
    found = _widenings(task, all_rows(task.train.n_rows), form, whole, given, cluster)
    wider = np.array([each.covariance for own in found for each in own])
    squares = (np.diagonal(part, axis1=1, axis2=2) for part in (wider, whole.covariances))
    with np.errstate(all="ignore"):
        times = np.sqrt(np.divide(*squares))
    errors = whole.errors * np.where(np.isfinite(times), times, 1.0)
    return replace(whole, errors=errors, covariances=wider)


def widenings(
    task: Task, fold: Fold, form: Form, fit: FoldAnswer, covariances: Array
) -> list[list[Widening]]:
    """How much less the fitted rows say than independent ones, of each group and target.

    Rows that are runs say as much: what they show of the noise is left to calibration.

    Args:
        task: Its training rows are points of runs, or runs.
        fold: Whose rows were fitted.
        form: What was fitted.
        fit: The fit.
        covariances: `(g, t, p, p)` of its constants, as if rows were independent.
    """
    curve = task.train.curve
    if curve is None or len(np.unique(curve[fold.fit])) == len(fold.fit):
        return [[Widening(each, 1.0) for each in own] for own in covariances]
    return _widenings(task, fold, form, fit, covariances, curve)


def _widenings(
    task: Task, fold: Fold, form: Form, fit: FoldAnswer, covariances: Array, cluster: Ints
) -> list[list[Widening]]:
    """As `widenings`, with the cluster `(n,)` of each training row."""
    n_targets = len(task.target_names)
    tables = fit.constants.reshape(len(fit.groups), n_targets, -1)
    group, common = task.train.group[fold.fit], np.flatnonzero(fit.common)
    at = [group == g for g in fit.groups]
    own = [task.train.at(fold.fit[rows]) for rows in at]
    found = []
    for t in range(n_targets):
        scores = [
            _scores(task, form, table, constants, fit.fitted[rows], t)
            for table, constants, rows in zip(own, tables, at, strict=True)
        ]
        groups = [
            FittedRows(covariances[i, t], slopes, left, cluster[fold.fit[rows]], given)
            for i, ((slopes, left, given), rows) in enumerate(zip(scores, at, strict=True))
        ]
        found.append(widenings_in_common(groups, common))
    return [list(of_group) for of_group in zip(*found, strict=True)]


def _scores(
    task: Task, form: Form, own: Table, table: Array, fitted: Array, target: int
) -> tuple[Array, Array, Array | None]:
    """Slopes, residuals and their deviations of one target, on the scale on which it was fitted.

    They are `(n, p)` and `(n,)`; deviations are None where the user gave none.
    """
    y, p, counts = own.Y[:, target], fitted[:, target], np.ones(own.n_rows)
    slopes, on_logs = slopes_of(law_of(form), own.X, table, target), False
    unit: float | None = task.frame.targets[target].unit
    if isinstance(form, Candidate):
        ceiling = below_ceiling(form.law, form.recipe)[1]
        if ceiling is not None:
            y, p, slopes, unit = ceiling - y, ceiling - p, -slopes, None
        on_logs = form.recipe.on_logs and bool((y * p > 0).all() and (y * y[0] > 0).all())
        counts = row_weights(own.X, task.axes, form.recipe.scale_weight)
    given, weights = None, own.weights
    if weights is not None:
        if weights.noise is not None:
            known = weights.variance_of_logs(y, unit) if on_logs else weights.variance
            given = np.sqrt(known * counts)
        counts = counts * (weights.of_logs(y, unit) if on_logs else weights.values)
    if on_logs:
        left, slopes = np.log(np.abs(y)) - np.log(np.abs(p)), slopes / p[:, None]
    else:
        left = y - p
    times = np.sqrt(counts)
    return slopes * times[:, None], left * times, given
