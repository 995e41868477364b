"""Figures of a run and its model: the front, observed against predicted, residuals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from evolve.evaluation.record import Entry
from evolve.forecast.words import counted, r2_text
from evolve.report.chart import (
    FIT,
    HELD,
    INK,
    MUTED,
    RIVAL,
    Chart,
    dots,
    draw,
    is_log,
    label,
    limits,
    set_log,
    thinned,
)
from evolve.report.model import FoldView, Model
from evolve.runs.results import held_out_r2
from evolve.tasks.task import Table
from evolve.typing import Array

_MARKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def hardest(model: Model) -> FoldView:
    """The search's fold that holds out most rows."""
    return max(model.search_folds, key=lambda view: len(view.fold.held))


def front_chart(
    front: Sequence[Entry], others: Sequence[Entry], literature: Sequence[Entry], best: Entry
) -> Chart:
    """Held-out error against the number of constants.

    Args:
        front: The best entry of each number of constants.
        others: Further elites.
        literature: Entries of laws that somebody wrote down; those without a score are left out.
        best: The champion.
    """
    scored = [e for e in literature if e.evaluation.score is not None]
    errors = [_error(e) for e in (*front, *scored, best)]
    top = _top([*errors, *map(_error, others)], floor=max(map(_error, front)))
    faint = [e for e in others if _error(e) <= top]
    low = min([*errors, *map(_error, faint)])

    def build(axes: Any) -> None:
        axes.plot(*_points(faint), "o", ms=3.5, mew=0, color=MUTED, alpha=0.4)
        axes.plot(*_points(front), "-o", ms=5, color=FIT)
        _mark_literature(axes, scored, top)
        axes.plot(*_points([best]), "*", ms=15, mec=INK, mew=0.8, color=HELD)
        set_log(axes.yaxis, low / 1.3, top * 1.15)
        axes.set_ylim(low / 1.3, top * 1.15)
        sizes = _points([*front, *scored])[0]
        axes.set_xlim(min(sizes) - 0.5, max(sizes) + 0.8)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set_xlabel("constants for each group and target")
        axes.set_ylabel("held-out error, 1 − R²")

    names = [f"{letter} = {e.operator}" for letter, e in zip(_MARKS, scored, strict=False)]
    note = f"Squares are laws {_writers(scored)}: {', '.join(names)}." if names else ""
    if any(_error(e) > top for e in scored):
        note += " An arrow marks a law that lies above the panel."
    alt = (
        f"Held-out error of {len(front)} sizes of law, falling from {max(map(_error, front)):.3g} "
        f"to {min(map(_error, front)):.3g}; the champion has "
        f"{counted(best.evaluation.n_constants, 'constant')} and {_error(best):.3g}."
    )
    return Chart("Size against held-out error", draw("front", alt, build), note)


def _writers(entries: Sequence[Entry]) -> str:
    """Who wrote laws down, as the end of a sentence."""
    origins = {entry.origin for entry in entries}
    words = ["of the literature"] if "literature" in origins else []
    return " and ".join([*words, *(["of the user"] if "user" in origins else [])])


def _mark_literature(axes: Any, entries: Sequence[Entry], top: float) -> None:
    """A square and a letter for each law; letters at one place stand side by side."""
    n_at: dict[tuple[int, int], int] = {}
    for letter, entry in zip(_MARKS, entries, strict=False):
        x, y = entry.evaluation.n_constants, min(_error(entry), top)
        axes.plot([x], [y], "s", ms=6, mew=0, color=RIVAL)
        slot = (x, round(12 * math.log10(y)))
        n_at[slot] = n_at.get(slot, -1) + 1
        text, place = letter + ("↑" if _error(entry) > top else ""), (7 + 14 * n_at[slot], -3)
        style = {"color": INK, "fontsize": 9, "textcoords": "offset points"}
        axes.annotate(text, (x, y), xytext=place, **style)


def _points(entries: Sequence[Entry]) -> tuple[list[int], list[float]]:
    return [e.evaluation.n_constants for e in entries], [_error(e) for e in entries]


def _error(entry: Entry) -> float:
    """Mean over the folds of the squared error as a share of the variance."""
    r2 = held_out_r2(entry.evaluation)
    return float("inf") if r2 is None else max(1.0 - r2, 1e-12)


def _top(errors: Sequence[float], floor: float) -> float:
    """Upper end of the panel: bad laws must not squeeze good ones to a line."""
    lowest = min(errors)
    return max(min(max(errors), 300 * lowest), min(floor, 3000 * lowest), 2 * lowest)


def fit_charts(model: Model, test: Table | None) -> list[Chart]:
    """Observed against predicted values, one panel a target."""
    return [_observed(model, t, test) for t in range(len(model.task.target_names))]


def _observed(model: Model, t: int, test: Table | None) -> Chart:
    name = model.task.target_names[t]
    view, Y = hardest(model), model.task.train.Y
    sets = [("fit", Y[:, t], model.fitted.predictions[:, t])]
    sets.append(("held", Y[view.fold.held, t], view.predictions[:, t]))
    if test is not None:
        sets.append(("test", test.Y[:, t], model.predict(test.X, test.group)[:, t]))
    log = bool(np.all(Y[:, t] > 0)) and Y[:, t].max() / 30 > Y[:, t].min()
    ends = limits([s[1] for s in sets] + [sets[0][2]], log=log)

    def build(axes: Any) -> None:
        if log:
            set_log(axes.xaxis, *ends)
            set_log(axes.yaxis, *ends)
        axes.plot(ends, ends, "-", lw=1, color=MUTED)
        for kind, observed, predicted in sets:
            (x, y), _ = thinned(np.clip(predicted, *ends), observed)
            dots(axes, x, y, kind)
        axes.set_xlim(ends)
        axes.set_ylim(ends)
        axes.set_xlabel(f"predicted {name}")
        axes.set_ylabel(f"observed {name}")

    r2 = model.train.by_target[name].r2
    alt = (
        f"Observed against predicted {name}: training R² {r2_text(r2)}; "
        f"{len(view.fold.held)} rows held out by the hardest fold have R² {r2_text(view.r2)}."
    )
    return Chart(f"{name}: observed against predicted", draw(f"observed-{t}", alt, build))


def residual_charts(model: Model, test: Table | None) -> list[Chart]:
    """Residuals against every feature, all targets together."""
    names = model.task.feature_names
    return [_residuals(model, j, test) for j in range(len(names))]


def _residuals(model: Model, j: int, test: Table | None) -> Chart:
    task, view = model.task, hardest(model)
    X, Y = task.train.X, task.train.Y
    sets = [
        ("fit", X[:, j], Y - model.fitted.predictions),
        ("held", X[view.fold.held, j], Y[view.fold.held] - view.predictions),
    ]
    if test is not None:
        sets.append(("test", test.X[:, j], test.Y - model.predict(test.X, test.group)))
    log = is_log(task, j, np.concatenate([s[1] for s in sets]))
    ends, reach = limits([s[1] for s in sets], log=log), _reach([s[2] for s in sets])
    n_off = sum(int(np.sum(np.abs(s[2]) > reach)) for s in sets)

    def build(axes: Any) -> None:
        if log:
            set_log(axes.xaxis, *ends)
        axes.axhline(0.0, lw=1, color=MUTED)
        for kind, x, residuals in sets:
            columns = np.repeat(x, residuals.shape[1]), np.clip(residuals, -reach, reach).ravel()
            (across, up), _ = thinned(*columns)
            dots(axes, across, up, kind)
        axes.set_xlim(ends)
        axes.set_ylim(-1.06 * reach, 1.06 * reach)
        axes.set_xlabel(label(task, task.feature_names[j]))
        axes.set_ylabel("observed − predicted")

    spread = float(np.sqrt(np.mean(sets[0][2] ** 2)))
    name = task.feature_names[j]
    alt = f"Residuals against {name}; on training rows their root mean square is {spread:.3g}."
    points = (
        "1 point beyond the panel is" if n_off == 1 else f"{n_off} points beyond the panel are"
    )
    note = f"{points} drawn at its edge." if n_off else ""
    return Chart(f"Residuals against {name}", draw(f"residual-{j}", alt, build), note)


def _reach(parts: Sequence[Array]) -> float:
    """Half height of a panel of residuals; a few wild ones must not hide the others."""
    every = np.abs(np.concatenate([p.ravel() for p in parts]))
    usual = float(np.quantile(every, 0.98)) if len(every) else 1.0
    return max(min(float(every.max()), 2.0 * usual), 1e-12)


def progress_chart(
    scored: Sequence[tuple[int, float]], n_entries: int, literature: Sequence[Entry]
) -> Chart:
    """Scores of all evaluations and the best so far.

    Args:
        scored: Index and score of every entry that has one, in order.
        n_entries: How many were evaluated.
        literature: Entries of laws that somebody wrote down.
    """
    index, score = np.array(scored, dtype=float).T
    best = np.minimum.accumulate(score)
    scores = [e.evaluation.score for e in literature if e.evaluation.score is not None]
    top = float(max(np.quantile(score, 0.8), best[0], *scores[:1]))
    gap = (top - best[-1]) * 0.06 or 0.1

    def build(axes: Any) -> None:
        (x, y), _ = thinned(index, score)
        shown = y <= top + gap
        axes.plot(x[shown], y[shown], "o", ms=3, mew=0, color=MUTED, alpha=0.4)
        axes.step([*index, n_entries], [*best, best[-1]], where="post", color=FIT)
        if scores:
            axes.axhline(min(scores), ls=(0, (5, 3)), lw=1.4, color=RIVAL)
        axes.set_ylim(best[-1] - gap, top + gap)
        axes.set_xlim(0, n_entries)
        axes.set_xlabel("evaluations")
        axes.set_ylabel("score, lower is better")

    note = "The line is the best score so far; each dot is a candidate."
    note += f" The dashed line is the best law {_writers(literature)}." if scores else ""
    alt = f"The best score falls from {best[0]:.3f} to {best[-1]:.3f} in {n_entries} evaluations."
    return Chart("Progress of the search", draw("progress", alt, build), note)
