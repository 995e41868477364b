"""Compile loops written in Python to machine code where numba can be imported.

With ``EVOLVE_NO_NUMBA=1`` or ``NUMBA_DISABLE_JIT=1``, or without numba, nothing is compiled and
numpy works on whole rows.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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


NUMBA = _import_numba()
COMPILED = NUMBA is not None
# Without `_nrt` references of arrays are not counted, which takes a small fit longer than its
# arithmetic; arrays can then not be made.
_OPTIONS = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True, "_nrt": False}
SUMS = {"reassoc", "contract", "nsz"}


def jit(function: F) -> F:
    """The function compiled, or unchanged where numba is not used; sums may be reordered.

    As all that is compiled it makes no array and returns none of those it is given.
    """
    return _compiled(function, fastmath=SUMS, **_OPTIONS) if COMPILED else function


def inlined(function: F) -> F:
    """As `jit`, for a function that takes so many arrays that handing them on costs more."""
    if not COMPILED:
        return function
    return _compiled(function, fastmath=SUMS, forceinline=True, **_OPTIONS)


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
    compiled: F = NUMBA.njit(no_cpython_wrapper=hidden, **options)(function)
    return compiled


def entry(function: F) -> F:
    """As `jit`, for a function that Python calls; `code_folder` keeps its machine code.

    Where there is no such folder, the function is compiled anew in each process; numba's own
    choice of a folder is never taken.
    """
    if not COMPILED:
        return function
    with keeping(function) as is_kept:
        if not is_kept:
            return jit(function)
        return _compiled(function, cache=True, fastmath=SUMS, **_OPTIONS)


@contextmanager
def keeping(function: Callable[..., Any]) -> Iterator[bool]:
    """Have numba keep machine code in our folder while inside; whether it does so."""
    folder, _ = code_folder()
    if folder is None:
        yield False
        return
    before = NUMBA.config.CACHE_DIR
    NUMBA.config.CACHE_DIR = str(folder)
    try:
        yield folder in _place_of(function).parents
    finally:
        NUMBA.config.CACHE_DIR = before


def _place_of(function: Callable[..., Any]) -> Path:
    """The folder that numba chooses for a function's code; an empty path where it finds none."""
    try:
        return Path(NUMBA.core.caching.FunctionCache(function).cache_path)
    except RuntimeError:  # no place to write in
        return Path()


def compile_for(function: Callable[..., Any], arguments: Sequence[object]) -> None:
    """Compile an `entry` for the types of some arguments, without calling it."""
    compiled: Any = function
    compiled.compile(tuple(NUMBA.typeof(argument) for argument in arguments))


def is_new(function: Callable[..., Any]) -> bool:
    """Whether the machine code of an `entry` was compiled by this process, and stored."""
    stats = getattr(function, "stats", None)  # a plain function is never compiled
    return stats is not None and stats.cache_path is not None and not stats.cache_hits


@lru_cache(maxsize=1)
def code_folder() -> tuple[Path | None, str]:
    """The folder that keeps machine code of these sources; None and why where there is none."""
    return cache_folder(SOURCES, NUMBA.config.CACHE_DIR if COMPILED else "")
