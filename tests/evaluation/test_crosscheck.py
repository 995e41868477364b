"""A printed program, run as text, predicts what graph and recipe do in the fast lane."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from small_tasks import SPACES, archive_of, entry_of, random_candidates, task_of

from evolve.evaluation.crosscheck import TOLERANCE, Agreement, compare
from evolve.evaluation.evaluator import Evaluator
from evolve.evaluation.foreign import difference, run_text
from evolve.evaluation.problem import EvaluationProblem
from evolve.fitting import SERVICE
from evolve.law.candidate import Candidate
from evolve.law.graph import Law, call, const, feat
from evolve.law.recipe import Recipe
from evolve.runs.crosscheck import SAMPLED, to_compare
from evolve.sandbox import ForeignLane, Limits, PrintedLane
from evolve.sandbox.inprocess import InProcess
from evolve.scoring.fold import Fold
from evolve.scoring.row_weights import weights_from_sigma
from evolve.search.problem import make_search_problem, program_text
from evolve.tasks.task import load_task
from evolve.typing import Array

TASKS_DIR = Path(__file__).resolve().parents[2] / "tasks"
SOME = slice(None, None, 18)
LIMITS = Limits(cpu_s=60.0, predict_cpu_s=20.0)
NOWHERE = Candidate(Law(call("mul", const(0), call("log", call("neg", feat(0)))), 1), Recipe())
CANDIDATES = random_candidates(SPACES["three logs"], 10)


@pytest.fixture(scope="module")
def lane() -> Iterator[PrintedLane]:
    with PrintedLane(LIMITS, SERVICE) as made:
        yield made


@pytest.fixture(autouse=True)
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evolve.evaluation.executor.Worker", InProcess)


# both lanes


@pytest.mark.parametrize("name", ["data_constrained", "domain_mixture"])
def test_both_lanes_agree_on_first_candidates(lane: PrintedLane, name: str) -> None:
    problem = make_search_problem(load_task(name, [TASKS_DIR]), 0)

    def text_of(candidate: Candidate, priors: Array | None) -> str:
        return program_text(problem.task, candidate, "a test", priors)

    with Evaluator(EvaluationProblem(problem.task, problem.folds), 1) as evaluator:
        some = [p.candidate for p in problem.starts[SOME]]
        scored = evaluator.evaluate(some, float("inf"))
        fitted = [c for c, told in zip(some, scored, strict=True) if told.status == "ok"]
        assert len(fitted) >= 3
        for index, candidate in enumerate(fitted):
            entry = entry_of(index, candidate, -1.0)
            found = compare(evaluator, lane, entry, candidate, text_of)
            assert (found.index, found.status) == (index, "ok")
            assert found.difference is not None
            assert found.difference <= 1e-9
            assert found.holds


def test_both_lanes_agree_where_rows_have_deviations(lane: PrintedLane) -> None:
    task = load_task("parallel", [TASKS_DIR])
    sigma = 0.01 * (1.0 + np.arange(task.train.n_rows) % 5)
    weighed = replace(task, train=replace(task.train, weights=weights_from_sigma(sigma)))
    plain, problem = make_search_problem(task, 0), make_search_problem(weighed, 0)
    starts = [p.candidate for p in problem.starts[:3]]

    def text_of(candidate: Candidate, priors: Array | None) -> str:
        return program_text(weighed, candidate, "a test", priors)

    with Evaluator(EvaluationProblem(weighed, problem.folds), 1) as evaluator:
        scores = [told.score for told in evaluator.evaluate(starts, float("inf"))]
        for index, candidate in enumerate(starts):
            entry = entry_of(index, candidate, -1.0)
            assert compare(evaluator, lane, entry, candidate, text_of).holds
    with Evaluator(EvaluationProblem(task, plain.folds), 1) as evaluator:
        assert scores != [told.score for told in evaluator.evaluate(starts, float("inf"))]


def test_a_candidate_that_the_fast_lane_cannot_fit_is_not_compared(lane: PrintedLane) -> None:
    problem = make_search_problem(load_task("parallel", [TASKS_DIR]), 0)
    with Evaluator(EvaluationProblem(problem.task, problem.folds), 1) as evaluator:
        found = compare(evaluator, lane, entry_of(0, NOWHERE, None), NOWHERE, lambda *_: "")
    assert found == Agreement(0, "not-finite", None)


def test_a_text_that_says_something_else_is_found_out(lane: PrintedLane) -> None:
    problem = make_search_problem(load_task("parallel", [TASKS_DIR]), 0)
    one, other = (p.candidate for p in problem.starts[:2])
    answer = partial(program_text, problem.task, other, "a test")
    failure = "import numpy as np\n\ndef scaling_law_func(data_points, params):\n    return 1\n"
    with Evaluator(EvaluationProblem(problem.task, problem.folds), 1) as evaluator:
        entry = entry_of(3, one, -1.0)
        wrong = compare(evaluator, lane, entry, one, lambda _, priors: answer(priors=priors))
        assert wrong.status == "ok"
        assert not wrong.holds
        broken = compare(evaluator, lane, entry, one, lambda *_: failure)
    assert broken.status != "ok"
    assert broken.difference is None
    assert not broken.holds


# one comparison


def test_a_comparison_holds_up_to_the_tolerance() -> None:
    assert Agreement(0, "ok", TOLERANCE).holds
    assert not Agreement(0, "ok", 2 * TOLERANCE).holds
    assert not Agreement(0, "timeout", None).holds
    assert not Agreement(0, "ok", float("nan")).holds
    assert Agreement(**Agreement(4, "ok", 0.0).to_data()) == Agreement(4, "ok", 0.0)


def test_a_difference_is_relative_to_the_largest_prediction_or_target() -> None:
    one, nothing = np.array([[1000.0], [0.001]]), np.zeros((2, 1))
    changed = one + np.array([[0.0], [1e-3]])
    assert difference(one, one, nothing) == 0.0
    assert difference(changed, one, nothing) == pytest.approx(1e-6)
    assert difference(changed, one, 1e3 * one) == pytest.approx(1e-9)
    assert difference(nothing, nothing, nothing) == 0.0
    assert difference(one, nothing, nothing) == 1.0
    assert math.isnan(difference(np.full((2, 1), np.nan), one, one))


def test_lanes_agree_on_a_law_whose_constants_are_rounding_errors_beside_the_targets() -> None:
    predictions = 1e-17 * np.array([[1.0], [-2.0], [0.0]])
    gap = difference(predictions, -0.0 * predictions, np.array([[1.0], [-1.0], [1.0]]))
    assert Agreement(0, "ok", gap).holds


# what is compared


def test_new_elites_of_a_size_are_compared_and_failures_never() -> None:
    archive = archive_of(CANDIDATES)
    entries = [e.entry for e in archive.elites()]
    front = {e.entry.index for e in archive.best_per_size()}
    unscored = [entry_of(50, CANDIDATES[0], None), entry_of(51, None, -9.0)]
    picked = {e.index for e in to_compare(archive, [*entries, *unscored], seed=0)}
    assert front <= picked <= {e.index for e in entries}


def test_a_small_sample_of_the_rest_is_compared_the_same_for_a_seed() -> None:
    archive = archive_of(CANDIDATES)
    rest = [entry_of(i, CANDIDATES[0], 0.0) for i in range(1000, 3000)]
    picked = to_compare(archive, rest, seed=1)
    assert 0 < len(picked) < 5 * SAMPLED * len(rest)
    assert picked == to_compare(archive, rest, seed=1)
    assert picked != to_compare(archive, rest, seed=2)


@pytest.mark.parametrize("weighted", [False, True])
def test_a_printed_program_says_in_one_process_what_any_other_says_in_many(
    lane: PrintedLane, weighted: bool
) -> None:
    x, group = np.tile(np.geomspace(1.0, 100.0, 9), 2), np.repeat([0, 1], 9)
    task = task_of(x[:, None], (1.0 + group) * x**-0.3 + 0.01 * np.sin(x), group.tolist())
    if weighted:
        weights = weights_from_sigma(np.linspace(0.01, 0.05, len(x)))
        task = replace(task, train=replace(task.train, weights=weights))
    law = Law(call("mul", const(0), call("pow", feat(0), const(1))), 2)
    text = program_text(task, Candidate(law, Recipe()), "a test")
    fold = Fold("last", np.r_[0:7, 9:16], np.r_[7:9, 16:18])
    with ForeignLane(LIMITS, allow_weak=True) as other:
        found = [run_text(each, task, fold, text) for each in (lane, other)]
    assert isinstance(found[0], np.ndarray)
    assert np.array_equal(*found)
