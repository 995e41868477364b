"""Forecasts of a data frame's rows as columns beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evolve.tasks.task import Task

if TYPE_CHECKING:
    import pandas as pd

    from evolve.forecast.model import ForecastModel

LEVEL = 0.9  # that of `evolve.forecast`, which is loaded only to forecast


def forecast_frame(
    task: Task,
    forecast_model: ForecastModel,
    rows: pd.DataFrame,
    interval: float,
    group: str | None,
) -> pd.DataFrame:
    """Point, interval and distance of every row; see `evolve.api.run.Run.predict`.

    Raises:
        EvolveError: A column is missing, a cell is no number, a group is not known, or the law is
            not defined at a row.
    """
    from evolve.forecast.frame import PARTS, frame_of
    from evolve.forecast.interval import forecast
    from evolve.forecast.queries import from_cells
    from evolve.tasks.readers import raw_of

    raw = raw_of(rows)
    forecasts = [
        (q.at, forecast(task, forecast_model, q.group, q.x, interval))
        for q in from_cells(task, raw, group)
    ]
    frame = frame_of(forecasts, raw.n_rows, task)
    if len(task.target_names) == 1:
        target = task.target_names[0]
        frame = frame.rename(columns={f"{target}_{part}": part for part in PARTS})
    return frame.set_index(index_of(rows, raw.n_rows))


def index_of(rows: Any, n: int) -> pd.Index:
    """The index of rows, numbers from 0 where they are no frame of pandas and have none."""
    import pandas as pd

    return rows.index if isinstance(rows, pd.DataFrame) else pd.RangeIndex(n)
