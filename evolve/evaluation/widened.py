"""Errors of constants to wider ones, where the rows of a fit are points of runs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from evolve.evaluation.predict import slopes_of
from evolve.evaluation.requests import Form, law_of
from evolve.fitting.gap import below_ceiling
from evolve.fitting.messages import FoldAnswer
from evolve.fitting.weights import row_weights
from evolve.law.candidate import Candidate
from evolve.scoring.clusters import Widening, widening
from evolve.scoring.fold import Fold, all_rows
from evolve.tasks.table import Table
from evolve.tasks.task import Task
from evolve.typing import Array


def with_wider_errors(task: Task, form: Form, whole: FoldAnswer) -> FoldAnswer:
    """A fit of all training rows, with errors that know that points of one run go together.

    Args:
        task: Its training rows are points of runs, or runs.
        form: What was fitted.
        whole: The fit; as it is where it has no covariances, as that of a program.
    """
    if task.train.curve is None or not len(whole.covariances):
        return whole
    p = whole.constants.shape[1]
    given = whole.covariances.reshape(len(whole.groups), -1, p, p)
    found = widenings(task, all_rows(task.train.n_rows), form, whole, given)
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

    Args:
        task: Its training rows are points of runs, or runs.
        fold: Whose rows were fitted.
        form: What was fitted.
        fit: The fit.
        covariances: `(g, t, p, p)` of its constants, as if rows were independent.
    """
    n_targets = len(task.target_names)
    tables = fit.constants.reshape(len(fit.groups), n_targets, -1)
    curve, group = task.train.curve, task.train.group[fold.fit]
    if curve is None:
        return [[Widening(each, 1.0) for each in own] for own in covariances]
    found = []
    for i, g in enumerate(fit.groups):
        rows, p = fold.fit[group == g], fit.fitted[group == g]
        own, cluster = task.train.at(rows), curve[rows]
        found.append(
            [
                widening(covariances[i, t], *_scores(task, form, own, tables[i], p, t), cluster)
                for t in range(n_targets)
            ]
        )
    return found


def _scores(
    task: Task, form: Form, own: Table, table: Array, fitted: Array, target: int
) -> tuple[Array, Array]:
    """`(n, p)` slopes and `(n,)` residuals of one target, on the scale on which it was fitted."""
    y, p = own.Y[:, target], fitted[:, target]
    counts = np.ones(own.n_rows) if own.counts is None else own.counts
    slopes, on_logs = slopes_of(law_of(form), own.X, table, target), False
    if isinstance(form, Candidate):
        ceiling = below_ceiling(form.law, form.recipe)[1]
        if ceiling is not None:
            y, p, slopes = ceiling - y, ceiling - p, -slopes
        on_logs = form.recipe.on_logs and bool((y * p > 0).all() and (y * y[0] > 0).all())
        counts = counts * row_weights(own.X, task.axes, form.recipe.scale_weight)
    if on_logs:
        left, slopes = np.log(np.abs(y)) - np.log(np.abs(p)), slopes / p[:, None]
    else:
        left = y - p
    times = np.sqrt(counts)
    return slopes * times[:, None], left * times
