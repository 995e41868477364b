"""Answer requests through one long-lived, locked-down process running one trusted module.

This is the fast lane: programs of our own grammar hold no foreign code, so one process serves
them all. It still runs without files, network and privileges, and is killed at its limits. A
worker that was killed is started again, with the same initial data, by the next call.
"""

from __future__ import annotations

import contextlib
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final, TypeVar

import numpy as np

from evolve.errors import Kept, SandboxError
from evolve.sandbox import wire
from evolve.sandbox.answer import read_answer
from evolve.sandbox.nursery import Forked, Nursery
from evolve.sandbox.outcome import Limits, Outcome, is_from_outside, signal_name
from evolve.sandbox.spawn import Spawned

_SIGNAL_STATUS: Final[dict[int, str]] = {
    signal.SIGSYS: "violation",
    signal.SIGXCPU: "cpu",
    signal.SIGPROF: "cpu",
    signal.SIGALRM: "timeout",
}
_TRIES: Final = 3
T = TypeVar("T")


class KilledError(SandboxError):
    """A worker was ended by a signal from outside, which says nothing about its work."""


class Worker:
    """One process that answers requests; for use by one thread, but for `stop`.

    Args:
        module: Full name of the module to run; it has `init` and `handle` as in `worker_child`.
        init_meta: First argument of `init`.
        init_arrays: Second argument of `init`, float64.
        limits: What one call may use.
        without: Mechanisms to leave out, for tests and tables.
        nursery: Where its process is forked, with all walls; executed anew if None.
    """

    def __init__(
        self,
        module: str,
        init_meta: dict[str, Any] | None = None,
        init_arrays: Sequence[np.ndarray] = (),
        limits: Limits | None = None,
        without: Collection[str] = (),
        nursery: Nursery | None = None,
    ) -> None:
        """Keep what to start; the process starts with `start` or the first call."""
        self.limits = limits or Limits()
        self.report: dict[str, str] = {}
        self.n_starts = 0
        self._module = module
        self._init = (dict(init_meta or {}), tuple(init_arrays))
        self._without = sorted(without)
        self._nursery = nursery
        self._process: Spawned | Forked | None = None
        self._wire: socket.socket | None = None
        self._nonce = b""
        self._is_ready = False
        self._stopped = threading.Event()

    def __enter__(self) -> Worker:
        """Start the process."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the process."""
        self.close()

    @property
    def pid(self) -> int | None:
        """Process id, `None` while none runs."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the process without waiting for it; the next call waits until it is ready.

        Raises:
            KilledError: The worker was stopped.
        """
        if self._process is not None:
            return
        if self._stopped.is_set():
            raise KilledError(f"worker {self._module}: stopped")
        self._wire, theirs = socket.socketpair()
        with theirs:
            self._process = self._begin(theirs)
        if self._stopped.is_set():  # by a thread that found no process yet
            self._process.kill()
        self.n_starts += 1
        self._is_ready = False
        self._send(*self._init, time.monotonic() + self.limits.start_s)

    def _begin(self, theirs: socket.socket) -> Spawned | Forked:
        """Have a process fork or execute, with the other end of the wire."""
        if self._nursery is not None:
            return self._nursery.fork(theirs, self.limits.memory_mib, self._module)
        arguments = {
            "descriptor": theirs.fileno(),
            "module": self._module,
            "memory_mib": self.limits.memory_mib,
            "without": self._without,
        }
        module, descriptors = "evolve.sandbox.worker_child", [theirs.fileno()]
        return Spawned(module, arguments, descriptors, self._without)

    def call(
        self,
        meta: dict[str, Any],
        arrays: Sequence[np.ndarray] = (),
        cpu_s: float | None = None,
    ) -> Outcome:
        """Send one request and wait for its answer or its end.

        A worker that somebody else killed, as the kernel does for want of memory, is started
        again and asked again: that says nothing about the request.

        Args:
            meta: First argument of `handle`; anything JSON can hold.
            arrays: Second argument of `handle`, float64.
            cpu_s: CPU limit of this call, if not that of the worker's limits.

        Returns:
            The answer; a worker that broke a limit is gone and its status says which.

        Raises:
            SandboxError: The module could not be initialised.
            KilledError: Its process is killed from outside again and again.
        """
        return self.ask(meta, arrays, cpu_s)()

    def ask(
        self,
        meta: dict[str, Any],
        arrays: Sequence[np.ndarray] = (),
        cpu_s: float | None = None,
    ) -> Callable[[], Outcome]:
        """Send one request, as `call`, without waiting for its answer.

        Returns:
            What waits for the answer; until then nothing else may be asked.
        """
        cpu_s = cpu_s or self.limits.cpu_s
        wall_s = self.limits.wall(cpu_s)
        request = {"meta": meta, "cpu_s": cpu_s, "wall_s": wall_s}
        began = time.monotonic()
        deadlines: list[float] = []  # of what was sent and is not answered: one, or none

        def send() -> None:
            self._become_ready()
            deadline = time.monotonic() + wall_s
            self._or_close(lambda: self._send(request, arrays, deadline))
            deadlines.append(deadline)

        def receive() -> Outcome:
            if not deadlines:
                send()
            deadline = deadlines.pop()
            return self._or_close(lambda: self._receive(deadline))

        def wait() -> Outcome:
            outcome = self._insist(receive)
            return Outcome(**{**vars(outcome), "wall_s": time.monotonic() - began})

        self._insist(send)
        return wait

    def stop(self) -> None:
        """End what the worker is doing, and start it no more; for any thread, at any time.

        The thread that uses it hears of that by a `KilledError`, and closes it as ever.
        """
        self._stopped.set()
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """Kill the process, if any, and close every descriptor."""
        if self._wire is not None:
            self._wire.close()
            self._wire = None
        if self._process is not None:
            self._process.end()
            self._process = None

    def wait_until_ready(self) -> dict[str, str]:
        """Start the process if there is none, or none any more, and wait for its report.

        Returns:
            Mechanism to "yes" or why not.

        Raises:
            SandboxError: The module could not be initialised.
        """
        self._insist(self._become_ready)
        return self.report

    def _become_ready(self) -> None:
        if self._process is not None and not self._process.runs and self._is_ready:
            self.close()
        self.start()
        if self._is_ready:
            return
        first = self._receive(time.monotonic() + self.limits.start_s)
        if first.status != "ok":
            self.close()
            raise SandboxError(f"worker {self._module}: could not start: {first.message}")
        self.report = first.meta
        self._is_ready = True

    def _insist(self, action: Callable[[], T]) -> T:
        """Return what `action` returns, once it comes through without a kill from outside."""
        reason = ""
        for _ in range(_TRIES):
            try:
                return action()
            except KilledError as error:
                if self._stopped.is_set():
                    raise
                reason = str(error)
        raise KilledError(
            f"{reason}, {_TRIES} times in a row; the machine may be short of memory: free some, "
            "or use fewer workers",
            Kept(", and resume"),
        )

    def _or_close(self, action: Callable[[], T]) -> T:
        """What an action returns; where it raises anything, the worker is closed."""
        with contextlib.ExitStack() as undo:
            undo.callback(self.close)
            done = action()
            undo.pop_all()
        return done

    def _send(
        self, request: dict[str, Any], arrays: Sequence[np.ndarray], deadline: float
    ) -> None:
        """Send one frame; a worker that is gone or stuck shows when its answer is awaited."""
        assert self._wire is not None
        self._nonce = secrets.token_bytes(wire.NONCE_BYTES)
        frame = wire.pack(self._nonce, request, arrays)
        self._wire.settimeout(max(0.001, deadline - time.monotonic()))
        with contextlib.suppress(OSError):
            self._wire.sendall(frame)

    def _receive(self, deadline: float) -> Outcome:
        """Wait for one frame; the worker is killed if that is not what comes."""
        assert self._wire is not None
        try:
            frame = wire.receive_answer(
                self._wire, self._nonce, deadline, self.limits.answer_bytes
            )
            return read_answer(*frame, self.limits)
        except TimeoutError:
            failure = Outcome("timeout", "no answer within the wall limit")
        except wire.WireError as error:
            status = "answer-too-large" if error.too_large else "bad-answer"
            failure = Outcome(status, str(error))
        except (EOFError, OSError):
            failure = self._obituary()
        self.close()
        return failure

    def _obituary(self) -> Outcome:
        """Say how a worker ended that closed its wire without an answer.

        Raises:
            KilledError: Somebody else ended it.
        """
        assert self._process is not None
        code = self._process.ended(2.0)
        if code is None:
            return Outcome("no-answer", "the worker closed its wire")
        text = self._process.said(self.limits.message_chars)
        if code >= 0:
            return Outcome("no-answer", f"the worker exited with status {code}: {text}")
        name = signal_name(-code)
        if is_from_outside(-code):
            self.close()
            raise KilledError(f"worker {self._module}: ended by {name} from outside")
        status = _SIGNAL_STATUS.get(-code, "crash")
        return Outcome(status, f"the worker was ended by {name}: {text}".rstrip(": "))
