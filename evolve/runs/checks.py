"""Checks of values that a store holds; whoever wrote them, they are what they should be or named.

Each takes what the value is, for the message, and raises a `ValueError` that says the rule.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection
from typing import Any

from evolve.law.bounds import shortened
from evolve.runs.limits import PROGRAM_CHARS, WORD_CHARS


def whole(what: str, value: object, low: int, high: int) -> int:
    """A whole number within a range."""
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"{what} must be a whole number from {low} to {high:.4g}{_is(value)}")
    return value


def number(what: str, value: object) -> float:
    """A number; nan and infinity are numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{what} must be a number{_is(value)}")
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{what} must be a number{_is(value)}") from None


def finite(what: str, value: object, low: float = -math.inf, high: float = math.inf) -> float:
    """A finite number within a range."""
    given = number(what, value)
    if not (math.isfinite(given) and low <= given <= high):
        within = f" from {low:g} to {high:g}" if low > -math.inf or high < math.inf else ""
        raise ValueError(f"{what} must be a finite number{within}{_is(value)}")
    return given


def text(what: str, value: object, most: int = WORD_CHARS) -> str:
    """A text of at most so many characters, without halves of characters."""
    if not isinstance(value, str):
        raise ValueError(f"{what} must be a text{_is(value)}")
    if len(value) > most:
        raise ValueError(f"{what} must have at most {most} characters, it has {len(value)}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{what} must be a text of whole characters{_is(value)}") from None
    return value


def long_text(what: str, value: object) -> str:
    """A text as long as a program."""
    return text(what, value, PROGRAM_CHARS)


def one_of(what: str, value: object, valid: Collection[str]) -> str:
    """One of some words."""
    if not isinstance(value, str) or value not in valid:
        raise ValueError(f"{what} must be one of {', '.join(valid)}{_is(value)}")
    return value


def truth(what: str, value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError(f"{what} must be true or false{_is(value)}")
    return value


def listed(what: str, value: object, most: int) -> list[Any]:
    """A list of at most so many items."""
    if not isinstance(value, list):
        raise ValueError(f"{what} must be a list{_is(value)}")
    if len(value) > most:
        raise ValueError(f"{what} must have at most {most} items, it has {len(value)}")
    return value


def mapped(
    what: str, value: object, need: Collection[str] = (), may: Collection[str] | None = ()
) -> dict[str, Any]:
    """A mapping that has some keys, and no others but those that it may have (None for any)."""
    if not isinstance(value, dict):
        raise ValueError(f"{what} must be a mapping{_is(value)}")
    for key in need:
        if key not in value:
            raise ValueError(f"{what} must have {key!r}")
    if may is not None:
        for key in value:
            if key not in need and key not in may:
                raise ValueError(f"{what} cannot have {shortened(key)}")
    return value


def each(check: Callable[[str, object], Any], what: str, values: Collection[object]) -> None:
    """Require of every item what a check requires."""
    for position, value in enumerate(values):
        check(f"{what} {position}", value)


def parsed(what: str, value: object, most: int) -> Any:
    """The value of a JSON text of at most so many characters."""
    given = text(what, value, most)
    try:
        return json.loads(given)
    except (ValueError, RecursionError) as error:
        why = "is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise ValueError(f"{what} must be JSON: {why[:100]}") from None


def _is(value: object) -> str:
    return f", it is {shortened(value)}"
