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
    try:
        return action()
    except BadAnswerError as error:
        return Failure("bad-answer", str(error))
    except MemoryError as error:
        return Failure("memory", _describe(error))
    except BaseException as error:
        return Failure("exception", _describe(error))


def _describe(error: BaseException) -> str:
    """Return type, text and, if the error came from a program, its line there."""
    where = ""
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == PROGRAM_FILE:
            where = f" (line {step.tb_lineno})"
        step = step.tb_next
    try:
        text = str(error)[:MESSAGE_CHARS]
    except BaseException:
        text = "an error that cannot be printed"
    return f"{type(error).__name__}: {text}"[: MESSAGE_CHARS - len(where)] + where
