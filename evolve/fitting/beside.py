"""Parts of the kernel compiled by another process, while this one compiles what calls them.

That halves the wait after an installation. The other process is forked, so that the compiler is
loaded once; it leaves what it compiles in the folder for machine code, from where it is loaded.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from evolve.fitting.code_cache import is_cold
from evolve.fitting.compiled import COMPILED, compile_for

InFork = Callable[[], object]
_wanted: ContextVar[InFork | None] = ContextVar("_wanted", default=None)


@contextmanager
def side_by_side(in_fork: InFork = lambda: None) -> Iterator[None]:
    """Fork for what is compiled for the first time while inside.

    Only a process of one thread that holds nobody's locks may ask for this, such as the one that
    workers are forked from.

    Args:
        in_fork: What the fork does first, such as to see to it that it ends with this process.
    """
    token = _wanted.set(in_fork if COMPILED and hasattr(os, "fork") and is_cold() else None)
    try:
        yield
    finally:
        _wanted.reset(token)


def is_wanted_beside() -> bool:
    """Whether `compile_beside` would do anything."""
    return _wanted.get() is not None


def compile_beside(
    function: Callable[..., Any], arguments: Sequence[object], parts: Callable[[], object]
) -> None:
    """Compile an entry while a fork compiles parts, where `side_by_side` asks for that.

    Args:
        function: The entry.
        arguments: As it is to be called with, the parts of any address.
        parts: Compiles them.
    """
    if (in_fork := _wanted.get()) is None:
        return
    _wanted.set(None)  # all is compiled once
    with suppress(OSError):  # without a fork the parts are compiled by this process, later
        child = os.fork()
        if child == 0:
            _be_beside(in_fork, parts)
        try:
            compile_for(function, arguments)
        finally:
            os.waitpid(child, 0)


def _be_beside(in_fork: InFork, parts: Callable[[], object]) -> None:
    """Compile parts and end, holding nothing that the process before the fork has open."""
    try:
        in_fork()
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in range(3):
            os.dup2(nothing, standard)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        parts()
    finally:
        os._exit(0)
