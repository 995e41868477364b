"""Exponentials and logarithms in arithmetic that compilers vectorise.

Accurate to about one unit in the last place. Exponentials beyond +-708 are infinite or
zero. Only called from compiled loops: the plain numpy path uses numpy's own functions.
"""

from __future__ import annotations

import math

import numpy as np

from evolve.fitting.compiled import exact

LOG2E = 1.4426950408889634074
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
ROUND = 6755399441055744.0  # 1.5 * 2**52: adding it rounds to a whole number, kept in the low bits
ROUND_BITS = 0x4338000000000000
HALF_ROOT_BITS = 0x3FE6A09E667F3BCD  # sqrt(1/2)


@exact
def exp(x: float) -> float:
    """Exponential: 2**k times a polynomial on [-ln 2 / 2, ln 2 / 2]."""
    a = -708.0 if x < -708.0 else x
    a = 708.0 if a > 708.0 else a
    z = a * LOG2E + ROUND
    k = z - ROUND
    f = (a - k * LN2_HIGH) - k * LN2_LOW
    f2 = f * f
    f4 = f2 * f2
    low = (0.5 + f / 6.0) + (1.0 / 24.0 + f * (1.0 / 120.0)) * f2
    high = (1.0 / 720.0 + f * (1.0 / 5040.0)) + (1.0 / 40320.0 + f * (1.0 / 362880.0)) * f2
    top = 1.0 / 3628800.0 + f * (1.0 / 39916800.0) + f2 * (1.0 / 479001600.0)
    p = (low + (high + top * f4) * f4) * f2 + f + 1.0
    bits = np.int64(np.float64(p).view(np.int64) + (np.float64(z).view(np.int64) << 52))
    value: float = np.int64(bits).view(np.float64)
    value = 0.0 if x < -708.0 else value
    value = math.inf if x > 708.0 else value
    return value if x == x else x


@exact
def log(x: float) -> float:
    """Natural logarithm (the scheme of fdlibm's e_log.c); -inf at 0, nan below."""
    tiny = x < 1e-300
    bits = np.float64(x * 1e200 if tiny else x).view(np.int64)
    k = np.int64((bits - HALF_ROOT_BITS) >> 52)
    f = np.int64(bits - (k << 52)).view(np.float64) - 1.0
    whole = np.int64(k + ROUND_BITS).view(np.float64) - ROUND
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    odd = z * (0.6666666666666735130 + w * (0.2857142874366239149 + w * (
        0.1818357216161805012 + w * 0.1479819860511658591)))  # fmt: skip
    even = w * (0.3999999999940941908 + w * (0.2222219843214978396 + w * 0.1531383769920937332))
    half = 0.5 * f * f
    value: float = whole * LN2_HIGH - ((half - (s * (half + odd + even) + whole * LN2_LOW)) - f)
    value = value - 460.51701859880913680 if tiny else value
    value = -math.inf if x == 0.0 else value
    return value if (x >= 0.0 and x < math.inf) else (x if x > 0.0 else math.nan)


@exact
def log1p(x: float) -> float:
    """log(1 + x), the rounding of 1 + x put right."""
    y = 1.0 + x
    value = log(y) + (x - (y - 1.0)) / y
    return value if y < math.inf and y > 0.0 else log(y)


@exact
def tanh(x: float) -> float:
    """Hyperbolic tangent; a series near 0."""
    size = abs(x)
    value = 1.0 - 2.0 / (exp(2.0 * size) + 1.0)
    square = x * x
    small = size * (1.0 - square * (1.0 / 3.0 - square * (2.0 / 15.0 - square * (17.0 / 315.0))))
    value = small if size < 0.01 else value
    return -value if x < 0.0 else value


@exact
def expm1(x: float) -> float:
    """exp(x) - 1; a series near 0."""
    series = x * (1.0 + x * (0.5 + x * (1.0 / 6.0 + x * (1.0 / 24.0 + x / 120.0))))
    return series if abs(x) < 1e-3 else exp(x) - 1.0
