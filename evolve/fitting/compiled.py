"""Compile loops written in Python to machine code where numba can be imported.

With ``EVOLVE_NO_NUMBA=1`` or ``NUMBA_DISABLE_JIT=1``, or without numba, nothing is compiled and
numpy works on whole rows.
"""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from evolve.fitting.code_cache import SOURCES, cache_folder

# What a pickle raises that was cut short or overwritten, as the documentation of pickle has it,
# and what numba and LLVM make of what is read from one.
UNREADABLE = (
    *(pickle.UnpicklingError, EOFError, AttributeError, ImportError, IndexError, KeyError),
    *(TypeError, ValueError, RuntimeError, OSError),
)

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
_CHOOSING = threading.Lock()  # held while numba is told of our folder, which all threads would see
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


def in_order(function: F) -> F:
    """As `jit`, for arithmetic to be done as it stands, sums and products apart."""
    return _compiled(function, **_OPTIONS) if COMPILED else function


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
    return _stored(function, jit(function))


def entry_in_order(function: F) -> F:
    """As `entry`, for arithmetic as that of `in_order`."""
    return _stored(function, in_order(function))


def _stored(function: F, compiled: F) -> F:
    if COMPILED:
        store_code_of(compiled, function)
    return compiled


def store_code_of(compiled: Any, function: Callable[..., Any]) -> bool:
    """Have numba store what it compiles of a function in our folder; whether it will.

    Args:
        compiled: What numba has made of the function, before it is compiled.
        function: The function.
    """
    folder, _ = code_folder()
    if folder is None:
        return False
    with _CHOOSING:
        before = NUMBA.config.CACHE_DIR
        NUMBA.config.CACHE_DIR = str(folder)
        try:
            store = _lenient_store()(function)
        except RuntimeError:  # numba finds no place to write in
            return False
        finally:
            NUMBA.config.CACHE_DIR = before
    if folder not in Path(store.cache_path).parents:
        return False
    compiled._cache = store  # numba's own way to set it takes no other kind of store
    return True


@lru_cache(maxsize=1)
def _lenient_store() -> Any:
    """Numba's store of machine code, for which what cannot be read or written is not there."""

    class Lenient(NUMBA.core.caching.FunctionCache):  # type: ignore[misc, name-defined]
        def load_overload(self, *wanted: Any) -> Any:
            try:
                return super().load_overload(*wanted)
            except UNREADABLE:
                with suppress(OSError):
                    self.flush()
                return None

        def save_overload(self, *made: Any) -> None:
            with suppress(OSError):  # such as a full disk
                super().save_overload(*made)

    return Lenient


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
