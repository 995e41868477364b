"""Refuse what no formula can hold, by an error that the traced code cannot swallow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NoReturn

from evolve.errors import ProgramError

_REFUSALS: ContextVar[list[str] | None] = ContextVar("refusals", default=None)


def refuse(reason: str) -> NoReturn:
    """Stop tracing.

    Raises:
        ProgramError: always.
    """
    refusals = _REFUSALS.get()
    if refusals is not None:
        refusals.append(reason)
    raise ProgramError(f"cannot be traced: {reason}")


@contextmanager
def refusals_kept() -> Iterator[None]:
    """Raise the first refusal when the block ends, even if the traced code caught it."""
    reasons: list[str] = []
    token = _REFUSALS.set(reasons)
    try:
        yield
    finally:
        _REFUSALS.reset(token)
    if reasons:
        refuse(reasons[0])
