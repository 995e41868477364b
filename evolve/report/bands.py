"""What a run forecasts, as its report draws it: points and calibrated intervals of any rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evolve.forecast.interval import Forecast, interval_at
from evolve.forecast.model import ForecastModel
from evolve.forecast.spread import predictions_of
from evolve.forecast.words import counted
from evolve.report.gather import Findings
from evolve.runs.forecasts import forecast_model_of
from evolve.scoring.combine import combine
from evolve.tasks.task import Task
from evolve.typing import Array

LEVEL = 0.9


@dataclass(frozen=True)
class Forecaster:
    """What a run forecasts and how far that can be trusted.

    Attributes:
        task: The run's task.
        forecast_model: What its forecasts are made from.
    """

    task: Task
    forecast_model: ForecastModel

    def at(self, x: Array, group: int) -> Forecast:
        """Forecasts of rows `(n, f)` of a group; not finite where no law is defined.

        Raises:
            ProgramFailedError: The champion is a program that fails at a row.
            SandboxError: A program is asked, and the sandbox is too weak here to run it.
        """
        return interval_at(self.task, self.forecast_model, self.task.group_names[group], x, LEVEL)

    def point(self, x: Array, group: int) -> Array:
        """`(n, t)` forecasts of rows `(n, f)` of a group without an interval; raises as `at`."""
        members, name = self.forecast_model.members, self.task.group_names[group]
        values = predictions_of([m.law for m in members], [m.constants[name] for m in members], x)
        return combine(values, np.array([m.weight for m in members]))[0]

    @property
    def words(self) -> str:
        """What the line and its interval hold, in two sentences."""
        n = len(self.forecast_model.members) - 1
        laws = f"the champion and {counted(n, 'other law')}"
        point = f"what {laws} say together" if n else "what the law says"
        form = " and of the form" if n else ""
        return (
            f"The forecast is {point}. Its interval holds the noise of the rows and the "
            f"uncertainty of the constants{form}, and is calibrated on the errors of the folds."
        )


def forecaster_of(findings: Findings) -> Forecaster | None:
    """What the run forecasts; None without fits.

    A run that has kept nothing for forecasts, such as one of an earlier version or one that goes
    on, is fitted to its folds now.

    Raises:
        SandboxError: Its champion is a program, and the sandbox is too weak here to run it.
    """
    return (
        None
        if findings.model is None
        else Forecaster(
            findings.task,
            findings.forecast_model or forecast_model_of(findings.store, findings.task),
        )
    )
