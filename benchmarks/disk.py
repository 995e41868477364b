"""A folder to a small file system in memory, filled as far as asked (Linux, with root)."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

DISK_MIB = 64


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A small file system in memory; needs the right to mount one."""
    folder.mkdir()
    size = f"size={DISK_MIB}m"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def leave_free(disk: Path, n_bytes: int) -> None:
    """Fill a file system up to so many bytes."""
    ballast = disk / "ballast"
    ballast.unlink(missing_ok=True)
    free = shutil.disk_usage(disk).free
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        os.posix_fallocate(file.fileno(), 0, max(free - n_bytes, 1))
