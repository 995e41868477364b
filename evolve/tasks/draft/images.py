"""Columns that are images of a target: the target itself, or what rises or falls with it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evolve.tasks.draft.roles import Wishes
from evolve.tasks.raw import RawTable
from evolve.tasks.roles import Role

FEWEST_IMAGE = 8  # rows from which a column that always moves with the target is its image


def images_of_targets(
    raw: RawTable, names: Sequence[str], roles: dict[str, Role], wishes: Wishes
) -> dict[str, str]:
    """Why columns are left out that are the target, or rise or fall with it in every row.

    An input of a run does so only where it is the only one that matters. Columns whose names say
    that they are inputs stay, and so do all but the target itself where no such column would be
    left.

    Args:
        raw: The whole table.
        names: Columns that may be features.
        roles: Roles of all columns.
        wishes: What was asked for.
    """
    unnamed = [name for name in names if roles[name] == "other" and name not in wishes.roles]
    same = {
        name: f"is {target} in every row"
        for name in unnamed
        for target in wishes.targets
        if np.array_equal(raw.values(name), raw.values(target))
    }
    if raw.n_rows < FEWEST_IMAGE:
        return same
    images = {
        name: f"rises or falls with {target} in every row, as a result does; name it by the "
        "features if it is an input"
        for name in unnamed
        for target in wishes.targets
        if moves_with(raw.numbers(name), raw.numbers(target))
    }
    others = [name for name in names if name not in images]
    return images | same if any(roles[name] != "other" for name in others) else same


def moves_with(x: Sequence[float], y: Sequence[float]) -> bool:
    """Whether one column is a strictly monotone function of another, to rounding."""
    xs, ys = np.array(x), np.array(y)
    if len(np.unique(xs)) < max(FEWEST_IMAGE, len(np.unique(ys)) // 2):
        return False
    rising, falling = ys[np.lexsort((ys, xs))], ys[np.lexsort((-ys, xs))]
    return bool(np.all(np.diff(rising) >= 0) or np.all(np.diff(falling) <= 0))
