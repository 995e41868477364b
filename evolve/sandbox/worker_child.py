"""Inside a worker: one trusted module, initialised, locked down once, then request to answer.

The module provides `init(meta, arrays) -> state` and `handle(state, meta, arrays) -> (meta,
arrays)`. All it imports or compiles must happen in `init`: afterwards no file can be opened and
no memory made executable.
"""

from __future__ import annotations

import gc
import importlib
import resource
import signal
import time
from collections.abc import Sequence
from typing import Any, Protocol, cast

import numpy as np

from evolve.sandbox import lockdown, wire
from evolve.sandbox.guard import Failure, guarded

Arrays = tuple[np.ndarray, ...]


class Service(Protocol):
    """What a module must offer to be run as a worker."""

    def init(self, meta: dict[str, Any], arrays: Arrays) -> Any:
        """Return the state that every request gets."""

    def handle(
        self, state: Any, meta: dict[str, Any], arrays: Arrays
    ) -> tuple[dict[str, Any], Sequence[np.ndarray]]:
        """Answer one request."""


def main(descriptor: int, module: str, memory_mib: int, without: list[str], parent: int) -> None:
    """Serve `module` over the socket `descriptor` until process `parent` closes it."""
    first = wire.receive(descriptor)
    if first is None:
        return
    nonce, meta, arrays = first

    def start() -> tuple[Service, Any]:
        service = cast("Service", importlib.import_module(module))
        return service, service.init(meta, arrays)

    started = guarded(start)
    if isinstance(started, Failure):
        wire.send(descriptor, wire.pack(nonce, vars(started)))
        return
    report = _lock(memory_mib, without, parent)
    wire.send(descriptor, wire.pack(nonce, {"status": "ok", "report": report}))
    service, state = started
    while (request := wire.receive(descriptor)) is not None:
        wire.send(descriptor, _answer(service, state, *request))


def _lock(memory_mib: int, without: list[str], parent: int) -> lockdown.Report:
    report: lockdown.Report = {}
    gc.collect()
    gc.freeze()
    in_use = lockdown.address_space()
    memory = in_use + (memory_mib << 20) if in_use else 0
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lockdown.enter(report, without, own_pids=False)
    lockdown.die_with_parent(report, without, parent)  # again: dropping the identity cleared it
    lockdown.limit(report, without, memory, None)
    lockdown.refuse_calls(report, without)
    return report


def _answer(
    service: Service, state: Any, nonce: bytes, request: dict[str, Any], arrays: Arrays
) -> bytes:
    """Answer one request, under alarms of the kernel that kill this process."""
    signal.setitimer(signal.ITIMER_PROF, request["cpu_s"])
    signal.setitimer(signal.ITIMER_REAL, request["wall_s"] + 1.0)
    began = time.process_time()

    def handle() -> bytes:
        meta, values = service.handle(state, request["meta"], arrays)
        status = {
            "status": "ok",
            "meta": meta,
            "cpu_s": time.process_time() - began,
            "rss_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        }
        return wire.pack(nonce, status, values)

    frame = guarded(handle)
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    return wire.pack(nonce, vars(frame)) if isinstance(frame, Failure) else frame
