"""What a run answers in Python beside its laws: plan, score, finalists, pictures, comparison."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from evolve.runs.picks import Pick, basis_of_pick, picked
from evolve.runs.store import Store
from evolve.tasks.task import Task

if TYPE_CHECKING:
    import pandas as pd

    from evolve.api.plans import Plan
    from evolve.api.plots import Plots
    from evolve.forecast.verdict import Verdict


class RunAnswers:
    """A run on disk and its task.

    Attributes:
        folder: The run's folder.
        task: Its task.
    """

    folder: Path
    task: Task

    @property
    def verdict(self) -> Verdict | None:
        """What the run's forecasts are worth; None if no champion was chosen."""
        from evolve.runs.choices import load_verdict

        with self._open() as store:
            return load_verdict(store)

    @property
    def finalists(self) -> pd.DataFrame:
        """What decided between the finalists, best first, as `show --choice` prints it."""
        import pandas as pd

        from evolve.runs.choices import load_finalists

        with self._open() as store:
            return pd.DataFrame([row.to_data() for row in load_finalists(store)])

    @cached_property
    def plot(self) -> Plots:
        """Pictures with matplotlib: ``fit``, ``residuals``, ``front``, ``curve``, ``progress``."""
        from evolve.api.plots import Plots

        return Plots(self)

    def scores(self) -> pd.Series:
        """Score of every entry that has one, by its number; lower is better."""
        import pandas as pd

        with self._open() as store:
            told = {e.index: e.evaluation.score for e in store.each()}
        return pd.Series({i: s for i, s in told.items() if s is not None}, dtype=float)

    def plan(
        self,
        budget: float | None = None,
        *,
        compute: str,
        at: Mapping[str, float] | None = None,
        reach: float | None = None,
        most: Mapping[str, float] | None = None,
        serve_tokens: float | None = None,
        group: str | None = None,
        target: str | None = None,
        maximise: bool | None = None,
        interval: float = 0.9,
        law: str | None = None,
    ) -> Plan:
        """Split a budget of compute over features so that the forecast is best.

        Args:
            budget: Compute of one run.
            compute: What a run costs, such as ``6*params*tokens``.
            at: Values of the features that `compute` leaves out.
            reach: In place of a budget: the cheapest run to reach this value.
            most: Largest values of features.
            serve_tokens: Tokens that the model is to serve, which cost two FLOPs a parameter.
            group: The group; not needed where there is one.
            target: The target; not needed where there is one.
            maximise: Whether more is better; if not given, what the target's role says.
            interval: Share of runs that the interval is to hold.
            law: A law's name in place of the champion and its rivals.

        Raises:
            EvolveError: There is no such run, or a name is not known.
        """
        from evolve.api.plans import make_plan

        with self._open() as store:
            basis = basis_of_pick(store, self.task, Pick(law=law))
        return make_plan(
            *(self.task, basis, compute, budget, reach, serve_tokens),
            group=group,
            target=target,
            fixed=dict(at or {}),
            maximise=maximise,
            level=interval,
            most=dict(most or {}),
        )

    def score(
        self, *, size: int | None = None, entry: int | None = None, law: str | None = None
    ) -> pd.DataFrame:
        """R², NMSE and NMAE on the training rows, in all and by target and group.

        The test rows are opened by `python -m evolve score RUN --split test`, which records it.

        Args:
            size: The best law with so many constants, in place of the champion.
            entry: The entry of this number.
            law: A law's name.

        Raises:
            EvolveError: There is no such law.
        """
        import pandas as pd

        from evolve.api.champion import law_of_entry
        from evolve.scoring.metrics import scores

        with self._open() as store:
            row, of = picked(store, self.task, Pick(size, entry, law))
        table = self.task.train
        predicted = law_of_entry(self.task, row, of).fitted.predictions
        parts = self.task.group_names, self.task.target_names
        told = scores(table.Y, predicted, table.group, *parts)
        rows = {"overall": told.overall} | told.by_target | told.by_group
        return pd.DataFrame({name: asdict(metrics) for name, metrics in rows.items()}).T

    @contextmanager
    def _open(self) -> Iterator[Store]:
        with Store.open(self.folder, write=False) as store:
            yield store
