"""Rows to what they break that every training row keeps to, though each feature is in its range.

Shares of a mixture that do not sum to 1, and features that move together in the training rows
but not in the row asked for: no row says what the target does there, so that a distance of 0
feature by feature misleads.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evolve.errors import Argument, EvolveError
from evolve.forecast.words import times_text
from evolve.tasks.mixture import mixture
from evolve.tasks.task import Task
from evolve.tasks.together import implied, relations
from evolve.typing import Array

SLACK = 0.05  # relative, within which a feature is what the others make of it


def departures(task: Task, group: str, x: Array) -> list[list[str]]:
    """What each of some rows `(n, f)` of a group breaks, in words; none for most rows."""
    found: list[list[str]] = [[] for _ in x]
    _add_sums(task, x, found)
    _add_relations(task, group, x, found)
    return found


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
            times = times_text(factors[i], 3)
            found[i].append(
                f"{relation.name} is {times} what it is in every training row, "
                f"where {relation.said}"
            )
