"""Slices of a table, on which a report draws curves.

A slice is rows of one group that differ in one axis and hardly in any other feature. Where a table
has no such rows, all rows of a group are moved onto one slice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from evolve.report.chart import is_log
from evolve.report.figures import hardest
from evolve.report.model import Model
from evolve.typing import Array, Ints

MOST_SLICES = 6
LEAST_LEVELS = 3
LEAST_SPAN = 0.2
TOLERANCE = 0.03


@dataclass(frozen=True, eq=False)
class Slice:
    """Rows of one group along one axis.

    Attributes:
        group: Group number.
        target: Target number.
        axis: Feature number.
        base: `(f,)` values of the other features.
        rows: Training rows on the slice.
        moved: Whether rows from elsewhere were moved onto it.
    """

    group: int
    target: int
    axis: int
    base: Array
    rows: Ints
    moved: bool


def slices_of(model: Model, axis: int) -> list[Slice]:
    """The slices along an axis that show most levels, held-out rows among them, in all groups."""
    held = set(hardest(model).fold.held.tolist())
    parts = list(_slices(model, axis))
    if not parts:
        fitted = model.fitted.constants
        groups = [g for g, name in enumerate(model.task.group_names) if name in fitted]
        return [_moved(model, axis, g) for g in groups[:MOST_SLICES]]

    def rank(part: Slice) -> tuple[bool, int, int]:
        levels = len(np.unique(model.task.train.X[part.rows, axis]))
        return not held.intersection(part.rows.tolist()), -levels, int(part.rows[0])

    best: list[Slice] = []
    waiting = sorted(parts, key=rank)
    while waiting and len(best) < MOST_SLICES:  # one of each group and target, then a second
        firsts = {(part.group, part.target): part for part in reversed(waiting)}
        firsts_shown = sorted(firsts.values(), key=waiting.index)
        room = MOST_SLICES - len(best)
        if len(firsts_shown) > room:
            firsts_shown = [
                firsts_shown[i] for i in np.linspace(0, len(firsts_shown) - 1, room).astype(int)
            ]
        best += firsts_shown
        waiting = [part for part in waiting if part not in firsts_shown]
    return best


def _slices(model: Model, axis: int) -> Iterator[Slice]:
    """Every slice with enough levels over enough of the axis."""
    task = model.task
    places = _places(model, axis)
    along = _scaled(model, axis)
    for g in range(task.n_groups):
        left = np.flatnonzero(task.train.group == g)
        while len(left):
            near = np.all(np.abs(places[left] - places[left[0]]) <= TOLERANCE, axis=1)
            rows, left = left[near], left[~near]
            if len(np.unique(along[rows])) >= LEAST_LEVELS and np.ptp(along[rows]) >= LEAST_SPAN:
                base = np.median(task.train.X[rows], axis=0)
                for t in range(len(task.target_names)):
                    yield Slice(g, t, axis, base, rows, moved=False)


def _places(model: Model, axis: int) -> Array:
    """`(n, f - 1)` places of the rows on the other features."""
    n, n_features = model.task.train.X.shape
    columns = [_scaled(model, j) for j in range(n_features) if j != axis]
    return np.stack(columns, axis=1) if columns else np.zeros((n, 0))


def _scaled(model: Model, j: int) -> Array:
    """`(n,)` a feature as a share of its range, logarithms where it acts through them."""
    values = model.task.train.X[:, j]
    values = np.log(values) if is_log(model.task, j, values) else values
    return np.asarray((values - values.min()) / (np.ptp(values) or 1.0))


def _moved(model: Model, axis: int, group: int) -> Slice:
    rows = np.flatnonzero(model.task.train.group == group)
    places = _places(model, axis)[rows]
    middle = np.median(places, axis=0)
    centre = rows[int(np.argmin(np.abs(places - middle).sum(axis=1)))]
    return Slice(group, 0, axis, model.task.train.X[centre], rows, moved=True)
