"""A choice and its forecasts to a verdict: does a law hold here, or is there none.

Three things are measured on training rows alone: whether the forecast predicts the rows that the
folds held out better than the best baseline does, how wide its calibrated interval is beyond the
data, and whether declared physics is kept there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evolve.forecast.basis import Basis
from evolve.forecast.interval import forecast
from evolve.forecast.verdict import CARE, HOLDS, NONE, Verdict
from evolve.scoring.combine import combine
from evolve.scoring.metrics import nmse
from evolve.scoring.objective import (
    EPSILON,
    HOLDS_GAIN,
    HOLDS_R2,
    HOLDS_RELATIVE,
    HORIZONS,
    NONE_GAIN,
    NONE_R2,
    VERDICT_LEVEL,
)
from evolve.search.champion import Choice
from evolve.search.consensus import further
from evolve.tasks.task import Task
from evolve.typing import Array, Ints


def verdict_of(task: Task, choice: Choice, basis: Basis) -> Verdict:
    """Judge a run's forecasts.

    Args:
        task: Its training rows only are read.
        choice: The champion and its finalists.
        basis: What forecasts are made from.
    """
    weights = np.array([fold.weight for fold in choice.champion.folds])
    errors = forecast_errors(task, choice)
    name, baseline = best_baseline(choice, weights)
    gain = float(np.average(np.log((baseline + EPSILON) / (errors + EPSILON)), weights=weights))
    expected = expected_errors(task, choice, basis) if task.axes else (None, None)
    physics = choice.champion.against_physics
    kind, reasons = _judge(gain, expected, physics, name)
    held, base = (float(1.0 - np.average(e, weights=weights)) for e in (errors, baseline))
    return Verdict(kind, tuple(reasons), held, name, base, gain, *expected, physics)


def forecast_errors(task: Task, choice: Choice) -> Array:
    """`(n_folds,)` mean squared error over variance of what all finalists say of held-out rows."""
    weights = np.array([f.weight for f in choice.finalists])
    errors = []
    for number, fold in enumerate(choice.folds):
        values = np.array([f.held[number] for f in choice.finalists])
        errors.append(nmse(task.train.Y[fold.held], combine(values, weights)[0]))
    return np.array(errors)


def best_baseline(choice: Choice, weights: Array) -> tuple[str, Array]:
    """The baseline with the least mean log error over the folds, and its errors."""
    baselines = choice.baselines or {}
    logs = {
        n: float(np.average(np.log(e + EPSILON), weights=weights)) for n, e in baselines.items()
    }
    name = min(logs, key=lambda n: logs[n])
    return name, baselines[name]


def expected_errors(task: Task, choice: Choice, basis: Basis) -> tuple[float | None, float | None]:
    """R² and median relative error that the intervals promise at the horizon.

    Args:
        task: With axes.
        choice: Its first fold holds out the largest scales, which are moved on.
        basis: What forecasts are made from.
    """
    points, sigmas = horizon(task, choice.folds[0].held, basis)
    spread = points.var(axis=0)
    errors = np.mean(sigmas**2, axis=0)
    with np.errstate(all="ignore"):
        r2 = float(1.0 - np.mean(errors / (spread + errors)))
        relative = float(np.median(sigmas / np.maximum(np.abs(points), 1e-300)))
    return r2, relative


def horizon(task: Task, rows: Ints, basis: Basis) -> tuple[Array, Array]:
    """Forecasts and their standard deviations `(m, t)` of rows moved on along the axes."""
    train = task.train
    points, sigmas = [], []
    for factor in HORIZONS:
        x = further(task, train.X[rows], factor)
        for g in np.unique(train.group[rows]):
            mine = train.group[rows] == g
            told = forecast(task, basis, task.group_names[g], x[mine], VERDICT_LEVEL)
            points.append(told.point)
            sigmas.append(0.5 * (told.high - told.low))
    return np.concatenate(points), np.concatenate(sigmas)


def _judge(
    gain: float, expected: Sequence[float | None], physics: float, baseline: str
) -> tuple[str, list[str]]:
    """The verdict and its reasons."""
    r2, relative = expected
    sure = r2 is None or r2 >= HOLDS_R2 or (relative or np.inf) <= HOLDS_RELATIVE
    lost = r2 is not None and r2 < NONE_R2 and (relative or 0.0) > HOLDS_RELATIVE
    reasons = [
        f"held-out error is {np.exp(-0.5 * gain):.2g} times that of the best baseline, {baseline}"
    ]
    if r2 is not None and relative is not None:
        reasons.append(
            f"beyond the data the interval promises an R2 of {max(r2, 0.0):.2g} "
            f"and an error of {100 * relative:.2g} %"
        )
    if physics:
        reasons.append(f"the champion breaks declared physics at {100 * physics:.2g} % of points")
    if gain < NONE_GAIN or lost:
        return NONE, reasons
    if gain >= HOLDS_GAIN and sure and not physics:
        return HOLDS, reasons
    return CARE, reasons
