"""A search read at a budget is the search that would have ended there."""

from __future__ import annotations

from small_tasks import power_task

from evolve.bench.budget import BudgetResult, choice_after, means, run_budgets
from evolve.bench.nested import inner_task
from evolve.search.memory import MemoryJournal, search_in_memory
from evolve.search.problem import make_search_problem


def test_the_choice_at_a_budget_is_that_of_a_search_of_this_budget() -> None:
    problem = make_search_problem(power_task(), 0)
    journal = MemoryJournal()
    whole = search_in_memory(problem, 64, 0, journal)
    short = search_in_memory(problem, 32, 0)
    for budget, choice in ((64, whole), (32, short)):
        again = choice_after(problem, journal, budget, 0)
        assert again is not None
        assert choice is not None
        assert again.champion.entry.index == choice.champion.entry.index
        assert [f.judgement for f in again.finalists] == [f.judgement for f in choice.finalists]
    assert choice_after(problem, journal, 0, 0) is None


def test_one_search_is_measured_at_each_budget() -> None:
    case = inner_task(power_task(), 0.2)
    assert case is not None
    lines = run_budgets(*case, 0, [32, 64], 0)
    assert [line.evaluations for line in lines] == [32, 64]
    assert all(line.best >= line.champion for line in lines)


def test_means_bound_each_case_below() -> None:
    lines = [BudgetResult(name, 0, 32, r2, r2, r2) for name, r2 in (("a", 1.0), ("b", -50.0))]
    assert means(lines) == {32: {"forecast": 0.0, "champion": 0.0, "best": 0.0}}
