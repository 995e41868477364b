"""A search as a regressor of scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from joblib import cpu_count

from evolve.api.champion import Champion
from evolve.api.several import axes_asked, listed
from evolve.arguments import require_types
from evolve.errors import EvolveError, nearest
from evolve.forecast.queries import from_cells
from evolve.law.graph import Law
from evolve.runs.settings import RunConfig, whole
from evolve.runs.tabulate import row_of
from evolve.search.champion import Choice
from evolve.search.memory import search_in_memory
from evolve.search.problem import make_search_problem
from evolve.tasks.cells import plain
from evolve.tasks.declared import require_declared
from evolve.tasks.draft import Wishes, propose
from evolve.tasks.readers import RawTable, raw_of
from evolve.tasks.spec import TaskSpec
from evolve.tasks.table import build_table
from evolve.tasks.task import Task
from evolve.typing import Array

try:
    from sklearn.base import BaseEstimator, RegressorMixin
    from sklearn.utils.validation import check_is_fitted, validate_data

    from evolve.api.row_counts import LEAST_ROWS, RowCounts, row_counts_of
except ImportError as error:
    raise ImportError(
        "evolve.LawRegressor needs scikit-learn 1.6 or later, "
        "run: pip install 'evolve-laws[sklearn]'"
    ) from error

TARGET, WEIGHT = "y", "weight"


class LawRegressor(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """A law found by search, fitted to the rows and ready to predict.

    Scales and units of the features are guessed from the rows, as `evolve.discover` does. The
    search leaves nothing on disk; use `evolve.discover` for a run to keep, intervals and reports.

    Of scikit-learn's own checks of an estimator (`sklearn.utils.estimator_checks`), all those of
    a regressor of one target hold but one: `check_sample_weight_equivalence_on_dense_data` wants a
    row of weight 2 to be as good as two rows, while folds and the price of size count rows.
    `check_array_api_input` is left out, for `X` and `y` are taken as numpy arrays. There are no
    checks of sparse rows, which `fit` does not take.

    Args:
        evaluations: Candidates to evaluate. A few thousand find what there is to be found.
        seed: Seed of every random choice; it decides the result, with the rows.
        n_seeds: Independent searches that share the evaluations, and of whose laws together the
            champion is chosen.
        groups: Columns of a data frame `X` whose values divide the rows into groups with constants
            of their own; they are no features.
        extrapolate: Features along which the law is to hold beyond the rows, and whose largest
            values are held out to judge it; an empty sequence holds out random rows; None guesses.
        horizon: How many times beyond the largest values predictions will be asked for, along all
            axes or along each.
        max_constants: Most constants for each group; None for the engine's own limit.
        decreasing: Features that the target certainly falls in.
        increasing: Features that it certainly rises in.
        floor: Value that it certainly stays above; a guess if not given, ``-math.inf`` for none.
        ceiling: Value that it certainly stays below.
        bounds: Lowest and highest value that it can have.
        workers: Worker processes; with 0 everything is done in this process, which suits small
            searches and those that are themselves run in parallel. It changes nothing in the
            result.
        random_state: scikit-learn's name for `seed`, which it takes the place of.
        n_jobs: scikit-learn's name for `workers`, which it takes the place of; -1 is one a core.

    Attributes:
        champion_: The law, with formula, constants and scores.
        formula_: Its formula.
        n_features_in_: Columns of `X`, groups included.
        feature_names_in_: Their names, where `X` was a data frame.
    """

    def __init__(
        self,
        evaluations: int = 1000,
        *,
        seed: int = 0,
        n_seeds: int = 1,
        groups: str | Sequence[str] = (),
        extrapolate: str | Sequence[str] | None = None,
        horizon: float | Sequence[float] = (),
        max_constants: int | None = None,
        decreasing: str | Sequence[str] = (),
        increasing: str | Sequence[str] = (),
        floor: float | None = None,
        ceiling: float | None = None,
        bounds: Sequence[float] = (),
        workers: int = 0,
        random_state: int | None = None,
        n_jobs: int | None = None,
    ) -> None:
        """Keep the settings; they are checked by `fit`."""
        self.evaluations = evaluations
        self.seed = seed
        self.n_seeds = n_seeds
        self.groups = groups
        self.extrapolate = extrapolate
        self.horizon = horizon
        self.max_constants = max_constants
        self.decreasing = decreasing
        self.increasing = increasing
        self.floor = floor
        self.ceiling = ceiling
        self.bounds = bounds
        self.workers = workers
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(
        self,
        X: npt.ArrayLike | pd.DataFrame,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        sigma: npt.ArrayLike | None = None,
    ) -> Self:
        """Search for a law and fit it to all rows.

        Args:
            X: `(n, f)` features; a data frame where there are groups, with their columns.
            y: `(n,)` targets.
            sample_weight: `(n,)` what each row counts in every fit, fold and estimate of noise;
                rows of weight 0 are left out. All alike if None.
            sigma: `(n,)` standard deviation of each row's target, in its unit, in place of
                weights.

        Raises:
            ValueError: Rows or settings break a rule.
        """
        try:
            require_types(type(self).__init__)(self.get_params())
        except EvolveError as error:
            raise ValueError(str(error)) from error
        features, labels = self._split(X)
        rows, targets = validate_data(
            self, features, y, dtype=float, y_numeric=True, ensure_min_samples=LEAST_ROWS
        )
        names = self._names()
        cells = _cells(names, rows, labels)
        counts = row_counts_of(sample_weight, sigma, len(rows))
        if counts is not None:
            cells, targets = cells.take(counts.rows.tolist()), targets[counts.rows]
        try:
            task = self._task(cells, names, targets, counts)
            best = self._search(task).champion
        except EvolveError as error:
            raise ValueError(str(error)) from error
        line = row_of(task, best.entry, "champion", best.fitted)
        self.champion_ = Champion(task, line, best.fitted.candidate, chosen=True)
        self.formula_ = line.formula
        return self

    def predict(self, X: npt.ArrayLike | pd.DataFrame) -> Array:
        """Predictions of the law.

        Args:
            X: `(n, f)` features; a data frame where there are groups, with their columns.

        Returns:
            `(n,)` predictions.

        Raises:
            ValueError: A group was not there to be fitted, or the law is not defined at a row.
        """
        check_is_fitted(self, "champion_")
        features, labels = self._split(X)
        rows = validate_data(self, features, reset=False, dtype=float)
        task, constants = self.champion_.task, self.champion_.row.constants
        predictions = np.full(len(rows), np.nan)
        try:
            queries = from_cells(task, _cells(self._names(), rows, labels), None)
        except EvolveError as error:
            raise ValueError(str(error)) from error
        for query in queries:
            own = np.asarray(constants[query.group], dtype=float)
            with np.errstate(all="ignore"):
                values = self._law.predict(query.x, own)
            predictions[query.at] = values[:, 0]
        if not np.isfinite(predictions).all():
            row = int(np.flatnonzero(~np.isfinite(predictions))[0])
            raise ValueError(f"X: the law is not defined at row {row + 1}, {rows[row].tolist()}")
        return predictions

    @property
    def _law(self) -> Law:
        assert self.champion_.candidate is not None
        return self.champion_.candidate.law

    def _names(self) -> list[str]:
        """Names of the features, x0, x1, … where they have none."""
        given = getattr(self, "feature_names_in_", None)
        names = [f"x{j}" for j in range(self.n_features_in_)] if given is None else given
        found = [plain(name) for name in names]
        for name in found:
            if found.count(name) > 1:
                raise ValueError(f"X: columns must have different names, {name!r} stands twice")
        return found

    def _split(
        self, X: npt.ArrayLike | pd.DataFrame
    ) -> tuple[npt.ArrayLike | pd.DataFrame, Mapping[str, Sequence[object]]]:
        """Features, and the cells of the group columns."""
        if not (names := list(listed(self.groups))):
            return X, {}
        if not isinstance(X, pd.DataFrame):
            raise ValueError(f"groups: need X as a data frame, it is {type(X).__name__}")
        for name in names:
            if name not in X.columns:
                raise ValueError(f"groups: X has no column {name!r}{nearest(name, X.columns)}")
        return X.drop(columns=names), raw_of(X[names]).columns

    def _task(
        self, raw: RawTable, names: Sequence[str], y: Array, counts: RowCounts | None
    ) -> Task:
        """The rows as a task in memory; what it lacks is guessed."""
        target = _unused(TARGET, raw)
        cells = {**raw.columns, target: y.tolist()}
        column: dict[str, str] = {}
        if counts is not None:
            column = {counts.kind: _unused(WEIGHT, raw)}
            cells[column[counts.kind]] = counts.values.tolist()
        wishes = Wishes(
            targets=(target,),
            features=tuple(n for n in names if len(set(raw.columns[n])) > 1),
            groups=listed(self.groups),
            extrapolate=axes_asked(self.extrapolate),
            horizon=listed(self.horizon),
            decreasing=listed(self.decreasing),
            increasing=listed(self.increasing),
            floor=self.floor,
            ceiling=self.ceiling,
            bounds=tuple(self.bounds),
            weights=column.get("weights"),
            sigma=column.get("sigma"),
            every_row=True,  # they are chosen before they are given to an estimator
        )
        draft = propose(RawTable(raw.path, cells, raw.n_rows), "X", wishes)
        spec = draft.spec
        if self.max_constants is not None:
            spec = TaskSpec.model_validate(
                spec.model_dump() | {"max_constants": self.max_constants}
            )
        table, groups = build_table(draft.raw, spec)
        require_declared(draft.raw, spec, table)
        return Task(draft.name, raw.path, spec, groups, table)

    def _n_workers(self) -> int:
        if self.n_jobs is None:
            return self.workers
        return int(cpu_count()) if self.n_jobs < 0 else self.n_jobs

    def _search(self, task: Task) -> Choice:
        seed = self.seed if self.random_state is None else self.random_state
        evaluations = whole("evaluations", self.evaluations)
        n_seeds = whole("n_seeds", self.n_seeds)
        config = RunConfig(whole("seed", seed), evaluations, n_seeds=n_seeds)
        problem = make_search_problem(task, config.seed, n_seeds=config.n_seeds)
        choice = search_in_memory(problem, evaluations, self._n_workers())
        if choice is None:
            raise EvolveError(
                f"evaluations: must be more for these rows, {self.evaluations} found no law "
                "that could be fitted"
            )
        return choice


def _unused(name: str, raw: RawTable) -> str:
    """A name that no column has."""
    while name in raw.columns:
        name += "_"
    return name


def _cells(names: Sequence[str], rows: Array, labels: Mapping[str, Sequence[object]]) -> RawTable:
    """Features `(n, f)` and group columns as the cells of a table."""
    columns = {n: rows[:, j].tolist() for j, n in enumerate(names)}
    return RawTable(Path("X"), {**columns, **labels}, len(rows))
