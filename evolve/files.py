"""Texts to files that the user names, and files of folders that may come from a stranger.

What is written is a regular file under its own name: nothing goes through a link, into a pipe or
to a device, and a text takes the place of the old one whole or not at all.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import tomllib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from evolve.errors import EvolveError

_PART = re.compile("'([^']*)'")
_TABLE = re.compile(r"\('[^()]*'(?:, *'[^()]*')*,?\)")  # a tuple of names
_KINDS = (
    (stat.S_ISLNK, "it is a symbolic link, and none is followed"),
    (stat.S_ISDIR, "it is a folder"),
    (stat.S_ISFIFO, "it is a pipe and no regular file"),
    (stat.S_ISSOCK, "it is a socket and no regular file"),
    (stat.S_ISCHR, "it is a device and no regular file"),
    (stat.S_ISBLK, "it is a device and no regular file"),
)
# Flags that Windows lacks: refuse a link, and do not wait for a pipe's other end.
_CAREFUL = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_BINARY = getattr(os, "O_BINARY", 0)


def write_file(path: Path, text: str, more: str = "") -> None:
    """Write a file; a full disk or a kill leaves what was there.

    Args:
        path: Where; a regular file that is there is replaced, and its mode is kept.
        text: What; surrogates in it are written as escapes.
        more: What else to say where it cannot be written.

    Raises:
        EvolveError: It cannot be written, or something other than a regular file is there.
    """
    try:
        replace_file(path, text)
    except OSError as error:
        raise EvolveError(f"{path}: cannot be written: {error.strerror}{more}") from None


def replace_file(path: Path, text: str) -> None:
    """Write a file as `write_file` does.

    Raises:
        OSError: It cannot be written, or something other than a regular file is there.
    """
    replace_by_parts(path, (text,))


def replace_by_parts(path: Path, texts: Iterable[str]) -> None:
    """Write a file as `replace_file` does, of texts of which no more than one is held at a time.

    Raises:
        OSError: As `replace_file`.
    """
    before = require_regular(path)
    if before is not None and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    new = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        parts = (text.encode(errors="backslashreplace") for text in texts)
        _write_new(new, parts, before)
        os.replace(new, path)
    except OSError:
        new.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def _write_new(path: Path, parts: Iterable[bytes], like: os.stat_result | None) -> None:
    """Write a file that is not there yet and flush it."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _CAREFUL | _BINARY
    with open(os.open(path, flags, 0o666), "wb") as file:
        file.writelines(parts)
        file.flush()
        if like is not None:
            path.chmod(stat.S_IMODE(like.st_mode))
        os.fsync(file.fileno())


def require_regular(path: Path) -> os.stat_result | None:
    """Require that a path is a regular file or nothing at all, without following a link.

    Returns:
        What the system says of the file; None where there is none.

    Raises:
        OSError: Something else is there, which `strerror` says, or nobody may look.
    """
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return None
    for is_kind, words in _KINDS:
        if is_kind(status.st_mode):
            raise OSError(errno.EINVAL, words, str(path))
    return status


def open_regular(path: Path, flags: int) -> int:
    """Open a regular file that has no second name, and return its descriptor.

    Args:
        path: The file.
        flags: Of `os.open`; with `os.O_CREAT` a file that is missing is made.

    Raises:
        OSError: It cannot be opened, or is no such file, which `strerror` says.
    """
    require_regular(path)
    descriptor = os.open(path, flags | _CAREFUL, 0o644)
    status = os.fstat(descriptor)
    problem = ""
    if not stat.S_ISREG(status.st_mode):
        problem = "it is no regular file"
    elif status.st_nlink > 1:
        problem = "the file has a second name elsewhere; put a copy in its place"
    if problem:
        os.close(descriptor)
        raise OSError(errno.EINVAL, problem, str(path))
    return descriptor


def read_regular(path: Path, most: int) -> bytes:
    """Read a regular file, or what a link to one leads to; nobody waits for a pipe or a device.

    Args:
        path: The file.
        most: Bytes that it may have.

    Raises:
        OSError: It cannot be read, is no such file or is larger, which `strerror` says.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _BINARY)
    mode = os.fstat(descriptor).st_mode
    problem = next((words for is_kind, words in _KINDS if is_kind(mode)), "")
    if problem:
        os.close(descriptor)
        raise OSError(errno.EINVAL, problem, str(path))
    with open(descriptor, "rb") as source:
        data = source.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"it has more than {most} bytes", str(path))
    return data


def read_toml(path: Path, most: int = 2**20) -> dict[str, Any]:
    """Read a TOML file of at most so many bytes.

    Raises:
        EvolveError: It cannot be read, or is none.
    """
    try:
        return tomllib.loads(read_regular(path, most).decode())
    except OSError as error:
        raise EvolveError(f"{path}: must be a readable file, {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise EvolveError(f"{path}: must be TOML, {toml_fault(error)}") from None


def toml_fault(error: Exception) -> str:
    """What a reader of TOML says, with the names of tables as they stand in the file."""
    return _TABLE.sub(lambda found: f"[{'.'.join(_PART.findall(found[0]))}]", str(error))


def flush_folder(folder: Path) -> None:
    """Make a new file's name survive a power cut, where folders can be flushed."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
