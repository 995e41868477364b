"""The forecast box of a page: sliders for the features, and what they are answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from evolve.errors import EvolveError
from evolve.forecast.departures import SLACK, departures
from evolve.forecast.interval import (
    LEVEL,
    MOST_LOG,
    Forecast,
    interval_at,
    noise_times,
    seen_of,
    t_quantile,
)
from evolve.forecast.model import ForecastModel, Member
from evolve.forecast.spread import FARTHEST, LARGEST, OFF, ROUNDING
from evolve.forecast.words import LEAST_SHARE, MOST_TIMES, NO_GUIDE, OPEN
from evolve.law.graph import Law, to_data
from evolve.scoring.combine import STEPS, TO_DEVIATION
from evolve.scoring.objective import (
    CALIBRATION_INFLATION,
    CALIBRATION_LEAST,
    CALIBRATION_NEAR,
    COMBINATION_HUBER,
    COMBINATION_INNER,
)
from evolve.tasks.cells import number
from evolve.tasks.mixture import mixture
from evolve.tasks.task import Task
from evolve.tasks.together import Relation, coefficients, relations
from evolve.typing import Array

BEYOND = 100.0  # a slider of log scale goes so many times beyond the training rows, and
BELOW = 10.0  # so many times below
RANGES = 0.5  # of the training range, that another slider goes beyond it to either side
N_CURVE = 61  # points of a curve along one feature
DIGITS = 4  # of a slider's first value


def sliders(task: Task) -> dict[str, Any]:
    """What the page needs to draw the box."""
    rows = zip(task.spec.features, task.train.X.T, strict=True)
    return {
        "features": [_slider(f.name, f.logarithmic, values) for f, values in rows],
        "targets": list(task.target_names),
        "groups": list(task.group_names),
        "level": LEVEL,
        "farthest": FARTHEST,
        "words": {"open": OPEN, "no_guide": NO_GUIDE},
    }


def _slider(name: str, logarithmic: bool, values: Array) -> dict[str, Any]:
    low, high = float(values.min()), float(values.max())
    if logarithmic:
        ends = low / BELOW, high * BEYOND
    else:
        wide = RANGES * ((high - low) or abs(high) or 1.0)
        ends = low - wide if low < 0 else max(low - wide, 0.0), high + wide
    return {
        "name": name,
        "log": logarithmic,
        "from": ends[0],
        "to": ends[1],
        "low": low,
        "high": high,
        "value": float(f"{float(np.median(values)):.{DIGITS}g}"),
    }


def answer(task: Task, forecast_model: ForecastModel, asked: Mapping[str, str]) -> dict[str, Any]:
    """The forecast of one row, and the curve along one feature with the others as they are.

    Args:
        task: The task.
        forecast_model: From the run.
        asked: ``x0``, ``x1``, … the values of the features; ``group`` and ``along``, numbers.

    Raises:
        EvolveError: A value is missing, no number, or cannot be.
    """
    features = task.spec.features
    x = np.array([[_value(asked, j, f.name, f.logarithmic) for j, f in enumerate(features)]])
    group = task.group_names[_place(asked, "group", task.n_groups)]
    along = _place(asked, "along", len(features))
    slider = _slider(features[along].name, features[along].logarithmic, task.train.X[:, along])
    spaced = np.geomspace if slider["log"] else np.linspace
    curve = np.repeat(x, N_CURVE, axis=0)
    curve[:, along] = spaced(slider["from"], slider["to"], N_CURVE)
    here, there = (interval_at(task, forecast_model, group, rows, LEVEL) for rows in (x, curve))
    steps = here.extrapolation_distance[0].tolist()
    return {
        "group": group,
        "along": along,
        "targets": [_numbers(here, t, 0) for t in range(len(task.target_names))],
        "distance": dict(zip(task.feature_names, steps, strict=True)),
        "departures": departures(task, group, x)[0],
        "curve": {"x": curve[:, along].tolist(), "targets": _curves(there)},
    }


def _value(asked: Mapping[str, str], j: int, name: str, logarithmic: bool) -> float:
    text = asked.get(f"x{j}", "")
    value = number(text)
    if value is None or not np.isfinite(value) or (logarithmic and value <= 0):
        above = " above 0" if logarithmic else ""
        raise EvolveError(f"{name}: must be a number{above}, it is {text[:40]!r}")
    return value


def _place(asked: Mapping[str, str], name: str, n: int) -> int:
    text = asked.get(name, "0")
    if not text.isdecimal() or len(text) > 6 or int(text) >= n:
        raise EvolveError(f"{name}: must be 0 to {n - 1}, it is {text[:40]!r}")
    return int(text)


def _numbers(forecast: Forecast, t: int, i: int) -> dict[str, float | bool]:
    parts = ("point", "low", "high", "champion")
    numbers = {name: float(getattr(forecast, name)[i, t]) for name in parts}
    return {**numbers, "is_open": bool(forecast.is_open[i, t])}


def _curves(forecast: Forecast) -> list[dict[str, list[float]]]:
    parts = ("point", "low", "high", "champion")
    n_targets = forecast.point.shape[1]
    return [{n: getattr(forecast, n)[:, t].tolist() for n in parts} for t in range(n_targets)]


def page_data(task: Task, forecast_model: ForecastModel) -> dict[str, Any] | None:
    """What a page needs to answer its sliders without a server, as JSON values.

    Laws as trees with the constants of each group, and all that `interval_at` reads besides; None
    where a member is a program, which no page can run.
    """
    if not all(isinstance(member.law, Law) for member in forecast_model.members):
        return None
    shares = mixture(task)
    return {
        "sliders": sliders(task),
        "members": [_member(member, task) for member in forecast_model.members],
        "relative": forecast_model.relative,
        "distances": forecast_model.distances.tolist(),
        "ratios": forecast_model.ratios.tolist(),
        "groups": [_group(task, forecast_model, name) for name in task.group_names],
        "axes": list(task.axes),
        "bounds": task.forecast_bounds.tolist(),
        "seen": np.stack(seen_of(task), axis=1).tolist(),
        "mixture": {
            "columns": list(shares.columns),
            "whole": shares.whole,
            "slack": shares.slack,
        },
        "relations": [_relation(task, relation) for relation in relations(task)],
        "n_curve": N_CURVE,
        "quantiles": _quantiles(),
        "numbers": {
            "inflation": CALIBRATION_INFLATION,
            "least": CALIBRATION_LEAST,
            "near": CALIBRATION_NEAR,
            "huber": COMBINATION_HUBER,
            "inner": COMBINATION_INNER,
            "deviation": TO_DEVIATION,
            "steps": STEPS,
            "largest": LARGEST,
            "most_log": MOST_LOG,
            "off": OFF,
            "rounding": ROUNDING,
            "slack": SLACK,
            "least_share": LEAST_SHARE,
            "most_times": MOST_TIMES,
        },
    }


def _quantiles() -> dict[str, float]:
    unit, noise = t_quantile(LEVEL), float(noise_times(LEVEL))
    return {"level": LEVEL, "asked": unit, "unit": unit, "noise": noise}


def _member(member: Member, task: Task) -> dict[str, Any]:
    assert isinstance(member.law, Law)
    return {
        "weight": member.weight,
        "root": to_data(member.law.root),
        "own_feature_first": member.law.own_feature_first,
        "constants": [member.constants[name].tolist() for name in task.group_names],
    }


def _group(task: Task, forecast_model: ForecastModel, name: str) -> dict[str, Any]:
    spread = forecast_model.spreads[name]
    train = task.train.X[task.train.group == task.group_names.index(name)]
    logarithmic = [f.logarithmic for f in task.spec.features]
    joint = [j for j in task.axes if logarithmic[j] and train[:, j].min() > 0]
    size = np.log10(train[:, joint]).sum(axis=1).max() if len(joint) > 1 else None
    return {
        "covariance": spread.covariance.tolist(),
        "noise": spread.noise.tolist(),
        "cap": spread.cap.tolist(),
        "low": train.min(axis=0).tolist(),
        "high": train.max(axis=0).tolist(),
        "joint": joint if size is not None else [],
        "largest": size,
    }


def _relation(task: Task, relation: Relation) -> dict[str, Any]:
    place = task.feature_names.index
    return {
        "column": place(relation.name),
        "others": [place(name) for name in relation.others],
        "said": relation.said,
        "coefficients": [coefficients(task, relation, g).tolist() for g in range(task.n_groups)],
    }
