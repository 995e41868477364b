"""The forecast model of a run, kept in its store."""

from __future__ import annotations

from contextlib import suppress

from evolve.errors import StoreError
from evolve.forecast.model import FORMAT, ForecastModel, forecast_model_from_data
from evolve.forecast.verdict import Verdict
from evolve.runs.choices import save_choice
from evolve.runs.notes import FORECAST
from evolve.runs.results import archive_of, load_results
from evolve.runs.store import Store
from evolve.search.champion import Choice
from evolve.tasks.task import Task

NOTE = FORECAST


def save_forecast_model(store: Store, forecast_model: ForecastModel) -> None:
    """Keep a forecast model in the store, for whoever forecasts from the run later."""
    store.set_note(NOTE, {"n_entries": len(store), "basis": forecast_model.to_data()})


def load_forecast_model(store: Store) -> ForecastModel | None:
    """The forecast model kept for all entries; None if the run has gone on since."""
    note = store.note(NOTE)
    if note is None or note["n_entries"] != len(store) or note["basis"]["format"] != FORMAT:
        return None
    return forecast_model_from_data(note["basis"])


def forecast_model_of(store: Store, task: Task) -> ForecastModel:
    """What a run keeps for forecasts; made now where it keeps nothing.

    Raises:
        EvolveError: No law of the run has a score.
    """
    return load_forecast_model(store) or forecast_model_of_run(store, task)


def build_forecast_model(store: Store, task: Task, choice: Choice) -> Verdict:
    """Make and keep what forecasts need, and judge them, when a run has chosen its champion."""
    from evolve.forecast.by_group import errors_by_group
    from evolve.forecast.calibration import (
        make_forecast_model,  # loads the compiler, for those who fit
    )
    from evolve.forecast.judge import verdict_of
    from evolve.forecast.members import contenders_of

    forecast_model = make_forecast_model(task, contenders_of(choice), chosen=True)
    save_forecast_model(store, forecast_model)
    groups = errors_by_group(task, choice)
    verdict = verdict_of(task, choice, forecast_model, groups)
    save_choice(store, choice, verdict, groups)
    return verdict


def forecast_model_of_run(store: Store, task: Task) -> ForecastModel:
    """The forecast model of a run that has kept none: made now, and kept if nobody else writes.

    Raises:
        EvolveError: No law of the run has a score.
    """
    from evolve.forecast.calibration import (
        make_forecast_model,  # loads the compiler, for those who fit
    )
    from evolve.forecast.members import contenders_without_choice

    results = load_results(store)
    archive = archive_of(store, results.summary)
    first = None if (row := results.row()) is None else row.index
    contenders = contenders_without_choice(task, archive, first)
    forecast_model = make_forecast_model(task, contenders, chosen=results.chosen)
    with suppress(StoreError), Store.open(store.folder, write=True) as writable:
        save_forecast_model(writable, forecast_model)
    return forecast_model
