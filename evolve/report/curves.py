"""What a run forecasts, as curves along the axes on which its task extrapolates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from evolve.evaluation.predict import UNANSWERED
from evolve.report.bands import LEVEL, Forecaster
from evolve.report.chart import (
    FIT,
    HELD,
    INK,
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
    thinned,
)
from evolve.report.figures import hardest
from evolve.report.model import Model
from evolve.report.slices import TOLERANCE, Slice, slices_of
from evolve.tasks.task import Table
from evolve.typing import Array

PLOT_FACTOR = 10.0
N_POINTS = 60
LEAST_APART = 0.005  # of a panel's height, from which on the champion has a line of its own


def curve_charts(
    model: Model, forecaster: Forecaster, test: Table | None
) -> dict[str, list[Chart]]:
    """Panels for each axis of the task; none for a task without axes.

    Raises:
        ProgramFailedError: The champion is a program that fails somewhere on a panel.
        SandboxError: A program is asked, and the sandbox is too weak here to run it.
    """
    names = model.task.feature_names
    return {
        names[j]: [
            _panel(model, forecaster, s, i, test) for i, s in enumerate(slices_of(model, j))
        ]
        for j in model.task.axes
    }


@dataclass(frozen=True)
class _Traces:
    """What a panel draws: curves over `grid`, points with their places on the axis."""

    grid: Array
    point: Array
    low: Array
    high: Array
    champion: Array
    before: Array | None
    points: dict[str, tuple[Array, Array]]
    last: float
    log: bool

    @property
    def ends(self) -> Any:
        """Limits of the vertical axis: the interval must not squeeze curve and points."""
        return limits([self.point, *(y for _, y in self.points.values())], margin=0.12)

    @property
    def is_apart(self) -> bool:
        """Whether the champion's curve can be told from the forecast's in the panel."""
        low, high = self.ends
        gap = np.abs(np.clip(self.champion, low, high) - np.clip(self.point, low, high))
        return bool(np.nanmax(gap, initial=0.0) > LEAST_APART * (high - low))


def _traces(model: Model, forecaster: Forecaster, part: Slice, test: Table | None) -> _Traces:
    task, t, axis = model.task, part.target, part.axis
    X, view = task.train.X[part.rows], hardest(model)
    held = np.isin(part.rows, view.fold.held)
    points: dict[str, tuple[Array, Array]] = {}
    for kind, of_kind in (("fit", part.rows[~held]), ("held", part.rows[held])):
        (few,), _ = thinned(of_kind)  # very many would make a page that no browser opens
        x, y = task.train.X[few], task.train.Y[few, t]
        points[kind] = x[:, axis], _on_slice(forecaster, part, x, y)
    far = last = float(task.train.X[task.train.group == part.group, axis].max())
    opened = _test_rows(part, test, model)
    if opened is not None:
        (few,), _ = thinned(np.arange(opened.n_rows))
        far = max(far, float(opened.X[:, axis].max()))
        opened = opened.at(few)
        points["test"] = opened.X[:, axis], _on_slice(forecaster, part, opened.X, opened.Y[:, t])
    log = is_log(task, axis, task.train.X[:, axis])
    grid = _grid(X[:, axis], far, log=log)
    rows = np.tile(part.base, (N_POINTS, 1))
    rows[:, axis] = grid
    forecast = forecaster.at(rows, part.group)
    return _Traces(
        grid,
        forecast.point[:, t],
        forecast.low[:, t],
        forecast.high[:, t],
        forecast.champion[:, t],
        _before(model, part, rows),
        points,
        last,
        log,
    )


def _before(model: Model, part: Slice, rows: Array) -> Array | None:
    """`(n,)` what the champion said before it had seen the rows of the hardest fold."""
    constants = hardest(model).constants.get(part.group)
    if constants is None:
        return None
    try:
        return model.predict_with(rows, constants)[:, part.target]
    except UNANSWERED:
        return None


def _panel(
    model: Model, forecaster: Forecaster, part: Slice, number_: int, test: Table | None
) -> Chart:
    names = model.task.feature_names[part.axis], model.task.target_names[part.target]
    traces = _traces(model, forecaster, part, test)
    grid, ends = traces.grid, traces.ends

    def build(axes: Any) -> None:
        if traces.log:
            set_log(axes.xaxis, float(grid[0]), float(grid[-1]))
        shown = np.clip(traces.low, *ends), np.clip(traces.high, *ends)
        axes.fill_between(grid, *shown, color=FIT, alpha=0.18, lw=0)
        axes.plot(grid, traces.point, color=FIT)
        if traces.is_apart:
            axes.plot(grid, traces.champion, ls=(0, (2, 2)), lw=1.2, color=INK)
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
        f"{names[1]} along {names[0]}, {len(part.rows)} training rows; the forecast is "
        f"{traces.point[0]:.4g} at {number(grid[0])} and {traces.point[-1]:.4g} "
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


def _on_slice(forecaster: Forecaster, part: Slice, X: Array, y: Array) -> Array:
    """Observed values, moved by what is forecast between their place and the slice."""
    there = np.tile(part.base, (len(X), 1))
    there[:, part.axis] = X[:, part.axis]
    moved = forecaster.point(there, part.group) - forecaster.point(X, part.group)
    return np.asarray(y + moved[:, part.target])


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
    return test.at(at) if at.any() else None


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
    return "Rows differ in the other features too; the forecast has moved them onto this slice."
