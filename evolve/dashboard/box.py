"""What the forecast box of a run is made from: its task, found safely, and its laws."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evolve.errors import Argument, EvolveError, TaskError
from evolve.forecast.model import ForecastModel
from evolve.runs.forecasts import load_forecast_model
from evolve.runs.provenance import require_same_rows
from evolve.runs.store import Store
from evolve.tasks.folders import search_path
from evolve.tasks.task import Task, load_task


def load_box(folder: Path, tasks_dirs: Sequence[Path]) -> tuple[Task, ForecastModel]:
    """A run's task, and what its forecasts are made from.

    The task is looked for in the run's own folder and in folders of tasks, never where the store
    says that it lies: who sends a run does not decide what is read here.

    Raises:
        EvolveError: The task is not here or has other rows, or no champion has been chosen yet.
    """
    with Store.open(folder, write=False) as store:
        forecast_model = load_forecast_model(store)
        if forecast_model is None:
            raise EvolveError("forecasts come when the search has ended and a champion is chosen")
        task = _task(store, folder, tasks_dirs)
        require_same_rows(store, task)
    return task, forecast_model


def _task(store: Store, folder: Path, tasks_dirs: Sequence[Path]) -> Task:
    name = str(store.task["name"])
    own = folder.resolve() / name
    if own.parent == folder.resolve() and (own / "task.toml").is_file():
        return load_task(str(own))
    for place in search_path(tasks_dirs):
        if (place / name / "task.toml").is_file() and Path(name).name == name:
            return load_task(str(place / name))
    rule = f"the task {name!r} is not here, so nothing can be forecast; see "
    raise TaskError(rule, Argument("tasks_dir"))
