"""Tokens per parameter of a run, beside those of the training rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evolve.forecast.plan.question import Question

ROLES = ("D", "N")  # of the columns whose ratio is told


@dataclass(frozen=True, slots=True)
class PerParameter:
    """The ratio of a run's data and parameters.

    Attributes:
        data: Name of the column of data.
        parameters: Name of the column of parameters.
        ratio: Of the run.
        low: Least ratio among the group's training rows.
        high: Largest ratio among them.
    """

    data: str
    parameters: str
    ratio: float
    low: float
    high: float

    @property
    def is_inside(self) -> bool:
        """Whether the run's ratio is one that the rows have."""
        return self.low <= self.ratio <= self.high


def per_parameter(question: Question, values: Mapping[str, float]) -> PerParameter | None:
    """The ratio of a run of these values; None where not one column of each role is among them."""
    task = question.task
    names = [[name for name in values if task.roles[name] == role] for role in ROLES]
    if any(len(of_role) != 1 for of_role in names):
        return None
    (data,), (parameters,) = names
    columns = [question.known[:, task.feature_names.index(name)] for name in (data, parameters)]
    if not (columns[1] > 0).all():
        return None
    ratios = columns[0] / columns[1]
    ratio = values[data] / values[parameters]
    return PerParameter(data, parameters, ratio, float(ratios.min()), float(ratios.max()))
