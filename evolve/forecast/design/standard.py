"""Designs that people use: isoFLOP profiles, a grid of sizes, one ratio at many sizes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evolve.forecast.design.region import Region
from evolve.typing import Array

LEVELS = (3, 5)  # of isoFLOP profiles
LEAST_SIZES = 3  # at a level, fewer of which show no lowest point
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


def standard_designs(region: Region, budget: float, n: int) -> list[DesignRuns]:
    """The usual designs that spend a budget, or as much of it as bounds allow.

    Args:
        region: The runs that may be made.
        budget: Of all runs together.
        n: Most runs.
    """
    designs = []
    if region.n_sizes == 2:
        for k in LEVELS:
            if n // k >= LEAST_SIZES:
                name = f"isoFLOP of {k} levels"
                designs.append(DesignRuns(name, _profiles(region, budget, k, n // k)))
        designs.append(DesignRuns("grid of sizes", _grid(region, budget, n)))
    name = "one ratio" if region.n_sizes == 2 else "many sizes"
    designs.append(DesignRuns(name, _ladder(region, budget, n)))
    return [DesignRuns(d.name, in_order(region, d.sizes)) for d in designs if len(d.sizes)]


def first_half(region: Region, budget: float, n: int) -> DesignRuns | None:
    """Three in four of the runs, evenly spread, for half of a budget; None for too few runs."""
    most, half = 3 * n // 4, budget / 2.0
    if region.n_sizes == 1:
        return DesignRuns("many sizes", _ladder(region, half, most))
    for k in sorted(LEVELS, reverse=True):
        if most // k >= LEAST_SIZES:
            return DesignRuns("isoFLOP", _profiles(region, half, k, most // k))
    return None


def in_order(region: Region, sizes: Array) -> Array:
    """Runs, the cheapest first; of the same compute, but for rounding, those of smaller sizes."""
    costs = region.cost.of(sizes)
    order = np.argsort(costs, kind="stable")
    dearer = np.diff(np.log10(costs[order]), prepend=0.0) > SAME_COMPUTE
    level = np.empty(len(costs))
    level[order] = np.cumsum(dearer)
    return np.asarray(sizes[np.lexsort([*sizes.T[::-1], level])])


def _profiles(region: Region, budget: float, k: int, m: int) -> Array:
    """Sizes evenly apart at each of some levels of compute (Hoffmann et al. 2022, approach 2)."""
    computes = _spent(region, budget, k, m)
    return region.along(np.repeat(computes, m), np.tile(np.linspace(0.0, 1.0, m), k))


def _ladder(region: Region, budget: float, n: int) -> Array:
    """Runs of one ratio: that of the best run of a compute in the middle, as far as allowed."""
    computes = _spent(region, budget, n, 1)
    logs = np.log10(computes)
    ratio = float(np.interp(logs.mean(), region.levels, region.centres))
    low, high = (np.interp(logs, region.levels, ends) for ends in (region.lows, region.highs))
    return region.place(computes, np.clip(ratio, low, high))


def _spent(region: Region, budget: float, k: int, m: int) -> Array:
    """`(k,)` levels of compute at equal factors, with so many runs each, that spend a budget."""
    low, high = region.levels[0], region.levels[-1]

    def levels(top: float) -> Array:
        return np.asarray(10.0 ** np.linspace(low, top, k))

    top = _largest(lambda end: m * float(levels(end).sum()) <= budget, low, high)
    return levels(top)


def _largest(fits: Callable[[float], bool], low: float, high: float) -> float:
    """The largest value between two that fits, where smaller ones do if larger ones do."""
    if fits(high):
        return high
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def _grid(region: Region, budget: float, n: int) -> Array:
    """Every first size with every second one, from the best run of the least compute upwards.

    The corners of the grid are the furthest from the best ratio, which ends its steps.
    """
    a = int(np.sqrt(n))
    shape = (a, n // a)
    reach = float((region.highs - region.lows).max()) / 2.0

    def runs(base: float, steps: float) -> Array:
        ratio = np.interp(base, region.levels, region.centres)
        start = np.log10(region.place(np.array([10.0**base]), np.array([ratio]))[0])
        axes = [s + np.linspace(0.0, steps, c) for s, c in zip(start, shape, strict=True)]
        sizes = 10.0 ** np.stack([g.ravel() for g in np.meshgrid(*axes)], axis=1)
        return np.asarray(sizes[region.inside(sizes)])

    def fits(sizes: Array) -> bool:
        return float(region.cost.of(sizes).sum()) <= budget

    low, high = region.levels[0], region.levels[-1]
    steps = _largest(lambda wide: fits(runs(low, wide)), 0.0, reach)
    base = _largest(lambda start: fits(runs(start, steps)), low, high)
    return runs(base if steps == reach else low, steps)
