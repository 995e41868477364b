"""Laws of a forecast to a basis: their constants, noise, and how far off they were on the folds.

Training rows only. On each fold the same laws were fitted to the fold's own rows and forecast its
held-out rows together, so that the spread they claim can be held against the errors they make.
"""

from __future__ import annotations

import numpy as np

from evolve.evaluation.predict import Predictable, slopes_of
from evolve.evaluation.requests import law_of
from evolve.fitting.messages import FoldAnswer
from evolve.fitting.weights import covariance
from evolve.forecast.basis import Basis, GroupUncertainty, Member
from evolve.forecast.members import Contenders
from evolve.forecast.noise import gaps_of, is_relative
from evolve.forecast.spread import distance_of, open_constants, parts_of
from evolve.scoring.fold import Fold, all_rows
from evolve.scoring.objective import OWN_ROWS
from evolve.tasks.task import Task
from evolve.typing import Array

MOST_RATIOS = 3000
ONE_SIGMA = 0.6827


def make_basis(task: Task, contenders: Contenders, *, chosen: bool) -> Basis:
    """What forecasts are made from.

    Args:
        task: The task; its training rows only are read.
        contenders: The champion first.
        chosen: Whether the champion was chosen on further folds.
    """
    whole, law = contenders.whole, law_of(contenders.laws[0].form)
    relative = is_relative(task.train.Y, whole.predictions)
    distances, ratios = [np.zeros(0)], [np.zeros(0)]
    for number, fold in enumerate(contenders.folds):
        away, over = _ratios(task, fold, contenders, number, relative=relative)
        distances.append(away)
        ratios.append(over)
    names = [task.group_names[g] for g in whole.groups]
    every = all_rows(task.train.n_rows)
    spreads = _spreads(task, every, law, whole, relative=relative)
    members = [Member(c.index, law_of(c.form), c.constants, c.weight) for c in contenders.laws]
    thinned = _thinned(np.concatenate(distances), np.concatenate(ratios))
    return Basis(
        tuple(members), dict(zip(names, spreads, strict=True)), relative, *thinned, chosen
    )


def _tables(task: Task, fit: FoldAnswer) -> Array:
    """`(g, t, p)` constants of a fit."""
    return fit.constants.reshape(len(fit.groups), len(task.target_names), -1)


def _spreads(
    task: Task, fold: Fold, law: Predictable, fit: FoldAnswer, *, relative: bool
) -> list[GroupUncertainty]:
    """One spread a fitted group; scarce rows borrow their noise from the other groups."""
    n_targets, train = len(task.target_names), task.train
    counts = np.zeros(len(fit.groups))
    noise, caps = np.zeros((2, len(fit.groups), n_targets))
    group = train.group[fold.fit]
    for i, g in enumerate(fit.groups):
        y, p = train.Y[fold.fit][group == g], fit.fitted[group == g]
        gaps = (y - p) / np.maximum(np.abs(p), 1e-300) if relative else y - p
        free = max(len(y) - fit.constants.shape[1], 1)
        noise[i] = np.quantile(np.abs(gaps), ONE_SIGMA, axis=0) * np.sqrt(len(y) / free)
        counts[i], caps[i] = free, np.ptp(y, axis=0) + 1e-300
    scale = np.ones_like(caps) if relative else caps
    pooled = np.average((noise / scale) ** 2, axis=0, weights=counts)
    mixed = (counts[:, None] * (noise / scale) ** 2 + OWN_ROWS * pooled) / (
        counts[:, None] + OWN_ROWS
    )
    covariances = _covariances(task, fold, law, fit)
    return [
        GroupUncertainty(covariances[i], np.sqrt(mixed[i]) * scale[i], caps[i])
        for i in range(len(fit.groups))
    ]


def _covariances(task: Task, fold: Fold, law: Predictable, fit: FoldAnswer) -> Array:
    """`(g, t, p, p)` covariances; a program's come from the slopes of its predictions."""
    tables = _tables(task, fit)
    p = tables.shape[2]
    if len(fit.covariances):
        return fit.covariances.reshape(*tables.shape[:2], p, p)
    result = np.full((*tables.shape[:2], p, p), np.nan)
    group = task.train.group[fold.fit]
    for i, g in enumerate(fit.groups):
        x, y = (part[fold.fit][group == g] for part in (task.train.X, task.train.Y))
        left = y - fit.fitted[group == g]
        for t in range(tables.shape[1]):
            moved = slopes_of(law, x, tables[i], t)
            variance = float(np.sum(left[:, t] ** 2) / max(len(x) - p, 1))
            result[i, t] = covariance(moved.T @ moved, variance)
    return result


def _ratios(
    task: Task, fold: Fold, contenders: Contenders, number: int, *, relative: bool
) -> tuple[Array, Array]:
    """Distance and |error| over spread of every held-out row and target of a fold."""
    train, fit = task.train, contenders.answers[number]
    logarithmic = [f.logarithmic for f in task.spec.features]
    law = law_of(contenders.laws[0].form)
    spreads = _spreads(task, fold, law, fit, relative=relative)
    values = np.array([c.held[number] for c in contenders.laws])
    weights = np.array([c.weight for c in contenders.laws])
    distances, ratios = [np.zeros(0)], [np.zeros(0)]
    for i, g in enumerate(fit.groups):
        own = train.group[fold.held] == g
        held = fold.held[own]
        if not len(held):
            continue
        x, fitted = train.X[held], train.X[fold.fit[train.group[fold.fit] == g]]
        loose = open_constants(law, _tables(task, fit)[i], spreads[i].covariance, x)
        parts = parts_of(values[:, own], weights, loose, spreads[i], relative=relative)
        gaps = np.abs(gaps_of(train.Y[held], parts.point, relative=relative))
        total = parts.total / np.maximum(np.abs(parts.point), 1e-300) if relative else parts.total
        ratio = gaps / np.maximum(total, 1e-300)
        away = distance_of(x, fitted, logarithmic, task.axes)
        distances.append(np.repeat(away, ratio.shape[1]))
        ratios.append(ratio.ravel())
    joined = np.concatenate(ratios)
    good = np.isfinite(joined)
    return np.concatenate(distances)[good], joined[good]


def _thinned(distances: Array, ratios: Array) -> tuple[Array, Array]:
    """Every so many of the rows, if there are more than a store should hold."""
    stride = -(-len(ratios) // MOST_RATIOS) or 1
    return distances[::stride], ratios[::stride]
