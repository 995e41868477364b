"""Rows to what they break that every training row keeps to, though each feature is in its range.

Shares of a mixture that do not sum to 1, and features that move together in the training rows
but not in the row asked for: no row says what the target does there, so that a distance of 0
feature by feature misleads.
"""

from __future__ import annotations

import numpy as np

from evolve.scoring.constraints import shares_of
from evolve.tasks.task import Task
from evolve.tasks.together import implied, relations
from evolve.typing import Array

WHOLES = (1.0, 100.0)  # that shares of a mixture sum to: fractions, or percent
SUM_SLACK = 0.01  # of the whole, within which a sum is one of rounded shares
SLACK = 0.05  # relative, within which a feature is what the others make of it


def departures(task: Task, group: str, x: Array) -> list[list[str]]:
    """What each of some rows `(n, f)` of a group breaks, in words; none for most rows."""
    found: list[list[str]] = [[] for _ in x]
    _add_sums(task, x, found)
    _add_relations(task, group, x, found)
    return found


def mixture(task: Task) -> tuple[list[int], float]:
    """Features, by number, that sum to a whole in every training row, and that whole."""
    linear = np.array([not f.logarithmic for f in task.spec.features])
    for whole in WHOLES:
        shares = linear & shares_of(np.where(linear, task.train.X, np.inf) / whole)
        if shares.sum() > 1:
            return np.flatnonzero(shares).tolist(), whole
    return [], 1.0


def _add_sums(task: Task, x: Array, found: list[list[str]]) -> None:
    columns, whole = mixture(task)
    if not columns:
        return
    names = " + ".join(task.feature_names[j] for j in columns)
    for i, total in enumerate(x[:, columns].sum(axis=1)):
        if abs(total - whole) > SUM_SLACK * whole:
            found[i].append(f"{names} is {total:.4g}, in every training row {whole:g}")


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
