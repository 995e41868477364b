"""Wrong calls and broken files to errors that name place, rule and value."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class EvolveError(Exception):
    """What a user can put right; its text is one line: place, rule, value."""


class TaskError(EvolveError):
    """A task's `task.toml` or table breaks a rule."""


class ProgramError(EvolveError):
    """A program's text or its predictions break the program contract."""


class StoreError(EvolveError):
    """A run's store is missing, damaged, in use or made under other settings."""


class SandboxError(EvolveError):
    """The sandbox cannot be set up as asked on this machine."""


def nearest(name: str, valid: Iterable[str]) -> str:
    """Say which valid name was probably meant: `" (did you mean 'x'?)"`, or nothing."""
    by_folded = {candidate.casefold(): candidate for candidate in valid}
    close = get_close_matches(name.casefold(), list(by_folded), n=1, cutoff=0.6)
    return f" (did you mean {by_folded[close[0]]!r}?)" if close else ""
