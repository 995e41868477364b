"""Turns a model into curves along the axes on which its task extrapolates.

A panel is a slice of the table: rows of one group that differ in one axis and hardly in any other
feature. Where a table has no such rows, all rows of a group are moved onto one slice by the law.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from evolve.report.bands import LEVEL, Band
from evolve.report.chart import (
    FIT,
    HELD,
    LEAST,
    MOST,
    MUTED,
    Chart,
    dots,
    draw,
    is_log,
    label,
    limits,
    number,
    set_log,
)
from evolve.report.figures import hardest
from evolve.report.model import Model
from evolve.tasks.task import Table
from evolve.typing import Array, Ints

MOST_SLICES = 6
LEAST_LEVELS = 3
LEAST_SPAN = 0.2
TOLERANCE = 0.03
PLOT_FACTOR = 10.0
N_POINTS = 60


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


def curve_charts(model: Model, band: Band, test: Table | None) -> dict[str, list[Chart]]:
    """Panels for each axis of the task; none for a task without axes."""
    names = model.task.feature_names
    return {
        names[j]: [_panel(model, band, s, i, test) for i, s in enumerate(slices_of(model, j))]
        for j in model.task.axes
    }


def slices_of(model: Model, axis: int) -> list[Slice]:
    """The slices along an axis that show most levels, held-out rows among them, in all groups."""
    held = set(hardest(model).fold.held.tolist())
    found = list(_slices(model, axis))
    if not found:
        groups = [g for g in range(model.task.n_groups) if (g, 0) in model.fits]
        return [_moved(model, axis, g) for g in groups[:MOST_SLICES]]

    def rank(part: Slice) -> tuple[bool, int, int]:
        levels = len(np.unique(model.task.train.X[part.rows, axis]))
        return not held.intersection(part.rows.tolist()), -levels, int(part.rows[0])

    best: list[Slice] = []
    waiting = sorted(found, key=rank)
    while waiting and len(best) < MOST_SLICES:  # one of each group and target, then a second
        firsts = {(part.group, part.target): part for part in reversed(waiting)}
        chosen = sorted(firsts.values(), key=waiting.index)
        room = MOST_SLICES - len(best)
        if len(chosen) > room:
            chosen = [chosen[i] for i in np.linspace(0, len(chosen) - 1, room).astype(int)]
        best += chosen
        waiting = [part for part in waiting if part not in chosen]
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


@dataclass(frozen=True)
class _Traces:
    """What a panel draws: curves over `grid`, points with their places on the axis."""

    grid: Array
    middle: Array
    low: Array
    high: Array
    before: Array | None
    points: dict[str, tuple[Array, Array]]
    last: float
    log: bool

    @property
    def ends(self) -> Any:
        """Limits of the vertical axis: the interval must not squeeze curve and points."""
        return limits([self.middle, *(y for _, y in self.points.values())], margin=0.12)


def _traces(model: Model, band: Band, part: Slice, test: Table | None) -> _Traces:
    task, t, axis = model.task, part.target, part.axis
    X, Y = task.train.X[part.rows], task.train.Y[part.rows, t]
    view = hardest(model)
    held = np.isin(part.rows, view.fold.held)
    seen = _on_slice(model, part, X, Y)
    points = {"fit": (X[~held, axis], seen[~held]), "held": (X[held, axis], seen[held])}
    far = last = float(task.train.X[task.train.group == part.group, axis].max())
    beyond = _test_rows(part, test, model)
    if beyond is not None:
        points["test"] = beyond.X[:, axis], _on_slice(model, part, beyond.X, beyond.Y[:, t])
        far = max(far, float(beyond.X[:, axis].max()))
    log = is_log(task, axis, task.train.X[:, axis])
    grid = _grid(X[:, axis], far, log=log)
    rows = np.tile(part.base, (N_POINTS, 1))
    rows[:, axis] = grid
    law = model.candidate.law
    before = view.constants.get(part.group)  # these have not seen the held-out rows
    return _Traces(
        grid,
        law.predict(rows, model.constants(part.group))[:, t],
        *band(rows, part.group, t),
        None if before is None else law.predict(rows, before)[:, t],
        points,
        last,
        log,
    )


def _panel(model: Model, band: Band, part: Slice, number_: int, test: Table | None) -> Chart:
    names = model.task.feature_names[part.axis], model.task.target_names[part.target]
    traces = _traces(model, band, part, test)
    grid, ends = traces.grid, traces.ends

    def build(axes: Any) -> None:
        if traces.log:
            set_log(axes.xaxis, float(grid[0]), float(grid[-1]))
        shown = np.clip(traces.low, *ends), np.clip(traces.high, *ends)
        axes.fill_between(grid, *shown, color=FIT, alpha=0.18, lw=0)
        axes.plot(grid, traces.middle, color=FIT)
        if traces.before is not None:
            axes.plot(grid, traces.before, ls=(0, (4, 3)), lw=1.5, color=HELD)
        axes.axvline(traces.last, lw=1, ls=":", color=MUTED)
        for kind, (x, y) in traces.points.items():
            dots(axes, x, y, kind, alpha=0.9)
        axes.set_xlim(grid[0], grid[-1])
        axes.set_ylim(ends)
        axes.set_xlabel(label(model.task, names[0]))
        axes.set_ylabel(label(model.task, names[1]))

    alt = (
        f"{names[1]} along {names[0]}, {len(part.rows)} training rows; the law gives "
        f"{traces.middle[0]:.4g} at {number(grid[0])} and {traces.middle[-1]:.4g} "
        f"({100 * LEVEL:.0f} % interval {traces.low[-1]:.4g} to {traces.high[-1]:.4g}) "
        f"at {number(grid[-1])}."
    )
    name = f"curve-{part.axis}-{number_}"
    return Chart(_title(model, part), draw(name, alt, build), _note(part))


def _grid(values: Array, far: float, *, log: bool) -> Array:
    near = float(values.min())
    if log:
        return np.geomspace(max(near / 1.2, LEAST), min(far * PLOT_FACTOR, MOST), N_POINTS)
    span = far - near or 1.0
    return np.linspace(near - 0.03 * span, far + 0.5 * span, N_POINTS)


def _on_slice(model: Model, part: Slice, X: Array, y: Array) -> Array:
    """Observed values, moved by what the law says between their place and the slice."""
    there = np.tile(part.base, (len(X), 1))
    there[:, part.axis] = X[:, part.axis]
    constants = model.constants(part.group)
    law, t = model.candidate.law, part.target
    return np.asarray(y + law.predict(there, constants)[:, t] - law.predict(X, constants)[:, t])


def _test_rows(part: Slice, test: Table | None, model: Model) -> Table | None:
    """Test rows that lie on a slice."""
    if test is None:
        return None
    task = model.task
    at = test.group == part.group
    for j in range(test.X.shape[1]):
        if j == part.axis or part.moved:
            continue
        values, base = test.X[:, j], part.base[j]
        train = task.train.X[:, j]
        if is_log(task, j, np.concatenate([train, values])):
            values, base, train = np.log(values), np.log(base), np.log(train)
        at &= np.abs(values - base) <= TOLERANCE * (np.ptp(train) or 1.0)
    return Table(test.X[at], test.Y[at], test.group[at]) if at.any() else None


def _title(model: Model, part: Slice) -> str:
    task = model.task
    words = [] if task.n_groups == 1 else [task.group_names[part.group]]
    if len(task.target_names) > 1:
        words.append(task.target_names[part.target])
    words += [
        f"{name} = {number(float(f'{part.base[j]:.3g}'))}"
        for j, name in enumerate(task.feature_names)
        if j != part.axis
    ]
    return ", ".join(words) or task.target_names[part.target]


def _note(part: Slice) -> str:
    if not part.moved:
        return ""
    return "Rows differ in the other features too; the law has moved them onto this slice."
