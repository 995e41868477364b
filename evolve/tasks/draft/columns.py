"""The cells of a column to its facts, and to a guess of its scale and unit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evolve.tasks.cells import LARGEST_EXACT, long_number
from evolve.tasks.readers import RawTable, is_blank, number
from evolve.tasks.roles import Role
from evolve.typing import Array

Scale = Literal["log", "linear"]
Kind = Literal["numbers", "texts", "mixed", "empty"]

WIDE = 100.0  # a factor between least and largest that a share hardly has
CLOSE = 1.01  # a factor below which three digits say nothing
FEWEST_DIGITS, MOST_DIGITS = 3, 15
STEPS = 20  # between the least and the largest number of a column that digits are to tell apart
# Roles of sizes, and of what is best at a size, say.
POSITIVE: tuple[Role, ...] = ("N", "D", "U", "C", "batch", "lr")
SPREAD = 3.0  # a factor from which a size is thought of in logarithms
NARROW = 1.1  # a factor up to which a logarithm is all but straight


@dataclass(frozen=True)
class Column:
    """What a column holds.

    Attributes:
        name: Its name.
        kind: All numbers, all texts, some of both, or nothing.
        n_blank: Cells that hold nothing.
        n_levels: Different values.
        low: Least number, where all are numbers; the next two likewise.
        median: The median.
        high: Largest number.
        gap: Widest gap between neighbouring levels: a factor where all are above 0, else a
            difference; None below two levels.
        odd: Index of the first cell that is no finite number.
        numeric: Whether there are numbers, and nothing else but blanks.
    """

    name: str
    kind: Kind
    n_blank: int
    n_levels: int
    low: float | None = None
    median: float | None = None
    high: float | None = None
    gap: float | None = None
    odd: int | None = None
    numeric: bool = False

    @property
    def gap_text(self) -> str | None:
        """The gap as it is printed: a factor with its sign, or a difference."""
        if self.gap is None or self.low is None:
            return None
        return f"x {_factor(self.gap)}" if self.low > 0 else f"{self.gap:.3g}"

    @property
    def digits(self) -> int:
        """Digits by which its numbers are told apart, three at least: years need four."""
        if self.low is None or self.high is None or not 0 < self.high - self.low < math.inf:
            return FEWEST_DIGITS
        largest = math.floor(math.log10(max(abs(self.low), abs(self.high))))
        step = math.floor(math.log10((self.high - self.low) / STEPS))
        return min(max(FEWEST_DIGITS, largest - step + 1), MOST_DIGITS)


def _factor(value: float) -> str:
    """A factor as it is printed, in digits enough to differ from 1."""
    return f"{value:.5g}" if value < CLOSE else f"{value:.3g}"


def inspect_columns(raw: RawTable) -> dict[str, Column]:
    """Facts of every column, by name."""
    return {name: _inspect(name, cells, raw.finite(name)) for name, cells in raw.columns.items()}


def _inspect(name: str, cells: Sequence[object], x: Array | None) -> Column:
    """Facts of a column, from its cells and its numbers if all are finite ones."""
    if x is not None:
        levels = np.unique(x)
        low, median, high = float(levels[0]), float(np.median(x)), float(levels[-1])
        gap, n_levels = _gap(levels), len(levels)
        if max(-low, high) > LARGEST_EXACT:
            n_levels = len({long_number(cell) or number(cell) for cell in cells})
        return Column(name, "numbers", 0, n_levels, low, median, high, gap, numeric=True)
    values = [number(cell) for cell in cells]
    finite = [value is not None and math.isfinite(value) for value in values]
    n_blank = sum(is_blank(cell) for cell in cells)
    n_levels = len({repr(cell) for cell in cells if not is_blank(cell)})
    kind: Kind = "mixed" if any(v is not None for v in values) else "texts"
    kind = "empty" if n_blank == len(cells) else kind
    numeric = any(finite) and n_blank + sum(finite) == len(cells)
    return Column(name, kind, n_blank, n_levels, odd=finite.index(False), numeric=numeric)


def _gap(levels: Array) -> float | None:
    """Widest gap between neighbouring levels, ascending."""
    if len(levels) < 2:
        return None
    with np.errstate(over="ignore"):
        gaps = levels[1:] / levels[:-1] if levels[0] > 0 else np.diff(levels)
    return float(gaps.max())


def guess_scale(
    values: Array, share_of: float | None = None, role: Role | None = None
) -> tuple[Scale, str]:
    """Whether a feature acts through its logarithm, as sizes do, and why that is thought.

    Args:
        values: `(n,)` finite values.
        share_of: What the feature and others sum to in every row, if they do.
        role: Of `POSITIVE` where it is a size, of which twice as much is one step.
    """
    levels = np.unique(values)
    low, high = float(levels[0]), float(levels[-1])
    if share_of is not None:
        return "linear", f"is a share: with others it sums to {share_of:g}"
    if low <= 0:
        return "linear", f"holds {low:g}, which has no logarithm"
    factor = high / low  # Python's floats: inf where there are more decades than a float has
    if math.isinf(factor):
        return "log", f"is positive and spans {math.log10(high) - math.log10(low):.0f} decades"
    if factor >= SPREAD:
        return "log", f"is positive and spans a factor of {factor:.3g}"
    if role in POSITIVE:
        return "log", "is a size, which acts by factors"
    if _unevenness(np.log(levels)) > _unevenness(levels):
        return "linear", f"spans a factor of {_factor(factor)} alone, in even steps"
    if 1 < factor < NARROW:  # as of years, whose steps are as uneven in both
        return "linear", f"spans a factor of {_factor(factor)} alone"
    return "log", "is positive, and its levels are as even in the logarithm"


def _unevenness(levels: Array) -> float:
    """Largest distance of ascending levels from even spacing, as a share of their range."""
    span = levels[-1] - levels[0]
    if not span > 0:
        return 0.0
    even = np.arange(len(levels)) / (len(levels) - 1)
    # Rounded so that steps even in both senses tie.
    return round(float(np.abs((levels - levels[0]) / span - even).max()), 9)


def guess_unit(values: Array, scale: Scale) -> float:
    """A power of ten that a feature is divided by, so that constants are near 1.

    The nearest to the median; for a linear scale, 1 unless the values are far from it.

    Args:
        values: `(n,)` finite values.
        scale: The feature's scale.
    """
    sizes = np.abs(values[values != 0])
    if len(sizes) == 0:
        return 1.0
    power = round(math.log10(float(np.median(sizes))))
    if scale == "linear" and abs(power) <= 1:
        return 1.0
    return float(f"1e{min(max(power, -300), 300)}")
