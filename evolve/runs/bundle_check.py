"""What a bundle of a run may hold, checked before anything of it is written."""

from __future__ import annotations

import os
import re
import stat
import zipfile
from pathlib import Path
from typing import IO, Any, Final

from evolve.errors import EvolveError
from evolve.runs import limits
from evolve.runs.usual import REPORT

HEAD: Final = "bundle.json"
PAGE: Final = REPORT
TASK: Final = "task"
STORE: Final = "run.sqlite"
MOST_MEMBERS: Final = 1000
DIRECTORY_BYTES: Final = 2**20
TABLE_BYTES: Final = 2**31 - 1  # what a zip file without zip64 holds
HEAD_BYTES: Final = 2**16
MOST_TIMES: Final = 200  # a part may be so many times larger than it is packed …
FREE_BYTES: Final = 64 * 2**20  # … or of this size

_END = b"PK\x05\x06"
_END_SIZE = 22
_LOCATOR = b"PK\x06\x07"  # of zip64, which would put other numbers in place of those checked
_LOCATOR_SIZE = 20
_ALLOWED: Final = (
    (re.compile(re.escape(HEAD)), HEAD_BYTES),
    (re.compile(re.escape(PAGE)), TABLE_BYTES),
    (re.compile(re.escape(STORE)), TABLE_BYTES),
    (re.compile(rf"{TASK}/task\.toml"), limits.PROGRAM_CHARS),
    (re.compile(rf"{TASK}/(train|test)\.(csv|parquet)"), TABLE_BYTES),
    (re.compile(rf"{TASK}/seeds/[A-Za-z0-9_][A-Za-z0-9_.-]{{0,100}}\.py"), limits.PROGRAM_CHARS),
)
_NEEDED: Final = (HEAD, STORE, f"{TASK}/task.toml")


def checked_members(path: Path, file: IO[bytes]) -> list[zipfile.ZipInfo]:
    """The parts of a bundle, after all that can be said without unpacking one is as it must be.

    Raises:
        EvolveError: A name, a kind or a size is none that a bundle has.
        ValueError: The file is no zip file of the plain kind.
    """
    _require_small_directory(file)
    with zipfile.ZipFile(file) as bundle:
        members = bundle.infolist()
    names = [member.filename for member in members]
    for member in members:
        if problem := _problem(member):
            raise EvolveError(f"{path}: part {member.filename[:80]!r} {problem}; nothing was made")
    for name in names:
        if names.count(name) > 1:
            raise EvolveError(f"{path}: part {name!r} stands in it twice; nothing was made")
    for name in _NEEDED:
        if name not in names:
            raise EvolveError(f"{path}: part {name!r} is missing; nothing was made")
    return members


def _require_small_directory(file: Any) -> None:
    """Require a plain end of the file, before its list of parts is read into memory."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - _END_SIZE - _LOCATOR_SIZE, 0))
    tail = file.read()
    end = tail[-_END_SIZE:]
    if len(end) < _END_SIZE or end[:4] != _END:
        raise ValueError("it does not end as a zip file without comment does")
    if tail[:-_END_SIZE][-_LOCATOR_SIZE:].startswith(_LOCATOR):
        raise ValueError("it is of the kind zip64")
    n_members = int.from_bytes(end[10:12], "little")
    directory = int.from_bytes(end[12:16], "little")
    if n_members > MOST_MEMBERS or directory > DIRECTORY_BYTES:
        raise ValueError(f"it lists {n_members} parts in {directory} bytes")


def _problem(member: zipfile.ZipInfo) -> str:
    """Which rule a part breaks; empty where none."""
    most = next((n for rule, n in _ALLOWED if rule.fullmatch(member.filename)), None)
    kind = stat.S_IFMT(member.external_attr >> 16)
    if most is None:
        return "is none that a bundle has"
    if kind not in (0, stat.S_IFREG):
        return "is a link or no regular file"
    if member.flag_bits & 0x1:
        return "is encrypted"
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is packed in a way that no bundle is"
    if member.file_size > most:
        return f"has {member.file_size} bytes, more than {most}"
    if member.file_size > max(FREE_BYTES, MOST_TIMES * member.compress_size):
        return f"grows from {member.compress_size} to {member.file_size} bytes"
    return ""
