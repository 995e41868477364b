"""Candidates become evaluations: in order, on any number of workers, blind to what is held out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from small_tasks import power_task, random_candidates, task_of

from evolve.evaluation.evaluator import Evaluator
from evolve.evaluation.problem import EvaluationProblem
from evolve.evaluation.record import Evaluation
from evolve.evaluation.requests import FoldResult
from evolve.law.candidate import Candidate
from evolve.law.canonical import complexity
from evolve.law.graph import Law, Node, call, const, feat, num
from evolve.law.recipe import Recipe
from evolve.sandbox import Limits
from evolve.sandbox.inprocess import InProcess
from evolve.scoring.objective import PHYSICS_PRICE, SCREEN_GROUPS, fitted_error, score
from evolve.scoring.price import price_of
from evolve.scoring.targets import Targets
from evolve.search.problem import space_of
from evolve.tasks.folds import make_folds
from evolve.tasks.task import Table, Task

INF = float("inf")
LOG_A = call("log", feat(0))


def candidate(root: Node, n_constants: int, **recipe: Any) -> Candidate:
    return Candidate(Law(root, n_constants), Recipe(**recipe))


POWER = candidate(
    call("add", const(0), call("exp", call("add", const(1), call("mul", const(2), LOG_A)))), 3
)
LINE = candidate(call("add", const(0), call("mul", const(1), LOG_A)), 2)
NOWHERE = candidate(call("mul", const(0), call("log", call("neg", feat(0)))), 1)
ENDS_BEYOND = candidate(call("mul", const(0), call("log", call("sub", num(1000.0), feat(0)))), 1)
EXPLODES = candidate(
    call("mul", const(0), call("exp", call("square", call("mul", const(1), feat(0))))), 2
)
GREEDY = replace(POWER, recipe=Recipe("log", "cauchy", n_starts=10_000))


def problem_of(task: Task) -> EvaluationProblem:
    return EvaluationProblem(task, tuple(make_folds(task)))


def same(evaluations: Sequence[Evaluation]) -> list[Evaluation]:
    """Evaluations without what may differ from one time to the next."""
    return [replace(e, seconds=0.0) for e in evaluations]


def results_of(evaluator: Evaluator, one: Candidate, folds: Sequence[int]) -> list[FoldResult]:
    (results,) = evaluator.fit([one], folds)
    assert not isinstance(results, Evaluation), results
    return results


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evolve.evaluation.executor.Worker", InProcess)


@pytest.fixture
def evaluator(in_process: None) -> Iterator[Evaluator]:
    with Evaluator(problem_of(power_task()), 1) as made:
        yield made


# real workers


def test_three_workers_give_in_order_what_one_process_gives_also_after_one_was_killed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem = problem_of(power_task())
    some = [*random_candidates(space_of(problem.task), 8), NOWHERE, POWER]
    with Evaluator(problem, 3, Limits(cpu_s=1.0)) as workers:
        spread = workers.evaluate(some, INF)
        greedy, after = workers.evaluate([GREEDY, POWER], INF)
    monkeypatch.setattr("evolve.evaluation.executor.Worker", InProcess)
    with Evaluator(problem, 1) as alone:
        expected = alone.evaluate(some, INF)
    assert [e.n_constants for e in spread] == [c.law.n_constants for c in some]
    assert same(spread) == same(expected)
    assert greedy.status in ("cpu", "timeout")
    assert greedy.score is None
    assert same([after]) == same(expected[-1:])


# what an evaluation says


def test_an_evaluation_scores_every_fold_and_the_size_of_the_law(evaluator: Evaluator) -> None:
    (told,) = evaluator.evaluate([POWER], INF)
    folds = evaluator.problem.folds
    assert (told.status, told.stage) == ("ok", 1)
    assert [(f.name, f.n_held) for f in told.folds] == [(f.name, len(f.held)) for f in folds]
    size = POWER.law.n_constants, complexity(POWER.law.root)
    assert (told.n_constants, told.complexity) == size
    assert told.score == score(told.folds, price_of(*size, evaluator.n_values))
    assert all(f.r2 == 1.0 - f.nmse for f in told.folds)


def test_an_evaluation_tells_how_far_the_fitted_rows_are(evaluator: Evaluator) -> None:
    (told,) = evaluator.evaluate([POWER], INF)
    (results,) = evaluator.fit([POWER], range(len(told.folds)))
    assert isinstance(results, list)
    train = evaluator.problem.task.train
    for result, fold in zip(results, evaluator.problem.folds, strict=True):
        y = train.Y[fold.fit]
        p = np.full(y.shape, np.nan)
        for g, constants in zip(result.groups, result.constants, strict=True):
            rows = train.group[fold.fit] == g
            p[rows, 0] = POWER.law.predict(train.X[fold.fit][rows], constants[None])[:, 0]
        error = fitted_error(Targets.of(y), p, result.constants.size)
        assert result.score.fitted == pytest.approx(error)
    assert [f.fitted for f in told.folds] == [r.score.fitted for r in results]


def test_the_law_that_made_the_rows_predicts_what_is_held_out(evaluator: Evaluator) -> None:
    good, bad = evaluator.evaluate([POWER, LINE], INF)
    assert good.score is not None
    assert bad.score is not None
    assert good.score < bad.score


@pytest.mark.parametrize(
    ("one", "message"),
    [(NOWHERE, "a prediction is not finite"), (ENDS_BEYOND, "not finite beyond the data")],
)
def test_a_law_that_is_not_finite_becomes_a_status(
    evaluator: Evaluator, one: Candidate, message: str
) -> None:
    (told,) = evaluator.evaluate([one], INF)
    assert (told.status, told.score, told.folds) == ("not-finite", None, ())
    assert message in told.message
    assert told.n_constants == one.law.n_constants


def test_whatever_becomes_of_a_candidate_the_next_one_is_evaluated(evaluator: Evaluator) -> None:
    told = evaluator.evaluate([EXPLODES, NOWHERE, POWER], INF)
    assert len(told) == 3
    assert told[2].status == "ok"
    assert all(np.isfinite(e.score) for e in told if e.score is not None)


def test_a_failed_answer_becomes_an_evaluation_with_its_status(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Fails(InProcess):
        def call(self, meta: dict[str, Any]) -> Any:
            return super().call(meta | {"folds": [99]})

    monkeypatch.setattr("evolve.evaluation.executor.Worker", Fails)
    with Evaluator(problem_of(power_task()), 1) as made:
        (told,) = made.evaluate([POWER], INF)
        assert (told.status, told.score) == ("exception", None)
        (told,) = made.fit([POWER], [0])  # type: ignore[assignment]
        assert told.status == "exception"


# the cascade


def test_a_candidate_that_fails_the_first_look_is_screened(evaluator: Evaluator) -> None:
    (told,) = evaluator.evaluate([POWER], -INF)
    assert (told.status, told.stage, told.score) == ("screened", 0, None)
    assert len(told.folds) == 1
    assert told.facts["look"] == score(told.folds, 0.0)


def test_the_first_look_takes_a_few_groups_of_many() -> None:
    n = 3 * SCREEN_GROUPS
    group = np.repeat(np.arange(n), 8)
    x = np.tile(2.0 ** np.arange(8), n)
    task = task_of(x, 1.0 / x + group / 10, group, folds={"axes": ["a"]})
    look, group = problem_of(task).screen, task.train.group
    assert 1 < len(set(group[look.held])) <= SCREEN_GROUPS
    assert set(group[look.held]) == set(group[look.fit])
    assert set(look.held) <= set(problem_of(task).folds[0].held)


def test_a_first_look_that_cannot_be_judged_takes_the_whole_fold() -> None:
    n = SCREEN_GROUPS + 1
    group = np.repeat(np.arange(n), 8)
    x = np.tile(2.0 ** np.arange(8), n)
    all_alike = (x == x.max()) & (group % 2 == 0)  # in the groups of the first look
    y = np.where(all_alike, 0.5, 1.0 / x + group / 10)
    task = task_of(x, y, group, folds={"axes": ["a"]})
    problem = problem_of(task)
    assert problem.screen is problem.folds[0]


# what workers are sent


def test_targets_of_the_largest_scale_are_never_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[np.ndarray] = []

    class Listens(InProcess):
        def __init__(
            self,
            module: str,
            meta: dict[str, Any],
            arrays: Sequence[np.ndarray],
            limits: Limits,
            nursery: None = None,
        ) -> None:
            sent.extend(arrays)
            super().__init__(module, meta, arrays, limits, nursery)

    monkeypatch.setattr("evolve.evaluation.executor.Worker", Listens)
    task = power_task()
    Evaluator(problem_of(task), 1).close()
    largest = task.train.X[:, 0] == task.train.X[:, 0].max()
    secret = set(task.train.Y[largest].ravel())
    assert secret.isdisjoint(np.concatenate([array.ravel() for array in sent]))
    assert np.isnan(sent[1][largest]).all()
    np.testing.assert_array_equal(sent[1][~largest], task.train.Y[~largest])


def test_held_out_targets_change_scores_but_no_constants_or_predictions(in_process: None) -> None:
    task = power_task()
    far = task.train.X[:, 0] == task.train.X[:, 0].max()
    table = Table(task.train.X, task.train.Y + 5.0 * far[:, None], task.train.group)
    found = []
    for each in (task, replace(task, train=table)):
        with Evaluator(problem_of(each), 1) as made:
            found += results_of(made, POWER, [0])
    one, other = found
    np.testing.assert_array_equal(one.constants, other.constants)
    np.testing.assert_array_equal(one.predictions, other.predictions)
    assert one.score.nmse != other.score.nmse


# physics


def test_breaking_the_declared_physics_costs_its_price(in_process: None) -> None:
    scores = []
    for physics in ({"decreasing_in": ["a"]}, {"increasing_in": ["a"]}):
        with Evaluator(problem_of(power_task(physics=physics)), 1) as made:
            (told,) = made.evaluate([POWER], INF)
            scores.append(told.score)
    kept, broken = scores
    assert kept is not None
    assert broken == pytest.approx(kept + PHYSICS_PRICE)


def test_physics_names_features_by_number() -> None:
    physics = power_task(physics={"increasing_in": ["b"], "floor": 0.5}).constraints
    assert (physics.falling, physics.rising, physics.floor) == ((), (1,), 0.5)
    assert physics.logarithmic == (True, True)


# fits


def test_a_fit_gives_constants_for_every_group_and_target(in_process: None) -> None:
    x = np.tile(2.0 ** np.arange(8), 3)
    group = np.repeat(np.arange(3), 8)
    y = np.stack([2.0 + group + x**-0.5, 5.0 - group + x**-0.3], axis=1)
    with Evaluator(problem_of(task_of(x, y, group, folds={"axes": ["a"]})), 1) as made:
        (one,) = results_of(made, POWER, [0])
        held = len(made.problem.folds[0].held)
        assert one.groups == (0, 1, 2)
        assert one.constants.shape == one.errors.shape == (6, 3)
        assert one.predictions.shape == (held, 2)
        assert np.isnan(one.priors).all()
        assert np.isfinite(one.errors).all()
        (pooled,) = results_of(made, replace(POWER, recipe=Recipe(shrinkage=1.0)), [0])
        assert pooled.priors.shape == (6, 2, 3)
        np.testing.assert_array_equal(pooled.priors[0], pooled.priors[2])  # one a target
        assert not np.array_equal(pooled.priors[0], pooled.priors[1])


def test_what_groups_have_in_common_counts_once_against_the_rows_fitted() -> None:
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(5), 6)
    x = np.tile(np.geomspace(1.0, 100.0, 6), 5)
    y = 1.0 + (2.0 + group) * x**-0.4 + rng.normal(0.0, 0.02, len(x))
    task = task_of(x[:, None], y, group.tolist(), max_constants=3)
    with Evaluator(problem_of(task), 0) as evaluator:
        (alone,), (tied,) = (
            results_of(evaluator, replace(POWER, recipe=Recipe(tied=tied)), [0])
            for tied in ("none", "slopes")
        )
    fold = evaluator.problem.folds[0]
    said = tied.answer.fitted
    assert alone.answer.n_free == 3 * 5
    assert tied.answer.n_free == pytest.approx(2 * 5 + 1, abs=1e-2)
    expected = fitted_error(Targets.of(task.train.Y[fold.fit]), said, tied.answer.n_free)
    assert tied.score.fitted == expected
