"""Errors of constants to wider ones, where rows are points of runs or noise is of another kind."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from evolve.evaluation.predict import slopes_of
from evolve.evaluation.requests import Form, law_of
from evolve.fitting.gap import below_ceiling
from evolve.fitting.messages import FoldAnswer
from evolve.fitting.robust import L2, counted
from evolve.fitting.weights import row_weights
from evolve.law.candidate import Candidate
from evolve.law.recipe import LOSSES
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
        parts = zip(own, tables, at, covariances[:, t], strict=True)
        groups = [
            FittedRows(
                covariance,
                cluster=cluster[fold.fit[rows]],
                **_scores(task, form, table, constants, fit.fitted[rows], t)._asdict(),
            )
            for table, constants, rows, covariance in parts
        ]
        found.append(widenings_in_common(groups, common))
    return [list(of_group) for of_group in zip(*found, strict=True)]


class _Scores(NamedTuple):
    """Slopes and what a fit leaves of one target, as `FittedRows` has them."""

    slopes: Array
    residuals: Array
    given: Array | None
    squares: Array


def _scores(
    task: Task, form: Form, own: Table, table: Array, fitted: Array, target: int
) -> _Scores:
    """Those of one target, on the scale on which it was fitted."""
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
        slopes, y, p = slopes / p[:, None], np.log(np.abs(y)), np.log(np.abs(p))
    loss, bend = L2, 1.0
    if isinstance(form, Candidate):
        loss = LOSSES.index(form.recipe.loss)
        bend = max(form.recipe.f_scale * float(np.std(y)), 1e-300)
    known = 0.0 if given is None else float(np.mean(given**2))
    with np.errstate(all="ignore"):  # a law that is infinite somewhere says nothing
        rows = counted(y - p, counts, loss, bend, slopes.shape[1], known)
        given = None if given is None else given * np.sqrt(rows.given)
        return _Scores(slopes * rows.roots[:, None], rows.residuals, given, rows.squares)
