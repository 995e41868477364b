"""Fit one law by its name to a table, without a search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from evolve.api.champion import RunLaw
from evolve.api.forecasts import LEVEL, forecast_frame
from evolve.api.several import listed
from evolve.arguments import checked
from evolve.errors import Argument, EvolveError, MissingColumnError
from evolve.evaluation.record import Entry
from evolve.law.candidate import candidate_from_data
from evolve.law.stated import columns_in
from evolve.tasks.roles import OUTCOMES, guess_role
from evolve.tasks.task import Task

if TYPE_CHECKING:
    import pandas as pd

    from evolve.forecast.components import NoiseParts
    from evolve.forecast.model import ForecastModel
    from evolve.forecast.verdict import Verdict
    from evolve.tasks.draft import Draft, Wishes
    from evolve.tasks.raw import RawTable

RUNS = ""  # under which the names of runs stand among labels

Values = tuple[float, float, float, float]  # value, standard error, low, high


@dataclass(frozen=True, eq=False, repr=False)
class NamedFit(RunLaw):
    """A law that was asked for by its name, fitted to all rows of a table.

    Attributes:
        entry: The law as it was judged on the folds of the table.
        title: What the law is, in a line.
        labels: Of each training row in the order given, where rows are evaluations of runs: the
            runs' names, others in each group, under an empty name, and those of what they share.
        converged: Share of the groups whose fit converged; of a formula alone.
    """

    entry: Entry
    title: str
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)
    converged: float = 1.0

    @checked
    def intervals(self, interval: float = LEVEL) -> pd.DataFrame:
        """Value, standard error and interval of every constant, by Student's t.

        They are by the normal distribution where errors go by deviations that were given.

        Args:
            interval: Share of fits to other noise whose constant it is to hold.

        Returns:
            One row a group, target and constant: ``value``, ``error``, ``low``, ``high``.

        Raises:
            EvolveError: `interval` is not between 0 and 1.
        """
        import pandas as pd

        rows = self.interval_rows(interval)
        names = ["group", "target", "constant"]
        index = pd.MultiIndex.from_tuples([row[:3] for row in rows], names=names)
        return pd.DataFrame([row[3:] for row in rows], index, ["value", "error", "low", "high"])

    @checked
    def interval_rows(self, interval: float = LEVEL) -> list[tuple[str, str, str, *Values]]:
        """The rows of `intervals` as tuples, group, target and constant first.

        Raises:
            EvolveError: As `intervals`.
        """
        from evolve.forecast.level import read_level

        names, level = self.task.target_names, read_level(interval)
        return [(row.group, names[row.target], *row[2:]) for row in self.row.intervals(level)]

    @checked
    def forecast(
        self, rows: pd.DataFrame, interval: float = LEVEL, *, group: str | None = None
    ) -> pd.DataFrame:
        """Forecast runs by this law alone; arguments and columns as `Run.predict`."""
        return forecast_frame(self.task, self.forecast_model, rows, interval, group)

    @cached_property
    def forecast_model(self) -> ForecastModel:
        """What its forecasts are made from: its errors on the folds calibrate the intervals."""
        from evolve.runs.picks import forecast_model_of_law

        return forecast_model_of_law(self.task, self.entry)

    @cached_property
    def verdict(self) -> Verdict:
        """What its forecasts are worth, by the folds that a search chooses its champion on."""
        from evolve.forecast.by_group import errors_by_group
        from evolve.forecast.judge import verdict_of
        from evolve.search.archive import Archive
        from evolve.search.champion import choose

        archive = Archive()
        archive.tell([self.entry])
        # One law has the time that its recipe asks for.
        n_starts = 0 if self.candidate is None else self.candidate.recipe.n_starts
        choice = choose(self.task, archive, 0, n_starts=n_starts)
        return verdict_of(
            self.task, choice, self.forecast_model, errors_by_group(self.task, choice)
        )

    @property
    def target_scale(self) -> str:
        """How targets are fitted: ``log`` or ``linear``, with ``gap`` of what is left to 1."""
        return "" if self.candidate is None else self.candidate.recipe.target_scale

    @cached_property
    def noise_parts(self) -> list[NoiseParts]:
        """How much of the noise lies between runs, between what runs share, and within.

        One a target; none where no runs were named, or where rows do not tell these apart.
        """
        from evolve.forecast.components import noise_parts

        if not self.labels or self.candidate is None:
            return []
        shared = dict(self.labels)
        runs, law = shared.pop(RUNS), self.candidate.law
        return noise_parts(self.task, law, self.row.constants, runs, shared)

    @property
    def _title(self) -> str:
        return self.row.name


@checked
def fit_named_law(
    df: Any,
    target: str,
    law: str,
    features: str | Sequence[str] = (),
    groups: str | Sequence[str] = (),
    *,
    where: str | None = None,
    derive: str | Sequence[str] = (),
    roles: Mapping[str, str] | None = None,
    weights: str | None = None,
    sigma: str | None = None,
    run_id: str | None = None,
    keep_outliers: bool = False,
) -> NamedFit:
    """Fit a law of the literature, or a generic form, to a table of training runs.

    The columns that the law needs are found by their roles: parameters, tokens, learning rate.
    Rows without a finite target are left out, with a warning; so is told what stands out, and
    which columns the law leaves out where `features` does not say so.

    Args:
        df: One row a training run, as `evolve.discover` takes it.
        target: The column to predict.
        law: The law's name, such as ``hoffmann_2022`` or ``sum of powers``; or a formula, such as
            ``E + A/params^a``, whose names that are no columns are its constants.
        features: The columns to predict from; if not given, those that a formula names, or every
            other column of numbers that may be an input: no outcomes, errors, copies or
            bookkeeping.
        groups: Columns whose values divide the rows into groups with constants of their own.
        where: Condition of rows to use, such as ``"state == 'finished'"``.
        derive: Further columns, such as ``"year = years(date)"``.
        roles: Roles of columns, such as ``{"width": "N"}``, where their names do not say them.
        weights: The column of what each row counts.
        sigma: The column of the standard deviation of each row, in place of weights: errors of
            constants go by it, unless the fit leaves more.
        run_id: The column that names the run of each row, where rows are evaluations of runs:
            errors then rest on runs, and `NamedFit.noise_parts` says where the noise comes from.
        keep_outliers: Use rows that are far from what all others say, too; they are left out, with
            a warning that names them, as of runs that went wrong.

    Returns:
        The law with constants, standard errors, intervals and forecasts.

    Raises:
        EvolveError: There is no such law, the table lacks a column for it, or a cell breaks a
            rule.
    """
    from evolve.api.table_warnings import warn_of_columns, warn_of_table
    from evolve.tasks.draft import Wishes, propose
    from evolve.tasks.readers import raw_of

    wishes = Wishes(
        targets=(target,),
        features=listed(features),
        groups=listed(groups),
        roles=dict(roles or {}),
        where=where,
        derive=listed(derive),
        weights=weights,
        sigma=sigma,
        run_id=run_id,
        keep_outliers=keep_outliers,
    )
    raw, named_by = raw_of(df), "features" if features else ""
    if not wishes.features:
        wishes = with_inputs(wishes, law, columns_of(raw, wishes))
    draft = propose(raw, "table", wishes)
    warn_of_table(draft)
    fitted = fit_to_draft(draft, law)
    warn_of_columns(fitted, draft, named_by)
    return fitted


def columns_of(raw: RawTable, wishes: Wishes) -> list[str]:
    """The columns that a table has, and after them those that are to be derived."""
    from evolve.tasks.draft.expressions import derived_names

    return list(dict.fromkeys([*raw.columns, *sorted(derived_names(wishes.derive))]))


def with_inputs(
    wishes: Wishes, law: str, columns: Sequence[str], asked: Sequence[str] = ()
) -> Wishes:
    """Wishes whose features are those of a run to forecast, then those that a formula names.

    Args:
        wishes: They name no features.
        law: The formula, or the name of a law, which names none.
        columns: From `columns_of`.
        asked: What the run to forecast names of the columns.
    """
    inputs = inputs_in(law, columns, wishes)
    named_by = {**dict.fromkeys(asked, "at"), **dict.fromkeys(inputs, "law")}
    return replace(wishes, features=tuple(named_by), named_by=named_by)


def inputs_in(law: str, columns: Sequence[str], wishes: Wishes) -> tuple[str, ...]:
    """The columns that a formula names as its inputs; none of a law's name."""
    others = {*wishes.targets, *wishes.groups}
    return tuple(name for name in columns_in(law, columns) if name not in others)


def fit_to_draft(draft: Draft, law: str) -> NamedFit:
    """Fit a law by its name to the rows of a table; arguments and errors as `fit_to_task`.

    Where the law lacks a column the error says which are not used, and why.
    """
    from evolve.api.fit_columns import not_used
    from evolve.search.stated import require_columns
    from evolve.tasks.draft.candidates import UNNAMED
    from evolve.tasks.draft.memory import task_in_memory
    from evolve.tasks.labels import curve_labels, run_labels, shared_columns

    task, labels = task_in_memory(draft), {}
    known = (*task.feature_names, *task.target_names, *task.spec.groups)
    numbers = [c.name for c in draft.columns.values() if c.kind == "numbers"]
    others = [name for name in numbers if name not in known]
    require_columns(law, known, list(draft.raw.columns), others)
    if run_id := task.spec.folds.runs:
        rows = draft.raw.take(list(draft.train))
        runs = curve_labels(rows, run_id, task.spec.groups)
        taken = {*task.feature_names, *task.target_names, *task.spec.groups, run_id}
        measured = {n for n in rows.columns if guess_role(n) in (*OUTCOMES, "error", "time")}
        shared = shared_columns(rows, runs, taken | measured)
        labels = {RUNS: runs, **{name: run_labels(rows, name) for name in shared}}
    try:
        return fit_to_task(task, law, labels)
    except MissingColumnError as error:
        reasons = {name: draft.reasons.get(name, "") for name in draft.unused}
        left = {name: why for name, why in reasons.items() if why not in ("", UNNAMED)}
        raise EvolveError(*error.args, f"; {not_used(left)}" if left else "") from None


def fit_to_task(
    task: Task, law: str, labels: Mapping[str, Sequence[str]] | None = None
) -> NamedFit:
    """Fit a law by its name to the training rows of a task.

    Args:
        task: The task.
        law: The law's name.
        labels: As `NamedFit` has them.

    Raises:
        EvolveError: There is no such law, or it cannot be fitted.
    """
    from evolve.evaluation.fitted import fit_rows
    from evolve.runs.tabulate import row_of
    from evolve.search.named import named_entry, named_law

    entry, named = named_entry(task, law), named_law(task, law)
    candidate = candidate_from_data(entry.law or {}, entry.recipe or {})
    fitted = None if entry.evaluation.score is None else fit_rows(task, candidate)
    row = row_of(task, entry, "literature", fitted)
    if row.score is None or fitted is None:
        raise EvolveError(Argument("law"), f": {row.name} could not be fitted, {row.message}")
    share = fitted.converged if candidate.law.as_written else 1.0
    return NamedFit(task, row, candidate, entry, named.title, labels or {}, share)
