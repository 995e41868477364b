"""Rows to what they break that every training row keeps to, though each feature is in its range.

Shares of a mixture that do not sum to 1, and features that move together in the training rows
but not in the row asked for: no row says what the target does there, so that a distance of 0
feature by feature misleads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evolve.errors import Argument, EvolveError
from evolve.scoring.constraints import shares_of
from evolve.tasks.task import Task
from evolve.tasks.together import implied, relations
from evolve.typing import Array

WHOLES = (1.0, 100.0)  # that shares of a mixture sum to: fractions, or percent
SUM_SLACK = 0.01  # of the whole, within which a sum is one of rounded shares
SLACK = 0.05  # relative, within which a feature is what the others make of it


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
    def sum(self) -> str:
        """The sum in words."""
        return " + ".join(self.names)

    @property
    def said(self) -> str:
        """What every training row keeps to, in words."""
        return f"{self.sum} is {self.whole:g} in every training row"

    def keeps(self, x: Array) -> NDArray[np.bool_]:
        """`(n,)` whether each of some rows `(n, f)` sums to the whole."""
        if not self.columns:
            return np.ones(len(x), dtype=bool)
        off = np.abs(x[:, list(self.columns)].sum(axis=1) - self.whole)
        return np.asarray(off <= SUM_SLACK * self.whole)

    def broken(self, x: Array) -> list[list[str]]:
        """What is wrong with the sum of each of some rows `(n, f)`; empty for most."""
        totals = x[:, list(self.columns)].sum(axis=1)
        return [
            [] if keeps else [f"{self.sum} is {total:.4g}, in every training row {self.whole:g}"]
            for total, keeps in zip(totals, self.keeps(x), strict=True)
        ]


def departures(task: Task, group: str, x: Array) -> list[list[str]]:
    """What each of some rows `(n, f)` of a group breaks, in words; none for most rows."""
    found: list[list[str]] = [[] for _ in x]
    _add_sums(task, x, found)
    _add_relations(task, group, x, found)
    return found


def mixture(task: Task) -> Mixture:
    """The shares of every training row."""
    linear = np.array([not f.logarithmic for f in task.spec.features])
    for whole in WHOLES:
        shares = linear & shares_of(np.where(linear, task.train.X, np.inf) / whole)
        if shares.sum() > 1:
            columns = tuple(np.flatnonzero(shares).tolist())
            return Mixture(columns, tuple(task.feature_names[j] for j in columns), whole)
    return Mixture()


def require_whole(task: Task, point: Mapping[str, float], argument: str) -> None:
    """Require of a value of every feature that shares of a mixture sum as in the training rows.

    Raises:
        EvolveError: They do not.
    """
    x = np.array([[point[name] for name in task.feature_names]])
    for words in mixture(task).broken(x)[0]:
        raise EvolveError(Argument(argument), f": {words}")


def _add_sums(task: Task, x: Array, found: list[list[str]]) -> None:
    for words, broken in zip(found, mixture(task).broken(x), strict=True):
        words += broken


def _add_relations(task: Task, group: str, x: Array, found: list[list[str]]) -> None:
    number = task.group_names.index(group)
    for relation in relations(task):
        usual = implied(task, relation, number, x)
        own = x[:, task.feature_names.index(relation.name)]
        with np.errstate(all="ignore"):
            factors = own / usual
            off = ~(np.abs(np.log(factors)) <= np.log1p(SLACK))
        for i in np.flatnonzero(off):
            found[i].append(
                f"{relation.name} is {factors[i]:.3g} times what it is in every training row, "
                f"where {relation.said}"
            )
