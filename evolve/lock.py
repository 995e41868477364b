"""A run's folder to the right to write it: one writer at a time.

The kernel's `flock` decides where it works; it ends with its process, however that dies. The file
also says who holds it, for the message to a second writer and for file systems without `flock`.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import weakref
from pathlib import Path
from typing import Any

from evolve.errors import StoreError

LOCK_NAME = "run.lock"

_held: weakref.WeakSet[WriterLock] = weakref.WeakSet()


class WriterLock:
    """The right to write one run; held from construction until `release` or death."""

    def __init__(self, folder: Path) -> None:
        """Take the lock.

        Raises:
            StoreError: Another process writes the run, or the folder cannot be written.
        """
        self._path = folder / LOCK_NAME
        try:
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreError(f"{folder}: cannot be written: {error.strerror}") from error
        try:
            locked = _flock(self._fd)
            holder = _read(self._fd)
            if locked is False or (holder and _may_be_alive(holder)):
                raise StoreError(_refusal(folder, holder))
            _write(self._fd, _describe(os.getpid()))
        except OSError as error:
            os.close(self._fd)
            raise StoreError(f"{self._path}: cannot be written: {error.strerror}") from error
        except StoreError:
            os.close(self._fd)
            raise
        _held.add(self)

    def release(self) -> None:
        """Give the lock back; doing so twice is harmless."""
        if self._fd >= 0:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, 0)
            self.forget()

    def forget(self) -> None:
        """Close the descriptor alone: a forked child must not keep its parent's lock."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _forget_all() -> None:
    for lock in list(_held):
        lock.forget()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_forget_all)


def _flock(fd: int) -> bool | None:
    """Whether the kernel gave the lock; `None` where it has none to give."""
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without flock
        return None
    return True


def _read(fd: int) -> dict[str, Any]:
    """Who the file says holds the lock; empty if released or unreadable."""
    os.lseek(fd, 0, os.SEEK_SET)
    try:
        holder = json.loads(os.read(fd, 4096))
    except ValueError:
        return {}
    return holder if isinstance(holder, dict) else {}


def _write(fd: int, holder: dict[str, Any]) -> None:
    data = json.dumps(holder).encode()
    os.ftruncate(fd, 0)
    os.lseek(fd, 0, os.SEEK_SET)
    os.write(fd, data)
    os.fsync(fd)


def _describe(pid: int) -> dict[str, Any]:
    """Name a process so that no other process, now or later, has the same description."""
    return {"pid": pid, "host": socket.gethostname(), "boot": _boot(), "started": _started(pid)}


def _boot() -> str:
    """Identity of this machine since it was started; empty where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _started(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; `None` if dead or not told."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    return int(stat.rpartition(b")")[2].split()[19])


def _may_be_alive(holder: dict[str, Any]) -> bool:
    """Whether the process that a lock file names can still be writing."""
    boot = _boot()
    if boot and holder.get("boot") == boot:
        pid = holder.get("pid")
        return pid != os.getpid() and isinstance(pid, int) and _same_process(pid, holder)
    if holder.get("host") != socket.gethostname():
        return True  # another machine: nothing here can tell
    return not boot and _same_process(int(holder.get("pid", 0)), holder)


def _same_process(pid: int, holder: dict[str, Any]) -> bool:
    if Path("/proc/self/stat").exists():
        started = _started(pid)
        return started is not None and started == holder.get("started")
    if sys.platform == "win32" or pid <= 0 or pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _refusal(folder: Path, holder: dict[str, Any]) -> str:
    if not holder:
        return f"run {folder.name!r} is being written by another process; wait for it to end"
    here = holder.get("host") == socket.gethostname() or holder.get("boot") == (_boot() or None)
    hint = "" if here else f"; if that process is dead, delete {folder / LOCK_NAME}"
    return (
        f"run {folder.name!r} is being written by process {holder.get('pid')} on "
        f"{holder.get('host')}; stop it or wait for it to end{hint}"
    )
