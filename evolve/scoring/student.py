"""Quantiles of Student's t (Student 1908), for intervals of constants."""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np

# `scipy.special.stdtrit` gives the same, but to load it takes a third of what prints a run.
NODES, WEIGHTS = np.polynomial.legendre.leggauss(64)
MANY = 300.0  # degrees of freedom from which on the series from the normal distribution is used
MOST_STEPS = 200
SETTLED = 1e-9  # relative step after which the next one, its square, is rounding
ROUNDING = 1e-13  # of shares
# Polynomials in the normal distribution's quantile z, the highest power first: factors of z, by
# the power of 1 / freedom (Fisher 1926).
SERIES = (
    ((1, 1), 4),
    ((5, 16, 3), 96),
    ((3, 19, 17, -15), 384),
    ((79, 776, 1482, -1920, -945), 92160),
)


@lru_cache(maxsize=1024)
def t_quantile(freedom: float, p: float) -> float:
    """The value below which a share of Student's t lies.

    Args:
        freedom: Degrees of freedom, at least 1; infinite for the normal distribution.
        p: The share, from 0.5 on and below 1.
    """
    if freedom >= MANY:
        z = NormalDist().inv_cdf(p)
        terms = [_polynomial(factors, z * z) / over for factors, over in SERIES]
        return z + sum(z * term / freedom**k for k, term in enumerate(terms, 1))
    # With t = sqrt(freedom) sinh(v) the density is a power of cosh(v): smooth, and falling in v,
    # so that Newton's steps from 0 never pass the value that is sought.
    factor = math.gamma(0.5 * (freedom + 1.0)) / math.gamma(0.5 * freedom) / math.sqrt(math.pi)
    v = 0.0
    for _ in range(MOST_STEPS):
        below = 0.5 * v * factor * float(WEIGHTS @ np.cosh(0.5 * v * (1.0 + NODES)) ** -freedom)
        left = p - 0.5 - below
        if left <= ROUNDING:
            break
        step = left / (factor * math.cosh(v) ** -freedom)
        v += step
        if step <= SETTLED * v:
            break
    return math.sqrt(freedom) * math.sinh(v)


def _polynomial(factors: tuple[int, ...], x: float) -> float:
    """The polynomial in `x` with some factors, that of the highest power first."""
    value = 0.0
    for factor in factors:
        value = value * x + factor
    return value
