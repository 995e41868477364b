"""What intervals promise beyond the data: R² and error at factors beyond the largest scales."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from evolve.forecast.interval import forecast
from evolve.forecast.model import ForecastModel
from evolve.forecast.telling import telling_folds
from evolve.forecast.words import r2_text, share_text
from evolve.scoring.objective import HOLDS_R2, HOLDS_RELATIVE, HORIZONS, VERDICT_LEVEL
from evolve.search.champion import Choice
from evolve.search.consensus import RANGE_OF_TEN, further
from evolve.tasks.task import Task
from evolve.typing import Array, Ints

IN_WORDS = {0.5: "half a range", 1.0: "a whole range"}
NOTHING_LEFT = 0.05  # promised R2 below which it is told in words


class Promise(NamedTuple):
    """What intervals promise beyond the data.

    Attributes:
        r2: R² over runs as far out as each other, the least of those within reach; None where the
            task does not extrapolate.
        relative: Median error of such runs as a share of the forecast, the greatest of those
            within reach; None for one that is no share, as values lie on both sides of 0.
        reach: How far beyond, in words.
        nearer: What is promised less far out, where that is enough for a law to hold and the
            promise itself is not.
    """

    r2: float | None = None
    relative: float | None = None
    reach: str = ""
    nearer: Promise | None = None

    @property
    def is_enough(self) -> bool:
        """Whether a law may hold on it."""
        is_close = self.relative is not None and self.relative <= HOLDS_RELATIVE
        return is_close or self.r2 is None or self.r2 >= HOLDS_R2


def expected_errors(task: Task, choice: Choice, forecast_model: ForecastModel) -> Promise:
    """R² and median relative error that the intervals promise at the horizon.

    Args:
        task: With axes.
        choice: The first of its folds that can tell holds out the largest scales, which are moved
            on.
        forecast_model: What forecasts are made from.

    Returns:
        What is promised at every factor up to the horizon: the least R² over runs as far out as
        each other, and the greatest error; None for it where it is no share, as values have
        either sign.
    """
    rows = choice.folds[telling_folds(task, choice.folds)[0]].held
    factors = horizons_of(task)
    by_factor = [_forecasts(task, rows, forecast_model, factor) for factor in factors]
    values = np.concatenate([task.train.Y, *(points for points, _ in by_factor)])
    either = bool(((values.min(axis=0) < 0) & (values.max(axis=0) > 0)).any())
    r2s = np.minimum.accumulate([_promised_r2(*each) for each in by_factor]).tolist()
    errors = np.maximum.accumulate([_median_share(*each) for each in by_factor]).tolist()
    *closer, promise = [
        Promise(r2, None if either else error, reach_text(task, factor))
        for r2, error, factor in zip(r2s, errors, factors, strict=True)
    ]
    enough = [each for each in closer if each.is_enough]
    return promise._replace(nearer=None if promise.is_enough or not enough else enough[-1])


def _median_share(points: Array, sigmas: Array) -> float:
    """Median standard deviation as a share of the forecast."""
    with np.errstate(over="ignore"):
        return float(np.median(sigmas / np.maximum(np.abs(points), 1e-300)))


def horizons_of(task: Task) -> list[float | tuple[float, ...]]:
    """Factors beyond the largest scales at which intervals are read.

    Up to the horizon that is declared, but no nearer than without one.
    """
    if task.horizon is None:
        return list(HORIZONS)
    powers = [np.log(factor) / np.log(HORIZONS[-1]) for factor in HORIZONS]
    horizon = [max(h, HORIZONS[-1]) for h in task.horizon]
    return [tuple(float(h**power) for h in horizon) for power in powers]


def reach_text(task: Task, factor: float | tuple[float, ...] | None = None) -> str:
    """How far beyond the data intervals are read: factors, or shares of a linear axis' range.

    Args:
        task: With axes.
        factor: One of `horizons_of`; by default the last.
    """
    reaches = dict.fromkeys(reaches_of(task, factor))
    if len({is_log for is_log, _ in reaches}) < len(reaches):
        return "the horizon"  # axes of one kind reach unlike far
    return " or ".join(
        f"{10.0**reach:.3g} times" if is_log else IN_WORDS.get(reach, f"{reach:.3g} ranges")
        for is_log, reach in reaches
    )


def reaches_of(
    task: Task, factor: float | tuple[float, ...] | None = None
) -> list[tuple[bool, float]]:
    """How far beyond the data intervals are read along each axis; arguments as `reach_text`.

    Returns:
        Whether it is logarithmic; and powers of ten, or ranges of all training rows where it is
        not, as rows are moved on (`evolve.search.consensus.further`).
    """
    axes, by = task.spec.folds.axes, horizons_of(task)[-1] if factor is None else factor
    factors = by if isinstance(by, tuple) else (by,) * len(axes)
    return [
        (is_log, float(np.log10(by)) * (1.0 if is_log else RANGE_OF_TEN))
        for is_log, by in zip(task.logarithmic_axes, factors, strict=True)
    ]


def _promised_r2(points: Array, sigmas: Array) -> float:
    """R² where runs scatter around their forecasts as the intervals say."""
    with np.errstate(all="ignore"):
        errors, spread = np.mean(sigmas**2, axis=0), points.var(axis=0)
        return float(np.mean(np.nan_to_num(1.0 - errors / spread, nan=-1.0).clip(-1.0)))


def _forecasts(
    task: Task, rows: Ints, forecast_model: ForecastModel, factor: float | tuple[float, ...]
) -> tuple[Array, Array]:
    """Forecasts and their standard deviations `(m, t)` of rows moved on along the axes.

    These are not cut to the range of the targets, as those of intervals are: a forecast that
    leaves that range many times would seem to be known to a small share of itself.
    """
    train = task.train
    spreads = {
        g: replace(spread, cap=np.full_like(spread.cap, np.inf))
        for g, spread in forecast_model.spreads.items()
    }
    forecast_model = replace(forecast_model, spreads=spreads)
    x, group = further(task, train.X[rows], factor), train.group[rows]
    forecasts = [
        forecast(task, forecast_model, task.group_names[g], x[group == g], VERDICT_LEVEL)
        for g in np.unique(group)
    ]
    points = np.concatenate([f.point for f in forecasts])
    return points, np.concatenate([0.5 * (f.high - f.low) for f in forecasts])


def promise_text(promise: Promise) -> str:
    """What the intervals say beyond the data; nothing where nothing is promised."""
    r2, relative, reach, _ = promise
    if r2 is None:
        return ""
    error = "an error that is no share of the forecast, as values lie on both sides of 0"
    if relative is not None:
        error = f"an error of {share_text(relative, 'the forecast', HOLDS_RELATIVE)}"
    if r2 < NOTHING_LEFT:
        less = ", no less than runs equally far out differ by"
        return f"up to {reach} beyond the data the interval promises {error}{less}"
    least = "over 0.99" if r2 > 0.99 else r2_text(r2, 2, HOLDS_R2)
    return f"up to {reach} beyond the data the interval promises an R2 of {least} and {error}"
