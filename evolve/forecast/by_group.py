"""How well a champion predicts the held-out rows of each group, against the group's own baseline.

A law that is good over all rows may owe that to few groups: a group is worth a look where its own
mean, or its last value, would have said its held-out rows better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evolve.scoring.combine import median_of
from evolve.typing import Array

if TYPE_CHECKING:
    from evolve.search.champion import Choice
    from evolve.tasks.task import Task

OWN = ("mean", "last value")  # baselines that a group has without a law
MOST_NAMED = 5  # groups that a warning names


@dataclass(frozen=True, slots=True)
class GroupError:
    """A champion's errors on the held-out rows of one group.

    Attributes:
        group: Its name.
        n_held: Predictions of held-out rows: each row once for each fold that holds it out.
        error: Root mean square error, in the target's unit; of several targets, in deviations of
            each over all training rows.
        relative: Median error as a share of the target; rows count by their weights.
        baseline: The better of the group's own mean and last value.
        baseline_error: Its root mean square error on the same rows.
    """

    group: str
    n_held: int
    error: float
    relative: float
    baseline: str
    baseline_error: float

    @property
    def worse(self) -> bool:
        """Whether the baseline says the rows better."""
        return self.error > self.baseline_error

    def to_data(self) -> dict[str, Any]:
        """JSON value, with whether it is worse than its baseline."""
        return {**asdict(self), "worse": self.worse}


def errors_by_group(task: Task, choice: Choice) -> list[GroupError]:
    """The champion's errors on the rows that the folds hold out, worst group first.

    Args:
        task: Its training rows only are read.
        choice: The champion and the folds it was judged on.
    """
    from evolve.evaluation.baselines import predict_baseline  # not for those who only read

    train, folds = task.train, choice.folds
    rows = np.concatenate([fold.held for fold in folds])
    y, group = train.Y[rows], train.group[rows]
    counts = np.ones(len(rows)) if train.counts is None else train.counts[rows]
    scale = train.Y.std(axis=0) + 1e-300 if y.shape[1] > 1 else np.ones(1)
    said = {"": np.concatenate(choice.champion.held)}
    for name in OWN:
        parts = [predict_baseline(name, task, train.at(f.held), f.fit.tolist()) for f in folds]
        said[name] = np.concatenate(parts)
    found = []
    for g in np.unique(group):
        at = group == g
        errors = {
            name: _root_mean_square((p[at] - y[at]) / scale, counts[at])
            for name, p in said.items()
        }
        baseline = min(OWN, key=errors.__getitem__)
        with np.errstate(all="ignore"):
            shares = np.abs(said[""][at] - y[at]) / np.maximum(np.abs(y[at]), 1e-300)
        weights = None if train.counts is None else counts[at]
        own = (task.group_names[g], int(at.sum()), errors[""], median_of(shares, weights))
        found.append(GroupError(*own, baseline, errors[baseline]))
    return sorted(found, key=lambda e: (-e.error / max(e.baseline_error, 1e-300), e.group))


def _root_mean_square(gaps: Array, counts: Array) -> float:
    with np.errstate(over="ignore"):
        return float(np.sqrt(np.average(np.mean(gaps**2, axis=1), weights=counts)))


def warning_of(errors: Sequence[GroupError], who: str = "the champion") -> str:
    """What a user should know of the groups; empty where most are better than their baselines.

    Args:
        errors: By group.
        who: What the law is called.
    """
    worse = [e.group for e in errors if e.worse]
    if len(errors) < 2 or 2 * len(worse) < len(errors):
        return ""
    named = ", ".join(worse[:MOST_NAMED])
    more = f" and {len(worse) - MOST_NAMED} more" if len(worse) > MOST_NAMED else ""
    return (
        f"in {len(worse)} of {len(errors)} groups {who} predicts held-out rows worse than "
        f"the group's own mean or last value: {named}{more}"
    )
