"""How many threads libraries of numbers begin, which their variables of the environment say."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Final

ONE_THREAD: Final = (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "BLIS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)


def prefer_one_thread(environment: MutableMapping[str, str]) -> None:
    """Ask for one thread of each library, where nothing else has been asked for.

    For what begins a process, before the first library is loaded. All matrices here are small, and
    the threads that wait for a share of them spin: those of one core more took as much of the
    processor as the choice of a champion itself.
    """
    for name in ONE_THREAD:
        environment.setdefault(name, "1")
