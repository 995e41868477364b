"""What is asked of a law before any run: a forecast, or the best size at a compute."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evolve.errors import Argument, EvolveError
from evolve.forecast.design.law import TrueLaw
from evolve.forecast.design.region import best_ratios, placed
from evolve.forecast.plan.cost import Cost
from evolve.law.slopes import slopes
from evolve.typing import Array

FORECAST, BEST_SIZE = "forecast", "best size"
STEP = 0.02  # of a ratio, over which its best value is told
Values = Callable[[Array], Array]


@dataclass(frozen=True, eq=False)
class Wanted:
    """A question, and what is right.

    Attributes:
        name: ``forecast`` or ``best size``.
        at: The run to forecast by sizes, or the compute.
        what: The target, or the first size.
        true: `(s,)` what is right, under each of the constants that may be.
        central: What is right under the law's own constants.
        direction: `(p,)` how it moves with the constants there, up to a factor.
        sign: Of the law, whose best value is the least; -1 where the highest is the best.
    """

    name: str
    at: Mapping[str, float]
    what: str
    true: Array
    central: float
    direction: Array
    sign: float = 1.0

    @property
    def is_size(self) -> bool:
        """Whether errors are factors, as of sizes, not differences."""
        return self.name == BEST_SIZE

    def answer(self, law: Values, cost: Cost) -> Array:
        """`(s,)` what a law says, `(n, k)` sizes to `(s, n)` values."""
        values = np.array(list(self.at.values()))
        if self.is_size:
            return best_sizes(lambda x: self.sign * law(x), cost, values[0])
        return law(values[None])[:, 0]


def best_sizes(law: Values, cost: Cost, compute: float) -> Array:
    """`(s,)` first sizes that are best at a compute; 0 or infinite where none is."""
    ratios = np.atleast_2d(best_ratios(law, cost, np.array([compute]), 0.0)).ravel()
    known = np.isfinite(ratios)
    sizes = np.where(ratios > 0, 0.0, np.inf)
    if known.any():
        sizes[known] = placed(cost, np.full(known.sum(), compute), ratios[known], 2)[:, 0]
    return sizes


def forecast_wanted(law: TrueLaw, constants: Array, point: Mapping[str, float]) -> Wanted:
    """The forecast of a run, under `(s, p)` constants that may be true."""
    x = np.array([list(point.values())])
    true, central = law.at(x, constants)[:, 0], float(law.at(x)[0])
    if not (np.isfinite(true).all() and np.isfinite(central)):
        raise EvolveError(Argument("narrow"), ": the law says nothing of that run")
    direction = slopes(law.root, x, law.values)[0]
    return Wanted(FORECAST, point, law.target, true, central, direction)


def size_wanted(
    law: TrueLaw, constants: Array, cost: Cost, compute: float, names: Sequence[str]
) -> Wanted:
    """The best size at a compute, under `(s, p)` constants that may be true.

    Raises:
        EvolveError: No size is the best.
    """
    if len(names) < 2:
        rule = ": a compute has a best size where runs cost two sizes"
        raise EvolveError(Argument("best_at"), rule)
    try:
        ratio = best_ratios(lambda x: law.sign * law.at(x), cost, np.array([compute]), 0.0)
    except EvolveError:
        rule = f": no sizes cost {compute:g} by {cost.text!r}"
        raise EvolveError(Argument("best_at"), rule) from None
    if not np.isfinite(ratio).all():
        raise EvolveError(Argument("best_at"), f": the law has no best size at {compute:g}")
    true = best_sizes(lambda x: law.sign * law.at(x, constants), cost, compute)
    central = float(best_sizes(lambda x: law.sign * law.at(x), cost, compute)[0])
    sides = placed(cost, np.full(2, compute), ratio + np.array([-STEP, STEP]), 2)
    left, right = slopes(law.root, sides, law.values)
    at = {"compute": compute}
    return Wanted(BEST_SIZE, at, names[0], true, central, right - left, law.sign)
