"""The lock on a run's folder: one writer at a time.

The kernel's `flock` decides where there is one; it ends with its process, however that dies. The
file also names the process that holds it: for the message to a second writer, for file systems
without `flock`, and for folders shared between machines.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evolve.errors import StoreError
from evolve.files import open_regular

LOCK_NAME = "run.lock"
MOST_PID = 2**31  # what the system calls of a process id take

_held: weakref.WeakSet[WriterLock] = weakref.WeakSet()


class WriterLock:
    """The right to write one run; held from construction until `release` or death."""

    def __init__(self, folder: Path) -> None:
        """Take the lock, also from a process that has died.

        Raises:
            StoreError: Another process writes the run, or the folder cannot be written.
        """
        self.path = folder / LOCK_NAME
        try:
            self._fd = open_regular(self.path, os.O_RDWR | os.O_CREAT)
        except OSError as error:
            where = folder if error.errno == errno.EACCES else self.path
            raise StoreError(f"{where}: cannot be written: {error.strerror}") from error
        self._close = weakref.finalize(self, os.close, self._fd)
        try:
            locked = _flock(self._fd)
            holder = _read(self._fd)
            gone = os.fstat(self._fd).st_nlink == 0  # removed by one whose run came to nothing
            if gone or locked is False or _still_holds(holder, self.path, locked):
                raise StoreError(_refusal(folder, holder))
            _write(self._fd, _describe(os.getpid()))
            require_file_locks(folder)
        except OSError as error:
            self._close()
            raise StoreError(f"{self.path}: cannot be written: {error.strerror}") from error
        except StoreError:
            self._close()
            raise
        _held.add(self)

    def release(self) -> None:
        """Give the lock back; doing so twice is harmless."""
        if self._close.alive:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, 0)
        self.forget()

    def forget(self) -> None:
        """Close the file alone: a forked child must not keep its parent's lock."""
        self._close()
        _held.discard(self)


def writer(folder: Path) -> dict[str, Any] | None:
    """The process that seems to be writing a run: its pid, host, boot and start; or `None`."""
    path = folder / LOCK_NAME
    try:
        descriptor = open_regular(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        holder = _read(descriptor)
    finally:
        os.close(descriptor)
    return holder if _still_holds(holder, path, None) else None


@contextlib.contextmanager
def unlocked(folder: Path) -> Iterator[None]:
    """Keep every writer out of a folder, on a full disk too; what is in it may be removed.

    Raises:
        OSError: It has a writer.
    """
    if writer(folder) is not None:
        raise BlockingIOError(errno.EWOULDBLOCK, "is being written", str(folder))
    descriptor = open_regular(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT)
    try:
        if _flock(descriptor) is False:
            raise BlockingIOError(errno.EWOULDBLOCK, "is being written", str(folder))
        yield
    finally:
        os.close(descriptor)


def require_file_locks(folder: Path) -> None:
    """Require that a run's file system has the locks (`fcntl`) that SQLite works with.

    Raises:
        StoreError: It has none, as some network file systems have not. SQLite itself would wait,
            and then take the file to be in use.
    """
    if sys.platform == "win32":
        return
    import fcntl

    try:
        descriptor = open_regular(folder / LOCK_NAME, os.O_RDONLY)
    except OSError:  # a run without a lock file, or not for this user
        return
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # somebody else has this one
        pass
    except OSError as error:
        raise StoreError(
            f"{folder}: its file system has no fcntl locks ({error.strerror}), without which a "
            "run's database is not safe; keep runs on a local disk"
        ) from None
    finally:
        os.close(descriptor)


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
    os.lseek(fd, 0, os.SEEK_SET)
    return _parse(os.read(fd, 4096))


def _parse(data: bytes) -> dict[str, Any]:
    """Who a lock file names; empty if the lock was given back or the name was never finished."""
    try:
        holder = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    pid = holder.get("pid") if isinstance(holder, dict) else None
    return holder if type(pid) is int and 0 < pid < MOST_PID else {}


def _write(fd: int, holder: dict[str, Any]) -> None:
    os.ftruncate(fd, 0)
    os.lseek(fd, 0, os.SEEK_SET)
    os.write(fd, json.dumps(holder).encode())
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
    """When a process started, in clock ticks since boot; `None` if it is dead or not told."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    fields = stat.rpartition(b")")[2].split()
    return None if fields[0] in (b"Z", b"X") else int(fields[19])


def _here(holder: dict[str, Any]) -> bool:
    """Whether a holder is a process of this machine, of this start of it or an earlier one."""
    return holder.get("host") == socket.gethostname() or holder.get("boot") == (_boot() or None)


def _still_holds(holder: dict[str, Any], path: Path, locked: bool | None) -> bool:
    """Whether the process that a lock file names must be taken to be writing.

    Args:
        holder: What the file says; empty if nobody.
        path: The file.
        locked: Whether this process has the kernel's lock on it; `None` if there is none.
    """
    if not holder:
        return False
    if not _here(holder):
        return True  # on another machine, whose processes and locks cannot be seen
    return locked is None and holder.get("boot") == _boot() and _runs(holder, path)


def _runs(holder: dict[str, Any], path: Path) -> bool:
    """Whether the very process that a file names is alive; a later one of its pid is not."""
    pid = holder["pid"]
    if pid == os.getpid():
        return any(lock.path == path for lock in _held)
    if _started(os.getpid()) is not None:
        started = _started(pid)
        return started is not None and started == holder.get("started")
    if sys.platform == "win32":
        return True
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
    hint = "" if _here(holder) else f"; if that process is dead, delete {folder / LOCK_NAME}"
    return (
        f"run {folder.name!r} is being written by process {holder['pid']} on "
        f"{holder.get('host')}; stop it or wait for it to end{hint}"
    )
