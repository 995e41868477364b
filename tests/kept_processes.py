"""Processes that load numpy, scipy and the fitter, started once a session of tests.

Each takes one or two seconds to start, and every run that a test makes would start two or three.
What a job does reaches no other job, so a run cannot tell whether it was the first to ask.
`tests/sandbox` shows that, and how these processes start and end, and keeps none.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from unittest import mock

from evolve.evaluation.programs import PATIENT, SEARCHED
from evolve.sandbox import Limits
from evolve.sandbox.forks import Zygotes
from evolve.sandbox.nursery import Nursery

SHARED = ("evolve.sandbox.foreign.Zygotes", "evolve.sandbox.nursery.Nursery")


class KeptZygotes(Zygotes):
    """What forks programs, and outlives the lanes that ask for it."""

    def close(self, *, for_good: bool = False) -> None:
        """Leave the process to the next lane."""

    end = Zygotes.close


class KeptNursery(Nursery):
    """What forks workers, and outlives the runs that ask for it."""

    def close(self) -> None:
        """Leave the process to the next run."""

    end = Nursery.close


class Kept:
    """The processes, each started by the first that asks for its like."""

    def __init__(self) -> None:
        self._zygotes: dict[tuple[int, Limits], KeptZygotes] = {}
        self._nurseries: dict[tuple[int, str], KeptNursery] = {}

    def zygotes(self, limits: Limits, without: Collection[str] = ()) -> Zygotes:
        """What is kept for the usual limits and all walls; otherwise one of its own."""
        if without or limits not in (PATIENT, SEARCHED):
            return Zygotes(limits, without)
        return self._zygotes.setdefault((os.getpid(), limits), KeptZygotes(limits))

    def nursery(self, module: str) -> Nursery:
        """What is kept for a module."""
        key = os.getpid(), module
        if key not in self._nurseries:  # it starts as it is made
            self._nurseries[key] = KeptNursery(module)
        return self._nurseries[key]

    def end(self) -> None:
        """Kill those of this process."""
        for (pid, _), kept in (*self._zygotes.items(), *self._nurseries.items()):
            if pid == os.getpid():
                kept.end()


@contextmanager
def shared() -> Iterator[None]:
    """Inside, lanes and runs share what is kept."""
    kept = Kept()
    with ExitStack() as stack:
        stack.callback(kept.end)
        for name, of_kept in zip(SHARED, (kept.zygotes, kept.nursery), strict=True):
            stack.enter_context(mock.patch(name, of_kept))
        yield


@contextmanager
def not_shared() -> Iterator[None]:
    """Inside, each starts its own, as outside of tests."""
    with ExitStack() as stack:
        for name, own in zip(SHARED, (Zygotes, Nursery), strict=True):
            stack.enter_context(mock.patch(name, own))
        yield
