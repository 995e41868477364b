"""The basis of a run's forecasts, kept in its store."""

from __future__ import annotations

from contextlib import suppress

from evolve.errors import StoreError
from evolve.forecast.basis import FORMAT, Basis, basis_from_data
from evolve.forecast.verdict import Verdict
from evolve.runs.choices import save_choice
from evolve.runs.notes import FORECAST
from evolve.runs.results import archive_of, load_results
from evolve.runs.store import Store
from evolve.search.champion import Choice
from evolve.tasks.task import Task

NOTE = FORECAST


def save_basis(store: Store, basis: Basis) -> None:
    """Keep a basis in the store, for whoever forecasts from the run later."""
    store.set_note(NOTE, {"n_entries": len(store), "basis": basis.to_data()})


def load_basis(store: Store) -> Basis | None:
    """The basis kept for all of the store's entries; None if the run has gone on since."""
    note = store.note(NOTE)
    if note is None or note["n_entries"] != len(store) or note["basis"]["format"] != FORMAT:
        return None
    return basis_from_data(note["basis"])


def basis_of(store: Store, task: Task) -> Basis:
    """What a run keeps for forecasts; made now where it keeps nothing.

    Raises:
        EvolveError: No law of the run has a score.
    """
    return load_basis(store) or basis_of_run(store, task)


def build_basis(store: Store, task: Task, choice: Choice) -> Verdict:
    """Make and keep what forecasts need, and judge them, when a run has chosen its champion."""
    from evolve.forecast.by_group import errors_by_group
    from evolve.forecast.calibration import make_basis  # loads the compiler, for those who fit
    from evolve.forecast.judge import verdict_of
    from evolve.forecast.members import contenders_of

    basis = make_basis(task, contenders_of(choice), chosen=True)
    save_basis(store, basis)
    groups = errors_by_group(task, choice)
    verdict = verdict_of(task, choice, basis, groups)
    save_choice(store, choice, verdict, groups)
    return verdict


def basis_of_run(store: Store, task: Task) -> Basis:
    """The basis of a run that has kept none: made now, and kept if nobody else writes.

    Raises:
        EvolveError: No law of the run has a score.
    """
    from evolve.forecast.calibration import make_basis  # loads the compiler, for those who fit
    from evolve.forecast.members import contenders_without_choice

    results = load_results(store)
    archive = archive_of(store, results.summary)
    first = None if (row := results.row()) is None else row.index
    contenders = contenders_without_choice(task, archive, first)
    basis = make_basis(task, contenders, chosen=results.chosen)
    with suppress(StoreError), Store.open(store.folder, write=True) as writable:
        save_basis(writable, basis)
    return basis
