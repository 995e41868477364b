"""The process that forks one throw-away child a job, and never sees a byte of data.

It preloads numpy and scipy, walls itself in, and then, single-threaded, does only this: take a
job's limits and three descriptors, fork, kill at the limits, reap, and report what the kernel
counted. The rows travel between engine and child
alone.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import signal
import socket
import struct
import sys
import time
from dataclasses import dataclass
from typing import Any, Final

from evolve.sandbox import foreign_child as candidate
from evolve.sandbox import lockdown, wire
from evolve.sandbox.wake import WakingPoll, forget_children

JOB: Final = struct.Struct("<ddQQ")  # cpu_s, wall_s, memory bytes, answer bytes
DONE: Final = struct.Struct("<iidddd")  # wait status, reason, user, system, rss KiB, wall
ENDED, WALL, CPU, CANCELLED = range(4)
OUTPUT_BYTES: Final = 4_096
_DATA: Final = 3
_TICK_S: Final = 0.02
_TRIES: Final = 3


def main(control: int, without: list[str], parent: int) -> None:
    """Serve jobs from the socket `control` until the engine, process `parent`, closes it."""
    report: dict[str, str] = dict(candidate.preload())
    memory = lockdown.address_space()
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    own_pids = lockdown.enter(report, without, own_pids=True)
    lockdown.die_with_parent({}, without, parent)  # again: dropping the identity cleared it
    if own_pids:
        first = os.fork()
        if first:
            os.close(control)
            _end_like(os.waitpid(first, 0)[1])
        lockdown.die_with_parent({}, without, parent=0)
    zygote = Zygote(socket.socket(fileno=control), memory, without)
    report |= zygote.rehearse()
    ready = json.dumps({"report": report})
    zygote.control.send(ready.encode()[:60_000])
    zygote.serve()
    os._exit(0)


def _end_like(status: int) -> None:
    """End as the process ended whose wait status this is, so that the engine sees it."""
    if os.WIFSIGNALED(status):
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.WEXITSTATUS(status))


@dataclass
class Job:
    """One running child: when it must end, and where its end is told."""

    done: int
    began: float
    deadline: float
    cpu_s: float
    reason: int = ENDED


class Zygote:
    """Forks children, keeps their limits, reports their ends."""

    def __init__(self, control: socket.socket, memory: int, without: list[str]) -> None:
        """Listen on `control`; `memory` is the address space before any job."""
        self.control = control
        self._memory = memory
        self._without = without
        self._jobs: dict[int, Job] = {}
        self._poll = WakingPoll(control)

    def rehearse(self) -> dict[str, str]:
        """Put up a child's own walls in a child, and return its report of them.

        A child that somebody else killed says nothing of the walls: there is another one.
        """
        for _ in range(_TRIES):
            text, status = self._rehearse_once()
            if text:
                return dict(json.loads(text))
            if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
                break
        return {"seccomp": "no: a child could not start"}

    def _rehearse_once(self) -> tuple[bytes, int]:
        """What a child says of its walls, and how it ended."""
        ours, theirs = os.pipe()
        zygote, pid = os.getpid(), os.fork()
        if pid == 0:
            report = _wall_in(self._without, 1.0, self._memory + (64 << 20), zygote)
            os.write(theirs, json.dumps(report).encode())
            os._exit(0)
        os.close(theirs)
        with open(ours, "rb") as file:
            text = file.read()
        return text, os.waitpid(pid, 0)[1]

    def serve(self) -> None:
        """Run jobs until the engine is gone; then kill what still runs."""
        while True:
            events = self._poll.events(self._next_tick())
            for pid, job in self._jobs.items():
                if job.done in events:
                    self._kill(pid, job, CANCELLED)
            self._reap()
            self._enforce()
            if self.control.fileno() in events and not self._take():
                break
        for pid, job in self._jobs.items():
            self._kill(pid, job, CANCELLED)

    def _take(self) -> bool:
        """Start the job that waits on the control socket; false when the engine is gone."""
        try:
            message, descriptors, _, _ = socket.recv_fds(self.control, JOB.size, 3)
        except OSError:
            return False
        if len(message) != JOB.size or len(descriptors) != 3:
            return False
        cpu_s, wall_s, memory, answer_bytes = JOB.unpack(message)
        data, done, output = descriptors
        zygote, pid = os.getpid(), os.fork()
        if pid == 0:
            memory += self._memory
            _child(data, output, self._without, cpu_s, memory, answer_bytes, zygote)
        os.close(data)
        os.close(output)
        now = time.monotonic()
        self._jobs[pid] = Job(done, now, now + wall_s, cpu_s)
        self._poll.register(done, 0)
        return True

    def _next_tick(self) -> int | None:
        """Return the milliseconds until a limit may be broken, `None` without jobs."""
        if not self._jobs:
            return None
        now = time.monotonic()
        waits = [
            min(job.deadline - now, max(_TICK_S, job.cpu_s - _cpu_time(pid)))
            for pid, job in self._jobs.items()
        ]
        return max(1, min(60_000, int(1000 * min(waits)) + 1))

    def _enforce(self) -> None:
        if "clock" in self._without:
            return
        now = time.monotonic()
        for pid, job in self._jobs.items():
            if now >= job.deadline:
                self._kill(pid, job, WALL)
            elif _cpu_time(pid) >= job.cpu_s:
                self._kill(pid, job, CPU)

    def _kill(self, pid: int, job: Job, reason: int) -> None:
        job.reason = job.reason or reason
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(pid, signal.SIGKILL)

    def _reap(self) -> None:
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            job = self._jobs.pop(pid, None)
            if job is None:
                continue
            self._poll.unregister(job.done)
            wall = time.monotonic() - job.began
            report = (usage.ru_utime, usage.ru_stime, float(usage.ru_maxrss), wall)
            with contextlib.suppress(OSError):
                os.write(job.done, DONE.pack(status, job.reason, *report))
            os.close(job.done)


class CappedText(io.TextIOBase):
    """Text written to a descriptor, the first bytes of it only."""

    left = OUTPUT_BYTES

    def __init__(self, descriptor: int) -> None:
        """Write to `descriptor`; all writers share one allowance."""
        self._descriptor = descriptor

    def write(self, text: str) -> int:
        """Write what still fits, and say that all was written."""
        room = text[: CappedText.left].encode("utf-8", "replace")[: CappedText.left]
        if room:
            CappedText.left -= len(room)
            with contextlib.suppress(OSError):
                os.write(self._descriptor, room)
        return len(text)


def _child(
    data: int,
    output: int,
    without: list[str],
    cpu_s: float,
    memory: int,
    answer_bytes: int,
    zygote: int,
) -> None:
    """Run one job in the forked process, and end it here whatever happens."""
    try:
        os.setsid()
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.dup2(data, _DATA)
        if "descriptors" not in without:
            os.closerange(_DATA + 1, os.sysconf("SC_OPEN_MAX"))
        sys.stdout, sys.stderr = CappedText(1), CappedText(2)
        gc.enable()
        request: list[Any] = []
        _wall_in(without, cpu_s, memory, zygote, lambda: request.append(wire.receive(_DATA)))
        if request[0] is not None:
            nonce, meta, arrays = request[0]
            wire.send(_DATA, candidate.answer(nonce, meta, arrays, answer_bytes))
            os._exit(0)
    finally:
        os._exit(70)


def _wall_in(
    without: list[str], cpu_s: float, memory: int, zygote: int, before_last: Any = None
) -> dict[str, str]:
    """Put up the walls of a child; `before_last` runs just before the call filter."""
    report: dict[str, str] = {}
    forget_children()
    lockdown.die_with_parent(report, without, zygote)
    lockdown.limit(report, without, memory, cpu_s)
    if before_last is not None:
        before_last()
    lockdown.refuse_calls(report, without)
    return report


def _cpu_time(pid: int) -> float:
    """Return the CPU seconds of another process, 0 when it has ended."""
    try:
        return time.clock_gettime(((~pid) << 3) | 2)
    except OSError:
        return 0.0
