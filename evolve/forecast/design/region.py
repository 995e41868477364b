"""Which runs may be made: of any compute within bounds, their sizes not too far from the best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evolve.errors import Argument, EvolveError
from evolve.forecast.plan.cost import Cost
from evolve.forecast.plan.scaling import NoShiftError, at_budgets
from evolve.typing import Array

BASE = 6.0  # logarithm of sizes about which they are sought, 12 factors of 10 to each side
DECADES, PER_DECADE = 8.0, 50  # of ratios among which the best one is sought
N_LEVELS, N_RATIOS = 41, 81
# Powers of ten above a budget that pays for no run, at which one is looked for.
ABOVE: Array = 0.1 * np.arange(1.0, 81.0)
EDGE_HALVINGS, SLACK = 20, 1e-9
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Region:
    """The runs among which designs choose, by compute and by the ratio of two sizes.

    A ratio is a logarithm to base 10, of the second size over the first; with one size it is 0.

    Attributes:
        cost: What runs cost.
        levels: `(m,)` logarithms of compute, ascending, at each of which some run may be made.
        centres: `(m,)` ratio of the best run of each.
        lows: `(m,)` least ratio that a run of each may have.
        highs: `(m,)` largest one.
        least: `(k,)` smallest sizes.
        most: `(k,)` largest sizes.
        is_best: Whether centres are best by the law, not the ratio of the point alone.
    """

    cost: Cost
    levels: Array
    centres: Array
    lows: Array
    highs: Array
    least: Array
    most: Array
    is_best: bool

    @property
    def n_sizes(self) -> int:
        """Sizes that a run costs."""
        return len(self.least)

    def place(self, computes: Array, ratios: Array) -> Array:
        """`(n, k)` sizes of runs of some compute and ratio."""
        return placed(self.cost, computes, ratios, self.n_sizes)

    def along(self, computes: Array, shares: Array) -> Array:
        """`(n, k)` sizes of runs, each a share of the way from the least to the largest ratio."""
        logs = np.log10(computes)
        low = np.interp(logs, self.levels, self.lows)
        high = np.interp(logs, self.levels, self.highs)
        return self.place(computes, low + shares * (high - low))

    def inside(self, sizes: Array) -> Flags:
        """`(n,)` whether sizes keep to the smallest and the largest."""
        return np.asarray(_within(sizes, self.least, self.most))


def placed(cost: Cost, computes: Array, ratios: Array, k: int) -> Array:
    """`(n, k)` sizes of runs of some compute and ratio.

    Raises:
        EvolveError: No sizes cost that.
    """
    turns = np.array([-0.5, 0.5]) if k == 2 else np.zeros(1)
    logs = BASE + np.asarray(ratios)[:, None] * turns
    try:
        return np.asarray(10.0 ** at_budgets(cost.of, logs, np.asarray(computes, dtype=float)))
    except NoShiftError:
        rule = f": {cost.text!r} must grow with its sizes, and to {max(computes):g}: is "
        raise EvolveError(
            Argument("compute"), rule, Argument("budget"), " what you mean?"
        ) from None


def best_ratios(
    law: Callable[[Array], Array], cost: Cost, computes: Array, centre: float
) -> Array:
    """`(m,)` or, of a law under `(s, p)` constants, `(m, s)` ratios where the target is least.

    Infinite where the target keeps falling to an end of the ratios looked at.

    Args:
        law: `(n, 2)` sizes to `(n,)` or `(s, n)` values.
        cost: What runs cost.
        computes: `(m,)`.
        centre: The middle of the ratios looked at.
    """
    steps = np.linspace(-DECADES, DECADES, int(2 * DECADES * PER_DECADE) + 1)
    grid = centre + steps
    found = []
    for compute in computes:
        sizes = placed(cost, np.full(len(grid), compute), grid, 2)
        found.append(_least(grid, np.atleast_2d(law(sizes))))
    result = np.array(found)
    return result[:, 0] if result.shape[1] == 1 else result


def _least(grid: Array, values: Array) -> Array:
    """`(s,)` places of the least of `(s, n)` values, by a parabola through its neighbours."""
    values = np.where(np.isfinite(values), values, np.inf)
    i = np.argmin(values, axis=1)
    within = np.clip(i, 1, len(grid) - 2)
    left, middle, right = (
        np.take_along_axis(values, (within + d)[:, None], axis=1)[:, 0] for d in (-1, 0, 1)
    )
    with np.errstate(all="ignore"):
        bend = left - 2.0 * middle + right
        step = np.where(bend > 0, 0.5 * (left - right) / bend, 0.0)
        # A line without a lowest point says nothing of a best one.
        flat = ~np.isfinite(values).any(axis=1) | (np.ptp(values, axis=1) == 0)
    best = grid[within] + np.clip(np.nan_to_num(step), -1, 1) * (grid[1] - grid[0])
    ends = np.where(i == 0, -np.inf, np.where(i == len(grid) - 1, np.inf, best))
    return np.where(flat, np.inf, ends)


def make_region(
    law: Callable[[Array], Array],
    cost: Cost,
    computes: tuple[float, float],
    reach: float,
    least: Array,
    most: Array,
    point: Array | None,
    n_least: int,
) -> Region:
    """The runs that may be made.

    Args:
        law: `(n, k)` sizes to `(n,)` values.
        cost: What runs cost.
        computes: Least and largest compute of one run.
        reach: Factor by which a ratio may differ from the best one.
        least: `(k,)` smallest sizes.
        most: `(k,)` largest sizes.
        point: `(k,)` sizes whose ratio is taken where no ratio is the best; None for none.
        n_least: Runs that the budget must pay for, which is said where it is too small.

    Raises:
        EvolveError: No run is within the bounds, or no ratio is the best and there is no point.
    """
    wide = np.log10(reach)
    levels = np.linspace(np.log10(computes[0]), np.log10(computes[1]), N_LEVELS)
    centres, is_best = np.zeros(N_LEVELS), True
    if len(least) == 2:
        middle = 0.0 if point is None else float(np.log10(point[1] / point[0]))
        centres = best_ratios(law, cost, 10.0**levels, middle)
        is_best = bool(np.isfinite(centres).all())
        if not is_best and point is None:
            rule = ": has no best sizes of a compute to lay designs around; "
            raise EvolveError(Argument("law"), rule, Argument("narrow"), " gives a ratio of them")
        centres = centres if is_best else np.full(N_LEVELS, middle)

    def ends(at: Array) -> tuple[Array, Array]:
        return _ends(cost, at, np.interp(at, levels, centres), wide, least, most)

    there = np.flatnonzero(np.isfinite(ends(levels)[0]))

    def is_there(level: float) -> bool:
        return bool(np.isfinite(ends(np.array([level]))[0][0]))

    if not len(there):
        enough = _dearer(law, cost, levels[-1], float(centres[-1]), wide, least, most)
        raise _no_run(computes[1], enough, n_least)
    low = _edge(is_there, levels[there[0]], levels[max(there[0] - 1, 0)])
    high = _edge(is_there, levels[there[-1]], levels[min(there[-1] + 1, N_LEVELS - 1)])
    inner = np.linspace(low, high, N_LEVELS)
    lows, highs = ends(inner)
    kept = np.isfinite(lows)
    inner, lows, highs = inner[kept], lows[kept], highs[kept]
    return Region(
        cost, inner, np.interp(inner, levels, centres), lows, highs, least, most, is_best
    )


def _dearer(
    law: Callable[[Array], Array],
    cost: Cost,
    level: float,
    centre: float,
    wide: float,
    least: Array,
    most: Array,
) -> Array:
    """Computes above a level at which some run is within the bounds, ascending; none far above."""
    levels: Array = level + ABOVE
    centres: Array = np.full(len(ABOVE), centre)
    try:
        if len(least) == 2:
            best = best_ratios(law, cost, 10.0**levels, centre)
            centres = np.where(np.isfinite(best), best, centre)
        some = np.isfinite(_ends(cost, levels, centres, wide, least, most)[0])
    except EvolveError:  # no sizes cost that much
        return np.zeros(0)
    return np.asarray(10.0 ** levels[some])


def _no_run(budget: float, enough: Array, n_least: int) -> EvolveError:
    """What is wrong where no run is within the bounds.

    Args:
        budget: Of all runs together.
        enough: Larger computes at which there would be one, ascending.
        n_least: Runs that are needed.
    """
    low, high, ratio = Argument("least"), Argument("most"), Argument("ratio")
    if not len(enough):
        rule = ", of at most the budget, keeps to the smallest and the largest sizes"
        within = (": no run within ", Argument("span"), " and ", ratio, rule)
        return EvolveError(low, " and ", high, *within)
    rule = f": must be about {n_least * enough[0]:.2g} or more, for {n_least} runs of at least "
    within = (f"{enough[0]:.2g} by ", low, ", ", high, " and ")
    return EvolveError(Argument("budget"), rule, *within, ratio, f", it is {budget:g}")


def _edge(is_there: Callable[[float], bool], inside: float, outside: float) -> float:
    """The last level at which some run may be made, from one inside towards one outside."""
    if inside == outside:
        return inside
    for _ in range(EDGE_HALVINGS):
        middle = 0.5 * (inside + outside)
        inside, outside = (middle, outside) if is_there(middle) else (inside, middle)
    return inside


def _ends(
    cost: Cost, levels: Array, centres: Array, reach: float, least: Array, most: Array
) -> tuple[Array, Array]:
    """`(m,)` least and largest ratio at each level within the bounds; nan where there is none."""
    k = len(least)
    steps = np.linspace(-reach, reach, N_RATIOS) if k == 2 else np.zeros(1)
    ratios = centres[:, None] + steps
    computes = np.repeat(10.0**levels, len(steps))
    sizes = placed(cost, computes, ratios.ravel(), k).reshape(len(levels), len(steps), k)
    inside = _within(sizes, least, most)
    some = inside.any(axis=1)
    first, last = inside.argmax(axis=1), len(steps) - 1 - inside[:, ::-1].argmax(axis=1)
    rows = np.arange(len(levels))
    low, high = ratios[rows, first], ratios[rows, last]
    return np.where(some, low, np.nan), np.where(some, high, np.nan)


def _within(sizes: Array, least: Array, most: Array) -> Flags:
    """Whether sizes `(…, k)` keep to the smallest and the largest, but for rounding."""
    kept = (sizes >= least * (1.0 - SLACK)) & (sizes <= most * (1.0 + SLACK))
    return np.asarray(np.all(kept, axis=-1))
