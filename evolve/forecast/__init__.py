"""A run's finalists to forecasts: point, calibrated interval, distance from the training rows.

`fits` refits the champion and its rivals (slow, when a run ends), `basis` is what is kept of
that in the store, `interval` turns it into forecasts (quick), `inputs` reads what to forecast.
"""

from __future__ import annotations

from evolve.forecast.basis import Basis, Member, basis_of, keep, kept
from evolve.forecast.inputs import Query, from_cells, from_table, from_words
from evolve.forecast.interval import Forecast, forecast

__all__ = [
    "Basis",
    "Forecast",
    "Member",
    "Query",
    "basis_of",
    "forecast",
    "from_cells",
    "from_table",
    "from_words",
    "keep",
    "kept",
]
