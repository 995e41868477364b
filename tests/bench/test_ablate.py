"""Each ablation changes what it is named after, and leaves a search that runs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from evolve.bench.ablate import VARIANTS, ToAnyOther, stay
from evolve.evaluation.record import Entry
from evolve.search.islands import along_ring
from evolve.search.memory import MemoryJournal, search_in_memory
from evolve.search.problem import SearchProblem, make_search_problem
from evolve.search.proposers.literature import published_forms
from evolve.tasks.task import load_task

TAKEN_OUT: dict[str, Callable[[SearchProblem], bool]] = {
    "least squares only": lambda s: {p.candidate.recipe.loss for p in s.starts} == {"l2"},
    "no learnt priors": lambda s: all(
        p.candidate.recipe.shrinkage == 0.0 and p.candidate.recipe.tied == "none" for p in s.starts
    ),
    "no row weights": lambda s: all(p.candidate.recipe.scale_weight == 0.0 for p in s.starts),
    "no published forms": lambda s: (
        not {p.operator for p in s.starts} & set(published_forms(s.space))
    ),
    "held-out rows only": lambda s: not any(fold.fit_counts for fold in s.folds),
    "in-sample selection": lambda s: all(np.array_equal(f.fit, f.held) for f in s.folds),
    "random search": lambda s: s.proposers == ("random",),
    "2 islands": lambda s: (s.layout.n_islands, s.layout.route) == (2, along_ring),
    "4 islands": lambda s: (s.layout.n_islands, s.layout.route) == (4, along_ring),
    "4 islands, random migration": lambda s: (
        (s.layout.n_islands, s.layout.route) == (4, ToAnyOther(s.seed))
    ),
    "4 islands, no migration": lambda s: (s.layout.n_islands, s.layout.route) == (4, stay),
}


@pytest.fixture(scope="module")
def problem() -> SearchProblem:
    return make_search_problem(load_task("sft"), 0)


def entries_of(problem: SearchProblem, evaluations: int) -> list[Entry]:
    journal = MemoryJournal()
    search_in_memory(problem, evaluations, 0, journal)
    return journal.entries


def test_every_ablation_is_told_apart_from_the_full_engine() -> None:
    assert {name for name, change in VARIANTS.items() if change is None} == {"full"}
    assert set(TAKEN_OUT) == set(VARIANTS) - {"full"}


@pytest.mark.parametrize("name", sorted(TAKEN_OUT))
def test_an_ablation_takes_out_what_it_says(problem: SearchProblem, name: str) -> None:
    change, is_out = VARIANTS[name], TAKEN_OUT[name]
    assert change is not None
    assert not is_out(problem)
    assert is_out(change(problem))
    assert change(problem).starts


def test_random_migration_leads_elsewhere_and_follows_from_seed_search_and_epoch_alone() -> None:
    routes = {
        (seed, search, epoch): tuple(ToAnyOther(seed)(4, search, epoch))
        for seed in (0, 1)
        for search in (0, 1)
        for epoch in range(20)
    }
    for route in routes.values():
        assert all(to in range(4) and to != place for place, to in enumerate(route))
    assert {place: {r[place] for r in routes.values()} for place in range(4)} == {
        place: set(range(4)) - {place} for place in range(4)
    }
    assert all(tuple(ToAnyOther(s)(4, i, e)) == route for (s, i, e), route in routes.items())
    for one, other in (((0, 0), (1, 0)), ((0, 0), (0, 1))):
        assert any(routes[*one, e] != routes[*other, e] for e in range(20))
    assert ToAnyOther(0)(2, 0, 0) == [1, 0]


def test_laws_of_an_island_that_all_stay_on_never_leave_it() -> None:
    assert list(stay(4, 1, 3)) == [0, 1, 2, 3]


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_a_search_runs_without_any_one_ingredient(name: str) -> None:
    whole, change = make_search_problem(load_task("parallel"), 0), VARIANTS[name]
    problem = change(whole) if change else whole
    n_starts = len(problem.starts)
    entries = entries_of(problem, n_starts + 10)
    assert len(entries) == n_starts + 10
    scored = [e for e in entries if e.evaluation.score is not None]
    assert scored
    counted = {f.fitted is not None for e in scored for f in e.evaluation.folds}
    assert counted == {name != "held-out rows only"}
    if name == "random search":
        assert all(parent < n_starts for e in entries for parent in e.parents)
