"""Workers of this machine that share requests: a thread for each, and two requests in turn.

A thread sends its worker the next call before it judges what came of the last, so that a worker
does not wait for that. What is under way, but at no worker, is gone on with by any thread.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from queue import SimpleQueue
from threading import Lock
from types import TracebackType
from typing import Any

from evolve.evaluation.cascade import Steps
from evolve.evaluation.record import Evaluation
from evolve.evaluation.requests import Answer, Request
from evolve.law.program import Program
from evolve.sandbox import Outcome, Worker


class FreeWorkers:
    """Workers that are free, for whichever thread asks first."""

    def __init__(self) -> None:
        """Begin without any."""
        self._queue: SimpleQueue[Worker] = SimpleQueue()
        self.take, self.give_back = self._queue.get, self._queue.put

    @contextmanager
    def one(self) -> Iterator[Worker]:
        """The next worker that is free, until the block ends."""
        worker = self.take()
        try:
            yield worker
        finally:
            self.give_back(worker)


class Work:
    """One request that is answered step by step.

    Attributes:
        runs_here: Whether it is a program, which keeps the thread that goes on with it.
        answer: What came of it, once there is that.
        message: What to ask a worker next; None where nothing is, or no more.
    """

    def __init__(self, request: Request, steps: Steps) -> None:
        """Begin before the first step."""
        self.runs_here = isinstance(request.form, Program)
        self.answer: Future[Answer] = Future()
        self.message: dict[str, Any] | None = None
        self._steps, self._seconds = steps, 0.0

    def __enter__(self) -> None:
        """Do something for it; whatever is raised is its answer."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """Keep what was raised for whoever waits for the answer."""
        if error is not None:
            self.message = None
            self.answer.set_exception(error)
        return error is not None

    def go_on(self, outcome: Outcome | None = None) -> None:
        """Take the next step, with what came of the last call."""
        began, self.message = time.monotonic(), None
        self._seconds += 0.0 if outcome is None else outcome.wall_s
        with self:
            try:
                step = next(self._steps) if outcome is None else self._steps.send(outcome)
            except StopIteration as end:
                self._seconds += time.monotonic() - began
                self.answer.set_result(self._with_seconds(end.value))
                return
            self.message = step
        self._seconds += time.monotonic() - began

    def _with_seconds(self, answer: Answer) -> Answer:
        """The answer, an evaluation with the seconds of its own steps and calls alone."""
        return replace(answer, seconds=self._seconds) if isinstance(answer, Evaluation) else answer


class Sharing:
    """Requests that wait, and the threads by which free workers answer them."""

    def __init__(self, free: FreeWorkers, n_threads: int) -> None:
        """Begin without a request; as many threads as there are workers."""
        self._free, self._n_threads = free, n_threads
        # Not a pool of multiprocessing, which holds a pipe until it is collected as garbage.
        self._threads = ThreadPoolExecutor(n_threads)
        self._lock = Lock()
        self._waiting: deque[Work] = deque()  # before their first step
        self._ready: deque[Work] = deque()  # with a message for the next worker
        self._n_serving = 0

    def ask(self, work: Work, *, first: bool = False) -> Future[Answer]:
        """Have work done, behind what waits or before."""
        with self._lock:
            if first:
                self._waiting.appendleft(work)
            else:
                self._waiting.append(work)
            self._call_a_thread()
        return work.answer

    def close(self, stop: Callable[[], None]) -> None:
        """End all threads.

        Args:
            stop: Ends the calls that they wait for.
        """
        with self._lock:
            waiting, self._waiting = self._waiting, deque()
        for work in waiting:
            work.answer.cancel()
        stop()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _call_a_thread(self) -> None:
        """Have another thread serve, if any does not; the lock is held."""
        if self._n_serving < self._n_threads:
            self._threads.submit(self._serve)
            self._n_serving += 1

    def _serve(self) -> None:
        """Do with one worker what there is to do."""
        with self._free.one() as worker:
            work = self._next()
            while work is not None:
                wait = self._ask(worker, work)
                work = self._next() if wait is None else self._go_through(worker, work, wait)

    def _go_through(self, worker: Worker, work: Work, wait: Callable[[], Outcome]) -> Work | None:
        """Call after call, until nothing is ready for the next one; what to do then."""
        asked: Callable[[], Outcome] | None = wait
        while asked is not None:
            self._prepare()
            outcome = None
            with work:
                outcome = asked()
            self._prepare()
            done, following = work, self._take_ready()
            asked = None if following is None else self._ask(worker, following)
            work = done if following is None else following
            if outcome is not None:
                done.go_on(outcome)
                self._put_back(done)
        return self._next()

    def _ask(self, worker: Worker, work: Work) -> Callable[[], Outcome] | None:
        """Send a worker the next message; what waits for its answer, None without any."""
        if work.message is not None:
            with work:
                return worker.ask(work.message)
        return None

    def _next(self) -> Work | None:
        """What to do next, its first step taken; None, and the thread serves no more."""
        with self._lock:
            if self._ready:
                return self._ready.popleft()
            if not self._waiting:
                self._n_serving -= 1
                return None
            work = self._waiting.popleft()
        work.go_on()
        return work

    def _take_ready(self) -> Work | None:
        with self._lock:
            return self._ready.popleft() if self._ready else None

    def _prepare(self) -> None:
        """Take the first step of what waits, unless something is ready, while a worker works."""
        with self._lock:
            if self._ready or not self._waiting or self._waiting[0].runs_here:
                return
            work = self._waiting.popleft()
        work.go_on()
        self._put_back(work)

    def _put_back(self, work: Work) -> None:
        """Have any thread go on with work that has a message, before all that waits."""
        if work.message is not None:
            with self._lock:
                self._ready.append(work)
                self._call_a_thread()
