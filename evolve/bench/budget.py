"""One search read at several budgets: does more search make forecasts worse?

The entries of one long search are replayed up to each budget, a champion is chosen as it would
have been there, and its forecasts are measured on rows that the search never saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from evolve.bench.measure import mean_clipped, r2_of
from evolve.bench.tasks import predict
from evolve.errors import EvolveError
from evolve.scoring.combine import combine
from evolve.search.archive import Archive
from evolve.search.champion import Choice, choose
from evolve.search.memory import MemoryJournal, search_in_memory
from evolve.search.problem import SearchProblem, elites_of, literature, make_search_problem
from evolve.tasks.task import Table, Task


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
    problem = make_search_problem(task, seed)
    journal = MemoryJournal()
    search_in_memory(problem, budgets[-1], workers, journal)
    results = []
    for budget in budgets:
        choice = choice_after(problem, journal, budget, workers)
        if choice is not None:
            results.append(_result(task, outer, choice, seed, budget))
    return results


def choice_after(
    problem: SearchProblem, journal: MemoryJournal, budget: int, workers: int
) -> Choice | None:
    """The champion as it would have been chosen after so many entries; None without any."""
    entries = journal.entries[:budget]
    archive = Archive()
    archive.tell(entries)
    first = entries[: len(problem.starts)]
    try:
        return choose(problem.task, archive, workers, elites_of(literature(problem, first)))
    except EvolveError:  # nothing has a score yet
        return None


def _result(task: Task, outer: Table, choice: Choice, seed: int, budget: int) -> BudgetResult:
    values = np.array([predict(task, f, outer) for f in choice.finalists])
    weights = np.array([f.weight for f in choice.finalists])
    r2 = [r2_of(outer.Y, value) for value in values]
    at = [f.entry.index for f in choice.finalists].index(choice.champion.entry.index)
    together = r2_of(outer.Y, combine(values, weights)[0])
    return BudgetResult(task.name, seed, budget, together, r2[at], max(r2))


def means(results: Sequence[BudgetResult]) -> dict[int, dict[str, float]]:
    """Mean R², each at least -1, at each budget."""
    by_budget = {}
    for budget in sorted({result.evaluations for result in results}):
        some = [result for result in results if result.evaluations == budget]
        by_budget[budget] = {
            name: mean_clipped([getattr(result, name) for result in some])
            for name in ("forecast", "champion", "best")
        }
    return by_budget
