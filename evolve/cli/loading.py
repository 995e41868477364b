"""Load the fitter quickly, and spare what is loaded the looks for garbage."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator
from importlib import import_module

# What numba looks for when it loads its functions of arrays, for a linear algebra that nothing
# here compiles; with it comes much of scipy, and of numpy's compiler of Fortran.
UNUSED = "scipy.linalg.cython_blas"
MADE = 10_000  # objects, a few MiB, after which those are looked at; 700 by default; judgement


@contextlib.contextmanager
def quick_loading() -> Iterator[None]:
    """Load numba without scipy, and collect no garbage within.

    For a process of the command line alone: code of others that this process compiles later, and
    that needs linear algebra, would be told that there is no scipy.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        _load_numba()
        yield
    finally:
        if collects:
            gc.enable()


def spare_loaded() -> None:
    """Leave what is loaded by now out of every look for garbage to come, and look less often.

    For a process of the command line alone, which holds it to its end: to go through it again and
    again took an eighth of all that a search of a small table does outside its workers.
    """
    gc.freeze()
    gc.set_threshold(MADE)


def _load_numba() -> None:
    if UNUSED in sys.modules:
        return
    sys.modules[UNUSED] = None  # type: ignore[assignment]  # as Python's own for: is not there
    try:
        from evolve.fitting.compiled import COMPILED

        if COMPILED:
            with contextlib.suppress(ImportError):  # a later numba may have another name for it
                import_module("numba.np.arraymath")
    finally:
        del sys.modules[UNUSED]
