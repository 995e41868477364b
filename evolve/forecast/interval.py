"""A basis and rows to forecasts with intervals, calibrated on the errors of the folds.

The spread at a row (noise, constants and form) is multiplied by what the folds teach: the
quantile of |error| / spread over their held-out rows, those about as far beyond the rows fitted
weighing most (weighted conformal prediction: Vovk et al. 2005, Tibshirani et al. 2019).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evolve.errors import EvolveError
from evolve.forecast.basis import Basis
from evolve.forecast.spread import Parts, parts_of, steps_beyond
from evolve.scoring.objective import CALIBRATION_INFLATION, CALIBRATION_LEAST, CALIBRATION_NEAR
from evolve.tasks.task import Task
from evolve.typing import Array

LEVEL = 0.9  # at which the folds' errors are read


@dataclass(frozen=True, slots=True)
class Forecast:
    """Forecasts of some rows of one group; arrays are `(n, t)` unless told.

    Attributes:
        group: The group's name.
        x: `(n, f)` raw features.
        level: Nominal share of runs inside the interval.
        point: The champion's prediction.
        low: Lower end.
        high: Upper end.
        parts: Where the uncertainty comes from, before calibration.
        beyond: `(n, f)` steps outside the group's training range.
        rivals: Entries of the other laws that were asked.
    """

    group: str
    x: Array
    level: float
    point: Array
    low: Array
    high: Array
    parts: Parts
    beyond: Array
    rivals: tuple[int, ...]

    def agrees(self) -> npt.NDArray[np.bool_]:
        """`(k, n, t)` whether each rival's prediction lies inside the interval."""
        told = self.parts.rivals
        inside: npt.NDArray[np.bool_] = (told >= self.low) & (told <= self.high)
        return inside


def forecast(task: Task, basis: Basis, group: str, x: Array, level: float = LEVEL) -> Forecast:
    """Forecast some rows of one group.

    Args:
        task: Gives the training rows' ranges.
        basis: From the run.
        group: The group's name.
        x: `(n, f)` raw features.
        level: Share of runs that the interval is to hold.

    Raises:
        EvolveError: The level is no share, or the champion is not defined at a row.
    """
    if not 0.0 < level < 1.0:
        raise EvolveError(f"interval: must be between 0 and 1, it is {level:g}")
    constants = [m.constants[group] for m in basis.members]
    spread = basis.spreads[group]
    laws = [m.law for m in basis.members]
    parts = parts_of(laws, constants, spread, x, relative=basis.relative)
    if not np.isfinite(parts.point).all():
        row = x[np.flatnonzero(~np.isfinite(parts.point).all(axis=1))[0]]
        told = ", ".join(f"{n}={v:g}" for n, v in zip(task.feature_names, row, strict=True))
        raise EvolveError(f"predict: the champion is not defined at {told}")
    known = task.train.X[task.train.group == task.group_names.index(group)]
    beyond = steps_beyond(x, known, [f.logarithmic for f in task.spec.features])
    factors = factors_at(basis.distances, basis.ratios, np.abs(beyond).max(axis=1))
    half = parts.total * (CALIBRATION_INFLATION * factors * t_quantile(level))[:, None]
    low, floor = parts.point - half, task.spec.physics.floor
    low = low if floor is None else np.maximum(low, np.minimum(floor, parts.point))
    rivals = tuple(m.index for m in basis.members[1:])
    return Forecast(group, x, level, parts.point, low, parts.point + half, parts, beyond, rivals)


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
    sorted_ratios, sorted_distances = ratios[order], distances[order]
    factors = np.empty(len(wanted))
    for i, at in enumerate(wanted):
        gap = np.abs(sorted_distances - at)
        weight = np.exp(-(gap - gap.min()) / CALIBRATION_NEAR)
        n_effective = weight.sum() ** 2 / (weight**2).sum()
        level = min(LEVEL * (1.0 + 1.0 / n_effective), 1.0)
        share = np.cumsum(weight) / weight.sum()
        factors[i] = sorted_ratios[min(np.searchsorted(share, level), len(share) - 1)] / unit
    return np.maximum(factors, CALIBRATION_LEAST)


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


def rows_of(told: Forecast, names: Sequence[str], targets: Sequence[str]) -> list[dict[str, Any]]:
    """A forecast as JSON values, one a row."""
    agrees = told.agrees()
    rows = []
    for i, row in enumerate(told.x):
        values = {}
        for t, target in enumerate(targets):
            rivals = [
                {"entry": k, "value": told.parts.rivals[j, i, t], "inside": bool(agrees[j, i, t])}
                for j, k in enumerate(told.rivals)
            ]
            values[target] = {
                "point": told.point[i, t],
                "low": told.low[i, t],
                "high": told.high[i, t],
                "from_noise": told.parts.noise[i, t],
                "from_constants": told.parts.constants[i, t],
                "from_form": told.parts.form[i, t],
                "elites": rivals,
            }
        rows.append(
            {
                "group": told.group,
                "at": dict(zip(names, row.tolist(), strict=True)),
                "beyond": dict(zip(names, told.beyond[i].tolist(), strict=True)),
                "interval": told.level,
                "predictions": values,
            }
        )
    return rows
