"""Each finalist says which independent searches would have it, and how many found its form."""

from __future__ import annotations

import numpy as np
import pytest
from small_tasks import power_task

from evolve.evaluation.record import Entry
from evolve.law.canonical import key
from evolve.search.champion import Choice
from evolve.search.islands import Layout
from evolve.search.memory import MemoryJournal, search_in_memory
from evolve.search.problem import SearchProblem, make_search_problem


@pytest.fixture(scope="module")
def searched() -> tuple[SearchProblem, list[Entry], Choice]:
    """Two independent searches of a small task, beyond its first candidates."""
    problem = make_search_problem(power_task(max_constants=4), 1, n_seeds=2)
    journal = MemoryJournal()
    choice = search_in_memory(problem, len(problem.starts) + 5 * 32, 0, journal)
    assert choice is not None
    return problem, journal.entries, choice


@pytest.mark.slow
def test_what_each_search_found_is_among_the_finalists(
    searched: tuple[SearchProblem, list[Entry], Choice],
) -> None:
    problem, entries, choice = searched
    layout = Layout(len(problem.starts), problem.n_seeds)
    places = {layout.seed_of(finalist.entry.index) for finalist in choice.finalists}
    assert places == {None, 0, 1}
    for finalist in choice.finalists:
        place = layout.seed_of(finalist.entry.index)
        assert place is None or finalist.seeds == (place,)
    for place in (0, 1):
        own = [e for e in entries if layout.seed_of(e.index) in (None, place)]
        best = min((e for e in own if e.evaluation.score is not None), key=_score)
        assert best.index in {f.entry.index for f in choice.finalists if place in f.seeds}


def test_a_form_has_the_votes_of_all_searches_that_have_it_under_any_recipe(
    searched: tuple[SearchProblem, list[Entry], Choice],
) -> None:
    choice = searched[2]
    by_form: dict[str, set[int]] = {}
    for finalist in choice.finalists:
        assert finalist.fitted.candidate is not None
        by_form.setdefault(key(finalist.fitted.candidate.law), set()).update(finalist.seeds)
    votes = [finalist.votes for finalist in choice.finalists]
    forms = [key(f.fitted.candidate.law) for f in choice.finalists if f.fitted.candidate]
    assert votes == [len(by_form[form]) for form in forms]
    assert {1, 2} <= set(votes)


def test_one_search_has_no_votes() -> None:
    problem = make_search_problem(power_task(max_constants=4), 1)
    choice = search_in_memory(problem, 32, 0)
    assert choice is not None
    assert {(f.seeds, f.votes) for f in choice.finalists} == {((), 0)}
    np.testing.assert_allclose(sum(f.weight for f in choice.finalists), 1.0)


def _score(entry: Entry) -> float:
    assert entry.evaluation.score is not None
    return entry.evaluation.score
