"""Numbers as a fit takes them, whatever they were measured in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evolve.typing import Array

DIGITS = 34  # binary digits that are kept of a number, some ten decimal ones


@dataclass(frozen=True, slots=True)
class TargetFrame:
    """Origin and unit in which a target is fitted: (y - origin) / unit."""

    origin: float = 0.0
    unit: float = 1.0


def rounded(values: Array, least: float = 0.0, digits: Array | int = DIGITS) -> Array:
    """Numbers without their last digits, so that rounding decides nothing.

    Args:
        values: Numbers.
        least: Those smaller keep digits as if they were this large: differences of logarithms,
            say, whose error is that of the numbers that were subtracted.
        digits: Binary digits that are kept, of all or of each.
    """
    size = np.maximum(np.abs(values), least)
    with np.errstate(all="ignore"):
        step = np.exp2(np.ceil(np.log2(size)) - digits)
        short = np.round(values / step) * step
    return np.asarray(np.where(np.isfinite(short), short, values))
