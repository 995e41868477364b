"""The foreign lane where processes cannot be forked: a fresh interpreter a job, one kept ready."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from typing import Any, Final

import numpy as np

from evolve.errors import SandboxError
from evolve.sandbox.outcome import STOPPED, Limits, Outcome
from evolve.sandbox.worker import KilledError, Worker

_SERVICE: Final = "evolve.sandbox.foreign_child"


class OneShots:
    """Workers that run one job each and are killed after it.

    Args:
        limits: What a job may use.
        without: Mechanisms to leave out, for tests and tables.
    """

    def __init__(self, limits: Limits, without: Collection[str] = ()) -> None:
        """Keep what to start; nothing runs yet."""
        self.report: dict[str, str] = {}
        self._limits = limits
        self._without = without
        self._lock = threading.Lock()
        self._spare: Worker | None = None
        self._running: set[Worker] = set()
        self._is_stopped = False

    @property
    def pid(self) -> int | None:
        """Process id of the spare interpreter, `None` while there is none."""
        return None if self._spare is None else self._spare.pid

    def start(self) -> None:
        """Start the spare interpreter, without waiting for it."""
        with self._lock:
            if self._spare is None:
                self._spare = self._new()
                self._spare.start()

    def close(self, *, for_good: bool = False) -> None:
        """Kill the spare interpreter; `for_good` also those that run jobs in other threads."""
        with self._lock:
            self._is_stopped |= for_good
            for worker in self._running if for_good else ():
                worker.stop()
            if self._spare is not None:
                self._spare.close()
                self._spare = None

    def wait_until_ready(self) -> dict[str, str]:
        """Start the spare interpreter if there is none, and wait for its report.

        Raises:
            SandboxError: No interpreter can be started.
        """
        self.start()
        with self._lock:
            if self._spare is not None:
                self.report = self._spare.wait_until_ready()
        return self.report

    def run(self, meta: dict[str, Any], arrays: Sequence[np.ndarray], cpu_s: float) -> Outcome:
        """Run one job in an interpreter of its own.

        Raises:
            SandboxError: No interpreter can be started.
        """
        self.start()
        with self._lock:
            worker, self._spare = self._spare or self._new(), None
            self._running.add(worker)
        try:
            if "fresh process" in self._without:
                self._spare = worker
                return _run(worker, meta, arrays, cpu_s)
            with worker:
                outcome = _run(worker, meta, arrays, cpu_s)
                self.report = worker.report
        finally:
            with self._lock:
                self._running.discard(worker)
        self.start()
        return outcome

    def _new(self) -> Worker:
        if self._is_stopped:
            raise SandboxError(STOPPED)
        return Worker(_SERVICE, limits=self._limits, without=self._without)


def _run(
    worker: Worker, meta: dict[str, Any], arrays: Sequence[np.ndarray], cpu_s: float
) -> Outcome:
    """One call; without the system-call filter a program can also kill itself, so that is data."""
    try:
        return worker.call(meta, arrays, cpu_s)
    except KilledError as error:
        return Outcome("memory", str(error))
