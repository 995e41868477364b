"""How much of a forecast's interval at one point a run elsewhere would take off.

What is open of forecasts is how the laws differ and what the rows leave open of the champion's
constants. Both say of any two runs how far they would move together, so that a run, known up to
its noise, takes off what a linear Gaussian update does (Bayesian experimental design: MacKay
1992; over an ensemble of laws: Evensen 1994). Point, noise and calibration stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from evolve.forecast.departures import departures, require_whole
from evolve.forecast.interval import Forecast, ends_of, forecast, half_widths, times_of_spread
from evolve.forecast.plan.question import Question
from evolve.forecast.queries import checked_point
from evolve.forecast.spread import open_along
from evolve.scoring.combine import weighted_quantile
from evolve.scoring.objective import COMBINATION_INNER
from evolve.typing import Array

TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A point whose interval further runs are to narrow.

    Attributes:
        at: A value of every feature.
        point: Forecast of the target.
        low: Lower end of the interval now.
        high: Upper end.
        departures: What the point breaks that every training row keeps to, in words.
        is_open: Whether nothing bounds the forecast.
    """

    at: Mapping[str, float]
    point: float
    low: float
    high: float
    departures: tuple[str, ...] = ()
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Open:
    """What is open of some forecasts of one target.

    Attributes:
        along: `(n, q)` directions; the inner product of two rows is their covariance.
        noise: `(n,)` scatter of single runs.
    """

    along: Array
    noise: Array


def point_of(question: Question, narrow: Mapping[str, object]) -> dict[str, float]:
    """A value of every feature at the point that is asked for.

    Args:
        question: Fixes the features that the cost does not hold, tuned ones among them.
        narrow: Values of features; those that are fixed may be left out.

    Raises:
        EvolveError: A feature is missing or not known, or its value is none that it can have,
            or shares do not sum as in the training rows.
    """
    names = question.task.feature_names
    fixed = {names[j]: value for j, value in question.fixed.items()}
    point = checked_point(question.task, {**fixed, **narrow}, "narrow")
    require_whole(question.task, point, "narrow")
    return point


def forecast_at(question: Question, at: Mapping[str, float]) -> Forecast:
    """The forecast of one run of these features, in the order of the task."""
    row = np.array([list(at.values())])
    return forecast(question.task, question.forecast_model, question.group, row, question.level)


def open_of(question: Question, forecasts: Forecast) -> Open:
    """What is open of forecasts, as their intervals have it."""
    t, parts, model = question.target, forecasts.parts, question.forecast_model
    values = np.concatenate([parts.champion[None], parts.rivals])[:, :, t]
    weights = np.array([member.weight for member in model.members])[:, None]
    gaps = values - forecasts.point[:, t]
    share = np.where(np.isfinite(gaps), weights, 0.0)
    gaps = np.where(np.isfinite(gaps), gaps, 0.0)
    most = weighted_quantile(np.abs(gaps), share, COMBINATION_INNER)
    laws = np.sqrt(share) * np.clip(gaps, -most, most)
    champion, covariance = model.members[0], model.spreads[question.group].covariance[t]
    loose = open_along(
        champion.law, t, champion.constants[question.group], covariance, forecasts.x
    )
    along = [_of_length(laws.T, parts.form[:, t]), _of_length(loose, parts.constants[:, t])]
    return Open(np.hstack(along), np.maximum(parts.noise[:, t], TINY))


def _of_length(rows: Array, lengths: Array) -> Array:
    """`(n, q)` rows stretched to `(n,)` lengths; those that are 0 stay so."""
    largest = np.maximum(np.abs(rows).max(axis=1, initial=0.0), TINY)
    rows = rows / largest[:, None]
    norms = np.maximum(np.sqrt((rows**2).sum(axis=1)), TINY)
    return np.asarray(rows * (lengths / norms)[:, None])


def narrowed_at(question: Question, forecasts: Forecast) -> Narrowed:
    """The one forecast, as it is now."""
    names, t = question.task.feature_names, question.target
    at = dict(zip(names, forecasts.x[0].tolist(), strict=True))
    point, low, high = (
        float(part[0, t]) for part in (forecasts.point, forecasts.low, forecasts.high)
    )
    broken = departures(question.task, question.group, forecasts.x)[0]
    return Narrowed(at, point, low, high, tuple(broken), bool(forecasts.is_open[0, t]))


def interval_of(question: Question, forecasts: Forecast, spread: float) -> tuple[float, float]:
    """The interval of the one forecast if its uncalibrated spread were another."""
    t = question.target
    parts, spreads = forecasts.parts, forecasts.parts.total.copy()
    spreads[:, t] = spread
    task, model = question.task, question.forecast_model
    times = times_of_spread(task, model, question.group, forecasts.x, question.level)
    half, noise = half_widths(spreads, parts.noise, times, question.level)
    _, low, high = ends_of(task, parts.point, half, noise, relative=model.relative)
    return float(low[0, t]), float(high[0, t])
