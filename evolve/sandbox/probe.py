"""What this machine can enforce, as a report with a level: strong, partial or weak."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from evolve.errors import SandboxError, nearest
from evolve.sandbox.lockdown import WORKS
from evolve.sandbox.nursery import Nursery
from evolve.sandbox.outcome import Limits
from evolve.sandbox.worker import Worker

LEVELS: Final = ("weak", "partial", "strong")

# name: (what it protects from, what is open without it)
_MECHANISMS: Final = {
    "separate process": (
        "crashes, exits, endless loops and patched libraries end with the process",
        "a program shares the engine's process",
    ),
    "clean environment": (
        "keys and paths in the engine's environment cannot be read",
        "a program can read the engine's environment",
    ),
    "fork": (
        "a fresh process for every call costs milliseconds",
        "every call of a foreign program starts an interpreter: about a second each",
    ),
    "one thread": (
        "forking is safe, and no thread of a library is outside the walls",
        "a library started threads: forked processes may hang until their limit",
    ),
    "limits": (
        "memory bombs, endless computing, large files, processes of an ordinary user",
        "a program can use up the machine's memory until its wall limit",
    ),
    "seccomp": (
        "files, network, other processes, new processes, executable memory, rare kernel calls",
        "UDP, io_uring and signals to processes of the same user are not refused",
    ),
    "landlock": (
        "all files and TCP, again, and signals and sockets to the outside",
        "there is no second wall around files",
    ),
    "namespaces": (
        "network, shared memory and other processes cannot even be seen",
        "there is no second wall around network and processes",
    ),
    "identity": (
        "as root: programs run as nobody",
        "programs run with the rights of root",
    ),
    "no new privileges": (
        "no program can gain rights by starting another; the other walls need it",
        "a set-uid program could give rights back",
    ),
    "not dumpable": (
        "processes of the same user cannot read the memory of a sandbox or of its engine",
        "processes of the same user can read the memory of a sandbox and of its engine",
    ),
    "parent-death signal": (
        "nothing runs on after the engine was killed",
        "a program may run on until its limits after the engine was killed",
    ),
}


@dataclass(frozen=True)
class Mechanism:
    """One wall: whether it stands here, and what for.

    Attributes:
        name: Of the mechanism.
        works: Whether it is in force here.
        detail: Why not; empty when it is.
        protects: What it protects from.
        missing: What is open without it.
    """

    name: str
    works: bool
    detail: str
    protects: str
    missing: str


@dataclass(frozen=True)
class SandboxReport:
    """All mechanisms on this machine, and the level they add up to."""

    mechanisms: tuple[Mechanism, ...]

    @property
    def level(self) -> str:
        """`strong` with seccomp and limits, `partial` with Landlock and limits, else `weak`."""
        works = {mechanism.name for mechanism in self.mechanisms if mechanism.works}
        if {"seccomp", "limits"} <= works:
            return "strong"
        return "partial" if {"landlock", "limits"} <= works else "weak"

    @property
    def gaps(self) -> tuple[str, ...]:
        """One sentence for each mechanism that does not work here: what is open without it."""
        return tuple(f"{m.name}: {m.missing}" for m in self.mechanisms if not m.works)

    def require(self, level: str) -> None:
        """Refuse to go on below a level.

        Raises:
            SandboxError: The level here is lower; the message says what is open.
            ValueError: There is no such level.
        """
        if level not in LEVELS:
            raise ValueError(f"sandbox level: one of {', '.join(LEVELS)}{nearest(level, LEVELS)}")
        if LEVELS.index(self.level) < LEVELS.index(level):
            open_to = "; ".join(self.gaps)
            raise SandboxError(f"sandbox: level {self.level} here, {level} required ({open_to})")

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON can hold it, for a run's store."""
        return {
            "level": self.level,
            "platform": sys.platform,
            "mechanisms": {m.name: m.detail or WORKS for m in self.mechanisms},
        }


def read_report(found: Mapping[str, str], can_fork: bool = True) -> SandboxReport:
    """Turn what a locked-down process said of its walls into a report.

    Args:
        found: Mechanism to "yes" or why not.
        can_fork: Whether foreign programs get forked processes.
    """
    always = {"separate process": WORKS, "clean environment": WORKS}
    fork = {"fork": WORKS if can_fork else f"no: not safe on {sys.platform}"}
    every = {**always, **fork, **found}
    mechanisms = []
    for name, (protects, missing) in _MECHANISMS.items():
        answer = every.get(name, "no: not tried")
        works = answer == WORKS
        detail = "" if works else answer.removeprefix("no: ")
        mechanisms.append(Mechanism(name, works, detail, protects, missing))
    return SandboxReport(tuple(mechanisms))


def probe(parent: Nursery | None = None) -> SandboxReport:
    """Start a locked-down process and report which walls stand around it.

    Args:
        parent: Where it is forked, as workers are; executed anew if None.

    Raises:
        SandboxError: No process can be started at all.
    """
    limits = Limits(start_s=60.0) if parent is None else Limits()  # what compiles takes long
    with Worker("evolve.sandbox.idle", limits=limits, nursery=parent) as worker:
        report = worker.wait_until_ready()
    return read_report(report, can_fork=sys.platform.startswith("linux"))
