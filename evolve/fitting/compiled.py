"""Turns loops written in Python into machine code where numba can be imported.

With ``EVOLVE_NO_NUMBA=1``, or without numba, nothing is compiled and numpy works on whole rows.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def _import_numba() -> Any:
    if os.environ.get("EVOLVE_NO_NUMBA"):
        return None
    try:
        import numba
    except ImportError:
        return None
    return numba


_NUMBA = _import_numba()
COMPILED = _NUMBA is not None
_OPTIONS = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
SOURCES = ("compiled", "elementary", "primitives", "cost", "solve", "refine", "kernel")
_SUMS = {"reassoc", "contract", "nsz"}


def jit(function: F) -> F:
    """The function compiled, or unchanged where numba is not used; sums may be reordered."""
    return _NUMBA.njit(fastmath=_SUMS, **_OPTIONS)(function) if COMPILED else function


def exact(function: F) -> F:
    """As `jit`, for arithmetic whose order matters."""
    return _NUMBA.njit(fastmath={"contract"}, **_OPTIONS)(function) if COMPILED else function


def entry(function: F) -> F:
    """As `jit`, for a function that Python calls: its machine code is kept on disk.

    The folder carries a digest of all compiled sources, because numba looks for changes in the
    file of the function alone and not in those it calls.
    """
    if not COMPILED:
        return function
    kept = _NUMBA.config.CACHE_DIR
    _NUMBA.config.CACHE_DIR = str(_cache_folder(kept))
    try:
        return _NUMBA.njit(cache=True, fastmath=_SUMS, **_OPTIONS)(function)  # type: ignore[no-any-return]
    finally:
        _NUMBA.config.CACHE_DIR = kept


def _cache_folder(chosen: str) -> Path:
    """Where machine code of these sources is kept: as numba is told, or beside the sources."""
    here = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    for name in SOURCES:
        digest.update((here / f"{name}.py").read_bytes())
    folder = f"kernel-{digest.hexdigest()[:12]}"
    for parent in (chosen, here / "__pycache__", Path.home() / ".cache" / "evolve"):
        if parent and _can_write(Path(parent) / folder):
            return Path(parent) / folder
    return Path(tempfile.gettempdir()) / folder


def _can_write(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return os.access(folder, os.W_OK)
    except OSError:
        return False
