"""Searches and forecasts to measured coverage: how many held-out runs their intervals hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from evolve.forecast.calibration import make_forecast_model
from evolve.forecast.interval import forecast
from evolve.forecast.members import contenders_of
from evolve.forecast.model import ForecastModel
from evolve.search.memory import search_in_memory
from evolve.search.problem import make_search_problem
from evolve.tasks.task import Table, Task
from evolve.typing import Array

LEVELS = (0.5, 0.9)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How the intervals of one task fared on its test rows.

    Attributes:
        task: The task.
        kind: ``shipped``, ``synthetic``, ``nested`` or ``tables``.
        seed: Of the run.
        n_values: Test rows times targets.
        inside: Share of them inside the interval of each level of `LEVELS`.
        width: Median width of the widest interval over the spread of the training targets.
        extrapolation_distance: Median distance of the test rows, in steps.
        error: Median |error| over the spread of the training targets.
        times_error: Median half width of the widest interval over the mean |error|.
    """

    task: str
    kind: str
    seed: int
    n_values: int
    inside: tuple[float, ...]
    width: float
    extrapolation_distance: float
    error: float
    times_error: float

    def to_data(self) -> dict[str, Any]:
        """JSON value."""
        return asdict(self) | {"beyond": self.extrapolation_distance}  # of earlier versions


def search_forecast_model(
    task: Task, seed: int, evaluations: int, workers: int
) -> ForecastModel | None:
    """What a run of a task would keep for its forecasts; None where nothing can be fitted."""
    problem = make_search_problem(task, seed)
    choice = search_in_memory(problem, evaluations, workers)
    return (
        None if choice is None else make_forecast_model(task, contenders_of(choice), chosen=True)
    )


def measure(
    task: Task, test: Table, forecast_model: ForecastModel, kind: str, seed: int
) -> Coverage:
    """Coverage of a forecast model on test rows; the search has not seen them."""
    inside: list[list[Array]] = [[] for _ in LEVELS]
    widths, distances, errors = [], [], []
    spread = task.train.Y.std(axis=0)
    for number, name in enumerate(task.group_names):
        rows = test.group == number
        if not rows.any():
            continue
        y = test.Y[rows]
        for k, level in enumerate(LEVELS):
            forecasts = forecast(task, forecast_model, name, test.X[rows], level)
            inside[k].append(((y >= forecasts.low) & (y <= forecasts.high)).ravel())
        widths.append(((forecasts.high - forecasts.low) / spread).ravel())
        errors.append((np.abs(y - forecasts.point) / spread).ravel())
        distances.append(np.abs(forecasts.extrapolation_distance).max(axis=1))
    joined = [np.concatenate(parts) for parts in inside]
    return Coverage(
        task=task.name,
        kind=kind,
        seed=seed,
        n_values=len(joined[0]),
        inside=tuple(float(part.mean()) for part in joined),
        width=float(np.median(np.concatenate(widths))),
        extrapolation_distance=float(np.median(np.concatenate(distances))),
        error=float(np.median(np.concatenate(errors))),
        times_error=_times(np.concatenate(widths), np.concatenate(errors)),
    )


def _times(widths: Array, errors: Array) -> float:
    """Median half width over the mean error."""
    return float(np.median(widths) / 2.0 / max(float(errors.mean()), 1e-300))


def overall(coverages: Sequence[Coverage]) -> tuple[float, ...]:
    """Mean coverage over runs at each level, every run counting once."""
    return tuple(float(v) for v in np.mean([c.inside for c in coverages], axis=0))
