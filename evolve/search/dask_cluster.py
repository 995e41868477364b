"""A Dask cluster: joined at its address, or started here for a run and ended with it."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from types import ModuleType
from typing import Any

from evolve.errors import EvolveError
from evolve.search.epochs import close_evaluators


@contextmanager
def dask_client(distributed: ModuleType, address: str, n_workers: int) -> Iterator[Any]:
    """A client of a scheduler that is there, or of one started here; parts from it at the end.

    Args:
        distributed: The library.
        address: Of the scheduler; empty to start one.
        n_workers: Processes, where they are started here.

    Raises:
        EvolveError: Nothing answers at the address, or processes cannot be started.
    """
    make: Any = distributed.Client  # it has no types
    own = {
        **{"n_workers": n_workers, "threads_per_worker": 1, "dashboard_address": None},
        # What a run is stopped in is told by the run; of what is lost then Dask warns at length.
        "silence_logs": logging.CRITICAL,
    }
    try:
        with uninterrupted():
            client = make(address) if address else make(**own)
    except RuntimeError as error:
        raise EvolveError(f"dask: its processes cannot be started: {error}") from None
    except (OSError, ValueError) as error:
        raise EvolveError(f"dask: nothing answers at {address}: {error}") from None
    try:
        yield client
    finally:
        with suppress(OSError, RuntimeError, ValueError):
            client.run(close_evaluators)  # what its workers keep, if it is still there
        client.close()


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Threads and processes that start inside never see Ctrl-C; this one does so afterwards.

    A terminal sends it to every process, and those of a cluster would end with tracebacks while
    their driver still waits for what they do.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # who starts it would unblock the signal in its own thread
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
