"""Laws of a stored run as values: the champion and the elites.

Their formula and constants are read; what needs a fit or the report loads them when asked for.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

from evolve.api.forecasts import index_of
from evolve.arguments import checked
from evolve.errors import Argument, EvolveError, nearest
from evolve.forecast.words import r2_text
from evolve.law.candidate import Candidate, candidate_from_data
from evolve.law.program import parse_program
from evolve.runs.results import ResultRow
from evolve.tasks.task import Task

if TYPE_CHECKING:
    import pandas as pd

    from evolve.evaluation.fitted import FittedLaw
    from evolve.evaluation.record import Entry
    from evolve.evaluation.requests import Form


@dataclass(frozen=True, eq=False)
class RunLaw:
    """A law of a run: one of its elites, fitted on all training rows.

    Attributes:
        task: The run's task.
        row: The law's row of the run's table.
        candidate: Law and recipe; None for a black box.
    """

    task: Task
    row: ResultRow
    candidate: Candidate | None

    @property
    def line(self) -> ResultRow:
        """`row` under its name of earlier versions."""
        warnings.warn("line is now row", DeprecationWarning, stacklevel=2)
        return self.row

    @property
    def converged(self) -> float:
        """Share of its groups whose fit is known to have converged; 1 where nothing is known."""
        return 1.0

    @property
    def formula(self) -> str:
        """The law in the table's own names, with those of `constants`."""
        return self.row.formula

    @property
    def valued_formula(self) -> str:
        """The same with the constants' values, rounded; empty where there are several sets."""
        return self.row.valued_formula

    @property
    def latex(self) -> str:
        """The law as LaTeX, without delimiters; empty for a black box."""
        from evolve.law.latex import latex
        from evolve.report.law_content import names_in

        if self.candidate is None:
            return ""
        return latex(self.candidate.law, names_in(self.task, self.candidate)[0])

    @checked
    def to_sympy(self, group: str | None = None, target: str | None = None) -> Any:
        """The law as an expression of sympy, with the constants of one group and target.

        Features are symbols of their names, positive where they have to be, so that values are
        put in by symbol: ``law.subs({s: values[s.name] for s in law.free_symbols})``.

        Args:
            group: The group; not needed where there is one.
            target: The target; not needed where there is one.

        Raises:
            EvolveError: There is no such group or target, or the law is a black box.
        """
        from evolve.law.symbolic import to_sympy

        if self.candidate is None:
            raise EvolveError("to_sympy: the law is a black box, which has no expression")
        chosen = _one("group", group, list(self.row.constants))
        number = self.task.target_names.index(_one("target", target, self.task.target_names))
        names = list(self.task.feature_names)
        if self.candidate.law.own_feature_first:
            names = names[number:] + names[:number]
        return to_sympy(self.candidate.law, names, self.row.constants[chosen][number])

    @property
    def constants(self) -> pd.DataFrame:
        """One row a group and target, one column a constant: c0, c1, …, or as a formula says."""
        import pandas as pd

        rows, names = [], []
        for group, table in self.row.constants.items():
            for target, row in zip(self.task.target_names, table, strict=True):
                names.append((group, target))
                rows.append(row)
        index = pd.MultiIndex.from_tuples(names, names=["group", "target"])
        return pd.DataFrame(rows, index, list(self.row.constant_names))

    @property
    def n_constants(self) -> int:
        """Constants for each group and target."""
        return self.row.n_constants

    @property
    def held_out_r2(self) -> float | None:
        """Mean R² over the search's folds."""
        return self.row.held_out_r2

    @property
    def train_r2(self) -> float | None:
        """R² on the training rows."""
        return self.row.train_r2

    @property
    def text(self) -> str:
        """The whole program."""
        return self.row.text

    @cached_property
    def fitted(self) -> FittedLaw:
        """The fit of all training rows, made again: the constants are those of the run.

        Raises:
            ProgramFailedError: A program with a fit of its own failed.
        """
        from evolve.evaluation.fitted import fit_rows

        return fit_rows(self.task, self._form)

    @property
    def errors(self) -> pd.DataFrame:
        """Standard errors of `constants`, in the same shape; nan for a black box."""
        import numpy as np
        import pandas as pd

        shown = self.constants
        tables = [self.fitted.errors[group] for group in self.row.constants]
        return pd.DataFrame(np.concatenate(tables), shown.index, shown.columns)

    @checked
    def covariance(self, group: str | None = None, target: str | None = None) -> pd.DataFrame:
        """Covariance of the constants of one group and target; what no row fixes is bounded.

        Args:
            group: The group; not needed where there is one.
            target: The target; not needed where there is one.

        Raises:
            EvolveError: There is no such group or target.
        """
        import pandas as pd

        names = list(self.row.constant_names)
        chosen = _one("group", group, list(self.fitted.covariance))
        number = self.task.target_names.index(_one("target", target, self.task.target_names))
        return pd.DataFrame(self.fitted.covariance[chosen][number], names, names)

    @checked
    def predict(self, rows: pd.DataFrame, *, group: str | None = None) -> pd.DataFrame:
        """Predict runs, without intervals; `Run.predict` gives the champion's.

        Args:
            rows: A column for every feature, and for the groups if there are several and `group`
                is not given; other columns do not matter.
            group: The group of all rows.

        Returns:
            One row a row of `rows`, under its index, one column a target.

        Raises:
            EvolveError: A column is missing, a cell is no number, or a group is not known.
            ProgramFailedError: A program with a fit of its own failed.
        """
        import numpy as np
        import pandas as pd

        from evolve.evaluation.predict import predict
        from evolve.evaluation.requests import law_of
        from evolve.forecast.queries import from_cells
        from evolve.tasks.readers import raw_of

        raw = raw_of(rows)
        values = np.full((raw.n_rows, len(self.task.target_names)), np.nan)
        for query in from_cells(self.task, raw, group):
            constants = np.asarray(self.row.constants[query.group], dtype=float)
            values[query.at] = predict(law_of(self._form), query.x, constants)
        index = index_of(rows, raw.n_rows)
        return pd.DataFrame(values, index, list(self.task.target_names))

    @property
    def _form(self) -> Form:
        return self.candidate or parse_program(self.text)

    def __repr__(self) -> str:
        """Formula and scores."""
        scores = f"held-out R2 {r2_text(self.held_out_r2)}, train R2 {r2_text(self.train_r2)}"
        return f"<{self._title}: {self.formula or 'black box'}; {scores}>"

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from evolve.report.notebook import law_html

        return law_html(self.task, self.row, self.candidate, self._title)

    @property
    def _title(self) -> str:
        return self.row.name if self.row.number is None else f"Entry {self.row.number}"


@dataclass(frozen=True, eq=False, repr=False)
class Champion(RunLaw):
    """The law that a run has chosen, or its best so far.

    Attributes:
        chosen: Whether it was chosen on further folds; else the search has not ended.
    """

    chosen: bool

    @property
    def _title(self) -> str:
        return "Champion" if self.chosen else "Best so far"


@overload
def law_of_entry(task: Task, row: ResultRow, entry: Entry, chosen: bool) -> Champion: ...
@overload
def law_of_entry(task: Task, row: ResultRow, entry: Entry) -> RunLaw: ...
def law_of_entry(task: Task, row: ResultRow, entry: Entry, chosen: bool | None = None) -> RunLaw:
    """The law of an entry and its row; a champion where it is said whether it was chosen."""
    candidate = None
    if entry.law is not None and entry.recipe is not None:
        candidate = candidate_from_data(entry.law, entry.recipe)
    if chosen is None:
        return RunLaw(task, row, candidate)
    return Champion(task, row, candidate, chosen)


def four(value: float | None) -> str:
    """A score to four places, or a dash."""
    return "-" if value is None else f"{value:.4f}"


def _one(argument: str, value: str | None, valid: Sequence[str]) -> str:
    """A name that must be one of several, the only one if it is not given."""
    if value is None and len(valid) == 1:
        return valid[0]
    if value is None or value not in valid:
        hint = nearest(value, valid) if value else ""
        rule = f": must be one of {', '.join(valid)}, it is {value!r}{hint}"
        raise EvolveError(Argument(argument), rule)
    return value
