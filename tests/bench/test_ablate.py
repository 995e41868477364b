"""Each ablation takes out the ingredient that it is named after, and leaves a search that runs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from evolve.bench.ablate import VARIANTS
from evolve.evaluation.record import Entry
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
