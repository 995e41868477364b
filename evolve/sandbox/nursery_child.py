"""The process that loads a trusted module once and forks the workers that run it or another.

It never sees a byte of data: each worker has a wire of its own to the engine. The workers share
the memory of what was loaded, start in milliseconds, and put up their own walls. A module whose
`preload(in_fork)` says that it made and stored what it should load is loaded again, by a fresh
process.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import select
import signal
import socket
import struct
import sys
from functools import partial
from typing import Final

from evolve.sandbox import lockdown, worker_child
from evolve.sandbox.wake import WakingPoll, forget_children

ORDER: Final = struct.Struct("<Q")  # MiB of memory; then the name of the module to run
NUMBER: Final = struct.Struct("<i")  # a process id, then its wait status
READY: Final = b"ready"
_WIRE: Final = 3
_NAME_BYTES: Final = 4_096
_FIRST_TIME: Final = 2  # arguments of this process


def main(control: int, module: str, without: list[str], parent: int) -> None:
    """Load `module`, then fork workers until the engine, process `parent`, closes `control`."""
    del parent  # the boot code has seen to it that this process dies with the engine
    loaded = importlib.import_module(module)
    in_fork = partial(lockdown.die_with_parent, {}, without, os.getpid())
    if hasattr(loaded, "preload") and loaded.preload(in_fork) and len(sys.argv) == _FIRST_TIME:
        os.execv(sys.executable, [*sys.orig_argv, "again"])
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nursery = Nursery(socket.socket(fileno=control), without)
    with contextlib.suppress(OSError):
        nursery.control.send(READY)
        nursery.serve()
    os._exit(0)


class Nursery:
    """Forks workers, ends those whose end is asked for, and reports all ends."""

    def __init__(self, control: socket.socket, without: list[str]) -> None:
        """Listen on `control`."""
        self.control = control
        self._without = without
        self._ends: dict[int, socket.socket] = {}
        self._poll = WakingPoll(control)

    def serve(self) -> None:
        """Fork workers until the engine is gone; then kill those that still run."""
        while True:
            events = self._poll.events()
            for pid, end in self._ends.items():
                if end.fileno() in events:  # the engine has shut its end of the wire
                    _kill(pid)
                    self._poll.unregister(end)
            self._reap()
            if self.control.fileno() in events and not self._take():
                break
        for pid in self._ends:
            _kill(pid)

    def _take(self) -> bool:
        """Fork the worker that waits on the control socket; false when the engine is gone."""
        message, descriptors, _, _ = socket.recv_fds(self.control, ORDER.size + _NAME_BYTES, 3)
        if len(message) <= ORDER.size or len(descriptors) != 3:
            return False
        (memory_mib,), module = ORDER.unpack_from(message), message[ORDER.size :].decode()
        wire, errors, end = descriptors
        nursery, pid = os.getpid(), os.fork()
        if pid == 0:
            _worker(wire, errors, module, memory_mib, self._without, nursery)
        os.close(wire)
        os.close(errors)
        told = socket.socket(fileno=end)
        with contextlib.suppress(OSError):
            told.send(NUMBER.pack(pid))
        self._ends[pid] = told
        self._poll.register(told, select.POLLIN)
        return True

    def _reap(self) -> None:
        while self._ends:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            end = self._ends.pop(pid)
            with contextlib.suppress(KeyError):
                self._poll.unregister(end)
            with end, contextlib.suppress(OSError):
                end.send(NUMBER.pack(status))


def _kill(pid: int) -> None:
    """Kill a worker that was not reaped yet, and its group."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def _worker(
    wire: int, errors: int, module: str, memory_mib: int, without: list[str], nursery: int
) -> None:
    """Be a worker in the forked process, and end it here whatever happens."""
    try:
        forget_children()
        lockdown.die_with_parent({}, without, nursery)
        os.setsid()
        os.dup2(errors, 2)
        os.dup2(wire, _WIRE)
        os.closerange(_WIRE + 1, os.sysconf("SC_OPEN_MAX"))
        worker_child.main(_WIRE, module, memory_mib, without, nursery)
        os._exit(0)
    finally:
        os._exit(70)
