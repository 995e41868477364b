"""What a caller may give alone or as several, as a tuple."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from evolve.tasks.draft.roles import NO_AXES

One = TypeVar("One", str, float)


def listed(given: One | Sequence[One]) -> tuple[One, ...]:
    """One name or number, or several, as a tuple."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        return (given,)
    return tuple(given)


def axes_asked(extrapolate: str | Sequence[str] | None) -> tuple[str, ...]:
    """The axes that a draft is asked for; None leaves them to a guess, an empty list is none."""
    return () if extrapolate is None else listed(extrapolate) or (NO_AXES,)
