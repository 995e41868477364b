"""Residuals to the kind of their noise: added to a law, or multiplied with it."""

from __future__ import annotations

import numpy as np

from evolve.scoring.objective import MULTIPLICATIVE_EVIDENCE
from evolve.typing import Array

LEAST = 1e-12  # of the targets' size, against the logarithm of a residual of 0


def gaps_of(y: Array, p: Array, *, relative: bool) -> Array:
    """Residuals of targets from predictions of the same shape.

    Args:
        y: Targets, positive where `relative`.
        p: Predictions.
        relative: Whether noise multiplies the law: then those of logarithms; a prediction that is
            not positive is infinitely far.
    """
    if not relative:
        return y - p
    with np.errstate(all="ignore"):
        return np.where(p > 0, np.log(y) - np.log(np.where(p > 0, p, 1.0)), np.inf)


def is_relative(y: Array, p: Array) -> bool:
    """Whether the residuals of a fit are more likely multiplied with the law than added to it.

    Two normal likelihoods are compared, of the residuals and of those of the logarithms (Box and
    Cox 1964: the latter with the Jacobian of the logarithm). Robust scales are used, as runs may
    be outliers under either.

    Args:
        y: `(n, t)` targets.
        p: `(n, t)` predictions of the same rows.
    """
    if not (y > 0).all() or not (p > 0).all():
        return False
    added, multiplied = (_log_scale(gaps_of(y, p, relative=r), y) for r in (False, True))
    gain = added - multiplied - np.log(y).mean(axis=0)
    return bool(gain.sum() * len(y) > MULTIPLICATIVE_EVIDENCE)


def _log_scale(gaps: Array, y: Array) -> Array:
    """`(t,)` logarithm of the mean absolute residual."""
    least = LEAST * np.abs(y).mean(axis=0)
    return np.asarray(np.log(np.maximum(np.abs(gaps).mean(axis=0), least)))
