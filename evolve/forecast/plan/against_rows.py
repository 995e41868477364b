"""The best settings of a size beside the training rows of that size: do these say otherwise?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evolve.evaluation.predict import UNANSWERED
from evolve.forecast.plan.allocate import Allocation
from evolve.forecast.plan.levels import SAME
from evolve.forecast.plan.question import Question
from evolve.forecast.plan.settings import settings_of
from evolve.forecast.plan.uncertainty import residuals
from evolve.scoring.combine import TO_DEVIATION
from evolve.typing import Array, Ints

FEWEST = 3  # rows of a size that say anything of its settings
CLEAR = 3.0  # standard deviations by which rows differ beyond noise; judgement


@dataclass(frozen=True, slots=True)
class AgainstRows:
    """Rows of a size, of which the one at the best settings is clearly worse than another.

    Attributes:
        n_rows: How many there are of that size.
        best: Settings of the best of them, by name.
        best_value: Its target.
        nearest: Settings of the row nearest to those that the law holds to be best.
        nearest_value: Its target.
    """

    n_rows: int
    best: dict[str, float]
    best_value: float
    nearest: dict[str, float]
    nearest_value: float

    def line(self, target: str) -> str:
        """What the rows say, in words."""
        best, nearest = (
            ", ".join(f"{name} = {value:.4g}" for name, value in settings.items())
            for settings in (self.best, self.nearest)
        )
        return (
            f"the rows say otherwise: of the {self.n_rows} of this size the best has {best} and "
            f"{target} {self.best_value:.4g}, the nearest to this {nearest} and "
            f"{self.nearest_value:.4g}"
        )


def against_rows(question: Question, best: Allocation) -> AgainstRows | None:
    """What rows of the same size say against the best settings; None where they do not."""
    if not question.tuned:
        return None
    alike = _alike(question, np.array([[best.values[name] for name in question.names]]))
    if len(alike) < FEWEST:
        return None
    try:
        left, scale = residuals(question, question.forecast_model.members[0])
    except UNANSWERED:  # a program that fails on a row says nothing of the noise
        return None
    own = question.task.train.group == question.task.group_names.index(question.group)
    y = question.task.train.Y[own, question.target][alike]
    noise = TO_DEVIATION * float(np.median(np.abs(left))) / scale[alike]
    sign = -1.0 if question.maximise else 1.0
    first = int(np.argmin(sign * y))
    near = int(np.argmin(_steps_away(question, alike, best)))
    if not sign * (y[near] - y[first]) > CLEAR * np.hypot(noise[near], noise[first]):
        return None
    settings = [_settings(question, int(alike[i])) for i in (first, near)]
    return AgainstRows(len(alike), settings[0], float(y[first]), settings[1], float(y[near]))


def _alike(question: Question, free_values: Array) -> Ints:
    """Numbers of the group's rows that are the planned one but for what is tuned, or is idle.

    Args:
        question: What is planned.
        free_values: `(1, k)` values of the features that are sought.
    """
    row = question.rows(free_values)[0]
    free = (*question.tuned, *question.idle)
    held = [j for j in range(len(row)) if j not in free]
    wanted = [format(value, SAME) for value in row[held].tolist()]
    rows = question.known[:, held].tolist()
    same = [[format(value, SAME) for value in values] == wanted for values in rows]
    return np.flatnonzero(same)


def _settings(question: Question, i: int) -> dict[str, float]:
    """Values of the tuned features of a row of the group."""
    names = question.task.feature_names
    return {names[j]: float(question.known[i, j]) for j in question.tuned}


def _steps_away(question: Question, rows: Ints, best: Allocation) -> Array:
    """`(n,)` how far the settings of rows are from the best ones, in parts of their range."""
    settings, columns = settings_of(question), list(question.tuned)
    wanted = np.array([best.values[name] for name in settings.names])
    with np.errstate(all="ignore"):
        at, to = (
            np.where(settings.logarithmic, np.log10(values), values)
            for values in (question.known[rows][:, columns], wanted)
        )
        away: Array = np.linalg.norm((at - to) / (settings.high - settings.low), axis=1)
    return np.where(np.isfinite(away), away, np.inf)
