"""The chance of each of several forecasts to turn out best, from their quantiles, without a draw.

Forecasts are taken to be independent, as where the interval of a difference is made.
"""

from __future__ import annotations

import numpy as np

from evolve.typing import Array, Ints

N_SHARES = 1000
SHARES = (np.arange(N_SHARES) + 0.5) / N_SHARES  # whose quantiles stand for a forecast
# Gauss and Legendre's nodes and weights on (0, 1).
NODES, WEIGHTS = (0.5 * part for part in np.polynomial.legendre.leggauss(8))
NODES = NODES + 0.5
MOST_PIECES = 256  # into which equal values are divided, each with its nodes
AT_ONCE = 256  # systems with equal values that are looked at together, which bounds memory


def chances_of(quantiles: Array, *, maximise: bool = False) -> Array:
    """`(k,)` chances to be the lowest that sum to 1; equal values share what they have in common.

    All values are gone through once in ascending order, with the chance that all systems lie
    beyond: of thousands of systems no two are held against each other.

    Args:
        quantiles: `(k, m)` ascending values of each, equally likely.
        maximise: Whether the highest is wanted.
    """
    values = -quantiles[:, ::-1] if maximise else quantiles
    m = values.shape[1]
    system, place, below, equal = _runs_of(values)
    with np.errstate(divide="ignore"):  # behind the last value of a system nothing of it is left
        before, after = (np.log1p(-part / m) for part in (below, below + equal))
    last = place == place.max()
    passed = np.bincount(place, np.where(last, 0.0, after - before))
    all_beyond = np.concatenate([[0.0], np.cumsum(passed)[:-1]])[place]
    part = equal / m * np.exp(all_beyond - before)  # where no other system has the same value
    order = np.argsort(place, kind="stable")
    begins = np.searchsorted(place[order], np.arange(place.max() + 2))
    for at in np.flatnonzero(np.diff(begins) > 1):
        tied = order[begins[at] : begins[at + 1]]
        others = all_beyond[tied[0]] - before[tied].sum()
        part[tied] = equal[tied] / m * np.exp(others) * _of_equals(below[tied], equal[tied], m)
    chances = np.bincount(system, part, minlength=len(values))
    return np.asarray(chances / chances.sum())


def _runs_of(values: Array) -> tuple[Ints, Ints, Ints, Ints]:
    """Runs of equal values of each system, as far as any of them may be the lowest of all.

    Args:
        values: `(k, m)`, ascending.

    Returns:
        `(n,)` of each run its system, the place of its value among all values, how many values
        of the system come before, and how many it has.
    """
    k, m = values.shape
    seen = values <= values[:, -1].min()  # beyond, some system is always lower
    places = np.full((k, m), -1)
    places[seen] = np.unique(values[seen], return_inverse=True)[1].ravel()
    first = seen.copy()
    first[:, 1:] &= places[:, 1:] != places[:, :-1]
    system, below = np.nonzero(first)
    following = np.append(np.flatnonzero(first.ravel())[1:], k * m)
    ends = np.minimum(following - system * m, seen.sum(axis=1)[system])
    return system, places[first], below, ends - below


def _of_equals(below: Ints, equal: Ints, m: int) -> Array:
    """`(t,)` of each of some systems with equal values the chance that all others lie beyond.

    Among equal values a run comes before a share of them, which is spread evenly.

    Args:
        below: `(t,)` values of each that come before.
        equal: `(t,)` values of each that are equal.
        m: How many values each has.
    """
    n = min(int(equal.max()), MOST_PIECES)
    share = ((np.arange(n)[:, None] + NODES) / n).ravel()
    weight = np.tile(WEIGHTS / n, n)
    chunks = [slice(i, i + AT_ONCE) for i in range(0, len(below), AT_ONCE)]

    def behind(some: slice) -> Array:
        return np.asarray(np.log1p(-(below[some, None] + share * equal[some, None]) / m))

    together = np.sum([behind(some).sum(axis=0) for some in chunks], axis=0)
    return np.concatenate([np.exp(together - behind(some)) @ weight for some in chunks])
