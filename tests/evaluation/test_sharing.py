"""Threads share requests: each is answered once, by whichever worker is free."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any, cast

import pytest

from evolve.evaluation.cascade import Steps
from evolve.evaluation.requests import FitRequest
from evolve.evaluation.sharing import FreeWorkers, Sharing, Work
from evolve.law.candidate import Candidate
from evolve.law.graph import Law, call, const, feat
from evolve.law.recipe import Recipe
from evolve.sandbox import Outcome, Worker

REQUEST = FitRequest(Candidate(Law(call("mul", const(0), feat(0)), 1), Recipe()), (0,))


class Echo:
    """A worker that answers with what it was asked, once it may."""

    def __init__(self) -> None:
        self.asked = list[Any]()
        self.is_asked, self.may_answer = threading.Event(), threading.Event()

    def ask(self, message: dict[str, Any]) -> Callable[[], Outcome]:
        self.asked.append(message["name"])
        self.is_asked.set()

        def wait() -> Outcome:
            assert self.may_answer.wait(30.0)
            if message["name"] == "lost":
                raise LookupError("gone")
            return Outcome("ok", meta=message)

        return wait


def work(*names: str) -> Work:
    """Work of a call for each name, whose answer is what came of them."""

    def steps() -> Steps:
        found = list[Any]()
        for name in names:
            outcome = yield {"name": name}
            if outcome.meta["name"] == "odd":
                raise ValueError("odd")
            found.append(outcome.meta["name"])
        return found

    return Work(REQUEST, steps())


@contextmanager
def shared(*workers: Echo) -> Iterator[Sharing]:
    free = FreeWorkers()
    for worker in workers:
        free.give_back(cast("Worker", worker))
    sharing = Sharing(free, len(workers))
    yield sharing
    sharing.close(lambda: [worker.may_answer.set() for worker in workers])


def test_all_calls_of_all_work_are_made_and_each_answer_is_its_own() -> None:
    workers = Echo(), Echo()
    with shared(*workers) as sharing:
        answers = [sharing.ask(work(f"{i}a", f"{i}b", f"{i}c")) for i in range(50)]
        for worker in workers:
            worker.may_answer.set()
        found = [cast("Any", answer.result(30.0)) for answer in answers]
    assert found == [[f"{i}a", f"{i}b", f"{i}c"] for i in range(50)]
    assert sorted(workers[0].asked + workers[1].asked) == sorted(sum(found, []))


def test_what_is_asked_first_goes_before_what_waits() -> None:
    worker = Echo()
    with shared(worker) as sharing:
        answers = [sharing.ask(work(name)) for name in ("a", "b", "c", "d")]
        answers.append(sharing.ask(work("now"), first=True))
        worker.may_answer.set()
        for answer in answers:
            answer.result(30.0)
    assert worker.asked.index("now") <= 2  # behind what is at the worker, and what is ready for it


@pytest.mark.parametrize(("name", "error"), [("lost", LookupError), ("odd", ValueError)])
def test_what_is_raised_is_the_answer_to_one_request_alone(
    name: str, error: type[Exception]
) -> None:
    worker = Echo()
    worker.may_answer.set()
    with shared(worker) as sharing:
        answers = [sharing.ask(work("a", each, "c")) for each in ("b", name, "d")]
        pytest.raises(error, answers[1].result, 30.0)
        assert [cast("Any", answers[i].result(30.0)) for i in (0, 2)] == [list("abc"), list("adc")]


def test_what_waits_when_all_is_closed_is_cancelled() -> None:
    worker = Echo()
    with shared(worker) as sharing:
        answers = [sharing.ask(work("a")) for _ in range(9)]
        assert worker.is_asked.wait(30.0)
    assert cast("Any", answers[0].result(30.0)) == ["a"]
    pytest.raises(CancelledError, answers[8].result, 30.0)
    pytest.raises(RuntimeError, sharing.ask, work("a"))
