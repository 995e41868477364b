"""Whether the rows themselves say that 0 is where their target begins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evolve.typing import Array, Ints

# A constant that means nothing adds more than this to a log-likelihood in 1 of 100 fits (Wilks
# 1938: half of chi-squared with 1 degree of freedom).
BY_CHANCE = 3.32
ORIGINS = np.geomspace(1e-3, 1e2, 60)  # distances from the nearest target, over their range


def is_origin(x: Array, y: Array, group: Ints, logarithmic: Sequence[bool]) -> bool:
    """Whether targets are a product of powers, which is over 0 and no other origin.

    The profile likelihood of the shift of a logarithm, as Box and Cox (1964) choose the scale of a
    target: log(y - s) is linear in the features, each group with a level of its own. No other
    origin s may be told apart from 0, the line over an origin far away must be, and the squares of
    the features must add nothing: a wrong form has its best origin anywhere.

    Args:
        x: `(n, f)` features.
        y: `(n,)` positive targets.
        group: `(n,)` group numbers.
        logarithmic: Whether each feature acts through its logarithm.
    """
    features = [_centred(np.log(v) if log else v) for v, log in zip(x.T, logarithmic, strict=True)]
    levels = [(group == g).astype(float) for g in np.unique(group)]
    line = np.column_stack([*levels, *features])
    curve = np.column_stack([line, *(v**2 for v in features)])
    if len(y) <= curve.shape[1] + 1 or not np.ptp(y):
        return False
    others = [y.min() - np.ptp(y) * ORIGINS, y.max() + np.ptp(y) * ORIGINS]
    at_zero = _likelihood(np.log(y), line) - np.log(y).sum()
    best = max(
        _likelihood(np.log(size), line) - np.log(size).sum()
        for size in (np.abs(y - s) for s in np.concatenate(others))
    )
    curved = _likelihood(np.log(y), curve) - np.log(y).sum()
    far_away = _likelihood(y, line)
    is_line = curved < at_zero + BY_CHANCE * len(features)
    return bool(is_line and best < at_zero + BY_CHANCE and at_zero > far_away + BY_CHANCE)


def _centred(values: Array) -> Array:
    """Values about their mean, over their largest distance from it."""
    about = values - values.mean()
    return np.asarray(about / (np.abs(about).max() or 1.0))


def _likelihood(values: Array, design: Array) -> float:
    """Log-likelihood of normal residuals about a linear model, but for a constant."""
    residuals = values - design @ np.linalg.lstsq(design, values, rcond=None)[0]
    least = 1e-24 * float(np.mean(values**2))  # of numbers that a model meets to their last digit
    return -0.5 * len(values) * float(np.log(max(float(np.mean(residuals**2)), least) or 1e-300))
