"""Which law of a run an answer is of: its champion, or one by size, by entry or by name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from evolve.errors import Argument, EvolveError
from evolve.evaluation.record import SEEDS, Entry, entry_number
from evolve.evaluation.requests import form_of
from evolve.forecast.words import counted
from evolve.runs.makers import makers_of
from evolve.runs.results import ResultRow, load_results
from evolve.runs.store import Store
from evolve.tasks.task import Task

if TYPE_CHECKING:
    from evolve.forecast.model import ForecastModel


@dataclass(frozen=True, slots=True)
class Pick:
    """A law that is asked for; the champion where nothing is given.

    Attributes:
        size: The best law with so many constants.
        entry: The entry of this number.
        law: A law's name, of the literature or a generic form.
    """

    size: int | None = None
    entry: int | None = None
    law: str | None = None

    def __post_init__(self) -> None:
        """Require that at most one is given.

        Raises:
            EvolveError: Two are.
        """
        given = [name for name in ("size", "entry", "law") if getattr(self, name) is not None]
        if len(given) > 1:
            rule = " exclude each other: one law is asked for"
            raise EvolveError(Argument(given[0]), " and ", Argument(given[1]), rule)

    @property
    def is_champion(self) -> bool:
        """Whether no other law than the champion is asked for."""
        return self == CHAMPION

    @property
    def words(self) -> str:
        """What was asked for, in words; empty for the champion."""
        if self.size is not None:
            return f"the best law of {counted(self.size, 'constant')}"
        return f"entry {self.entry}" if self.entry is not None else self.law or ""


CHAMPION = Pick()


def picked(store: Store, task: Task, pick: Pick) -> tuple[ResultRow, Entry]:
    """The row and the entry of the law that is asked for, fitted now where no row was saved.

    A law by name that the run has not evaluated is judged on the task's folds here; its entry has
    the number `NOT_OF_A_RUN`.

    Raises:
        EvolveError: There is no such law, or it has no score.
    """
    from evolve.runs.tabulate import find_row, row_of

    if pick.entry is None and pick.law is None:
        row = find_row(store, task, pick.size)
        return row, makers_of(store).named(store.entry(row.index))
    if pick.entry is not None:
        entry = makers_of(store).named(_entry(store, pick.entry))
        row = row_of(task, entry, "entry")
        argument = "entry"
    else:
        assert pick.law is not None
        entry = _named(store, task, pick.law)
        row = row_of(task, entry, "literature")
        argument = "law"
    if row.score is None:
        name = row.name if pick.entry is None else f"{pick.entry} ({row.name})"
        raise EvolveError(Argument(argument), f": {name} has no score, {row.message}")
    return row, entry


def forecast_model_of_pick(store: Store, task: Task, pick: Pick) -> ForecastModel:
    """What forecasts of the law alone are made from; those of the champion with its rivals.

    Raises:
        EvolveError: As `picked`.
    """
    from evolve.runs.forecasts import forecast_model_of  # loads what searches and forecasts

    if pick.is_champion:
        return forecast_model_of(store, task)
    return forecast_model_of_law(task, picked(store, task, pick)[1])


def forecast_model_of_law(task: Task, entry: Entry) -> ForecastModel:
    """What forecasts of one law are made from: its fits of all rows and of the folds."""
    from evolve.forecast.calibration import (
        make_forecast_model,  # loads the compiler, for those who fit
    )
    from evolve.forecast.members import fit_contenders

    # One law has the time that its recipe asks for.
    contenders = fit_contenders(task, [(entry.index, form_of(entry), 1.0)], None)
    model = make_forecast_model(task, contenders, chosen=False)
    name = entry.operator if entry_number(entry.index) is None else ""
    return replace(model, members=(replace(model.members[0], name=name),))


def _entry(store: Store, number: int) -> Entry:
    n_entries = len(store)
    if not 0 <= number < n_entries:
        rule = f": must be 0 to {n_entries - 1} in run {store.folder.name!r}, it is {number}"
        raise EvolveError(Argument("entry"), rule)
    return store.entry(number)


def _named(store: Store, task: Task, name: str) -> Entry:
    """The run's own entry of a law of the literature, else the law by its name."""
    from evolve.search.named import named_entry

    for row in load_results(store).rows:
        if row.kind == "literature" and row.name == name and row.index >= 0:
            entry = store.entry(row.index)
            if entry.origin in SEEDS:
                return entry
    return named_entry(task, name)
