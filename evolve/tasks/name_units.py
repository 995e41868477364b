"""The unit that the name of a column says its sizes are counted in, such as `params (M)`."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from evolve.tasks.cells import size_in_words
from evolve.typing import Array

_UNIT = re.compile(
    r"(.*[A-Za-z])[\s_]*[\s_(\[]"
    r"(K|M|B|T|G|bn|thousands?|millions?|billions?|trillions?)[)\]]?"
)
FEW_UNITS = 1e6  # more than so many of them are hardly counted in millions


def unit_in_name(name: str, largest: float) -> tuple[str, float] | None:
    """The name without its unit, and what one of that is; None where it says none.

    Args:
        name: Of the column.
        largest: Of its values; large ones are counted in ones, whatever the name says.
    """
    match = _UNIT.fullmatch(name)
    scale = size_in_words(f"1 {match[2].removesuffix('s')}") if match else None
    return None if match is None or scale is None or largest > FEW_UNITS else (match[1], scale)


def units_in_names(names: Sequence[str], X: Array) -> dict[int, float]:
    """What columns are counted in whose names say it, by their numbers.

    Args:
        names: Of the columns.
        X: `(n, f)` their values.
    """
    largest = map(float, np.max(X, axis=0))
    found = enumerate(map(unit_in_name, names, largest))
    return {j: unit[1] for j, unit in found if unit is not None}


def without_unit(name: str) -> str:
    """The name without the unit that it ends in, if it does: `N` of `N (M)`."""
    match = _UNIT.fullmatch(name)
    return match[1] if match else name


def as_column_counts(name: str, text: str, value: float, largest: float) -> float:
    """A number that was given in words, in what its column counts.

    Of a column that holds percents `10%` is 10, and of `params (M)` `7B` is 7000.

    Args:
        name: Of the column.
        text: As it was given.
        value: What it stands for.
        largest: Value of the column.
    """
    last = text.strip()[-1:]
    if last == "%":
        return 100.0 * value if largest > 1.0 else value
    found = unit_in_name(name, largest) if last.isalpha() and math.isfinite(value) else None
    return value / found[1] if found else value
