"""Wrong calls and broken files to errors that name place, rule and value."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches


class Argument(str):
    """The name of an argument in a message; the command line puts its option in its place."""

    __slots__ = ()


class Kept(str):
    """What a message says of the batches that a run has; nothing of a run that has none."""

    __slots__ = ()


class Remark(str):
    """A line that a user is told and can act on, made of parts as an `EvolveError`."""

    parts: tuple[str, ...]

    def __new__(cls, *parts: str) -> Remark:
        """The line, arguments by their own names."""
        line = super().__new__(cls, "".join(parts))
        line.parts = parts
        return line

    def spelled(self, spell: Callable[[str], str]) -> str:
        """The line with every argument's name as `spell` writes it."""
        return _spelled(self.parts, spell)


class EvolveError(Exception):
    """What a user can put right; its text is one line: place, rule, value.

    The parts of the line are given one by one; each `Argument` among them names an argument.
    """

    def __str__(self) -> str:
        """The line, arguments by their own names."""
        return self.spelled(str)

    def spelled(self, spell: Callable[[str], str]) -> str:
        """The line with every argument's name as `spell` writes it."""
        return _spelled(self.args, spell)

    @property
    def argument(self) -> str | None:
        """The argument that the line names first, if any."""
        return next((str(part) for part in self.args if isinstance(part, Argument)), None)


def _spelled(parts: Iterable[object], spell: Callable[[str], str]) -> str:
    return "".join(spell(part) if isinstance(part, Argument) else str(part) for part in parts)


class TaskError(EvolveError):
    """A task's `task.toml` or table breaks a rule."""


class MissingColumnError(EvolveError):
    """A table has no column that a law needs, or it is not used."""


class ProgramError(EvolveError):
    """A program's text or its predictions break the program contract."""


class StoreError(EvolveError):
    """A run's store is missing, damaged, in use or made under other settings."""


class SandboxError(EvolveError):
    """The sandbox cannot be set up as asked on this machine."""


def ending_in(name: str, valid: Iterable[str]) -> str:
    """The one valid name whose last part this is, as trackers write `metrics.loss`; or nothing."""
    ends = tuple(f"{sign}{name.casefold()}" for sign in "./")
    found = [whole for whole in valid if name and whole.casefold().endswith(ends)]
    return found[0] if len(found) == 1 and name not in valid else ""


def nearest(name: str, valid: Iterable[str], alike: float = 0.6) -> str:
    """Say which valid name was probably meant: `" (did you mean 'x'?)"`, or nothing.

    Args:
        name: What was written.
        valid: What could be meant.
        alike: The share of letters in common from which on two names are near each other.
    """
    valid = list(valid)
    if whole := ending_in(name, valid):
        return f" (did you mean {whole!r}?)"
    by_folded = {candidate.casefold(): candidate for candidate in valid}
    begin = [whole for whole in by_folded if len(name) > 2 and whole.startswith(name.casefold())]
    if len(begin) == 1 and name not in valid:
        return f" (did you mean {by_folded[begin[0]]!r}?)"
    close = get_close_matches(name.casefold(), list(by_folded), n=1, cutoff=alike)
    return f" (did you mean {by_folded[close[0]]!r}?)" if close else ""
