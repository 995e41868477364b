"""The engine's end of a zygote: start it, hand it jobs, notice when it is gone, start another."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import signal
import socket
import threading
import time
from collections.abc import Collection, Sequence
from typing import Any, Final

import numpy as np

from evolve.errors import SandboxError
from evolve.sandbox import wire
from evolve.sandbox.answer import read_answer
from evolve.sandbox.outcome import STOPPED, Limits, Outcome, is_from_outside, signal_name
from evolve.sandbox.spawn import Spawned, read_some
from evolve.sandbox.zygote import CPU, DONE, ENDED, JOB, WALL

_GRACE_S: Final = 10.0
_ENDING_S: Final = 30.0  # for a process that has closed its wires; a busy machine is slow
_TRIES: Final = 3
_SIGNAL_STATUS: Final[dict[int, str]] = {
    signal.SIGSYS: "violation",
    signal.SIGXCPU: "cpu",
    signal.SIGKILL: "cpu",  # the kernel's hard limit
}


class LostError(Exception):
    """A job came to nothing for a reason that need not be its own; `status` if it is again."""

    def __init__(self, status: str, message: str) -> None:
        """Keep status and message of a job that is lost for good."""
        super().__init__(message)
        self.status = status


class Zygotes:
    """One zygote at a time; any number of threads may run jobs in it.

    Args:
        limits: What a job may use.
        without: Mechanisms to leave out, for tests and tables.
    """

    def __init__(self, limits: Limits, without: Collection[str] = ()) -> None:
        """Keep what to start; nothing runs yet."""
        self.report: dict[str, str] = {}
        self._limits = limits
        self._without = sorted(without)
        self._lock = threading.Lock()
        self._process: Spawned | None = None
        self._control: socket.socket | None = None
        self._is_ready = False
        self._n_closed = 0
        self._is_stopped = False

    @property
    def pid(self) -> int | None:
        """Process id of the zygote, `None` while none runs."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start a zygote without waiting for it; the next job waits until it is ready."""
        with self._lock:
            self._start()

    def close(self, *, for_good: bool = False) -> None:
        """Kill the zygote and its children; `for_good` also for threads that run more jobs."""
        with self._lock:
            self._is_stopped |= for_good
            self._n_closed += 1
            self._close()

    def wait_until_ready(self) -> dict[str, str]:
        """Start a zygote if there is none, and wait for its report.

        Raises:
            SandboxError: No zygote can be started.
        """
        self._ready()
        return self.report

    def run(self, meta: dict[str, Any], arrays: Sequence[np.ndarray], cpu_s: float) -> Outcome:
        """Run one job in a child of its own.

        A job whose zygote is lost, or whose child was killed from outside (as the kernel does
        for want of memory), is tried once more; not one that was lost because the lane is closed.

        Raises:
            SandboxError: No zygote can be started.
        """
        began, n_closed = time.monotonic(), self._n_closed
        for attempt in (0, 1):
            try:
                outcome = self._run_once(meta, arrays, cpu_s)
            except LostError as error:
                outcome = Outcome(error.status, f"{error} ({attempt + 1} times)")
                if self._n_closed != n_closed:
                    break
            else:
                break
        return Outcome(**{**vars(outcome), "wall_s": time.monotonic() - began})

    def _run_once(
        self, meta: dict[str, Any], arrays: Sequence[np.ndarray], cpu_s: float
    ) -> Outcome:
        process, control = self._ready()
        wall_s = self._limits.wall(cpu_s)
        nonce = secrets.token_bytes(wire.NONCE_BYTES)
        request = wire.pack(nonce, meta, arrays)
        reader = wire.FrameReader(nonce, self._limits.answer_bytes)
        with contextlib.ExitStack() as stack:
            data, done, output = self._hand_over(stack, control, cpu_s, wall_s)
            deadline = time.monotonic() + wall_s + _GRACE_S
            try:
                report = _converse(data, done, request, reader, deadline)
            except wire.WireError as error:
                status = "answer-too-large" if error.too_large else "bad-answer"
                return Outcome(status, str(error))
            if report is None:
                self._lose(process)
                raise LostError("zygote-lost", "the process that forks was lost")
            printed = read_some(output, self._limits.output_bytes)
        outcome = _judge(DONE.unpack(report), reader, self._limits, cpu_s)
        return Outcome(**{**vars(outcome), "stdout": printed})

    def _hand_over(
        self, stack: contextlib.ExitStack, control: socket.socket, cpu_s: float, wall_s: float
    ) -> tuple[socket.socket, int, int]:
        """Send a job with the child's ends of three wires; return ours, closed by `stack`."""
        data, data_end = socket.socketpair()
        stack.callback(data.close)
        theirs = contextlib.ExitStack()
        with theirs:
            theirs.callback(data_end.close)
            done, done_end = os.pipe()
            stack.callback(os.close, done)
            theirs.callback(os.close, done_end)
            output, output_end = os.pipe()
            stack.callback(os.close, output)
            theirs.callback(os.close, output_end)
            os.set_blocking(output, False)
            os.set_blocking(output_end, False)
            memory = self._limits.memory_mib << 20
            job = JOB.pack(cpu_s, wall_s, memory, self._limits.answer_bytes)
            with contextlib.suppress(OSError):
                socket.send_fds(control, [job], [data_end.fileno(), done_end, output_end])
        return data, done, output

    def _ready(self) -> tuple[Spawned, socket.socket]:
        reason = ""
        with self._lock:
            for _ in range(_TRIES):
                self._start()
                assert self._process is not None
                assert self._control is not None
                try:
                    if not self._is_ready:
                        self._await_report(self._process, self._control)
                except LostError as error:
                    reason = str(error)
                else:
                    return self._process, self._control
        raise SandboxError(f"sandbox: {reason}, {_TRIES} times in a row")

    def _await_report(self, process: Spawned, control: socket.socket) -> None:
        """Wait for the first words of a zygote.

        Raises:
            LostError: Somebody else killed it while it started.
            SandboxError: It cannot start.
        """
        control.settimeout(self._limits.start_s)
        patience_s = 2.0
        try:
            words = control.recv(65_536)
            if not words:
                patience_s = _ENDING_S
            self.report = json.loads(words)["report"]
        except (OSError, ValueError, LookupError, TypeError) as error:
            code, message = process.ended(patience_s), process.said(self._limits.message_chars)
            self._close()
            if code is not None and code < 0 and is_from_outside(-code):
                name = signal_name(-code)
                raise LostError(
                    "zygote-lost", f"the forking process was ended by {name} from outside"
                ) from error
            reason = message.splitlines()[-1] if message else str(error)
            raise SandboxError(f"sandbox: the forking process did not start: {reason}") from error
        control.settimeout(None)
        self._is_ready = True

    def _start(self) -> None:
        if self._process is not None:
            return
        if self._is_stopped:
            raise SandboxError(STOPPED)
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._is_ready = False
        with theirs:
            self._process = Spawned(
                "evolve.sandbox.zygote",
                {"control": theirs.fileno(), "without": self._without},
                [theirs.fileno()],
                self._without,
            )

    def _lose(self, process: Spawned) -> None:
        """Give up a zygote, unless another thread has already replaced it."""
        with self._lock:
            if self._process is process:
                self._close()

    def _close(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            self._process.end()
            self._process = None


def _converse(
    data: socket.socket,
    done: int,
    request: bytes,
    reader: wire.FrameReader,
    deadline: float,
) -> bytes | None:
    """Send the request and read the answer until the child's end is reported.

    Returns:
        The report of the child's end; `None` if the zygote was lost.

    Raises:
        WireError: The answer broke a cap or the format; the child is to be killed.
    """
    data.setblocking(False)
    rest = memoryview(request)
    poll = select.poll()
    poll.register(done, select.POLLIN)
    poll.register(data, select.POLLIN | select.POLLOUT)
    while (left := deadline - time.monotonic()) > 0:
        events = dict(poll.poll(1000 * left))
        if rest and data.fileno() in events:
            rest = wire.send_some(data, rest)
            poll.modify(data, select.POLLIN | (select.POLLOUT if rest else 0))
        if data.fileno() in events and not reader.read_from(data):
            poll.unregister(data)
        if done in events:
            reader.read_from(data)
            return os.read(done, DONE.size) or None
    return None


def _judge(
    report: tuple[Any, ...], reader: wire.FrameReader, limits: Limits, cpu_limit_s: float
) -> Outcome:
    """Return the outcome of a child, from its end and, only if that was clean, its answer.

    Raises:
        LostError: Somebody else killed it.
    """
    wait_status, reason, user, system, rss_kib, _ = report
    used = {"cpu_s": user + system, "max_rss_mib": rss_kib / 1024}
    if reason == WALL:
        return Outcome("timeout", "not done within the wall limit", **used)
    if reason == CPU:
        return Outcome("cpu", f"used more than {cpu_limit_s:g} CPU seconds", **used)
    if os.WIFSIGNALED(wait_status):
        killer = os.WTERMSIG(wait_status)
        if is_from_outside(killer) and user + system < cpu_limit_s:
            lasting = "memory" if killer == signal.SIGKILL else "crash"
            raise LostError(
                lasting, f"the process was ended by {signal_name(killer)} from outside"
            )
        return Outcome(_SIGNAL_STATUS.get(killer, "crash"), signal_name(killer), **used)
    if reason != ENDED or wait_status != 0:
        code = os.waitstatus_to_exitcode(wait_status)
        return Outcome("no-answer", f"the process exited with status {code}", **used)
    try:
        outcome = read_answer(*reader.frame(), limits)
    except EOFError:
        return Outcome("no-answer", "the process exited without an answer", **used)
    except wire.WireError as error:
        return Outcome("bad-answer", str(error), **used)
    return Outcome(**{**vars(outcome), **used, "meta": {}})  # the kernel's count, not the child's
