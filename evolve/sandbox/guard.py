"""The one place that catches everything: around code that may fail in any way.

What is caught becomes a `Failure` with a status and a short text. Nothing of the failing code is
trusted: its message is cut, and an exception that cannot even be printed is only named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

PROGRAM_FILE: Final = "<program>"
MESSAGE_CHARS: Final = 2_000

T = TypeVar("T")


@dataclass(frozen=True)
class Failure:
    """A call that ended badly: one of the sandbox's statuses, and what was said."""

    status: str
    message: str


class BadAnswerError(Exception):
    """The program returned something that is no answer."""


def guarded(action: Callable[[], T]) -> T | Failure:
    """Return what `action` returns, or how it failed."""
    outcome = _attempt(action)
    if not isinstance(outcome, _Raised):
        return outcome
    error = outcome.error
    if isinstance(error, BadAnswerError):
        return Failure("bad-answer", str(error))
    status = "memory" if isinstance(error, MemoryError) else "exception"
    return Failure(status, _describe(error))


@dataclass(frozen=True)
class _Raised:
    """What an action raised, told apart from what one returns."""

    error: BaseException


def _attempt(action: Callable[[], T]) -> T | _Raised:
    """Return what `action` returns or raises; asking an error for its text is an action, too."""
    try:
        return action()
    except BaseException as error:
        return _Raised(error)


def _describe(error: BaseException) -> str:
    """Return type, text and, if the error came from a program, its line there."""
    where = ""
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == PROGRAM_FILE:
            where = f" (line {step.tb_lineno})"
        step = step.tb_next
    message = _attempt(lambda: str(error)[:MESSAGE_CHARS])
    text = "an error that cannot be printed" if isinstance(message, _Raised) else message
    return f"{type(error).__name__}: {text}"[: MESSAGE_CHARS - len(where)] + where
