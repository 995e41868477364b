"""A killed program to the processes that it left behind (Linux)."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
PATIENCE = 10.0  # seconds within which the processes of a killed program must be gone


def adopt_orphans() -> None:
    """Become the parent of every process below this one whose own parent dies."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def children() -> set[int]:
    """Processes whose parent is this one; also those whose own parent has died."""
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
                if int(parent) == os.getpid():
                    found.add(int(folder.name))
    return found


def reap() -> None:
    """Bury dead orphans."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def survivors() -> tuple[list[str], float]:
    """Orphans that a killed program leaves for longer than they may take to end.

    Returns:
        The command line of each; they are killed afterwards. And how many seconds the others took.
    """
    began = time.monotonic()
    reap()
    while children() and time.monotonic() - began < PATIENCE:
        time.sleep(0.01)
        reap()
    seconds, left, words = time.monotonic() - began, children(), []
    for pid in left:
        with contextlib.suppress(OSError):
            words.append(Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")[-200:])
            os.kill(pid, signal.SIGKILL)
    time.sleep(0.1 if left else 0.0)
    reap()
    return words, seconds
