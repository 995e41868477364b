"""What a budget pays for: how many runs a design may have, and whether there can be any at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from evolve.errors import Argument, EvolveError
from evolve.forecast.design.law import TrueLaw
from evolve.forecast.design.region import Region
from evolve.forecast.plan.cost import Cost
from evolve.tasks.task import Task

SAME_BUDGET = 1e-9  # of a budget, within which it is the same


@dataclass(frozen=True, slots=True)
class Means:
    """What runs may be made of.

    Attributes:
        region: The runs that may be made.
        budget: Of all runs together.
        n: Most runs, as many as were asked for or as the budget pays for.
        least: Runs of which a design must have as many, but for isoFLOP profiles.
    """

    region: Region
    budget: float
    n: int
    least: int

    @property
    def half(self) -> Means:
        """Half of the budget, and three in four of the runs."""
        return replace(self, budget=self.budget / 2.0, n=3 * self.n // 4)


def n_paid(budget: float, cost: float) -> int:
    """How many runs of a cost a budget pays for."""
    return int(budget * (1.0 + SAME_BUDGET) / cost)


def require_in_reach(
    law: TrueLaw, cost: Cost, task: Task, budget: float, low: Mapping[str, float]
) -> None:
    """Require that a budget pays for one run of those that a published law was fitted to.

    Args:
        law: The law.
        cost: What runs cost.
        task: Names the sizes.
        budget: Of all runs together.
        low: Smallest sizes that somebody has asked for, in the place of the law's.
    """
    if not law.fitted_to:
        return
    sizes = {name: low.get(name, law.fitted_to[name][0]) for name in task.feature_names}
    dearest = float(cost.of(np.array([list(sizes.values())]))[0])
    if dearest > budget:
        at = ", ".join(f"{name} {value:g}" for name, value in sizes.items())
        rule = (
            f": must be at least {dearest:.3g}, what the smallest run of {law.name} costs ({at})"
        )
        parts = (Argument("budget"), rule, f", it is {budget:g}; ", Argument("least"))
        raise EvolveError(*parts, " allows smaller ones")


def make_means(region: Region, budget: float, n: int, n_least: int, span: float) -> Means:
    """What designs are made of: as many runs as are asked for, or as the budget pays for.

    Raises:
        EvolveError: It pays for too few.
    """
    cheapest = float(10.0 ** region.levels[0])
    paid = n_paid(budget, cheapest)
    if paid >= n_least:
        return Means(region, budget, min(n, paid), n_least)
    needs = f"the {n_least} runs that the law needs, one more than it has constants"
    if budget / cheapest > span * (1.0 - SAME_BUDGET):
        rule = f": must be at least {n_least}, as the budget is to pay for {needs}, it is {span:g}"
        raise EvolveError(Argument("span"), rule)
    rule = f": must be at least {n_least * cheapest:.3g}, for {needs}, of {cheapest:.3g} each by "
    parts = (Argument("budget"), rule, Argument("least"), " and ", Argument("most"))
    raise EvolveError(*parts, f", it is {budget:g}")
