"""Pictures of a run with matplotlib: axes in, axes out, for a notebook or a paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from evolve.arguments import checked
from evolve.errors import Argument, EvolveError, nearest

if TYPE_CHECKING:
    from evolve.forecast.plan import Question

FAR = 10.0  # a curve goes so many times beyond the largest value of a log-scaled feature
N_POINTS = 80


class Plots:
    """Pictures of a run; each method draws into the axes given, or new ones, and returns them."""

    def __init__(self, run: Any) -> None:
        """Keep the run, an `evolve.Run`."""
        self._run = run

    def __repr__(self) -> str:
        """The run, and the pictures that there are."""
        names = ", ".join(name for name in vars(Plots) if not name.startswith("_"))
        return f"<Plots of {self._run.name}: {names}>"

    @checked
    def fit(self, ax: Any = None, *, target: str | None = None) -> Any:
        """Observed against predicted values of the training rows, by the champion."""
        ax, t = _axes(ax), self._target(target)
        observed, predicted = self._observed(t)
        ends = [min(observed.min(), predicted.min()), max(observed.max(), predicted.max())]
        ax.plot(ends, ends, color="0.6", lw=1)
        ax.plot(predicted, observed, "o", ms=4, alpha=0.7)
        name = self._run.task.target_names[t]
        ax.set(xlabel=f"predicted {name}", ylabel=f"observed {name}")
        return ax

    @checked
    def residuals(self, ax: Any = None, *, feature: str, target: str | None = None) -> Any:
        """What the champion leaves of the training rows, along a feature."""
        ax, t, j = _axes(ax), self._target(target), self._feature(feature)
        observed, predicted = self._observed(t)
        ax.axhline(0.0, color="0.6", lw=1)
        ax.plot(self._run.task.train.X[:, j], observed - predicted, "o", ms=4, alpha=0.7)
        self._scale(ax, j)
        ax.set(xlabel=feature, ylabel=f"residual of {self._run.task.target_names[t]}")
        return ax

    def front(self, ax: Any = None) -> Any:
        """Held-out error (1 - R²) of the best law of each number of constants."""
        ax, elites = _axes(ax), self._run.elites
        best = elites.sort_values("score").groupby("constants").head(1).sort_values("constants")
        error = np.maximum(1.0 - best["held_out_r2"], 1e-12)
        ax.plot(best["constants"], error, "o-")
        champion = self._run.champion
        if champion.held_out_r2 is not None:
            place = [champion.n_constants], [max(1.0 - champion.held_out_r2, 1e-12)]
            ax.plot(*place, "*", ms=14, label="champion")
            ax.legend()
        ax.set_yscale("log")
        ax.set(xlabel="constants", ylabel="1 - held-out R²")
        return ax

    @checked
    def curve(
        self,
        ax: Any = None,
        *,
        feature: str,
        at: dict[str, float] | None = None,
        group: str | None = None,
        target: str | None = None,
        interval: float = 0.9,
    ) -> Any:
        """Forecasts with their interval along a feature, beyond the largest training row.

        Args:
            ax: Where to draw.
            feature: Along which.
            at: Values of the other features; the medians of the training rows if not given.
            group: The group; the first if not given.
            target: The target; the first if not given.
            interval: Share of runs that the band is to hold.
        """
        import pandas as pd

        task, ax = self._run.task, _axes(ax)
        t, j = self._target(target), self._feature(feature)
        values = task.train.X[:, j]
        logarithmic = task.spec.features[j].logarithmic
        low, high = float(values.min()), float(values.max())
        grid = np.linspace(low, 2 * high - low, N_POINTS)
        if logarithmic:
            grid = np.geomspace(low, FAR * high, N_POINTS)
        medians = dict(zip(task.feature_names, np.median(task.train.X, axis=0), strict=True))
        for name in at or {}:
            self._feature(name)
        rows = pd.DataFrame({n: np.full(N_POINTS, v) for n, v in (medians | (at or {})).items()})
        rows[feature] = grid
        frame = self._run.predict(rows, interval, group=group or task.group_names[0])
        prefix = f"{task.target_names[t]}_" if len(task.target_names) > 1 else ""
        ax.fill_between(grid, frame[f"{prefix}low"], frame[f"{prefix}high"], alpha=0.2, lw=0)
        ax.plot(grid, frame[f"{prefix}point"])
        ax.axvline(high, color="0.6", lw=1, ls=":")
        self._scale(ax, j)
        ax.set(xlabel=feature, ylabel=task.target_names[t])
        return ax

    @checked
    def isoflop(
        self,
        ax: Any = None,
        *,
        compute: str,
        budgets: Sequence[float] = (),
        at: Mapping[str, float] | None = None,
        group: str | None = None,
        target: str | None = None,
    ) -> Any:
        """Forecasts along the ratio of two features at fixed compute, with the best of each.

        Args:
            ax: Where to draw.
            compute: What a run costs, such as ``6*params*tokens``.
            budgets: Of the profiles; from the cheapest training run to ten times the dearest if
                not given.
            at: Values of the features that `compute` leaves out.
            group: The group; not needed where there is one.
            target: The target; not needed where there is one.

        Raises:
            EvolveError: `compute` does not hold two features, or a name is not known.
        """
        from evolve.forecast.plan import profiles

        question = self._question(compute, at, group, target)
        ax, task = _axes(ax), self._run.task
        for profile in profiles(question, budgets):
            (line,) = ax.plot(profile.values[:, 0], profile.point, label=f"{profile.budget:.2g}")
            if profile.best is not None:
                place = next(iter(profile.best.values.values())), profile.best.point
                ax.plot(*place, "*", ms=10, color=line.get_color())
        ax.set_xscale("log")
        first = task.feature_names[question.cost.features[0]]
        ax.set(xlabel=first, ylabel=task.target_names[question.target])
        ax.legend(title=compute)
        return ax

    @checked
    def frontier(
        self,
        ax: Any = None,
        *,
        compute: str,
        budgets: Sequence[float] = (),
        at: Mapping[str, float] | None = None,
        group: str | None = None,
        target: str | None = None,
        interval: float = 0.9,
    ) -> Any:
        """The best forecast that each compute buys, with its interval; arguments as `isoflop`.

        Raises:
            EvolveError: No budget buys a best run, or a name is not known.
        """
        from evolve.forecast.plan import frontier

        question = self._question(compute, at, group, target, interval)
        ax, task = _axes(ax), self._run.task
        runs = frontier(question, budgets)
        if not runs:
            raise EvolveError("frontier: no budget buys a best run at a finite ratio of features")
        costs = [run.budget for run in runs]
        ax.fill_between(costs, [r.low for r in runs], [r.high for r in runs], alpha=0.2, lw=0)
        ax.plot(costs, [run.point for run in runs])
        ax.axvline(question.cost.of(question.known).max(), color="0.6", lw=1, ls=":")
        ax.set_xscale("log")
        ax.set(xlabel=compute, ylabel=task.target_names[question.target])
        return ax

    def progress(self, ax: Any = None) -> Any:
        """Scores of all evaluations, and the best so far."""
        ax = _axes(ax)
        scored = self._run.scores()
        ax.plot(scored.index, scored, ".", ms=3, alpha=0.4)
        ax.plot(scored.index, scored.cummin())
        low, high = float(scored.min()), float(scored.quantile(0.9))
        ax.set_ylim(low - 0.05 * (high - low) - 1e-12, high + 1e-12)
        ax.set(xlabel="evaluation", ylabel="score, lower is better")
        return ax

    def _observed(self, t: int) -> tuple[Any, Any]:
        train, fitted = self._run.task.train, self._run.champion.fitted
        return train.Y[:, t], fitted.predictions[:, t]

    def _question(
        self,
        compute: str,
        at: Mapping[str, float] | None,
        group: str | None,
        target: str | None,
        level: float = 0.9,
    ) -> Question:
        from evolve.api.plans import question_of

        return question_of(self._run.folder, self._run.task, compute, at, group, target, level)

    def _target(self, name: str | None) -> int:
        return 0 if name is None else _index("target", name, self._run.task.target_names)

    def _feature(self, name: str) -> int:
        return _index("feature", name, self._run.task.feature_names)

    def _scale(self, ax: Any, j: int) -> None:
        if self._run.task.spec.features[j].logarithmic:
            ax.set_xscale("log")


def _axes(given: Any) -> Any:
    if given is not None:
        return given
    from matplotlib import pyplot as plt

    return plt.subplots()[1]


def _index(argument: str, name: str, valid: tuple[str, ...]) -> int:
    if name not in valid:
        rule = f": must be one of {', '.join(valid)}, it is {name!r}{nearest(name, valid)}"
        raise EvolveError(Argument(argument), rule)
    return valid.index(name)
