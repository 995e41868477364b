"""A run's elites give their stored scores again, in both lanes, or the check fails."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from evolve.errors import EvolveError
from evolve.evaluation.evaluator import Evaluator
from evolve.evaluation.problem import EvaluationProblem
from evolve.evaluation.record import Evaluation
from evolve.law.candidate import Candidate
from evolve.law.graph import Law, call, const, feat
from evolve.law.recipe import Recipe
from evolve.runs.results import save_results
from evolve.runs.store import SUMMARY, Store
from evolve.runs.summary import Summary
from evolve.runs.tabulate import row_of
from evolve.runs.verify import _check, _problem, all_hold, verify
from evolve.scoring.fold import FoldScore
from evolve.scoring.price import physics_price
from evolve.search.problem import make_search_problem
from evolve.tasks.folds import make_folds
from evolve.tasks.task import Task, load_task
from tests.run_of_literature import store_of
from tests.small_tasks import power_task


@pytest.fixture(scope="module")
def task() -> Task:
    return load_task("parallel")


@pytest.fixture(scope="module")
def judged(task: Task) -> tuple[list[Candidate], list[Evaluation]]:
    seeds = make_search_problem(task, 0).seeds
    candidates = [seed.candidate for seed in seeds if seed.candidate is not None][:2]
    with Evaluator(EvaluationProblem(task, tuple(make_folds(task))), 1) as evaluator:
        return candidates, evaluator.evaluate(candidates, float("inf"))


def keep_champion(store: Store, task: Task, shift: float) -> None:
    line = row_of(task, store.entry(0), "champion")
    moved = {g: (np.array(c) * (1 + shift)).tolist() for g, c in line.constants.items()}
    save_results(store, [replace(line, constants=moved)], chosen=True)


def test_a_sound_run_is_found_sound(
    task: Task, judged: tuple[list[Candidate], list[Evaluation]], tmp_path: Path
) -> None:
    with store_of(task, tmp_path / "run", *judged) as store:
        keep_champion(store, task, 0.0)
        checks = verify(store, task, 1)
    assert all_hold(checks), checks
    assert all(check.foreign is not None for check in checks)
    *elites, champion = checks
    assert champion.fast == next(c.fast for c in elites if c.index == champion.index)
    assert champion.fast == pytest.approx(champion.stored, rel=1e-9)


def test_a_changed_score_or_constant_is_found(
    task: Task, judged: tuple[list[Candidate], list[Evaluation]], tmp_path: Path
) -> None:
    candidates, (first, *_) = judged
    assert first.score is not None
    wrong = replace(first, score=first.score + 1e-6)
    with store_of(task, tmp_path / "run", candidates[:1], [wrong]) as store:
        keep_champion(store, task, 1e-6)
        checks = verify(store, task, 1)
    assert [check.problem.split(":")[0].split(" is")[0] for check in checks] == [
        "the score",
        "champion",
    ]
    assert not all_hold(checks)


def test_a_run_without_a_score_is_refused(task: Task, tmp_path: Path) -> None:
    seeds = make_search_problem(task, 0).seeds
    candidate = next(seed.candidate for seed in seeds if seed.candidate is not None)
    bad = Evaluation("timeout", "", None, 0, (), 3, 5.0, 0.1, {})
    with (
        store_of(task, tmp_path / "run", [candidate], [bad]) as store,
        pytest.raises(EvolveError, match="no law has a score yet"),
    ):
        verify(store, task, 1)


def test_a_summary_that_its_entries_do_not_bear_out_is_found(
    task: Task, judged: tuple[list[Candidate], list[Evaluation]], tmp_path: Path
) -> None:
    with store_of(task, tmp_path / "run", *judged) as store:
        wrong = Summary().extended([store.entry(1)])
        store.set_note(SUMMARY, replace(wrong, n_entries=len(store)).to_data())
        checks = verify(store, task, 1)
    assert [check.problem for check in checks if not check.holds] == [
        "the summary of the run differs from its entries"
    ]


@pytest.mark.parametrize(
    ("again", "gap", "problem"),
    [
        (-2.0, 0.0, ""),
        (-2.1, 0.0, "the score is -2.1 now"),
        (float("nan"), 0.0, "the score is nan now"),
        (-2.0, "timeout", "foreign lane: timeout"),
        (-2.0, 0.5, "the lanes differ by 5.0e-01"),
        (-2.0, float("nan"), "the lanes differ by nan"),
    ],
)
def test_what_is_no_number_is_no_proof_that_nothing_differs(
    again: float, gap: float | str, problem: str
) -> None:
    assert _problem(-2.0, again, gap) == problem


def test_a_law_that_breaks_physics_is_scored_again_with_what_that_costs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("evolve.runs.verify._foreign_gap", lambda *_: 0.0)
    task, any_ = power_task(), cast("Any", SimpleNamespace)
    law = Law(call("mul", const(0), feat(0)), 1)
    elite = any_(entry=any_(index=0), n_constants=1, score=0.0, genome=Candidate(law, Recipe()))

    def scored(share: float) -> float:
        result = any_(score=FoldScore("far", 9, 0.1, 0.9), facts={"against_physics": share})
        found = _check(cast("Any", None), task, cast("Any", elite), [result] * len(task.folds))
        assert found.fast is not None
        return found.fast

    price = physics_price([0.5] * len(task.folds))
    assert price > 0
    assert scored(0.5) - scored(0.0) == pytest.approx(price)
