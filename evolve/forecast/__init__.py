"""A run's finalists to forecasts: point, calibrated interval, distance from the training rows.

`calibration` refits the champion and its rivals (slow, when a run ends), `basis` is what is kept
of that, `interval` turns it into forecasts (quick), `queries` reads what to forecast, and `plan`
splits a budget by them.
"""

from __future__ import annotations

from evolve.forecast.basis import Basis, Member
from evolve.forecast.interval import Forecast, forecast
from evolve.forecast.queries import Query, from_cells, from_table, from_words

__all__ = [
    "Basis",
    "Forecast",
    "Member",
    "Query",
    "forecast",
    "from_cells",
    "from_table",
    "from_words",
]
