"""What a column counts in, by its name or numbers: millions as of `params (M)`, or percents."""

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
_PERCENTS = re.compile(r"%|(?<![A-Za-z])(percent(age|s)?|pct)(?![A-Za-z])", re.IGNORECASE)
MOST_FACTOR = 10.0  # above which hardly anybody says 1000 % of a factor; judgement
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


def cells_as_column_counts(
    name: str, cells: Sequence[object], values: Array, largest: float
) -> Array:
    """`(n,)` numbers of cells, those that stand in words as `as_column_counts` has them.

    Args:
        name: Of the column.
        cells: As they were given.
        values: `(n,)` what they stand for.
        largest: Value of the column.
    """
    counted = [
        as_column_counts(name, cell, value, largest) if isinstance(cell, str) else value
        for cell, value in zip(cells, values.tolist(), strict=True)
    ]
    return np.array(counted)


def as_column_counts(name: str, text: str, value: float, largest: float) -> float:
    """A number that was given in words, in what its column counts.

    Of a column that holds percents, as its name says or numbers do that no share or factor has,
    `10%` is 10, and of `params (M)` `7B` is 7000.

    Args:
        name: Of the column.
        text: As it was given.
        value: What it stands for.
        largest: Value of the column.
    """
    last = text.strip()[-1:]
    if last == "%":
        return 100.0 * value if _holds_percents(name, largest) else value
    found = unit_in_name(name, largest) if last.isalpha() and math.isfinite(value) else None
    return value / found[1] if found else value


def _holds_percents(name: str, largest: float) -> bool:
    """Whether a column counts in percents; a factor may be 2, which is 200 %."""
    return largest > (1.0 if _PERCENTS.search(name) else MOST_FACTOR)
