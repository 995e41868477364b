"""Compile loops written in Python to machine code where numba can be imported.

With ``EVOLVE_NO_NUMBA=1`` or ``NUMBA_DISABLE_JIT=1``, or without numba, nothing is compiled and
numpy works on whole rows.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from evolve.fitting.code_cache import SOURCES, cache_folder

F = TypeVar("F", bound=Callable[..., Any])


def _import_numba() -> Any:
    if os.environ.get("EVOLVE_NO_NUMBA"):
        return None
    try:
        import numba
    except ImportError:
        return None
    loops_only: bool = getattr(numba.config, "DISABLE_JIT")  # noqa: B009  its stubs name none
    return None if loops_only else numba


_NUMBA = _import_numba()
COMPILED = _NUMBA is not None
# Without `_nrt` references of arrays are not counted, which takes a small fit longer than its
# arithmetic; arrays can then not be made.
_OPTIONS = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True, "_nrt": False}
_SUMS = {"reassoc", "contract", "nsz"}


def jit(function: F) -> F:
    """The function compiled, or unchanged where numba is not used; sums may be reordered.

    As all that is compiled it makes no array and returns none of those it is given.
    """
    return _compiled(function, fastmath=_SUMS, **_OPTIONS) if COMPILED else function


def inlined(function: F) -> F:
    """As `jit`, for a function that takes so many arrays that handing them on costs more."""
    if not COMPILED:
        return function
    return _compiled(function, fastmath=_SUMS, forceinline=True, **_OPTIONS)


def pasted(function: F) -> F:
    """As `jit`, for a line, or a function with one caller, which is compiled as a part of that.

    Any other is compiled for itself, and again within each of its callers, and within theirs;
    but numba takes more than twice as long for a function twice as long.
    """
    return _compiled(function, inline="always", **_OPTIONS) if COMPILED else function


def exact(function: F) -> F:
    """As `jit`, for arithmetic whose order matters."""
    return _compiled(function, fastmath={"contract"}, **_OPTIONS) if COMPILED else function


def _compiled(function: F, **options: Any) -> F:
    """The function compiled; a private one can then be called by compiled functions alone.

    Code by which Python could call it, too, takes numba as long as the function itself.
    """
    hidden = function.__name__.startswith("_")
    compiled: F = _NUMBA.njit(no_cpython_wrapper=hidden, **options)(function)
    return compiled


def entry(function: F) -> F:
    """As `jit`, for a function that Python calls; `code_folder` keeps its machine code.

    Where there is no such folder, the function is compiled anew in each process; numba's own
    choice of a folder is never taken.
    """
    if not COMPILED:
        return function
    folder, _ = code_folder()
    if folder is None:
        return jit(function)
    before = _NUMBA.config.CACHE_DIR
    _NUMBA.config.CACHE_DIR = str(folder)
    try:
        compiled: Any = _compiled(function, cache=True, fastmath=_SUMS, **_OPTIONS)
    except RuntimeError:  # no place to write in
        return jit(function)
    finally:
        _NUMBA.config.CACHE_DIR = before
    kept: F = compiled
    return kept if folder in Path(compiled.stats.cache_path).parents else jit(function)


def is_new(function: Callable[..., Any]) -> bool:
    """Whether the machine code of an `entry` was compiled by this process, and stored."""
    stats = getattr(function, "stats", None)  # a plain function is never compiled
    return stats is not None and stats.cache_path is not None and not stats.cache_hits


@lru_cache(maxsize=1)
def code_folder() -> tuple[Path | None, str]:
    """The folder that keeps machine code of these sources; None and why where there is none."""
    return cache_folder(SOURCES, _NUMBA.config.CACHE_DIR if COMPILED else "")
