"""Quantiles of Student's t (Student 1908), for intervals of constants."""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np

# `scipy.special.stdtrit` gives the same, but to load it takes a third of what prints a run.
NODES, WEIGHTS = np.polynomial.legendre.leggauss(64)
NORMAL = 1e6  # degrees of freedom from which on it is the normal distribution's
HALVINGS = 60


@lru_cache(maxsize=1024)
def t_quantile(freedom: float, p: float) -> float:
    """The value below which a share of Student's t lies.

    Args:
        freedom: Degrees of freedom, at least 1; infinite for the normal distribution.
        p: The share, from 0.5 on and below 1.
    """
    if freedom >= NORMAL:
        return NormalDist().inv_cdf(p)
    # With t = sqrt(freedom) tan(a) the density is one of a, a power of its cosine.
    log_factor = math.lgamma(0.5 * (freedom + 1.0)) - math.lgamma(0.5 * freedom)
    factor = math.exp(log_factor) / math.sqrt(math.pi)
    low, high = 0.0, 0.5 * math.pi
    for _ in range(HALVINGS):
        angle = 0.5 * (low + high)
        cosines = np.cos(0.5 * angle * (1.0 + NODES))
        below = 0.5 * angle * factor * float(WEIGHTS @ cosines ** (freedom - 1.0))
        low, high = (angle, high) if below < p - 0.5 else (low, angle)
    return math.sqrt(freedom) * math.tan(0.5 * (low + high))
