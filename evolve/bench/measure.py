"""How forecasts of rows kept apart are measured, so that one disaster does not decide a mean."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evolve.scoring.metrics import nmse
from evolve.typing import Array

WORST = 10.0  # largest mean squared error over variance: whatever is worse says the same
LEAST_R2 = -1.0  # what an R² counts at least in a mean
LEAST_ERROR = 1e-6  # below which an error over variance says the same: the law is found


def error_of(y: Array, predictions: Array) -> float:
    """Mean squared error over variance; `WORST` at most, and where a prediction is not finite."""
    if not np.isfinite(predictions).all():
        return WORST
    return min(float(nmse(y, predictions)), WORST)


def r2_of(y: Array, predictions: Array) -> float:
    """One minus `error_of`."""
    return 1.0 - error_of(y, predictions)


def mean_clipped(values: Sequence[float]) -> float:
    """Mean of R², each at least `LEAST_R2`."""
    return float(np.mean(np.maximum(values, LEAST_R2)))


def mean_log_error(values: Sequence[float]) -> float:
    """Mean natural log of the errors that R² stand for, each between `LEAST_ERROR` and `WORST`."""
    return float(np.mean(np.log(np.clip(1.0 - np.array(values), LEAST_ERROR, WORST))))
