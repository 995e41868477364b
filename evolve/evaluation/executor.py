"""Where requests are answered: an executor maps requests to answers, in order.

Another executor is one class with `begin` and `close`, and one name in `EXECUTORS`. What it sends
anywhere else are the problem, the requests and the answers, which are values that can be pickled;
processes and sockets stay where they were started.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Protocol

import numpy as np

from evolve.errors import EvolveError, nearest
from evolve.evaluation.cascade import Lanes, answer, answering
from evolve.evaluation.loading import loading_fitter
from evolve.evaluation.problem import EvaluationProblem
from evolve.evaluation.programs import SEARCHED, ProgramRunner
from evolve.evaluation.requests import Answer, Request
from evolve.evaluation.sharing import FreeWorkers, Sharing, Work
from evolve.fitting import SERVICE
from evolve.sandbox import Limits, Worker
from evolve.sandbox.inprocess import InProcess

USUAL_ROWS = 200_000  # of all folds together, fitted and held out; with more a call has more time


class Executor(Protocol):
    """Answers requests about one evaluation problem."""

    def begin(self, requests: Sequence[Request]) -> Callable[[], list[Answer]]:
        """Begin to answer requests, behind those that were begun before.

        Args:
            requests: What to evaluate or fit.

        Returns:
            What waits for the answers: one a request, in their order, whatever answered first.
        """

    def map(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer requests; arguments and answers are those of `begin`."""
        return self.begin(requests)()

    def answer_first(self, request: Request) -> Answer:
        """Answer one request before those that wait."""
        return self.map([request])[0]

    def rest(self) -> None:
        """Keep what answers one request at a time, as all that follow are few."""

    def close(self) -> None:
        """Stop whatever was started; doing so twice is harmless."""


class InThisProcess(Executor):
    """Fits candidates in this very process, one after the other.

    Programs that cannot be traced still run in processes of their own, for they hold code that
    is not ours.
    """

    def __init__(self, problem: EvaluationProblem, n_workers: int, limits: Limits) -> None:
        """Take the rows; the foreign lane starts with the first program."""
        del n_workers
        self._problem = problem
        worker = InProcess(SERVICE, *problem.to_fit().pack(), limits)
        self._lanes = Lanes(worker, ProgramRunner(limits=limits_of(problem, SEARCHED)))

    def begin(self, requests: Sequence[Request]) -> Callable[[], list[Answer]]:
        """Keep requests, which are answered one after the other once they are waited for."""
        return lambda: [answer(self._problem, self._lanes, request) for request in requests]

    def close(self) -> None:
        """Stop the foreign lane."""
        self._lanes.programs.close()


class LocalWorkers(Executor):
    """Locked-down worker processes on this machine, each called by one thread at a time."""

    def __init__(self, problem: EvaluationProblem, n_workers: int, limits: Limits) -> None:
        """Start the processes.

        Args:
            problem: What candidates are judged on.
            n_workers: Number of processes.
            limits: What one call may use.
        """
        self._problem, self._undo = problem, ExitStack()
        parent = self._undo.enter_context(loading_fitter(n_workers))
        if parent is None:
            from evolve.fitting.fit import warm  # loads the compiler, for those who fit

            warm()  # compiled once here, the fitter is found on disk by every worker
        given = problem.to_fit().pack()
        self._workers = [Worker(SERVICE, *given, limits, nursery=parent) for _ in range(n_workers)]
        self._programs = ProgramRunner(limits=limits_of(problem, SEARCHED))
        self._free = FreeWorkers()
        self._sharing = Sharing(self._free, n_workers)
        for worker in self._workers:
            worker.start()
            self._free.give_back(worker)

    def begin(self, requests: Sequence[Request]) -> Callable[[], list[Answer]]:
        """Have requests answered, each with whichever worker is free."""
        # Where one cannot be made, those asked before are answered, and give their workers back.
        asked = [self._sharing.ask(self._work(request)) for request in requests]
        return lambda: [each.result() for each in asked]

    def answer_first(self, request: Request) -> Answer:
        """Answer one request with the next worker that is free."""
        return self._sharing.ask(self._work(request), first=True).result()

    def _work(self, request: Request) -> Work:
        return Work(request, answering(self._problem, self._programs, request))

    def rest(self) -> None:
        """Stop all workers, each once it is free; one starts again when it is asked."""
        while len(self._workers) > 1:
            worker = self._free.take()
            worker.close()  # before it is forgotten: if this is interrupted, `close` goes on
            self._workers.remove(worker)
        (last,) = self._workers
        self._free.take()  # which waits until it is free
        last.close()
        self._free.give_back(last)

    def close(self) -> None:
        """Stop the workers' processes and the foreign lane, whatever they are doing."""
        # Closed only once no thread uses them: two that close one worker close what is others'.
        self._sharing.close(self._stop)
        for worker in self._workers:
            worker.close()
        self._undo.close()

    def _stop(self) -> None:
        for worker in self._workers:
            worker.stop()
        self._programs.close(for_good=True)


# Executors by name: how each is made of an evaluation problem, a number of workers and limits.
EXECUTORS: dict[str, Callable[[EvaluationProblem, int, Limits], Executor]] = {
    "in-process": InThisProcess,
    "local": LocalWorkers,
}


def make_executor(
    problem: EvaluationProblem,
    n_workers: int,
    limits: Limits | None = None,
    name: str | None = None,
) -> Executor:
    """Start an executor.

    Args:
        problem: What candidates are judged on.
        n_workers: Number of workers; with 0 no process is started.
        limits: What one call may use; not kept without processes.
        name: One of `EXECUTORS`; by default the workers of this machine, or this process.

    Raises:
        EvolveError: There is no executor of that name.
    """
    name = name or ("local" if n_workers else "in-process")
    if name not in EXECUTORS:
        valid = ", ".join(EXECUTORS)
        raise EvolveError(f"executor: {name!r} is none of {valid}{nearest(name, EXECUTORS)}")
    return EXECUTORS[name](problem, n_workers, limits or limits_of(problem))


def limits_of(problem: EvaluationProblem, usual: Limits | None = None) -> Limits:
    """The usual limits, with time and room in an answer for every row of every fold.

    A call may fit all folds: a law that a search could fit on a few must not fail on more.

    Args:
        problem: Its folds are fitted and predicted.
        usual: For a table that is not large; by default those of a search.
    """
    folds, n_targets = problem.all_folds, len(problem.task.target_names)
    n_rows = sum(len(fold.fit) + len(fold.held) for fold in folds)
    n_fitted = max(len(fold.fit) for fold in folds)
    usual = usual or Limits()
    return replace(
        usual,
        predict_cpu_s=usual.predict_cpu_s * max(1.0, n_rows / USUAL_ROWS),
        cpu_s=usual.cpu_s * max(1.0, n_rows / USUAL_ROWS),
        memory_mib=round(usual.memory_mib * max(1.0, n_fitted / USUAL_ROWS)),
        answer_bytes=usual.answer_bytes + n_rows * n_targets * np.float64().nbytes,
    )
