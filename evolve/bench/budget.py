"""One search read at several budgets: does more search make forecasts worse?

The entries of one long search are replayed up to each budget, a champion is chosen as it would
have been there, and its forecasts are measured on rows that the search never saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from evolve.errors import EvolveError
from evolve.scoring.combine import combine
from evolve.scoring.metrics import nmse
from evolve.search.archive import Archive
from evolve.search.champion import Choice, choose
from evolve.search.memory import MemoryJournal, search_in_memory
from evolve.search.setup import SearchProblem, elites_of, literature, make_search_problem
from evolve.tasks.task import Table, Task
from evolve.typing import Array

WORST = 1e6


@dataclass(frozen=True, slots=True)
class BudgetResult:
    """What one search came to at one budget.

    Attributes:
        case: The task.
        seed: Seed of the run.
        evaluations: The budget.
        forecast: R² of what all finalists say together, on the rows kept apart.
        champion: R² of the champion alone.
        best: R² of the finalist that predicts these rows best.
    """

    case: str
    seed: int
    evaluations: int
    forecast: float
    champion: float
    best: float

    def to_data(self) -> dict[str, Any]:
        """JSON value."""
        return asdict(self)


def run_budgets(
    task: Task, outer: Table, seed: int, budgets: Sequence[int], workers: int
) -> list[BudgetResult]:
    """Search once with the largest budget and choose at each.

    Args:
        task: What is searched.
        outer: The rows kept apart.
        seed: Seed of the run.
        budgets: Evaluations, ascending.
        workers: Worker processes.
    """
    setup = make_search_problem(task, seed)
    journal = MemoryJournal()
    search_in_memory(setup, seed, budgets[-1], workers, journal)
    results = []
    for budget in budgets:
        choice = choice_after(setup, journal, budget, workers)
        if choice is not None:
            results.append(_line(task, outer, choice, seed, budget))
    return results


def choice_after(
    setup: SearchProblem, journal: MemoryJournal, budget: int, workers: int
) -> Choice | None:
    """The champion as it would have been chosen after so many entries; None without any."""
    entries = journal.entries[:budget]
    archive = Archive()
    archive.tell(entries)
    first = entries[: len(setup.starts)]
    try:
        return choose(setup.task, archive, workers, elites_of(literature(setup, first)))
    except EvolveError:  # nothing has a score yet
        return None


def _line(task: Task, outer: Table, choice: Choice, seed: int, budget: int) -> BudgetResult:
    groups = [task.group_names[g] for g in outer.group]
    values = np.array([f.fitted.predict(outer.X, groups) for f in choice.finalists])
    weights = np.array([f.weight for f in choice.finalists])
    r2 = [_r2(outer.Y, value) for value in values]
    at = [f.entry.index for f in choice.finalists].index(choice.champion.entry.index)
    together = _r2(outer.Y, combine(values, weights)[0])
    return BudgetResult(task.name, seed, budget, together, r2[at], max(r2))


def _r2(y: Array, p: Array) -> float:
    return 1.0 - (min(float(nmse(y, p)), WORST) if np.isfinite(p).all() else WORST)


def means(lines: Sequence[BudgetResult]) -> dict[int, dict[str, float]]:
    """Mean R², each at least -1, at each budget."""
    told = {}
    for budget in sorted({line.evaluations for line in lines}):
        some = [line for line in lines if line.evaluations == budget]
        told[budget] = {
            name: float(np.mean([max(getattr(line, name), -1.0) for line in some]))
            for name in ("forecast", "champion", "best")
        }
    return told
