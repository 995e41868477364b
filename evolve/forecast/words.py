"""How forecasts and errors are said, on every screen and page alike, where a number misleads."""

from __future__ import annotations

import math
from collections.abc import Sequence

OPEN = "open"
NO_GUIDE = (
    "open: the forecast or its interval is off by many times what all training targets span, and "
    "laws and constants as good as these say anything else there; it is no forecast"
)
FACTOR_FROM = 10.0  # shares from which on a factor is easier to read than percents
MOST_TIMES = 1e6  # beyond it a number says no more than that a law explodes
LEAST_SHARE = 1e-6
MOST_DIGITS = 12
MOST_GROUPS = 5  # that a phrase names
FEW_DIGITS = -10.0  # an R² below it says no more than that either


def digits_beside(value: float, bound: float, digits: int) -> int:
    """Digits, so many or more, to which a number is not rounded to a bound or beyond it."""
    for n in range(digits, MOST_DIGITS):
        said = float(f"{value:.{n}g}")
        if (said < bound) == (value < bound) and (said > bound) == (value > bound):
            return n
    return digits


def share_text(share: float, of: str = "", bound: float = 0.0) -> str:
    """A share in percent; a large one as a factor, one that nobody reads in words.

    Args:
        share: 0.05 for 5 %.
        of: What it is a share of, after a factor.
        bound: What it is measured by: 1.04 % is more than 1 %, and said to be so.
    """
    if 0.0 < share < LEAST_SHARE:
        return f"less than {100.0 * LEAST_SHARE:.4f} %"
    if share < FACTOR_FROM:
        return f"{plain(100.0 * share, digits_beside(100.0 * share, 100.0 * bound, 2))} %"
    return f"{times_text(share)} {of}".rstrip()


def times_text(times: float, digits: int = 2) -> str:
    """So many times; in words where they are more, or less, than a person reads."""
    if times < LEAST_SHARE:
        return f"less than {LEAST_SHARE:.6f} times"
    return f"{plain(times, digits)} times" if times <= MOST_TIMES else "more than a million times"


def r2_text(r2: float | None, digits: int = 4, bound: float = -math.inf) -> str:
    """An R² to so many digits; three at most, or words, of one by which the law explodes.

    Args:
        r2: The R²; a dash stands for none.
        digits: Decimals, or digits of two.
        bound: What it is measured by: 0.8963 is less than 0.9, and said to be so.
    """
    if r2 is None:
        return "-"
    if r2 < -MOST_TIMES:
        return f"below {-MOST_TIMES:,.0f}"
    if r2 <= FEW_DIGITS:
        return plain(r2, min(digits, 3))
    digits = digits_beside(r2, bound, digits)
    return f"{r2:.{digits}f}" if digits > 2 else f"{r2:.{digits}g}"


def counted(n: int, noun: str) -> str:
    """So many of a thing: ``1 constant``, ``2 constants``."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def plain(value: float, digits: int) -> str:
    """A number of few digits, written out: `1,200`, not `1.2e+03`."""
    text = f"{float(f'{value:.{digits}g}'):,.8f}"
    return text.rstrip("0").rstrip(".")


def some_of(groups: Sequence[str], n_groups: int) -> str:
    """Groups in a phrase; of many the first, and how many others there are."""
    from evolve.tasks.together import listed

    if len(groups) == n_groups:
        return f"all {n_groups} groups"
    if len(groups) <= MOST_GROUPS:
        return listed(groups)
    return f"{', '.join(groups[:MOST_GROUPS])} and {len(groups) - MOST_GROUPS} more"
