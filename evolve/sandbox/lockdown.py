"""The walls around a process, put up from inside it, each with a report of whether it stands.

`enter` is for a process that will run, or fork what runs, untrusted work: new namespaces, another
identity, no new privileges, no files (Landlock). `limit` and `refuse_calls` come last, in the
process that does the work. What fails is reported, never raised: `report.py` turns the reports
into a level.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Collection
from typing import Final

with contextlib.suppress(ImportError):  # not on Windows, where this is imported all the same
    import resource

from evolve.sandbox import linux as kernel
from evolve.sandbox.syscalls import filter_program

Report = dict[str, str]
WORKS: Final = "yes"
OFF: Final = "switched off"
ORPHANED: Final = 71  # exit status of a process whose parent was gone before it could be watched
NOBODY: Final = 65_534
_PLAIN: Final = kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS


def enter(report: Report, without: Collection[str], own_pids: bool) -> bool:
    """Take this process out of reach of everything but its descriptors and its children.

    Args:
        report: Gets one entry a mechanism: `WORKS`, `OFF` or why not.
        without: Mechanisms to leave out.
        own_pids: Whether children shall have process ids of their own.

    Returns:
        Whether children will get process ids of their own: the caller then forks once.
    """
    flags = _PLAIN | (kernel.CLONE_NEWPID if own_pids else 0)
    is_root = os.geteuid() == 0
    threads = n_threads()
    report["one thread"] = WORKS if threads == 1 else f"no: {threads}"

    def namespaces() -> None:
        with contextlib.suppress(OSError):
            if is_root:
                kernel.unshare(flags)
                return
        identity_first()
        kernel.unshare(flags | kernel.CLONE_NEWUSER)

    def identity_first() -> None:
        _attempt(report, without, "identity", _drop_identity)

    _attempt(report, without, "namespaces", namespaces)
    if "identity" not in report:
        identity_first()
    _attempt(report, without, "no new privileges", _no_new_privileges)
    _attempt(report, without, "landlock", kernel.landlock)
    _attempt(report, without, "not dumpable", lambda: kernel.prctl(kernel.PR_SET_DUMPABLE, 0))
    return own_pids and report["namespaces"] == WORKS


def die_with_parent(report: Report, without: Collection[str], parent: int) -> None:
    """Have the kernel kill this process when the thread that started it ends.

    A parent that ended before the kernel was told is noticed here, and this process ends.

    Args:
        report: Gets one entry.
        without: Mechanisms to leave out.
        parent: Its process id, 0 where it lies outside this process's namespace of ids.
    """

    def arm() -> None:
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(ORPHANED)

    _attempt(report, without, "parent-death signal", arm)


def limit(report: Report, without: Collection[str], memory: int, cpu_s: float | None) -> None:
    """Set the resource limits, which only the kernel can lift again.

    Args:
        report: Gets one entry.
        without: Mechanisms to leave out.
        memory: Most bytes of address space; 0 where it is not known how many are in use.
        cpu_s: CPU seconds after which the kernel kills; `None` for a long-lived process.
    """

    def apply() -> None:
        limits = [
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_NOFILE, 16),
            (resource.RLIMIT_NPROC, 0),
        ]
        if cpu_s is not None:
            limits.append((resource.RLIMIT_CPU, int(cpu_s) + 2))
        for which, value in limits:
            resource.setrlimit(which, (value, value))
        if memory == 0:
            raise OSError(38, "the memory of a process cannot be limited here")
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    _attempt(report, without, "limits", apply)


def refuse_calls(report: Report, without: Collection[str]) -> None:
    """Load the system-call filter: from here on only computing is possible."""

    def apply() -> None:
        if kernel.MACHINE not in kernel.SECCOMP_NUMBER:
            raise OSError(38, f"no table of system calls for {kernel.MACHINE}")
        kernel.seccomp(filter_program(kernel.MACHINE))

    _attempt(report, without, "seccomp", apply)


def shield_engine() -> bool:
    """Keep other processes of the same user from reading the memory of this one.

    For the engine, which holds the held-out targets while it runs programs of others. No core
    files are written any more, and only root's debugger can attach.

    Returns:
        Whether the system could do it.
    """
    try:
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    except OSError:
        return False
    return True


def address_space() -> int:
    """Return the bytes of address space this process holds, 0 where that cannot be read."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def n_threads() -> int:
    """Return how many threads this process has; 1 where that cannot be seen."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return 1


def _attempt(
    report: Report, without: Collection[str], name: str, action: Callable[[], object]
) -> None:
    if name in without:
        report[name] = OFF
        return
    try:
        action()
    except (OSError, ValueError, AttributeError) as error:
        report[name] = f"no: {error}"
    else:
        report[name] = WORKS


def _no_new_privileges() -> None:
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)


def _drop_identity() -> None:
    """Become nobody where this process is root; an ordinary user stays who he is."""
    if os.geteuid() != 0:
        return
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
