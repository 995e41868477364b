"""Jobs to joblib and their answers back, whichever processes die meanwhile.

A job gives the same entries wherever and however often it runs, so it is handed out again where
a process dies. A process of joblib's own pool whose driver dies ends by itself where it waits for
a job, but never where it writes an answer that nobody reads: the others of the pool hold the pipe
open. So it watches its driver.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import BrokenExecutor, CancelledError
from functools import lru_cache
from typing import Any, Protocol

from joblib import delayed

from evolve.errors import Argument, EvolveError, Kept
from evolve.search.epochs import Answer, Epoch, run_epoch
from evolve.search.problem import SearchProblem

MOST_TIMES = 4  # that jobs are handed out, where processes die; judgement
EVERY_S = 2.0  # that a driver is looked for


class Pool(Protocol):
    """Runs calls that joblib has delayed."""

    def __call__(self, calls: Iterable[Any]) -> Iterable[Any]:
        """What they return, in order."""


def answers_of(
    pool: Pool, problem: SearchProblem, jobs: Sequence[Epoch], driver: int | None = None
) -> Sequence[Answer]:
    """The answers to jobs; all are asked for again where a process dies, for they are the same.

    Args:
        pool: Runs the jobs.
        problem: The search problem.
        jobs: What is asked.
        driver: This process, where those that run the jobs are its children and end with it.

    Raises:
        EvolveError: Processes died as often as jobs are handed out, or the cluster is gone.
    """
    for _ in range(MOST_TIMES):
        try:
            return list(pool(delayed(run_under)(driver, problem, job) for job in jobs))
        except EvolveError:
            raise
        except BrokenExecutor as error:
            lost = f"its processes died {MOST_TIMES} times one after the other: {error}"
        except _gone() as error:
            lost = f"it is gone: {error or type(error).__name__}"
            break
    rule = f": {lost.partition(chr(10))[0].rstrip('.')}"
    raise EvolveError(Argument("executor"), rule, Kept("; entries are kept, and resume goes on"))


def _gone() -> tuple[type[Exception], ...]:
    """What is raised where a cluster, or the way to it, is gone."""
    errors: list[type[Exception]] = [OSError, CancelledError]
    if (dask := sys.modules.get("distributed")) is not None:
        errors.append(dask.scheduler.KilledWorker)
    if (ray := sys.modules.get("ray")) is not None:
        errors.append(ray.exceptions.RayError)
    return tuple(errors)


def run_under(driver: int | None, problem: SearchProblem, job: Epoch) -> Answer:
    """Run a job, in a process that ends soon after its driver where one is given."""
    if driver is not None and driver != os.getpid():
        end_with(driver)
    return run_epoch(problem, job)


@lru_cache(maxsize=1)
def end_with(driver: int) -> None:
    """Have this process, a child of the process of an id, end soon after that and not before.

    Ctrl-C goes from a terminal to both, and the driver says what comes of it.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch, args=(driver,), daemon=True).start()


def _watch(driver: int) -> None:
    while os.getppid() == driver:
        time.sleep(EVERY_S)
    os._exit(1)
