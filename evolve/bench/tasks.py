"""A table of searches by task and seed: held-out, training and test R² of champions.

The test rows are opened once a search is over, to measure; nothing that was chosen depends on it.
"""

from __future__ import annotations

import json
import os
import platform
import time
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any

import numpy as np

from evolve.errors import EvolveError
from evolve.law.graph import Law
from evolve.law.printer import formula
from evolve.law.program import title_of
from evolve.scoring.metrics import r2
from evolve.search.champion import Choice
from evolve.search.finalists import Finalist
from evolve.search.memory import MemoryJournal, search_in_memory
from evolve.search.problem import make_search_problem
from evolve.tasks.task import Table, Task, load_test
from evolve.typing import Array


@dataclass(frozen=True, slots=True)
class TaskResult:
    """One search of one task.

    Attributes:
        task: Its name.
        seed: Seed of the run.
        fold_r2: Mean R² over the search's folds.
        train_r2: R² on all training rows.
        test_r2: R² on the test rows; None without them.
        n_constants: Constants for each group and target.
        seconds: Wall time of search and choice.
        rate: Evaluations a second of the whole run.
        formula: The champion, in the task's own names.
        recipe: How it is fitted.
    """

    task: str
    seed: int
    fold_r2: float
    train_r2: float
    test_r2: float | None
    n_constants: int
    seconds: float
    rate: float
    formula: str
    recipe: dict[str, Any]

    def to_data(self) -> dict[str, Any]:
        """JSON value."""
        return asdict(self)


def run_task(
    task: Task,
    seed: int,
    evaluations: int,
    workers: int,
) -> TaskResult:
    """Search one task in a temporary folder and measure its champion.

    Args:
        task: The task.
        seed: Seed of the run.
        evaluations: Budget.
        workers: Worker processes.

    Returns:
        The line of the table.

    Raises:
        EvolveError: nothing could be fitted.
    """
    problem = make_search_problem(task, seed)
    began = time.monotonic()
    journal = MemoryJournal()
    choice = search_in_memory(problem, evaluations, workers, journal)
    seconds = time.monotonic() - began
    if choice is None:
        raise EvolveError(f"{task.name}: no candidate could be fitted")
    return _line(task, seed, choice, seconds, len(journal.entries) / seconds)


def _line(task: Task, seed: int, choice: Choice, seconds: float, rate: float) -> TaskResult:
    champion = choice.champion
    return TaskResult(
        task=task.name,
        seed=seed,
        fold_r2=float(np.mean([f.r2 for f in champion.entry.evaluation.folds])),
        train_r2=champion.fitted.train_r2 or 0.0,
        test_r2=_test_r2(task, champion),
        n_constants=champion.fitted.n_constants,
        seconds=seconds,
        rate=rate,
        formula=formula_text(task, champion),
        recipe=recipe_text(champion),
    )


def _test_r2(task: Task, champion: Finalist) -> float | None:
    """R² on the test rows, None where the task has none here."""
    try:
        test = load_test(task)
    except EvolveError:
        return None
    return r2(test.Y, predict(task, champion, test))


def predict(task: Task, champion: Finalist, table: Table) -> Array:
    """`(n, t)` predictions of a champion for the rows of a table."""
    return champion.fitted.predict(table.X, [task.group_names[g] for g in table.group])


def formula_text(task: Task, champion: Finalist) -> str:
    """The champion's law in the task's own names; what it is called where it has no graph."""
    law = champion.fitted.law
    return formula(law, task.feature_names) if isinstance(law, Law) else title_of(law)


def recipe_text(champion: Finalist) -> dict[str, Any]:
    """The champion's recipe as arguments of `fit_law`; none of a program with its own fit."""
    candidate = champion.fitted.candidate
    return {} if candidate is None else candidate.recipe.arguments()


def published() -> dict[str, list[float]]:
    """Published test R² by task: human law, NAI v9, SLDAgent + GPT-5, best run of anyone."""
    data = json.loads((files("evolve.bench") / "published.json").read_text())
    return {name: values for name, values in data.items() if name != "source"}


def machine() -> str:
    """One line on the machine that measures, for tables."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} cores, {platform.machine()}, Python {platform.python_version()}"
