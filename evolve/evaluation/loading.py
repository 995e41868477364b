"""Load the fitter in the process that workers are forked from, while all else is imported."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from evolve.fitting import SERVICE
from evolve.fitting.code_cache import is_cold
from evolve.sandbox.nursery import Nursery, nursery, shared_nursery


def loading_fitter(n_workers: int) -> AbstractContextManager[Nursery | None]:
    """Load the fitter where workers are forked, while all else is made; not without workers."""
    return nursery(SERVICE) if n_workers else nullcontext()


def loaded_fitter() -> Nursery | None:
    """What forks workers, inside of `loading_fitter`; None where it compiles first, for long."""
    return None if is_cold() else shared_nursery(SERVICE)
