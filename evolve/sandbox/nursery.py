"""The engine's end of a nursery: a process that loads a trusted module once and forks workers.

A nursery is shared by all who are inside `nursery` at the same time: the workers of a search and
those of the choice after it are forked from one process, so the module is loaded once.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from typing import Final

from evolve.errors import SandboxError
from evolve.sandbox.nursery_child import NUMBER, ORDER
from evolve.sandbox.spawn import Spawned, Stderr, stderr_pipe

CAN_FORK: Final = sys.platform == "linux"
_END_S: Final = 30.0  # for a process that was killed; a busy machine is slow


class Nursery:
    """Starts workers; any number of threads may ask it.

    Args:
        module: Full name of the module that it loads for them, as a `Worker` takes it; its
            `preload(in_fork)`, if it has one, is called once. What that forks is to call
            `in_fork` first, so as to end with it.
    """

    def __init__(self, module: str) -> None:
        """Start the process, without waiting for it."""
        self._module = module
        self._lock = threading.Lock()
        self._process: Spawned | None = None
        self._control: socket.socket | None = None
        self._is_ready = False
        with self._lock:
            self._start()

    def fork(self, wire: socket.socket, memory_mib: int, module: str) -> Forked:
        """Have a worker forked, without waiting for it; a nursery that is gone starts again.

        Args:
            wire: The worker's end of its wire.
            memory_mib: Address space above what it holds when it is ready, in MiB.
            module: Full name of the module that it runs, the one that is loaded or another, which
                it loads itself.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        errors, error_end = stderr_pipe()
        try:
            with theirs, self._lock:
                self._start()
                assert self._process is not None
                assert self._control is not None
                descriptors = [wire.fileno(), error_end, theirs.fileno()]
                with contextlib.suppress(OSError):  # it is gone: the worker's end will say so
                    order = ORDER.pack(memory_mib) + module.encode()
                    socket.send_fds(self._control, [order], descriptors)
                return Forked(self._process, ours, errors)
        finally:
            os.close(error_end)

    def wait_until_ready(self, timeout_s: float) -> None:
        """Wait until the module is loaded; whether it could be is for the first worker to say."""
        with self._lock:
            self._start()
            assert self._control is not None
            if not self._is_ready:
                self._control.settimeout(timeout_s)
                with contextlib.suppress(OSError):
                    self._is_ready = bool(self._control.recv(64))
                self._control.settimeout(None)

    def close(self) -> None:
        """End the process, and with it the workers that it forked."""
        with self._lock:
            self._end()

    def _start(self) -> None:
        if self._process is not None and self._process.runs:
            return
        self._end()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._is_ready = False
        arguments = {"control": theirs.fileno(), "module": self._module, "without": []}
        with theirs:
            self._process = Spawned("evolve.sandbox.nursery_child", arguments, [theirs.fileno()])

    def _end(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            self._process.end()
            self._process = None


class Forked:
    """A worker's process that a nursery forked: what `Spawned` is of one that was executed."""

    def __init__(self, nursery: Spawned, end: socket.socket, errors: Stderr) -> None:
        """Take the socket that tells of the process, and its stderr."""
        self._nursery = nursery
        self._end = end
        self._errors = errors
        self._pid: int | None = None
        self._code: int | None = None

    @property
    def pid(self) -> int:
        """Process id, once the nursery has forked it.

        Raises:
            SandboxError: The nursery could not start.
        """
        while self._pid is None:
            if not self._hear(_END_S) or self._code is not None:
                raise SandboxError("sandbox: the process that forks workers forks none")
        return self._pid

    @property
    def runs(self) -> bool:
        """Whether the process has not ended."""
        while self._code is None and self._hear(0.0):
            pass
        return self._code is None

    def ended(self, timeout_s: float) -> int | None:
        """Wait for the end: its exit status, negative for a signal; `None` if it runs on."""
        deadline = time.monotonic() + timeout_s
        while self._code is None and self._hear(max(deadline - time.monotonic(), 0.0)):
            pass
        return self._code

    def said(self, limit: int) -> str:
        """What it wrote to stderr since the last call, printable, at most `limit` long."""
        return self._errors.read(limit) or self._nursery.said(limit)

    def kill(self) -> None:
        """Have the process killed, without waiting; any thread may, at any time."""
        with contextlib.suppress(OSError):
            self._end.shutdown(socket.SHUT_WR)

    def end(self) -> None:
        """Kill the process, wait until it is buried, and close its stderr; to be called once."""
        if self.runs:
            self.kill()
            self.ended(_END_S)
        self._end.close()
        self._errors.close()

    def _hear(self, timeout_s: float) -> bool:
        """Take one word of the nursery, if one comes: the process's id, then how it ended."""
        poll = select.poll()
        poll.register(self._end, select.POLLIN)
        if not poll.poll(1000.0 * timeout_s):
            return False
        try:
            word = self._end.recv(NUMBER.size)
        except OSError:
            word = b""
        if len(word) != NUMBER.size:  # the nursery is gone, and its children with it
            code = self._nursery.ended(2.0)
            self._code = -signal.SIGKILL if code is None else code
        elif self._pid is None:
            (self._pid,) = NUMBER.unpack(word)
        else:
            self._code = os.waitstatus_to_exitcode(NUMBER.unpack(word)[0])
        return True


_SHARED: dict[tuple[int, str], tuple[Nursery, int]] = {}
_SHARING: Final = threading.Lock()


@contextlib.contextmanager
def nursery(module: str) -> Iterator[Nursery | None]:
    """A nursery of a module while inside, shared with all who are; None where none can be.

    A fork of this process makes its own.
    """
    if not CAN_FORK:
        yield None
        return
    key = os.getpid(), module
    with _SHARING:
        shared, n_inside = _SHARED.get(key) or (Nursery(module), 0)
        _SHARED[key] = shared, n_inside + 1
    try:
        yield shared
    finally:
        with _SHARING:
            shared, n_inside = _SHARED.pop(key)
            if n_inside > 1:
                _SHARED[key] = shared, n_inside - 1
            else:
                shared.close()


def shared_nursery(module: str) -> Nursery | None:
    """The nursery of a module that others are inside of; None where nobody is."""
    with _SHARING:
        shared = _SHARED.get((os.getpid(), module))
    return None if shared is None else shared[0]
