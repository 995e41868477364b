"""The share of runs that an interval is to hold."""

from __future__ import annotations

from evolve.errors import Argument, EvolveError
from evolve.forecast.queries import finite_number


def read_level(level: object) -> float:
    """The share that an interval is to hold, of a number or of words such as ``90%``.

    Raises:
        EvolveError: It is no share.
    """
    value = finite_number("interval", level)
    if not 0.0 < value < 1.0:
        raise EvolveError(Argument("interval"), f": must be between 0 and 1, it is {value:g}")
    return value
