"""Python interface to a stored run: champion, elites, forecasts, files.

Reading a run loads neither the fitter nor what draws reports; whatever needs them loads them.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from evolve.api.answers import RunAnswers
from evolve.api.champion import Champion, RunLaw, law_of_entry
from evolve.api.forecasts import LEVEL, forecast_frame
from evolve.arguments import checked
from evolve.errors import EvolveError
from evolve.runs.folders import find_run
from evolve.runs.picks import Pick, forecast_model_of_pick, picked
from evolve.runs.provenance import require_same_rows, task_of
from evolve.runs.results import load_results
from evolve.runs.store import Store
from evolve.runs.usual import RUNS

if TYPE_CHECKING:
    import pandas as pd

    from evolve.forecast.model import ForecastModel
    from evolve.forecast.verdict import Verdict


class Run(RunAnswers):
    """A run on disk, as it stands when it is loaded; `evolve.load` and `evolve.discover` make it.

    Attributes:
        folder: The run's folder.
        task: Its task.
        seed: Its seed.
        n_evaluations: Evaluations so far.
        chosen: Whether the search has ended and chosen its champion.
    """

    @checked
    def __init__(self, folder: Path, tasks_dirs: Sequence[Path] = ()) -> None:
        """Read what stands first; the rest is read when it is asked for.

        Raises:
            EvolveError: There is no run, or its task is not the one that it was made for.
        """
        self.folder, self._tasks_dirs = folder, tasks_dirs
        with Store.open(folder, write=False) as store:
            self.task = task_of(store, tasks_dirs)
            require_same_rows(store, self.task)
            self._results = load_results(store)
        self.seed = self._results.seed
        self.n_evaluations = self._results.summary.n_entries
        self.chosen = self._results.chosen

    @property
    def name(self) -> str:
        """The run's name, as the verbs of the command line take it."""
        return self.folder.resolve().name

    @cached_property
    def champion(self) -> Champion:
        """The law that the run has chosen, or its best so far.

        Raises:
            EvolveError: No law has a score yet.
        """
        with self._open() as store:
            row = self._results.row()
            if row is None:  # no session has ended since the last batch
                from evolve.runs.tabulate import find_row

                row = find_row(store, self.task, None)
            return law_of_entry(self.task, row, store.entry(row.index), self.chosen)

    @cached_property
    def verdict(self) -> Verdict | None:
        """What the run's forecasts are worth; None while no champion is chosen."""
        from evolve.runs.choices import load_verdict

        with self._open() as store:
            return load_verdict(store)

    @cached_property
    def finalists(self) -> pd.DataFrame:
        """What was measured of every finalist, best judgement first; `FinalistRow` says what."""
        import pandas as pd

        from evolve.runs.choices import load_finalists

        with self._open() as store:
            rows = [row.to_data() for row in load_finalists(store)]
        losses = pd.DataFrame([row.pop("losses") for row in rows])
        return pd.concat([pd.DataFrame(rows), losses], axis=1)

    @cached_property
    def group_errors(self) -> pd.DataFrame:
        """The champion's held-out errors by group, worst first; `GroupError` says what."""
        import pandas as pd

        from evolve.runs.choices import load_group_errors

        with self._open() as store:
            return pd.DataFrame([group.to_data() for group in load_group_errors(store)])

    @checked
    def elite(
        self, *, size: int | None = None, entry: int | None = None, law: str | None = None
    ) -> RunLaw:
        """A law of the run, fitted on all training rows, ready to predict.

        Args:
            size: The best law with so many constants.
            entry: The entry of this number, as `elites` lists them.
            law: A law's name, such as ``hoffmann_2022``; it need not be in the run.

        Raises:
            EvolveError: Not exactly one is given, there is no such law, or it failed.
        """
        if (pick := Pick(size, entry, law)).is_champion:
            raise EvolveError("elite: give one of size, entry and law")
        with self._open() as store:
            return law_of_entry(self.task, *picked(store, self.task, pick))

    @cached_property
    def elites(self) -> pd.DataFrame:
        """The best law of every number of constants and kind of form, best score first."""
        from evolve.runs.makers import makers_of
        from evolve.runs.places import layout_of
        from evolve.runs.query import query

        with self._open() as store:
            layout, makers = layout_of(store), makers_of(store, self.task.feature_names)
            entries = [store.entry(index) for index in self._results.summary.ranked()]
        return query(entries, self.task.feature_names, sort="score", layout=layout, makers=makers)

    @checked
    def predict(
        self,
        rows: pd.DataFrame,
        interval: float = LEVEL,
        *,
        group: str | None = None,
        size: int | None = None,
        entry: int | None = None,
        law: str | None = None,
    ) -> pd.DataFrame:
        """Forecast runs by the champion and its rivals, or by the law that is asked for alone.

        Args:
            rows: A column for every feature, and for the groups if there are several and `group`
                is not given; other columns do not matter.
            interval: Share of runs that the interval is to hold.
            group: The group of all rows.
            size: The best law with so many constants.
            entry: The entry of this number.
            law: A law's name, such as ``hoffmann_2022``.

        Returns:
            One row a row of `rows`, under its index, or numbered where they are no frame of
            pandas. For a single target ``point``, ``low``, ``high`` and ``is_open``, whether
            nothing bounds the forecast, so that these are no guide; for several, the same after
            each target's name: ``loss_point``, … Then ``extrapolation_distance``, how far the row
            lies outside the training range in the feature where it does most, and
            ``extrapolation_distance_F`` for every feature ``F``, negative below the range: in
            factors of 10 for a feature on a log scale, else in ranges. For one release more also
            as ``beyond`` and ``beyond_F``. Then ``departures``, what the row breaks that every
            training row keeps to, and ``untested``, the ends of the training rows beyond which it
            lies and no fold tests the law, so that `verdict` says nothing of it.

        Raises:
            EvolveError: A column is missing, a cell is no number, a group is not known, or the
                champion is not defined at a row.
        """
        forecast_model = self._forecast_model
        if not (pick := Pick(size, entry, law)).is_champion:
            with self._open() as store:
                forecast_model = forecast_model_of_pick(store, self.task, pick)
        return forecast_frame(self.task, forecast_model, rows, interval, group)

    @checked
    def resume(
        self,
        evaluations: int | None = None,
        *,
        workers: int | None = None,
        progress: bool = True,
        trust_run: bool = False,
        llm_calls: int | None = None,
        llm_budget: float | None = None,
    ) -> Run:
        """Go on with the run, or give it a larger budget, to the same laws as if asked at once.

        Args:
            evaluations: In total; as before if not given.
            workers: Worker processes; if not given, one a core. With 0, all is done in this one.
            progress: Show where the search stands.
            trust_run: Ask the language models that the run names, with the keys it names.
            llm_calls: Most requests to these in all; as before if not given.
            llm_budget: Most money in all; as before if not given.

        Returns:
            The run as it stands then.

        Raises:
            EvolveError: Another process writes the run, or its task is no longer the same.
            KeyboardInterrupt: After an interrupt, when the run is saved.
        """
        from evolve.api.searching import resume_run

        settings = self.folder, self._tasks_dirs, evaluations, workers
        limits = llm_calls, llm_budget
        if reason := resume_run(*settings, progress=progress, trusted=trust_run, limits=limits):
            warnings.warn(f"run {self.name!r}: {reason}", stacklevel=3)
        return Run(self.folder, self._tasks_dirs)

    @checked
    def export(
        self,
        format: str = "program",  # noqa: A002
        *,
        size: int | None = None,
        entry: int | None = None,
        law: str | None = None,
    ) -> str:
        """Text of the champion as a file that works without this package.

        Args:
            format: ``program``, ``law``, ``sympy``, ``latex``, ``json`` or ``markdown``.
            size: The best law with so many constants in place of the champion.
            entry: The entry of this number.
            law: A law's name, such as ``hoffmann_2022``.

        Raises:
            EvolveError: There is no such format or size, or the champion is a black box.
        """
        from evolve.export import export, subject_of

        with self._open() as store:
            return export(subject_of(store, self.task, Pick(size, entry, law)), format)

    def __repr__(self) -> str:
        """Name, evaluations and law."""
        law = repr(self.champion) if self._results.rows else "no champion chosen yet"
        return f"<Run {self.name}: {self.n_evaluations} evaluations; {law}>"

    def _repr_html_(self) -> str | None:
        """What a notebook shows; the plain words where no law has a score yet."""
        from evolve.report.notebook import run_html

        title = f"{self.name}: {self.n_evaluations} evaluations, seed {self.seed}"
        try:
            best = self.champion
        except EvolveError:
            return None
        rows = self._results.rows or (best.row,)
        return run_html(self.task, rows, best.candidate, title, chosen=self.chosen)

    @cached_property
    def _forecast_model(self) -> ForecastModel:
        from evolve.runs.forecasts import forecast_model_of

        with self._open() as store:
            return forecast_model_of(store, self.task)


@checked
def load(
    run: str | Path,
    *,
    runs_dir: str | Path | None = None,
    tasks_dirs: Sequence[str | Path] = (),
) -> Run:
    """Read a stored run.

    Args:
        run: A run's name or folder.
        runs_dir: Where runs of a name are; ``EVOLVE_RUNS_DIR``, else ``runs``.
        tasks_dirs: Where its task is to be looked for; else where it was.

    Raises:
        EvolveError: There is no such run; the message names the nearest.
    """
    folder = find_run(str(run), runs_folder(runs_dir))
    return Run(folder, [Path(path) for path in tasks_dirs])


def runs_folder(given: str | Path | None) -> Path:
    """The folder of the runs: the one given, ``EVOLVE_RUNS_DIR``, or ``runs``."""
    return Path(given or os.environ.get("EVOLVE_RUNS_DIR") or RUNS)
