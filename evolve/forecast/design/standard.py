"""Designs that people use: isoFLOP profiles, a grid of sizes, one ratio at many sizes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evolve.forecast.design.means import Means
from evolve.forecast.design.region import Region
from evolve.typing import Array

LEVELS = (3, 5)  # of isoFLOP profiles
LEAST_SIZES = 3  # at a level, fewer of which show no lowest point
LEAST_IN_GRID = 4
RISE = 4.0  # from the cheapest to the dearest run of a design, for which it has fewer; judgement
HALVINGS = 60
SAME_COMPUTE = 1e-4  # of a logarithm


@dataclass(frozen=True, eq=False)
class DesignRuns:
    """A way to spend a budget.

    Attributes:
        name: What it is called.
        sizes: `(n, k)` of its runs, the cheapest first.
    """

    name: str
    sizes: Array


def standard_designs(means: Means) -> tuple[list[DesignRuns], dict[str, str]]:
    """The usual designs that spend a budget, or as much of it as bounds allow.

    Returns:
        The designs; and why others are left out, by their names.
    """
    region, made, left_out = means.region, {}, {}
    if region.n_sizes == 2:
        for k in LEVELS:
            made[f"isoFLOP of {k} levels"] = _profiles(means, k), k * LEAST_SIZES
        made["grid of sizes"] = _grid(means), max(means.least, LEAST_IN_GRID)
    name = "one ratio" if region.n_sizes == 2 else "many sizes"
    made[name] = _ladder(means), means.least
    designs = []
    for name, (sizes, n_least) in made.items():
        if sizes is not None and len(sizes):
            designs.append(DesignRuns(name, in_order(region, sizes)))
        else:
            left_out[name] = _why_left_out(means, n_least)
    return designs, left_out


def _why_left_out(means: Means, n_least: int) -> str:
    if means.n < n_least:
        return f"it needs {n_least} runs or more, there can be {means.n}"
    cheapest = 10.0 ** means.region.levels[0]
    return (
        f"bounds and budget leave it fewer than {n_least} runs whose compute differs {RISE:g} "
        f"times, from {cheapest:#.3g} up"
    )


def first_half(means: Means) -> DesignRuns | None:
    """Runs evenly spread for half of the means; None where these are too few."""
    half = means.half
    if means.region.n_sizes == 1:
        sizes = _ladder(half)
        return None if sizes is None else DesignRuns("many sizes", sizes)
    for k in sorted(LEVELS, reverse=True):
        if (sizes := _profiles(half, k)) is not None:
            return DesignRuns("isoFLOP", sizes)
    return None


def in_order(region: Region, sizes: Array) -> Array:
    """Runs, the cheapest first; of the same compute, but for rounding, those of smaller sizes."""
    costs = region.cost.of(sizes)
    order = np.argsort(costs, kind="stable")
    dearer = np.diff(np.log10(costs[order]), prepend=0.0) > SAME_COMPUTE
    level = np.empty(len(costs))
    level[order] = np.cumsum(dearer)
    return np.asarray(sizes[np.lexsort([*sizes.T[::-1], level])])


def _profiles(means: Means, k: int) -> Array | None:
    """Sizes evenly apart at each of some levels of compute (Hoffmann et al. 2022, approach 2)."""
    for m in range(means.n // k, LEAST_SIZES - 1, -1):
        if (computes := _spent(means, k, m)) is not None:
            return means.region.along(np.repeat(computes, m), np.tile(np.linspace(0.0, 1.0, m), k))
    return None


def _ladder(means: Means) -> Array | None:
    """Runs of one ratio: that of the best run of a compute in the middle, as far as allowed."""
    region = means.region
    for n in range(means.n, means.least - 1, -1):
        if (computes := _spent(means, n, 1)) is None:
            continue
        logs = np.log10(computes)
        ratio = float(np.interp(logs.mean(), region.levels, region.centres))
        low, high = (np.interp(logs, region.levels, ends) for ends in (region.lows, region.highs))
        return region.place(computes, np.clip(ratio, low, high))
    return None


def _spent(means: Means, k: int, m: int) -> Array | None:
    """`(k,)` levels of compute at equal factors, with so many runs each, that spend a budget.

    None where the budget does not pay for levels that differ enough.
    """
    low, high = means.region.levels[0], means.region.levels[-1]

    def levels(top: float) -> Array:
        return np.asarray(10.0 ** np.linspace(low, top, k))

    def fits(top: float) -> bool:
        return m * float(levels(top).sum()) <= means.budget

    if not fits(min(low + np.log10(RISE), high)):
        return None
    return levels(_largest(fits, low, high))


def _largest(fits: Callable[[float], bool], low: float, high: float) -> float:
    """The largest value between two that fits, where smaller ones do if larger ones do."""
    if fits(high):
        return high
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def _grid(means: Means) -> Array | None:
    """Every first size with every second one, from the best run of the least compute upwards.

    The corners of the grid are the furthest from the best ratio, which ends its steps.
    """
    for n in range(means.n, max(means.least, LEAST_IN_GRID) - 1, -1):
        a = int(np.sqrt(n))
        if (sizes := _grid_of(means, (a, n // a))) is not None:
            return sizes
    return None


def _grid_of(means: Means, shape: tuple[int, int]) -> Array | None:
    """A grid of a shape; None where bounds and budget leave too few runs, or too close ones."""
    region = means.region
    reach = float((region.highs - region.lows).max()) / 2.0

    def runs(base: float, steps: float) -> Array:
        ratio = np.interp(base, region.levels, region.centres)
        start = np.log10(region.place(np.array([10.0**base]), np.array([ratio]))[0])
        axes = [s + np.linspace(0.0, steps, c) for s, c in zip(start, shape, strict=True)]
        sizes = 10.0 ** np.stack([g.ravel() for g in np.meshgrid(*axes)], axis=1)
        return np.asarray(sizes[region.inside(sizes)])

    def fits(sizes: Array) -> bool:
        return float(region.cost.of(sizes).sum()) <= means.budget

    low, high = region.levels[0], region.levels[-1]
    if not fits(runs(low, min(np.log10(RISE) / 2.0, reach))):
        return None
    steps = _largest(lambda wide: fits(runs(low, wide)), 0.0, reach)
    base = _largest(lambda start: fits(runs(start, steps)), low, high)
    found = runs(base if steps == reach else low, steps)
    return found if len(found) >= means.least else None
