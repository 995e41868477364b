"""How far off forecasts of a run are on rows that it has not seen, and how many intervals hold."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from evolve.forecast.interval import LEVEL, interval_at
from evolve.forecast.model import ForecastModel
from evolve.scoring.fold import rows_by_group
from evolve.scoring.metrics import Metrics, scores
from evolve.tasks.table import Table
from evolve.tasks.task import Task


@dataclass(frozen=True, slots=True)
class ForecastScore:
    """What the forecasts of some rows were worth.

    Attributes:
        overall: R2, NMSE and NMAE of the points, rows counting alike; `nan` where no law is
            defined at a row.
        inside: Targets that lie in their intervals.
        n_values: Targets in all: one for each row and target.
        interval: Share that the intervals are to hold.
    """

    overall: Metrics
    inside: int
    n_values: int
    interval: float

    def to_data(self) -> dict[str, Any]:
        """All of it as JSON values."""
        worth = {"inside": self.inside, "n_values": self.n_values, "interval": self.interval}
        return asdict(self.overall) | worth


def score_forecast(
    task: Task, forecast_model: ForecastModel, table: Table, level: float = LEVEL
) -> ForecastScore:
    """Compare what a run forecasts of rows with what came out.

    Args:
        task: Of the run.
        forecast_model: From the run.
        table: Rows with their targets.
        level: Share of runs that the intervals are to hold.
    """
    point = np.full(table.Y.shape, np.nan)
    inside = 0
    for g, rows in rows_by_group(table.group):
        said = interval_at(task, forecast_model, task.group_names[g], table.X[rows], level)
        point[rows], y = said.point, table.Y[rows]
        inside += int(((said.low <= y) & (y <= said.high)).sum())
    overall = Metrics(math.nan, math.nan, math.nan, table.n_rows)
    if np.isfinite(point).all():
        overall = scores(table.Y, point, table.group, task.group_names, task.target_names).overall
    return ForecastScore(overall, inside, table.Y.size, level)
