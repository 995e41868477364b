"""What the sandbox is asked to enforce (Limits) and what comes back from it (Outcome)."""

from __future__ import annotations

import contextlib
import signal
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from evolve.law.program import MAX_BYTES

STATUSES: Final = (
    "ok",
    "rejected",
    "exception",
    "timeout",
    "cpu",
    "memory",
    "violation",
    "crash",
    "no-answer",
    "bad-answer",
    "answer-too-large",
    "zygote-lost",
)
STOPPED: Final = "sandbox: the lane of programs was closed for good"


@dataclass(frozen=True)
class Limits:
    """What one call in a sandbox may use.

    Attributes:
        cpu_s: CPU seconds of one fit or one call of a worker.
        predict_cpu_s: CPU seconds of one prediction.
        wall_s: Wall seconds of one call; `None` is three times the CPU seconds plus two.
        memory_mib: Address space above what the preloaded process holds, in MiB.
        program_bytes: Longest program text.
        answer_bytes: Longest answer.
        output_bytes: How much of stdout and stderr together is kept.
        message_chars: Longest message of a failure.
        start_s: Wall seconds for a process to start, preload and compile.
    """

    cpu_s: float = 10.0
    predict_cpu_s: float = 2.0
    wall_s: float | None = None
    memory_mib: int = 512
    program_bytes: int = MAX_BYTES
    answer_bytes: int = 4 << 20
    output_bytes: int = 4_096
    message_chars: int = 2_000
    start_s: float = 600.0

    def __post_init__(self) -> None:
        """Check that every limit is a positive number."""
        for name, value in vars(self).items():
            if value is not None and not value > 0:
                raise ValueError(f"Limits: {name} must be positive, got {value!r}")

    def wall(self, cpu_s: float) -> float:
        """Return the wall limit, in seconds, of a call that may use `cpu_s` CPU seconds."""
        return 3.0 * cpu_s + 2.0 if self.wall_s is None else self.wall_s


@dataclass(frozen=True)
class Outcome:
    """How one call in a sandbox ended.

    Attributes:
        status: One of `STATUSES`; only `ok` carries arrays.
        message: What went wrong, in one printable line or a few; empty when all went well.
        arrays: float64 arrays of the answer.
        meta: Further fields of the answer of a worker.
        cpu_s: CPU seconds used, as the kernel counted them.
        wall_s: Wall seconds from request to answer, as the parent saw them.
        max_rss_mib: Largest resident memory of the process, in MiB.
        stdout: What the program printed, both streams, capped and printable.
    """

    status: str
    message: str = ""
    arrays: tuple[np.ndarray, ...] = ()
    meta: dict[str, Any] = field(default_factory=dict)
    cpu_s: float = 0.0
    wall_s: float = 0.0
    max_rss_mib: float = 0.0
    stdout: str = ""

    @property
    def ok(self) -> bool:
        """Whether the call gave an answer."""
        return self.status == "ok"


# Signals by which a process may end through its own doing; any other was sent to it.
_OWN_SIGNALS: Final = frozenset(
    {
        *("SIGABRT", "SIGALRM", "SIGBUS", "SIGFPE", "SIGILL", "SIGPIPE", "SIGPROF", "SIGSEGV"),
        *("SIGSYS", "SIGTRAP", "SIGVTALRM", "SIGXCPU", "SIGXFSZ"),
    }
)


def signal_name(number: int) -> str:
    """Return a signal's name, `signal 35` for one that has none."""
    with contextlib.suppress(ValueError):
        return signal.Signals(number).name
    return f"signal {number}"


def is_from_outside(number: int) -> bool:
    """Whether a signal that ended a process was sent to it, as by the kernel short of memory."""
    return signal_name(number) not in _OWN_SIGNALS


def printable(raw: bytes | str, limit: int) -> str:
    """Return text that is safe to show: decoded, no control characters, at most `limit` long."""
    text = raw if isinstance(raw, str) else raw[: 4 * limit].decode("utf-8", "replace")
    characters = (c if c.isprintable() or c == "\n" else "?" for c in text[:limit].expandtabs(4))
    return "".join(characters)[:limit].rstrip()
