"""Laws to a forecast model: their constants, noise, and how far off they were on the folds.

Training rows only. On each fold the same laws were fitted to the fold's own rows and forecast its
held-out rows together, so that the spread they claim can be held against the errors they make.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from evolve.evaluation.predict import Predictable, slopes_of
from evolve.evaluation.requests import Form, law_of
from evolve.evaluation.widened import widenings
from evolve.fitting.messages import FoldAnswer
from evolve.fitting.weights import covariance
from evolve.forecast.members import Contenders
from evolve.forecast.model import ForecastModel, GroupUncertainty, Member
from evolve.forecast.noise import noise_of, shape_of
from evolve.forecast.spread import (
    ROUNDING,
    VarianceComponents,
    distance_of,
    open_constants,
    parts_of,
)
from evolve.scoring.fold import Fold, all_rows
from evolve.scoring.noise_kind import LEAST, gaps_of, is_relative
from evolve.scoring.objective import OWN_ROWS
from evolve.tasks.task import Task
from evolve.typing import Array

MOST_RATIOS = 3000


def make_forecast_model(task: Task, contenders: Contenders, *, chosen: bool) -> ForecastModel:
    """What forecasts are made from.

    Args:
        task: The task; its training rows only are read.
        contenders: The champion first.
        chosen: Whether the champion was chosen on further folds.
    """
    whole = contenders.whole
    relative = is_relative(task.train.Y, [whole.predictions], task.train.weights)
    every, form = all_rows(task.train.n_rows), contenders.laws[0].form
    spreads = _spreads(task, every, form, whole, relative=relative)
    known = dict(zip(whole.groups, [spread.noise for spread in spreads], strict=True))
    distances, ratios = [np.zeros(0)], [np.zeros(0)]
    for number, fold in enumerate(contenders.folds):
        away, over = _ratios(task, fold, contenders, number, known, relative=relative)
        distances.append(away)
        ratios.append(over)
    names = [task.group_names[g] for g in whole.groups]
    members = [Member(c.index, law_of(c.form), c.constants, c.weight) for c in contenders.laws]
    thinned = _thinned(np.concatenate(distances), np.concatenate(ratios))
    return ForecastModel(
        tuple(members), dict(zip(names, spreads, strict=True)), relative, *thinned, chosen
    )


def _tables(task: Task, fit: FoldAnswer) -> Array:
    """`(g, t, p)` constants of a fit."""
    return fit.constants.reshape(len(fit.groups), len(task.target_names), -1)


def _spreads(
    task: Task, fold: Fold, form: Form, fit: FoldAnswer, *, relative: bool
) -> list[GroupUncertainty]:
    """One spread a fitted group, with the noise of a row of middle weight.

    Scarce rows borrow their noise from the other groups, where it is not given. Points of one run
    go together: a fit takes up more of their noise, and its constants are known less well.
    """
    independent = _covariances(task, fold, law_of(form), fit)
    wider = widenings(task, fold, form, fit, independent)
    rows, is_given = task.train.at(fold.fit), _noise_is_given(task)
    counts = np.zeros(len(fit.groups))
    noise, caps, middle = np.ones((3, len(fit.groups), len(task.target_names)))
    for i, g in enumerate(fit.groups):
        own, p = rows.at(rows.group == g), fit.fitted[rows.group == g]
        gaps = (own.Y - p) / np.maximum(np.abs(p), 1e-300) if relative else own.Y - p
        shape = shape_of(own, relative=relative)
        each = fit.n_free / len(fit.groups)
        noise[i], counts[i] = noise_of(own, gaps, each, shape, relative=relative)
        if not is_given:
            noise[i] *= [each.noise for each in wider[i]]
        caps[i] = np.ptp(own.Y, axis=0) + 1e-300
        if shape is not None:
            middle[i] = np.median(shape, axis=0)
    if not is_given:
        noise = _shared(noise, counts, np.ones_like(caps) if relative else _alike(task, caps))
    return [
        GroupUncertainty(
            np.array([each.covariance for each in wider[i]]), noise[i] * middle[i], caps[i]
        )
        for i in range(len(fit.groups))
    ]


def _alike(task: Task, spans: Array) -> Array:
    """`(g, t)` ranges of groups; 0 where all targets of one are equal, but for rounding."""
    return np.where(spans > ROUNDING * np.abs(task.train.Y).max(axis=0), spans, 0.0)


def _noise_is_given(task: Task) -> bool:
    """Whether the user gave the standard deviation of every row."""
    return task.train.weights is not None and task.train.weights.noise is not None


def _shared(noise: Array, counts: Array, scale: Array) -> Array:
    """`(g, t)` noise of groups, drawn to what all have on a scale of their own.

    Args:
        noise: `(g, t)` of each group.
        counts: `(g,)` rows that it rests on.
        scale: `(g, t)` in which groups are alike; one of 0 says nothing of others, nor they of it.
    """
    told = scale > 0
    with np.errstate(over="ignore", invalid="ignore"):  # of a law that says 0 noise has no size
        shares = np.where(told, noise / np.where(told, scale, 1.0), 0.0) ** 2
        weights = counts[:, None] * told
        pooled = (weights * shares).sum(axis=0) / np.maximum(weights.sum(axis=0), 1.0)
        mixed = (counts[:, None] * shares + OWN_ROWS * pooled) / (counts[:, None] + OWN_ROWS)
        return np.asarray(np.where(told, np.sqrt(mixed) * scale, noise))


def _covariances(task: Task, fold: Fold, law: Predictable, fit: FoldAnswer) -> Array:
    """`(g, t, p, p)` covariances; a program's come from the slopes of its predictions."""
    tables = _tables(task, fit)
    p = tables.shape[2]
    if len(fit.covariances):
        return fit.covariances.reshape(*tables.shape[:2], p, p)
    result = np.full((*tables.shape[:2], p, p), np.nan)
    group = task.train.group[fold.fit]
    for i, g in enumerate(fit.groups):
        own = task.train.at(fold.fit[group == g])
        left = own.Y - fit.fitted[group == g]
        for t in range(tables.shape[1]):
            moved, squares = slopes_of(law, own.X, tables[i], t), left[:, t] ** 2
            weighted = moved.T if own.counts is None else moved.T * own.counts
            squares = squares if own.counts is None else squares * own.counts
            variance = float(np.sum(squares) / max(own.n_rows - p, 1))
            if own.weights is not None:
                variance = max(variance, own.weights.variance)
            result[i, t] = covariance(weighted @ moved, variance)
    return result


def _ratios(
    task: Task,
    fold: Fold,
    contenders: Contenders,
    number: int,
    known: Mapping[int, Array],
    *,
    relative: bool,
) -> tuple[Array, Array]:
    """Distance and |error| over spread of every held-out row and target of a fold.

    Where its constants can pass through all rows that a fold fits, these show no noise; it has
    that `known` of all rows, by group.
    """
    train, fit = task.train, contenders.answers[number]
    logarithmic = [f.logarithmic for f in task.spec.features]
    form = contenders.laws[0].form
    law, spreads = law_of(form), _spreads(task, fold, form, fit, relative=relative)
    if len(fold.fit) - fit.n_free < 1.0:
        spreads = [replace(s, noise=known[g]) for s, g in zip(spreads, fit.groups, strict=True)]
    shape, group_fitted = shape_of(train, relative=relative), train.group[fold.fit]
    values = np.array([c.held[number] for c in contenders.laws])
    weights = np.array([c.weight for c in contenders.laws])
    distances, ratios = [np.zeros(0)], [np.zeros(0)]
    for i, g in enumerate(fit.groups):
        own = train.group[fold.held] == g
        held = fold.held[own]
        if not len(held):
            continue
        own_fitted = fold.fit[group_fitted == g]
        x, fitted = train.X[held], train.X[own_fitted]
        loose = open_constants(law, _tables(task, fit)[i], spreads[i].covariance, x)
        each = None if shape is None else shape[held] / np.median(shape[own_fitted], axis=0)
        parts = parts_of(values[:, own], weights, loose, spreads[i], each, relative=relative)
        ratio = _over_spread(train.Y[held], parts, relative=relative)
        away = distance_of(x, fitted, logarithmic, task.axes)
        distances.append(np.repeat(away, ratio.shape[1]))
        ratios.append(ratio.ravel())
    joined = np.concatenate(ratios)
    good = np.isfinite(joined)
    # A law that passes through all rows of a fold claims no spread, or that of rounding alone.
    return np.concatenate(distances)[good], np.minimum(joined[good], 1.0 / LEAST)


def _over_spread(y: Array, parts: VarianceComponents, *, relative: bool) -> Array:
    """`(n, t)` |error| over spread.

    Where noise multiplies the law these are of logarithms; a forecast of the other sign than the
    target has none, and counts by the amount, as its interval does.
    """
    added = np.abs(y - parts.point) / np.maximum(parts.total, 1e-300)
    if not relative:
        return added
    gaps = np.abs(gaps_of(y, parts.point, relative=True))
    shares = parts.total / np.maximum(np.abs(parts.point), 1e-300)
    return np.where(np.isfinite(gaps), gaps / np.maximum(shares, 1e-300), added)


def _thinned(distances: Array, ratios: Array) -> tuple[Array, Array]:
    """Every so many of the rows, if there are more than a store should hold."""
    stride = -(-len(ratios) // MOST_RATIOS) or 1
    return distances[::stride], ratios[::stride]
