"""A forecast model and rows to forecasts with intervals, calibrated on the errors of the folds.

The spread at a row (noise, constants and form) is multiplied by what the folds teach: the
quantile of |error| / spread over their held-out rows, those about as far beyond the rows fitted
weighing most (weighted conformal prediction: Vovk et al. 2005, Tibshirani et al. 2019).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from evolve.errors import EvolveError
from evolve.forecast.level import read_level
from evolve.forecast.model import ForecastModel
from evolve.forecast.spread import (
    VarianceComponents,
    distance_of,
    extrapolation_distance,
    is_unbounded,
    open_constants,
    parts_of,
    predictions_of,
)
from evolve.scoring.objective import CALIBRATION_INFLATION, CALIBRATION_LEAST, CALIBRATION_NEAR
from evolve.tasks.task import Task
from evolve.typing import Array

LEVEL = 0.9  # at which the folds' errors are read
MOST_LEVEL = 1.0 - 1e-15  # beyond which a normal quantile is not finite
AT_ONCE = 64  # distances that are looked at together, which bounds memory
MOST_LOG = 50.0  # largest logarithm of the factor between a point and an end


@dataclass(frozen=True, slots=True)
class Forecast:
    """Forecasts of some rows of one group; arrays are `(n, t)` unless told.

    Attributes:
        group: The group's name.
        x: `(n, f)` raw features.
        level: Nominal share of runs inside the interval.
        point: What the champion and its rivals say together.
        champion: What the champion says alone; nan where it is not defined.
        low: Lower end.
        high: Upper end.
        parts: Where the uncertainty comes from, before calibration.
        extrapolation_distance: `(n, f)` steps outside the group's training range.
        rivals: Entries of the other laws that were asked.
        is_open: Whether nothing bounds the forecast, as `is_unbounded` says.
    """

    group: str
    x: Array
    level: float
    point: Array
    champion: Array
    low: Array
    high: Array
    parts: VarianceComponents
    extrapolation_distance: Array
    rivals: tuple[int, ...]
    is_open: npt.NDArray[np.bool_]

    def agrees(self) -> npt.NDArray[np.bool_]:
        """`(k, n, t)` whether each rival's prediction lies inside the interval."""
        values = self.parts.rivals
        inside: npt.NDArray[np.bool_] = (values >= self.low) & (values <= self.high)
        return inside

    def champion_inside(self) -> npt.NDArray[np.bool_]:
        """`(n, t)` whether the champion's own prediction lies inside the interval."""
        inside: npt.NDArray[np.bool_] = (self.champion >= self.low) & (self.champion <= self.high)
        return inside


def forecast(
    task: Task, forecast_model: ForecastModel, group: str, x: Array, level: float = LEVEL
) -> Forecast:
    """Forecast some rows of one group.

    Args:
        task: Gives the training rows' ranges.
        forecast_model: From the run.
        group: The group's name.
        x: `(n, f)` raw features.
        level: Share of runs that the interval is to hold.

    Raises:
        EvolveError: The level is no share, or no law is defined at a row.
    """
    result = interval_at(task, forecast_model, group, x, level)
    if not np.isfinite(result.point).all():
        row = x[np.flatnonzero(~np.isfinite(result.point).all(axis=1))[0]]
        place = ", ".join(f"{n}={v:g}" for n, v in zip(task.feature_names, row, strict=True))
        raise EvolveError(f"predict: no law of the run is defined at {place}")
    return result


def interval_at(
    task: Task, forecast_model: ForecastModel, group: str, x: Array, level: float = LEVEL
) -> Forecast:
    """As `forecast`; point and ends are not finite at rows where no law is defined.

    Raises:
        EvolveError: The level is no share.
    """
    level = read_level(level)
    constants = [m.constants[group] for m in forecast_model.members]
    spread, laws = forecast_model.spreads[group], [m.law for m in forecast_model.members]
    values = predictions_of(laws, constants, x)
    loose = open_constants(laws[0], constants[0], spread.covariance, x)
    weights = np.array([m.weight for m in forecast_model.members])
    parts = parts_of(values, weights, loose, spread, relative=forecast_model.relative)
    times = times_of_spread(task, forecast_model, group, x, level)
    half, noise = half_widths(parts.total, parts.noise, times, level)
    point, low, high = ends_of(task, parts.point, half, noise, relative=forecast_model.relative)
    return Forecast(
        group=group,
        x=x,
        level=level,
        point=point,
        champion=parts.champion,
        low=low,
        high=high,
        parts=parts,
        extrapolation_distance=extrapolation_distance(
            x, _rows_of(task, group), [f.logarithmic for f in task.spec.features]
        ),
        rivals=tuple(m.index for m in forecast_model.members[1:]),
        is_open=is_unbounded(
            point, np.minimum(half, high - low), parts.capped, seen_of(task), spread.cap
        ),
    )


def seen_of(task: Task) -> tuple[Array, Array]:
    """`(t,)` least and greatest of the training targets."""
    return task.train.Y.min(axis=0), task.train.Y.max(axis=0)


def times_of_spread(
    task: Task, forecast_model: ForecastModel, group: str, x: Array, level: float
) -> Array:
    """`(n, 1)` half width of an interval over its spread, calibrated on the folds."""
    logarithmic = [f.logarithmic for f in task.spec.features]
    away = distance_of(x, _rows_of(task, group), logarithmic, task.axes)
    factors = factors_at(forecast_model.distances, forecast_model.ratios, away)
    return np.asarray((CALIBRATION_INFLATION * factors * t_quantile(level))[:, None])


def half_widths(
    total: Array, noise: Array, times: Array, level: float | Array
) -> tuple[Array, Array]:
    """Half widths of intervals, and what single runs' noise alone has of them.

    Where folds show spreads to be too wide, it is what constants and laws leave open that is: the
    noise is that of the residuals, whatever the folds say, and no run scatters by less.

    Args:
        total: `(n, t)` spreads.
        noise: `(n, t)` those of the noise alone.
        times: Half width over spread, as the folds teach it.
        level: Share of runs that an interval is to hold.
    """
    own = np.maximum(times, noise_times(level))
    of_noise = own * noise
    with np.errstate(over="ignore"):
        half = np.sqrt((times * total) ** 2 + (own - times) * (own + times) * noise**2)
    return half, of_noise


def noise_times(level: float | Array) -> npt.NDArray[np.float64]:
    """Half width over noise of an interval for single runs of a known law, chosen on its rows."""
    normal = np.vectorize(NormalDist().inv_cdf, otypes=[float])
    return np.asarray(CALIBRATION_INFLATION * normal(0.5 + 0.5 * np.minimum(level, MOST_LEVEL)))


def quantiles_of(
    task: Task, forecast_model: ForecastModel, forecasts: Forecast, shares: Array
) -> Array:
    """`(m, t)` values that shares `(m,)` of new runs are forecast to lie below, at the first row.

    They are the ends of the intervals of every level.
    """
    levels = np.asarray(np.round(np.abs(2.0 * shares - 1.0), 12), dtype=float)
    unit = times_of_spread(task, forecast_model, forecasts.group, forecasts.x[:1], LEVEL)[0]
    times = unit * np.array([[t_quantile(level)] for level in levels.tolist()]) / t_quantile(LEVEL)
    total, noise = forecasts.parts.total[0], forecasts.parts.noise[0]
    point = np.broadcast_to(forecasts.parts.point[0], (len(shares), len(total)))
    half, of_noise = half_widths(total, noise, times, levels[:, None])
    ends = ends_of(task, point, half, of_noise, relative=forecast_model.relative)
    return np.where(shares[:, None] < 0.5, ends[1], ends[2])


def _rows_of(task: Task, group: str) -> Array:
    """`(m, f)` training rows of a group."""
    return np.asarray(task.train.X[task.train.group == task.group_names.index(group)])


def ends_of(
    task: Task, point: Array, half: Array, noise: Array, *, relative: bool
) -> tuple[Array, Array, Array]:
    """Point and ends of an interval, inside what the target can be.

    Where noise multiplies the law the ends are as many times more and less. Near 0 laws that are
    an amount apart are any number of times so: what they and their constants leave open then
    counts above the forecast as the amount that it is, once it is more than the forecast itself.

    Args:
        task: Says what its targets can be.
        point: `(n, t)` forecasts.
        half: `(n, t)` half widths.
        noise: `(n, t)` those of single runs' noise alone.
        relative: Whether noise multiplies the law, where the forecast has the sign that all its
            targets have; elsewhere that has no meaning.
    """
    low, high = point - half, point + half
    if relative:
        sign = -1.0 if (task.train.Y < 0).all() else 1.0
        size = sign * point  # below 0 where the forecast has the other sign
        with np.errstate(all="ignore"):
            factor, of_noise = (
                np.exp(np.minimum(part / np.maximum(np.abs(size), 1e-300), MOST_LOG))
                for part in (half, noise)
            )
        # The amount and the factor meet, at e times the forecast, where both are that large.
        amount = np.maximum(half + (math.e - 1.0) * size, size * of_noise)
        times_more = sign * np.where(half > size, amount, size * factor)
        times_less = sign * size / factor
        less, more = (times_less, times_more) if sign > 0 else (times_more, times_less)
        low, high = np.where(size > 0, less, low), np.where(size > 0, more, high)
    floors, ceilings = task.forecast_bounds.T
    point, low, high = (np.clip(part, floors, ceilings) for part in (point, low, high))
    return point, low, high


def factors_at(distances: Array, ratios: Array, wanted: Array) -> Array:
    """`(n,)` factors on a t-quantile that make spreads hold at some distances.

    Args:
        distances: `(m,)` of held-out rows of the folds.
        ratios: `(m,)` their |error| / spread.
        wanted: `(n,)` distances.
    """
    unit = t_quantile(LEVEL)
    if not len(ratios):
        return np.full(len(wanted), 2.0)
    order = np.argsort(ratios)
    each, place = np.unique(wanted, return_inverse=True)  # rows inside all have the same
    factors = _quantiles_near(distances[order], ratios[order], each)[place.ravel()] / unit
    # What folds show to be too wide is narrowed as far out as they show it, and not beyond.
    beyond = np.maximum(wanted - distances.max(), 0.0)
    least = 1.0 - (1.0 - CALIBRATION_LEAST) * np.exp(-beyond / CALIBRATION_NEAR)
    return np.asarray(np.maximum(factors, least))


def _quantiles_near(distances: Array, ratios: Array, wanted: Array) -> Array:
    """`(n,)` quantiles of ascending ratios, those at about the wanted distances weighing most."""
    found = np.empty(len(wanted))
    for begin in range(0, len(wanted), AT_ONCE):
        some = slice(begin, begin + AT_ONCE)
        gaps = np.abs(distances - wanted[some, None])
        weights = np.exp(-(gaps - gaps.min(axis=1, keepdims=True)) / CALIBRATION_NEAR)
        total = weights.sum(axis=1)
        n_effective = total**2 / (weights**2).sum(axis=1)
        level = np.minimum(LEVEL * (1.0 + 1.0 / n_effective), 1.0)
        behind = np.cumsum(weights, axis=1) / total[:, None] < level[:, None]
        found[some] = ratios[np.minimum(behind.sum(axis=1), len(ratios) - 1)]
    return found


@lru_cache(4096)
def t_quantile(level: float) -> float:
    """Half width that holds a share of Student's t with 5 degrees of freedom (bisection)."""
    low, high = 0.0, 1e6
    for _ in range(100):
        t = 0.5 * (low + high)
        root = 1.0 + t * t / 5.0
        share = t / math.sqrt(5.0) / root * (1.0 + 2.0 / (3.0 * root)) + math.atan(
            t / math.sqrt(5.0)
        )
        low, high = (t, high) if 2.0 / math.pi * share < level else (low, t)
    return 0.5 * (low + high)
