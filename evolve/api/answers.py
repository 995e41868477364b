"""What a run answers in Python beside its laws: plans, scores and pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from evolve.arguments import checked
from evolve.errors import Argument, EvolveError, nearest
from evolve.runs.picks import Pick, forecast_model_of_pick, picked
from evolve.runs.store import Store
from evolve.runs.usual import REPORT
from evolve.tasks.task import Task

if TYPE_CHECKING:
    import pandas as pd

    from evolve.api.differences import Comparison
    from evolve.api.plans import Plan
    from evolve.api.plots import Plots
    from evolve.scoring.metrics import Metrics, Scores

SPLITS = ("train", "test")


class RunAnswers:
    """A run on disk and its task.

    Attributes:
        folder: The run's folder.
        task: Its task.
    """

    folder: Path
    task: Task

    @cached_property
    def plot(self) -> Plots:
        """Pictures with matplotlib, each a method: `Plots` has them."""
        from evolve.api.plots import Plots

        return Plots(self)

    def scores(self) -> pd.Series:
        """Score of every entry that has one, by its number; lower is better."""
        import pandas as pd

        with self._open() as store:
            scores = {e.index: e.evaluation.score for e in store.each()}
        return pd.Series({i: s for i, s in scores.items() if s is not None}, dtype=float)

    @checked
    def plan(
        self,
        budget: float | None = None,
        *,
        compute: str | None = None,
        at: Mapping[str, float] | None = None,
        reach: float | str | None = None,
        most: Mapping[str, float] | None = None,
        serve_tokens: float | None = None,
        narrow: Mapping[str, float] | None = None,
        next_budget: float | None = None,
        group: str | None = None,
        target: str | None = None,
        maximise: bool | None = None,
        interval: float = 0.9,
        size: int | None = None,
        entry: int | None = None,
        law: str | None = None,
    ) -> Plan:
        """Split a budget of compute over features so that the forecast is best.

        Args:
            budget: Compute of one run.
            compute: What a run costs, such as ``6*params*tokens``. If not given, the best values
                of the features that `at` leaves out are sought for a run of a given size.
            at: Values of the features that `compute` leaves out; the best of those left out here
                too are sought, such as of a learning rate.
            reach: In place of a budget: the cheapest run to reach this value; ``"90%"`` is 90 of a
                target in percent.
            most: Largest values of features.
            serve_tokens: Tokens that the model is to serve, which cost two FLOPs a parameter.
            narrow: A run to forecast, whose interval the next runs are to narrow; the best run if
                not given. What `at` holds may be left out. With `next_budget` it needs no budget.
            next_budget: Most that one next run may cost; as much as the best run if not given.
            group: The group; not needed where there is one.
            target: The target; not needed where there is one.
            maximise: Whether more is better; if not given, what the target's role says.
            interval: Share of runs that the interval is to hold.
            size: The best law with so many constants, in place of the champion and its rivals.
            entry: The entry of this number.
            law: A law's name, such as ``hoffmann_2022``.

        Raises:
            EvolveError: There is no such run, or a name is not known.
        """
        from evolve.api.plans import plan_of
        from evolve.forecast.plan import plan_runs
        from evolve.runs.choices import load_verdict

        pick = Pick(size, entry, law)
        with self._open() as store:
            forecast_model = forecast_model_of_pick(store, self.task, pick)
            verdict = load_verdict(store) if pick.is_champion else None
        planned = plan_runs(
            self.task,
            forecast_model,
            compute=compute,
            budget=budget,
            reach=reach,
            serve_tokens=serve_tokens,
            narrow=None if narrow is None else dict(narrow),
            next_budget=next_budget,
            at={} if at is None else dict(at),
            most={} if most is None else dict(most),
            group=group,
            target=target,
            maximise=maximise,
            level=interval,
        )
        return plan_of(planned, verdict)

    @checked
    def compare(
        self,
        other: RunAnswers,
        at: Mapping[str, float],
        *,
        compute: str | None = None,
        group: str | None = None,
        target: str | None = None,
        maximise: bool | None = None,
        interval: float = 0.9,
    ) -> Comparison:
        """Say whether this run and another forecast the same at a point.

        `evolve.compare` takes any number of runs, or the groups of one.

        Args:
            other: The other run, of this task or of one with the same features.
            at: A value of every feature.
            compute: What a run costs, such as ``6*params*tokens``: also say what one saves of it.
            group: The group; not needed where there is one.
            target: The target; not needed where there is one in common.
            maximise: Whether more is better; if not given, what the target's role says.
            interval: Share of runs that the intervals are to hold.

        Raises:
            EvolveError: The features differ, or a name or a value is wrong.
        """
        from evolve.api.differences import Asked, comparison_of, difference_of

        asked = Asked(at, compute, group, target, maximise, interval)
        pair = (self.folder, other.folder), (self.task, other.task)
        difference, _ = difference_of(*pair, asked)
        return comparison_of(difference)

    @checked
    def score(
        self,
        split: str = "train",
        *,
        size: int | None = None,
        entry: int | None = None,
        law: str | None = None,
    ) -> pd.DataFrame:
        """R², NMSE and NMAE on the training rows: ``overall``, by target and by group.

        Rows count alike, as they do in SLDBench, also where the task has weights of them:
        `FittedLaw.train_r2` and reports go by these.

        A target or a group of a name that a row above it has is called ``target NAME`` or
        ``group NAME``.

        On test rows the champion comes with ``forecast``, what `Run.predict` forecasts, and how
        many test values, one for each row and target, lie ``inside`` its intervals of 90 %.

        Args:
            split: ``train``, or ``test`` for the test rows: the run records that they are opened.
            size: The best law with so many constants, in place of the champion.
            entry: The entry of this number.
            law: A law's name.

        Raises:
            EvolveError: There is no such law or split, or the task has no test rows.
            ProgramFailedError: A program with a fit of its own failed.
        """
        import pandas as pd

        from evolve.api.champion import law_of_entry
        from evolve.forecast.on_rows import score_forecast
        from evolve.runs.reveal import reveal_test
        from evolve.scoring.metrics import scores

        if split not in SPLITS:
            rule = f": must be one of {', '.join(SPLITS)}, it is {split!r}{nearest(split, SPLITS)}"
            raise EvolveError(Argument("split"), rule)
        with self._open() as store:
            pick = Pick(size, entry, law)
            row, of = picked(store, self.task, pick)
            table, forecast = self.task.train, None
            if split == "test":
                table = reveal_test(store, self.task, "score", row.text, "Run.score('test')")
                if pick.is_champion:
                    model = forecast_model_of_pick(store, self.task, pick)
                    forecast = score_forecast(self.task, model, table)
        fitted = law_of_entry(self.task, row, of).fitted
        predicted = fitted.predict(table.X, [self.task.group_names[g] for g in table.group])
        parts = self.task.group_names, self.task.target_names
        together = None if forecast is None else forecast.overall
        rows = rows_of_scores(scores(table.Y, predicted, table.group, *parts), together)
        frame = pd.DataFrame({name: asdict(metrics) for name, metrics in rows.items()}).T
        if forecast is not None:
            frame.loc["forecast", "inside"] = forecast.inside
        return frame

    @checked
    def report(
        self,
        path: str | Path | None = None,
        *,
        size: int | None = None,
        entry: int | None = None,
        law: str | None = None,
    ) -> Path:
        """Write the run's page; without a path, into the run's folder. The test rows stay shut.

        Args:
            path: The file.
            size: The best law with so many constants in place of the champion.
            entry: The entry of this number.
            law: A law's name, such as ``hoffmann_2022``.

        Raises:
            EvolveError: No law has a score yet, there is no such law, or the file cannot be
                written.
        """
        from evolve.report import write_report

        where = self.folder / REPORT if path is None else Path(path)
        with self._open() as store:
            return write_report(store, self.task, where, None, Pick(size, entry, law)).path

    @contextmanager
    def _open(self) -> Iterator[Store]:
        with Store.open(self.folder, write=False) as store:
            yield store


def rows_of_scores(scores: Scores, forecast: Metrics | None = None) -> dict[str, Metrics]:
    """Scores in all, of a forecast, of every target and every group, no two under one name."""
    rows = {"overall": scores.overall} | ({} if forecast is None else {"forecast": forecast})
    for kind, parts in (("target", scores.by_target), ("group", scores.by_group)):
        for name, metrics in parts.items():
            rows[f"{kind} {name}" if name in rows else name] = metrics
    return rows
