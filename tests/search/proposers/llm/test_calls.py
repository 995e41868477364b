"""Requests go out ahead, several at once, and each ends, whatever its endpoint does."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from evolve.search.proposers.llm.calls import Caller
from evolve.search.proposers.llm.exchange import Exchange, Messages, Reply
from evolve.search.proposers.llm.settings import Model


class Waits:
    """An endpoint that answers when it is let go."""

    def __init__(self) -> None:
        self.let_go, self.asked = threading.Event(), list[str]()

    def ask(self, messages: Messages) -> Reply:
        self.asked.append(messages[0][1])
        self.let_go.wait()
        return Reply("ok", f"to {messages[0][1]}")


@contextmanager
def calling(seconds: float | None = None, **fields: float) -> Iterator[tuple[Caller, Waits]]:
    endpoint = Waits()
    model = Model("tiny", "tiny", "http://127.0.0.1:9/v1", **fields)  # type: ignore[arg-type]

    def connect(model: Model, sleep: Callable[[float], bool]) -> Waits:
        return endpoint

    caller = Caller({"tiny": model}, connect, seconds)
    try:
        yield caller, endpoint
    finally:
        endpoint.let_go.set()
        caller.close()


def exchange(number: int) -> Exchange:
    return Exchange(number, 32, "tiny", "rewrite", (), (("user", f"question {number}"),))


def test_replies_come_under_the_numbers_of_their_requests() -> None:
    with calling() as (caller, endpoint):
        caller.send(exchange(number) for number in (3, 5))
        assert caller.under_way == {3, 5}
        assert caller.collect() == {}
        endpoint.let_go.set()
        replies = caller.wait([3, 5], math.inf)
        assert {n: reply.text for n, reply in replies.items()} == {
            3: "to question 3",
            5: "to question 5",
        }
        assert not caller.under_way


def test_a_reply_is_worked_on_in_its_thread_before_it_has_arrived() -> None:
    worked: list[tuple[int, str, str]] = []
    with calling() as (caller, endpoint):
        caller.listen(
            lambda e, reply: worked.append((e.number, reply.text, threading.current_thread().name))
        )
        caller.send([exchange(0)])
        endpoint.let_go.set()
        caller.wait([0], math.inf)
        ((number, text, thread),) = worked
        assert (number, text) == (0, "to question 0")
        assert thread != threading.current_thread().name


def test_only_so_many_requests_are_under_way_at_once() -> None:
    with calling(at_once=1) as (caller, endpoint):
        caller.send([exchange(0), exchange(1)])
        caller.wait([0], 0.05)
        assert endpoint.asked == ["question 0"]


def test_requests_start_apart_where_a_model_takes_so_many_a_minute() -> None:
    with calling(per_minute=60.0) as (caller, _):
        line = caller._lines["tiny"]
        assert line._pause() == 0.0
        assert line._pause() == pytest.approx(1.0, abs=0.5)
        assert line._pause() == pytest.approx(2.0, abs=0.5)


def test_nobody_waits_for_a_model_beyond_the_time_of_the_run() -> None:
    with calling(seconds=0.05) as (caller, _):
        caller.send([exchange(0)])
        assert caller.wait([0], math.inf) == {}
        assert caller.under_way == {0}


def test_a_request_whose_time_is_over_has_a_reply_that_says_so() -> None:
    with calling(timeout=0.1) as (caller, _):
        caller.send([exchange(0)])
        assert caller.wait([0], 60.0)[0].status == "timeout"
