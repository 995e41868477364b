"""Features of a task that are shares of one whole, so that none of them changes alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evolve.scoring.constraints import SUM_ERROR, shares_of
from evolve.tasks.once import once_a_task
from evolve.tasks.table import TaskRows
from evolve.typing import Array


@dataclass(frozen=True, slots=True)
class Mixture:
    """Features that sum to a whole in every training row; none where there are no such.

    Attributes:
        columns: Their numbers.
        names: Their names.
        whole: What they sum to.
    """

    columns: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    whole: float = 1.0

    @property
    def slack(self) -> float:
        """By how much a sum may miss the whole, or a share lie below 0."""
        return SUM_ERROR * self.whole

    @property
    def sum(self) -> str:
        """The sum in words."""
        return " + ".join(self.names)

    @property
    def said(self) -> str:
        """What every training row keeps to, in words."""
        return f"{self.sum} is {self.whole:g} in every training row"

    def keeps(self, x: Array) -> NDArray[np.bool_]:
        """`(n,)` whether each of some rows `(n, f)` sums to the whole, with no share below 0."""
        if not self.columns:
            return np.ones(len(x), dtype=bool)
        shares = x[:, list(self.columns)]
        sums = np.abs(shares.sum(axis=1) - self.whole) <= self.slack
        return np.asarray(sums & (shares >= -self.slack).all(axis=1))

    def broken(self, x: Array) -> list[list[str]]:
        """What is wrong with the shares of each of some rows `(n, f)`; empty for most."""
        wrong: list[list[str]] = [[] for _ in x]
        for i in np.flatnonzero(~self.keeps(x)):
            shares = x[i, list(self.columns)]
            below = [k for k in range(len(shares)) if shares[k] < 0]
            wrong[i] = [f"{self.names[k]} is {shares[k]:.4g}, a share is 0 or more" for k in below]
            total = shares.sum()
            if not abs(total - self.whole) <= self.slack:
                rule = f"{self.sum} is {total:.4g}, in every training row {self.whole:g}"
                wrong[i] = [rule, *wrong[i]]
        return wrong


@once_a_task
def mixture(task: TaskRows) -> Mixture:
    """The shares of every training row."""
    linear = np.array([not f.logarithmic for f in task.spec.features])
    shares, whole = shares_of(np.where(linear, task.train.X, np.inf))
    columns = tuple(np.flatnonzero(linear & shares).tolist())
    if len(columns) < 2:
        return Mixture()
    return Mixture(columns, tuple(task.feature_names[j] for j in columns), whole)
