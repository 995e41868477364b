"""Which runs to make, one after the other, so that together they take most off a variance."""

from __future__ import annotations

import numpy as np

from evolve.typing import Array

# Of runs that take nearly as much off the variance as the one that takes most, the cheapest is
# named, as a run next to the point itself takes most and costs as much as that; judgement.
NEARLY = 0.9


def taken_off(along: Array, noise: Array, wanted: Array) -> Array:
    """`(n,)` what the outcome of each run takes off the variance at a point.

    Args:
        along: `(n, q)` what is open of the runs, as `Open` has it.
        noise: `(n,)` scatter of each run.
        wanted: `(q,)` what is open of the point.
    """
    shared = along @ wanted
    return np.asarray(shared**2 / ((along**2).sum(axis=1) + noise**2))


def without(rows: Array, run: Array, noise: float) -> Array:
    """`(n, q)` what is still open of rows once a run is made (the square root of Potter 1963).

    Args:
        rows: `(n, q)` what was open of them.
        run: `(q,)` what was open of the run.
        noise: Its scatter.
    """
    square = float(run @ run)
    if not square > 0.0:
        return rows
    share = (1.0 - noise / np.sqrt(noise**2 + square)) / square
    return np.asarray(rows - share * np.outer(rows @ run, run))


def cheapest_of_best(taken: Array, costs: Array) -> int | None:
    """Number of the run to make, by what each takes off; None where none takes anything off."""
    if not taken.size or not taken.max() > 0.0:
        return None
    near = np.flatnonzero(taken >= NEARLY * taken.max())
    return int(near[np.lexsort((-taken[near], costs[near]))[0]])
