"""Settings of a run that cost nothing, such as a learning rate: where their best is sought."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evolve.forecast.plan.question import Question
from evolve.typing import Array

MOST_POINTS = 40_000  # runs that a search begins with
PER_SETTING = {0: 1, 1: 61, 2: 25, 3: 11}  # values of each setting, by their number
AT_EDGE = 0.01  # of the range, within which a best value is at its end


@dataclass(frozen=True, slots=True)
class Settings:
    """The range of some features in the training rows, and steps along it.

    A step is a logarithm to base 10 where the feature acts through its logarithm.

    Attributes:
        names: Of the features.
        logarithmic: `(m,)` whether each acts through its logarithm.
        low: `(m,)` least step.
        high: `(m,)` largest step.
        ends: `(2, m)` least and largest value, so that none leaves the range by rounding.
    """

    names: tuple[str, ...]
    logarithmic: NDArray[np.bool_]
    low: Array
    high: Array
    ends: Array

    def values(self, steps: Array) -> Array:
        """`(n, m)` values from `(n, m)` steps."""
        with np.errstate(over="ignore"):
            return np.clip(np.where(self.logarithmic, 10.0**steps, steps), *self.ends)

    def grid(self, n_others: int) -> Array:
        """`(s, m)` steps over the whole range, for a search with `n_others` other directions."""
        m = len(self.names)
        most = max(3, int((MOST_POINTS / n_others) ** (1.0 / max(m, 1))))
        n = min(PER_SETTING[m], most)
        axes = [np.linspace(low, high, n) for low, high in zip(self.low, self.high, strict=True)]
        return np.array(list(itertools.product(*axes))).reshape(n**m, m)

    def at_edge(self, values: Array) -> tuple[str, ...]:
        """Features whose value, of `(m,)`, is at an end of the range."""
        with np.errstate(all="ignore"):
            steps = np.where(self.logarithmic, np.log10(values), values)
        slack = AT_EDGE * (self.high - self.low)
        at = (steps <= self.low + slack) | (steps >= self.high - slack)
        return tuple(name for name, is_there in zip(self.names, at, strict=True) if is_there)


def settings_of(question: Question) -> Settings:
    """The tuned features of a question, over the range of its group's training rows."""
    columns = list(question.tuned)
    features = [question.task.spec.features[j] for j in columns]
    logarithmic = np.array([f.logarithmic for f in features], dtype=bool)
    known = question.known[:, columns]
    with np.errstate(all="ignore"):
        steps = np.where(logarithmic, np.log10(known), known)
    names = tuple(f.name for f in features)
    ends = np.array([known.min(axis=0), known.max(axis=0)])
    return Settings(names, logarithmic, steps.min(axis=0), steps.max(axis=0), ends)
