"""What was decided of a proposed task, in words, and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evolve.scoring.objective import LEAST_DETERMINED, POOLED_GROUPS
from evolve.tasks.draft.condition import Condition
from evolve.tasks.spec import DEFAULT_CONSTANTS
from evolve.tasks.task import Task
from evolve.typing import Ints

ROWS_PER_CONSTANT = 3
FEWEST_ROWS = 2  # a constant, for a law known from the literature
FEWEST_CONSTANTS = 2
OWN_CONSTANTS = 2  # of each group, where the others are in common
JOINED_POWERS = 6  # constants of a curve with a break: two powers, a floor, and where they join


@dataclass(frozen=True)
class Decision:
    """Something proposed, in words, and why."""

    what: str
    chosen: str
    why: str


def most_constants(task: Task) -> tuple[int, str]:
    """The most constants a law may have, by the rows of the groups.

    A third of the smallest group's rows. Where a sum of powers, the law of Hoffmann et al. 2022
    (a power and an amplitude for each feature, and a floor), takes more, up to half of the rows of
    the groups that hold most rows, but fewer than any group has. Curves with a break, two powers
    joined (Caballero et al. 2023), take six, allowed where most rows are in groups that have twice
    as many. Groups that may have constants in common lend each other rows (`_shared`).
    """
    counts = np.bincount(task.train.group)
    least, usual = int(counts.min()), _usual_rows(counts)
    powers = 1 + 2 * len(task.spec.features)
    of_powers = min(powers, max(least // FEWEST_ROWS, min(usual // FEWEST_ROWS, least - 1)))
    alone = max(least // ROWS_PER_CONSTANT, of_powers, FEWEST_CONSTANTS)
    most = max(alone, min(powers + 1, _shared(counts)))
    most = max(FEWEST_CONSTANTS, min(most, max(DEFAULT_CONSTANTS, powers)))
    where = "the smallest group has" if task.n_groups > 1 else "there are"
    most_rows = f", most rows are in groups of {usual} or more" if usual > least else ""
    why = f"{where} {least} training rows{most_rows}; a sum of powers takes {powers}"
    if most > alone:
        why += f"; {task.n_groups} groups with {counts.sum()} rows may have constants in common"
    bears = counts >= FEWEST_ROWS * JOINED_POWERS
    if most >= JOINED_POWERS or counts[bears].sum() < LEAST_DETERMINED * counts.sum():
        return most, why
    enough = f" in groups of {FEWEST_ROWS * JOINED_POWERS} rows or more" * (task.n_groups > 1)
    return JOINED_POWERS, f"{why}, two powers joined take {JOINED_POWERS}: enough rows{enough}"


def _shared(counts: Ints) -> int:
    """Constants of a law that groups of so many rows bear together, with two rows for each.

    Each group has an amplitude and a floor of its own, the others are those of all. How many are
    allowed, as a sum of powers takes and one more, as sigmoids do, was settled on generated tables
    of 3 to 12 groups with 4 to 12 rows each.
    """
    if len(counts) < POOLED_GROUPS:
        return 0
    return int(counts.sum()) // FEWEST_ROWS - OWN_CONSTANTS * (len(counts) - 1)


def _usual_rows(counts: Ints) -> int:
    """Rows of the largest group that, with those at least as large, holds most of the rows."""
    ordered = np.sort(counts)[::-1]
    enough = np.cumsum(ordered) >= LEAST_DETERMINED * counts.sum()
    return int(ordered[np.argmax(enough)])


def of_groups(task: Task) -> Decision:
    """The groups, and how many rows they have."""
    if not task.spec.groups:
        return Decision(
            "groups",
            "none",
            "one law for all rows; columns named as groups give each value constants of its own",
        )
    counts = np.bincount(task.train.group)
    least, most = counts.min(), counts.max()
    sizes = f"{least}" if least == most else f"{least} to {most}"
    named = f"{task.n_groups}, by {', '.join(task.spec.groups)}"
    return Decision("groups", named, f"{sizes} training rows each")


def axes_text(task: Task) -> str:
    """The axes in words."""
    axes = task.spec.folds.axes
    if len(axes) < 2:
        return "".join(axes) or "none"
    return (
        f"{', '.join(axes)} ({'at once' if task.spec.folds.together == 'all' else 'any of them'})"
    )


def of_test(condition: Condition | None) -> Decision:
    """The rows of the test."""
    if condition is None:
        return Decision("test", "none", 'no condition given, such as "params>=4e9"')
    chosen = f"{int(condition.rows.sum())} of {len(condition.rows)} rows"
    return Decision("test", chosen, f"{condition.text}; a search never opens them")


def of_folds(task: Task) -> Decision:
    """The folds, and how many rows each holds out."""
    folds = task.folds
    held = ", ".join(str(len(fold.held)) for fold in folds)
    how = "the far end" if task.spec.folds.axes else "random rows"
    return Decision("folds", str(len(folds)), f"hold out {held} of the training rows, {how}")


def of_weights(task: Task) -> list[Decision]:
    """What rows count, where they do not count alike."""
    counts = task.train.counts
    if counts is None:
        return []
    least, most = f"{counts.min():.2g}", f"{counts.max():.2g}"
    spread = f"a row counts {least} to {most} times the mean"
    if least == most:
        spread = "all rows count alike"
    what = "weights" if task.spec.weights else "inverse squares of deviations"
    where = "in every fit, fold and estimate of noise"
    return [
        Decision("weights", task.spec.weights or task.spec.sigma, f"{what}: {spread}, {where}")
    ]
