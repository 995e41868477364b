"""Forecasts as JSON values, one a row."""

from __future__ import annotations

from typing import Any

from evolve.forecast.departures import departures
from evolve.forecast.interval import Forecast
from evolve.forecast.tested import untested_rows
from evolve.tasks.task import Task


def rows_of(task: Task, forecasts: Forecast) -> list[dict[str, Any]]:
    """A forecast as JSON values, one a row."""
    names, group, x = task.feature_names, forecasts.group, forecasts.x
    broken, ends = departures(task, group, x), untested_rows(task, group, x)
    predictions = _predictions(task, forecasts)
    rows = []
    for i, row in enumerate(x):
        distance = dict(zip(names, forecasts.extrapolation_distance[i].tolist(), strict=True))
        rows.append(
            {
                "group": group,
                "at": dict(zip(names, row.tolist(), strict=True)),
                "extrapolation_distance": distance,
                "beyond": distance,  # its name of earlier versions
                "departures": broken[i],
                "untested": list(ends[i]),
                "interval": forecasts.level,
                "predictions": predictions[i],
            }
        )
    return rows


def _predictions(task: Task, forecasts: Forecast) -> list[dict[str, Any]]:
    """What is said of each target, row by row."""
    agrees, inside = forecasts.agrees(), forecasts.champion_inside()
    return [
        {
            target: {
                "point": forecasts.point[i, t],
                "champion": forecasts.champion[i, t],
                "champion_inside": bool(inside[i, t]),
                "low": forecasts.low[i, t],
                "high": forecasts.high[i, t],
                "is_open": bool(forecasts.is_open[i, t]),
                "from_noise": forecasts.parts.noise[i, t],
                "from_constants": forecasts.parts.constants[i, t],
                "from_form": forecasts.parts.form[i, t],
                "elites": [
                    {
                        "entry": k,
                        "value": forecasts.parts.rivals[j, i, t],
                        "inside": bool(agrees[j, i, t]),
                    }
                    for j, k in enumerate(forecasts.rivals)
                ],
            }
            for t, target in enumerate(task.target_names)
        }
        for i in range(len(forecasts.x))
    ]
