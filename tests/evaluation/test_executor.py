"""Every executor of the registry answers requests in order, the same as any other."""

from __future__ import annotations

import gc
import os
import pickle
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from kept_processes import not_shared
from small_tasks import power_task, random_candidates, task_of

from evolve.errors import EvolveError
from evolve.evaluation.coming import Coming
from evolve.evaluation.executor import (
    EXECUTORS,
    Executor,
    InThisProcess,
    LocalWorkers,
    limits_of,
    make_executor,
)
from evolve.evaluation.failed import ProgramFailedError
from evolve.evaluation.problem import EvaluationProblem
from evolve.evaluation.programs import SEARCHED, ProgramRunner
from evolve.evaluation.record import Evaluation
from evolve.evaluation.requests import Answer, EvaluateRequest, FitRequest, Request
from evolve.fitting.messages import FoldAnswer
from evolve.law.program import parse_program
from evolve.sandbox import Limits, Outcome, Worker
from evolve.scoring.fold import Fold, FoldScore
from evolve.search.problem import space_of
from evolve.tasks.folds import make_folds

TASK = power_task()
PROBLEM = EvaluationProblem(TASK, tuple(make_folds(TASK)))
CANDIDATES = random_candidates(space_of(TASK), 7)
REQUESTS: list[Request] = [
    *(EvaluateRequest(candidate, float("inf")) for candidate in CANDIDATES),
    *(FitRequest(candidate, (0, len(PROBLEM.folds))) for candidate in CANDIDATES[:2]),
]
SLOW = """\
import numpy as np


# EVOLVE-BLOCK-START
def scaling_law_func(data_points, params):
    X = np.asarray(data_points, dtype=float)
    return params[0] * X[:, 0] ** params[1]


def fit_scaling_law(data_points, loss_values):
    for _ in range(10**9):
        pass
    return np.array([1.0, -0.3])
# EVOLVE-BLOCK-END
"""


@pytest.fixture(scope="module", params=sorted(EXECUTORS))
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    made = EXECUTORS[request.param](PROBLEM, 2, Limits())
    yield made
    made.close()
    made.close()


def plain(answer: Answer) -> object:
    """An answer without how long it took, as values that can be compared."""
    if isinstance(answer, Evaluation):
        return replace(answer, seconds=0.0)
    return [(r.score, r.constants.tolist(), r.predictions.tolist()) for r in answer]


def test_answers_come_in_the_order_of_the_requests(executor: Executor) -> None:
    forwards = [plain(answer) for answer in executor.map(REQUESTS)]
    backwards = [plain(answer) for answer in executor.map(REQUESTS[::-1])]
    assert forwards == backwards[::-1]
    sizes = [candidate.law.n_constants for candidate in CANDIDATES]
    assert [a.n_constants for a in executor.map(REQUESTS)[:7]] == sizes  # type: ignore[union-attr]


def test_every_executor_answers_as_this_process_does(executor: Executor) -> None:
    alone = make_executor(PROBLEM, 0)
    assert list(map(plain, executor.map(REQUESTS))) == list(map(plain, alone.map(REQUESTS)))


def test_no_request_gets_no_answer(executor: Executor) -> None:
    assert executor.map([]) == []


def test_requests_that_are_still_made_are_answered_alike(executor: Executor) -> None:
    whole = [plain(answer) for answer in executor.map(REQUESTS)]
    assert [plain(answer) for answer in executor.map(Coming(iter(REQUESTS)))] == whole


def test_what_fails_while_requests_are_made_is_raised(executor: Executor) -> None:
    def made() -> Iterator[Request]:
        yield from REQUESTS
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        executor.map(Coming(made()))
    assert len(executor.map(REQUESTS[:1])) == 1


@contextmanager
def no_descriptor_is_left() -> Iterator[None]:
    """What is opened inside is closed inside, not only once it is collected as garbage."""
    gc.collect()
    gc.disable()
    try:
        before = len(os.listdir("/proc/self/fd"))
        yield
        assert len(os.listdir("/proc/self/fd")) == before
    finally:
        gc.enable()


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts descriptors in /proc")
@pytest.mark.parametrize("name", sorted(EXECUTORS))
def test_a_closed_executor_holds_no_descriptor_even_before_it_is_collected(name: str) -> None:
    EXECUTORS[name](PROBLEM, 2, Limits()).close()  # what is kept for all executors is there now
    with no_descriptor_is_left():
        made = EXECUTORS[name](PROBLEM, 2, Limits())
        made.map(REQUESTS[:2])
        made.close()


def close_while_it_works(requests: list[Request], after_s: float) -> None:
    made = LocalWorkers(PROBLEM, 2, Limits())
    with ThreadPoolExecutor(1) as other:
        asked = other.submit(made.map, requests)
        time.sleep(after_s)
        made.close()
        refused = (CancelledError, EvolveError, RuntimeError)  # the last: it had not begun
        assert isinstance(asked.exception(10.0), refused)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts descriptors in /proc")
def test_an_executor_closed_while_it_works_ends_at_once_and_holds_nothing() -> None:
    requests: list[Request] = [*REQUESTS, FitRequest(parse_program(SLOW), (0,))] * 20
    with not_shared():
        kept = LocalWorkers(PROBLEM, 1, Limits())  # what executors share stays while it is open
        kept.map(REQUESTS[:2])
        began = time.monotonic()
        with no_descriptor_is_left():
            for n in range(5):
                close_while_it_works(requests, after_s=0.2 * n)
        assert time.monotonic() - began < 50.0  # one program alone would take its 60 s
        kept.close()


@pytest.mark.parametrize("name", sorted(EXECUTORS))
def test_an_executor_at_rest_answers_with_one_process(name: str) -> None:
    made = make_executor(PROBLEM, 3, name=name)
    try:
        before = [plain(answer) for answer in made.map(REQUESTS)]
        made.rest()
        assert not isinstance(made, LocalWorkers) or [w.pid for w in made._workers] == [None]
        assert [plain(answer) for answer in made.map(REQUESTS)] == before
        made.rest()
        assert plain(made.answer_first(REQUESTS[0])) == before[0]
    finally:
        made.close()


def test_a_rest_that_is_interrupted_leaves_every_worker_to_be_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupt(worker: Worker) -> None:
        raise KeyboardInterrupt

    with not_shared():
        made = LocalWorkers(PROBLEM, 2, Limits())
        workers = list(made._workers)
        try:
            with monkeypatch.context() as patch:
                patch.setattr(Worker, "close", interrupt)
                pytest.raises(KeyboardInterrupt, made.rest)
        finally:
            made.close()
    assert [worker.pid for worker in workers] == [None, None]


def test_a_worker_fits_the_next_form_while_an_answer_is_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, judged = list[Worker](), list[int]()
    ask, judge = Worker.ask, EvaluationProblem.judge

    def noted(worker: Worker, meta: dict[str, Any]) -> Callable[[], Outcome]:
        asked.append(worker)
        return ask(worker, meta)

    def counted(problem: EvaluationProblem, *given: Any) -> FoldScore | Evaluation:
        judged.append(len(asked))
        return judge(problem, *given)

    made = LocalWorkers(PROBLEM, 1, Limits())
    try:
        monkeypatch.setattr(Worker, "ask", noted)
        monkeypatch.setattr(EvaluationProblem, "judge", counted)
        assert len(made.map(REQUESTS[:2])) == 2
    finally:
        made.close()
    assert judged[0] == 2


def test_a_program_runs_in_the_place_of_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most = 0, 0

    def run(*_: object) -> FoldAnswer:
        nonlocal running, most
        running += 1
        most = max(most, running)
        time.sleep(0.05)
        running -= 1
        raise ProgramFailedError("fit", Outcome("exception"))

    made = LocalWorkers(PROBLEM, 1, Limits())
    try:
        monkeypatch.setattr(ProgramRunner, "fit_fold", run)
        made.map([FitRequest(parse_program(SLOW), (0,)), REQUESTS[0]] * 4)
    finally:
        made.close()
    assert most == 1


def test_seconds_of_an_evaluation_are_those_of_a_worker_not_of_waiting_for_one() -> None:
    made = LocalWorkers(PROBLEM, 1, Limits())
    try:
        busy = made._free.take()
        asked = made.begin(REQUESTS[:1])
        time.sleep(2.0)
        made._free.give_back(busy)
        (evaluation,) = asked()
    finally:
        made.close()
    assert isinstance(evaluation, Evaluation)
    assert 0.0 < evaluation.seconds < 1.5


def test_setting_requests_and_answers_are_values_that_travel(executor: Executor) -> None:
    problem, requests = pickle.loads(pickle.dumps((PROBLEM, REQUESTS)))
    assert requests == REQUESTS
    np.testing.assert_array_equal(problem.task.train.X, TASK.train.X)
    answers = executor.map(requests)
    copies = pickle.loads(pickle.dumps(answers))
    assert list(map(plain, copies)) == list(map(plain, answers))


def test_an_unknown_executor_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(EvolveError, match="executor: 'locl' is none of in-process, local"):
        make_executor(PROBLEM, 1, name="locl")


def test_a_call_has_time_and_room_for_every_row_however_many() -> None:
    usual, n = Limits(), 300_000
    rows = np.arange(n)
    long = EvaluationProblem(TASK, (*PROBLEM.folds, Fold("all rows", rows, rows)))
    assert replace(limits_of(PROBLEM), answer_bytes=usual.answer_bytes) == usual
    assert limits_of(PROBLEM).answer_bytes >= usual.answer_bytes
    assert limits_of(long).answer_bytes - limits_of(PROBLEM).answer_bytes == 2 * 8 * n
    assert 3.0 <= limits_of(long).cpu_s / usual.cpu_s <= 3.01


def test_programs_have_the_room_of_every_row_too() -> None:
    n = 50_000
    x = 10.0 ** np.random.default_rng(0).uniform(0.0, 3.0, n)
    task = task_of(x[:, None], x**-0.3)
    rows = np.arange(n)
    lanes = InThisProcess(EvaluationProblem(task, (Fold("all rows", rows, rows),)), 0, Limits())
    limits = lanes._lanes.programs.lane.limits
    assert limits.answer_bytes >= SEARCHED.answer_bytes + 2 * 8 * n
    assert limits.cpu_s == SEARCHED.cpu_s
