"""The folder where machine code is kept between processes: private to this user, or none.

Whatever lies in it is unpickled and run, so nobody else may be able to put anything there.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

# Files beside this one that are compiled.
SOURCES = (
    *("compiled", "parts", "elementary", "primitives", "workspace", "loss", "cost", "solve"),
    *("step", "refine", "kernel", "predict", "projection", "leaders", "lanes"),
)
MAKERS = ("numba", "llvmlite", "numpy")  # whose versions the code depends on, beside Python's
UNUSED_S = 30 * 86400.0  # after which code of other sources or versions is removed; judgement
_NAME = re.compile(r"kernel-[0-9a-f]{12}(\.gone)?")
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def cache_folder(sources: Sequence[str], chosen: str = "") -> tuple[Path | None, str]:
    """Find or make the folder for the machine code of some sources.

    It carries a digest of the sources, because numba looks for changes in the file of a function
    alone and not in those it calls, and of the versions of all that makes and loads the code. A
    folder that is used has its time set; where one is made, old ones beside it are removed.

    Args:
        sources: Names of the files beside this one that are compiled.
        chosen: A folder that the user names, as by `NUMBA_CACHE_DIR`; else it stands beside the
            sources or in the home of the user database, which a worker without environment
            reads as well.

    Returns:
        The folder, or None and why there is none.
    """
    beside = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    for name in sources:
        digest.update((beside / f"{name}.py").read_bytes())
    digest.update("\n".join(_versions()).encode())
    name, reasons = f"kernel-{digest.hexdigest()[:12]}", []
    for parent in (Path(chosen) if chosen else None, beside / "__pycache__", _home()):
        if parent is None:
            continue
        is_there = os.path.lexists(parent / name)
        reason = why_not_private(parent / name)
        if not reason:
            folder = _real(parent) / name
            with suppress(OSError):
                os.utime(folder)
                if not is_there:
                    _remove_unused(folder)
            return folder, ""
        reasons.append(f"{parent / name} {reason}")
    return None, "; ".join(reasons)


def _versions() -> Iterator[str]:
    """Versions of Python and of what makes and loads machine code, where they say them."""
    yield sys.version
    for name in MAKERS:
        with suppress(PackageNotFoundError):
            yield f"{name} {version(name)}"


def _remove_unused(new: Path) -> None:
    """Remove what other sources or versions have left beside a new folder, long ago.

    Ages are told by the new folder's time, which the same file system gave. A folder is renamed
    first, so that a process that comes to use it meanwhile finds all of it or none, and makes it.
    """
    for folder in new.parent.glob("kernel-*"):
        facts = os.lstat(folder)
        is_old = os.lstat(new).st_mtime - facts.st_mtime > UNUSED_S
        if is_old and stat.S_ISDIR(facts.st_mode) and _NAME.fullmatch(folder.name):
            gone = folder if folder.suffix else folder.with_suffix(".gone")
            with suppress(OSError):
                folder.rename(gone)
                shutil.rmtree(gone)


def is_cold() -> bool:
    """Whether numba has never compiled the fitter here; says so without loading numba."""
    if os.environ.get("EVOLVE_NO_NUMBA") or importlib.util.find_spec("numba") is None:
        return False
    folder, _ = cache_folder(SOURCES, os.environ.get("NUMBA_CACHE_DIR", ""))
    return folder is not None and not any(folder.rglob("kernel.run*.nbi"))


def why_not_private(folder: Path) -> str:
    """Say why a folder is not this user's alone; it is made where it is missing.

    The way to it is resolved once. From there on no part may be a link, belong to anybody but
    this user and root, or be writable by others (a sticky folder may: they cannot rename what is
    not theirs). The folder itself belongs to this user and has mode 0700.

    Returns:
        Nothing where it is private.
    """
    if sys.platform == "win32":
        return "cannot be checked on this system"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        real = _real(folder.parent)
        for part in (*reversed(real.parents), real):
            if reason := _why_unsafe(part):
                return reason
        if not os.path.lexists(real / folder.name):
            with suppress(FileExistsError):  # another process may make it at this very moment
                (real / folder.name).mkdir(mode=0o700)
        return _why_unsafe(real / folder.name, own=True)
    except (OSError, RuntimeError) as error:  # a RuntimeError is a loop of links
        return f"cannot be used: {getattr(error, 'strerror', None) or error}"


def _why_unsafe(folder: Path, *, own: bool = False) -> str:
    """Why others may change what stands under a name; `own` wants mode 0700 and this user."""
    facts, user = os.lstat(folder), os.geteuid()
    if not stat.S_ISDIR(facts.st_mode):
        return f"is no folder of its own, {folder} is a link or a file"
    if facts.st_uid not in ((user,) if own else (user, 0)):
        return f"is not safe, {folder} belongs to user {facts.st_uid}"
    if own and facts.st_mode & _OTHERS:
        return f"is not private, its mode is {stat.S_IMODE(facts.st_mode):04o}, not 0700"
    if facts.st_mode & _OTHERS_WRITE and not facts.st_mode & stat.S_ISVTX:
        return f"is not safe, others may write to {folder}"
    return "" if not own or os.access(folder, os.W_OK) else "cannot be written"


def _real(folder: Path) -> Path:
    return Path(os.path.realpath(folder))


def _home() -> Path | None:
    """`~/.cache/evolve` of the user database; None where this user has no home there."""
    try:
        import pwd

        home = pwd.getpwuid(os.geteuid()).pw_dir
    except (ImportError, KeyError):
        return None
    return Path(home) / ".cache" / "evolve" if os.path.isabs(home) and home != "/" else None
