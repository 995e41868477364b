"""A law, a budget and a question to designs of pilot runs, the most telling first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evolve.errors import Argument, EvolveError, nearest
from evolve.forecast.design.law import TrueLaw, read_law, task_of
from evolve.forecast.design.means import make_means, require_in_reach
from evolve.forecast.design.optimal import (
    grid_of,
    made_designs,
    make_slopes,
    with_others,
)
from evolve.forecast.design.questions import Wanted, forecast_wanted, size_wanted
from evolve.forecast.design.region import Region, make_region
from evolve.forecast.design.scored import ScoredDesign, in_rank, scored
from evolve.forecast.design.simulated import Trial
from evolve.forecast.design.standard import DesignRuns, first_half, in_order, standard_designs
from evolve.forecast.level import read_level
from evolve.forecast.plan.cost import Cost, names_in, parse_cost
from evolve.forecast.queries import checked_point, finite_number, read_values
from evolve.tasks.raw import RawTable
from evolve.tasks.task import Task
from evolve.typing import Array

OWN = "your own runs"
ROUNDED = 1.0 + 1e-9  # a factor by which rounding may move a size, and more
MOST_SIZES, MOST_RUNS, MOST_DRAWS = 2, 200, 10_000


@dataclass(frozen=True, eq=False)
class Designed:
    """Designs of pilot runs for a question, and what was assumed.

    Attributes:
        law: What runs are taken to follow.
        cost: What a run costs.
        budget: Of all runs together.
        noise: Of single runs, as a share of the target.
        ratio: How far the ratio of sizes may be from the best one, as a factor.
        region: The runs that may be made.
        names: Of the sizes.
        wanted: The questions; designs are ordered by the first.
        designs: The one that leaves the least interval first, of those that show whether the law
            is right; then the others, those that cannot tell last.
        trial: What they were tried on.
        left_out: Why there is no design of a name, by the name.
    """

    law: TrueLaw
    cost: Cost
    budget: float
    noise: float
    ratio: float
    region: Region
    names: tuple[str, ...]
    wanted: tuple[Wanted, ...]
    designs: tuple[ScoredDesign, ...]
    trial: Trial
    left_out: Mapping[str, str]

    def named(self, name: str | None) -> ScoredDesign:
        """The design of a name, the first if None.

        Raises:
            EvolveError: There is no such design.
        """
        names = [design.name for design in self.designs]
        if name is not None and name not in names:
            there = ", ".join(map(repr, names))
            rule = f": no design {name!r}{nearest(name, names)}; there are {there}"
            raise EvolveError(Argument("pick"), rule)
        return self.designs[0 if name is None else names.index(name)]

    def n_outside(self, design: ScoredDesign) -> int | None:
        """How many of its runs are none of those a law was fitted to; None of no published one."""
        if not self.law.fitted_to:
            return None
        low, high = np.array([self.law.fitted_to[name] for name in self.names]).T
        beyond = (design.sizes < low / ROUNDED) | (design.sizes > high * ROUNDED)
        return int(beyond.any(axis=1).sum())

    def runs_of(self, design: ScoredDesign) -> list[dict[str, float | int]]:
        """Its different runs, the cheapest first: compute, sizes, and how often each is made."""
        return [
            {"compute": cost, **dict(zip(self.names, sizes.tolist(), strict=True)), "times": times}
            for times, sizes, cost in design.counted()
        ]


def design_runs(
    law: str,
    compute: str,
    budget: object,
    *,
    narrow: Mapping[str, object] | None = None,
    best_at: object = None,
    noise: object = 0.01,
    constants: Mapping[str, object] | None = None,
    spread: Mapping[str, object] | None = None,
    runs: int = 20,
    least: Mapping[str, object] | None = None,
    most: Mapping[str, object] | None = None,
    ratio: object = 25.0,
    span: object = 1000.0,
    draws: int = 1000,
    level: object = 0.9,
    seed: int = 0,
    own: RawTable | None = None,
) -> Designed:
    """Designs of pilot runs; arguments as `evolve.design` takes them.

    Raises:
        EvolveError: A name is not known, a value is no number or not within its rule, or nothing
            is asked.
    """
    names = _names(compute)
    cost = parse_cost(compute, names)
    task = task_of(names, "the target")
    truth = read_law(law, task, constants or {}, spread or {})
    n_least = len(truth.constants) + 1
    n = _whole("runs", runs, n_least, MOST_RUNS)
    total = _positive("budget", budget)
    share, widest = _positive("noise", noise, 1.0), _positive("ratio", ratio)
    point = None if not narrow else checked_point(task, narrow, "narrow")
    at = None if best_at is None else _positive("best_at", best_at)
    _require_question(point, at)
    low, high = read_values(task, least or {}, "least"), read_values(task, most or {}, "most")
    require_in_reach(truth, cost, task, total, low)
    factor = _positive("span", span)
    region = _region(truth, cost, task, total, factor, widest, point, low, high)
    means = make_means(region, total, n, n_least, factor)
    rng = np.random.default_rng([_whole("seed", seed, 0), 0])
    drawn = truth.drawn(_whole("draws", draws, 20, MOST_DRAWS), rng)
    trial = Trial(truth, drawn, share, seed, read_level(level))
    wanted = _wanted(trial, cost, names, point, at)
    grid, (usual, left_out) = grid_of(region), standard_designs(means)
    local = make_slopes(truth, grid)
    aims = {f"for the {w.name}": w.direction for w in wanted}
    designs = [*usual, *made_designs(local, means, aims, usual, grid)]
    first = first_half(means)
    if first is None:
        name = f"{'isoFLOP' if region.n_sizes == 2 else 'many sizes'}, then for what is asked"
        left_out[name] = "half of the budget, or of the runs, is too little for the first of them"
    else:
        designs += with_others(local, means, aims, first, grid)
    if own is not None:
        designs.append(DesignRuns(OWN, in_order(region, _own(own, truth, names))))
    tried = [scored(trial, local, cost, names, design, wanted) for design in designs]
    ranked = in_rank(tried, wanted[0].name, total)
    return Designed(
        truth, cost, total, share, widest, region, names, wanted, ranked, trial, left_out
    )


def _names(compute: str) -> tuple[str, ...]:
    names = names_in(compute)
    if len(names) > MOST_SIZES:
        rule = f": may name at most {MOST_SIZES} sizes, such as 6*params*tokens, it names "
        raise EvolveError(Argument("compute"), rule, ", ".join(names))
    return names or ("params", "tokens")  # which `parse_cost` misses in it


def _positive(argument: str, value: object, most: float = float("inf")) -> float:
    number = finite_number(argument, value)
    if not 0 < number <= most:
        ends = "above 0" if most == float("inf") else f"above 0 and at most {most:g}"
        raise EvolveError(Argument(argument), f": must be {ends}, it is {number:g}")
    return number


def _whole(argument: str, value: int, least: int, most: int | None = None) -> int:
    if value < least or (most is not None and value > most):
        ends = f"be {least} or more" if most is None else f"lie between {least} and {most}"
        raise EvolveError(Argument(argument), f": must {ends}, it is {value}")
    return int(value)


def _require_question(point: object, at: object) -> None:
    if point is None and at is None:
        parts = ("design: give ", Argument("narrow"), ", the run to forecast, or ")
        raise EvolveError(*parts, Argument("best_at"), ", a compute whose best size is sought")


def _region(
    law: TrueLaw,
    cost: Cost,
    task: Task,
    budget: float,
    span: float,
    ratio: float,
    point: Mapping[str, float] | None,
    low: Mapping[str, float],
    high: Mapping[str, float],
) -> Region:
    for argument, factor in (("span", span), ("ratio", ratio)):
        if not factor > 1:
            raise EvolveError(Argument(argument), f": must be above 1, it is {factor:g}")
    names = task.feature_names
    region = make_region(
        lambda x: law.sign * law.at(x),
        cost,
        (budget / span, budget),
        ratio,
        np.array([low.get(name, 0.0) for name in names]),
        np.array([high.get(name, np.inf) for name in names]),
        None if point is None else np.array(list(point.values())),
        len(law.constants) + 1,
    )
    for share in (0.0, 0.5, 1.0):
        _require_above_zero(
            law.at(region.along(10.0**region.levels, np.full(len(region.levels), share)))
        )
    return region


def _wanted(
    trial: Trial,
    cost: Cost,
    names: Sequence[str],
    point: Mapping[str, float] | None,
    at: float | None,
) -> tuple[Wanted, ...]:
    """What is asked, the forecast first."""
    law, drawn, wanted = trial.law, trial.constants, []
    if point is not None:
        wanted.append(forecast_wanted(law, drawn, point))
    if at is not None:
        wanted.append(size_wanted(law, drawn, cost, at, names))
    return tuple(wanted)


def _own(table: RawTable, law: TrueLaw, names: Sequence[str]) -> Array:
    """`(n, k)` sizes of runs that the user has thought of."""
    sizes = np.array([table.numbers(name) for name in names], dtype=float).T
    for j, name in enumerate(names):
        if not (sizes[:, j] > 0).all():
            raise EvolveError(Argument("rows"), f": {name} must be above 0 in every row")
    _require_above_zero(law.at(sizes))
    return sizes


def _require_above_zero(values: Array) -> None:
    if not np.isfinite(values).all():
        raise EvolveError(Argument("law"), ": must have a finite value for all runs that may be")
    if not (values > 0).all():
        rule = f": must be above 0 for all runs, as noise is a share of it, it is {values.min():g}"
        raise EvolveError(Argument("law"), rule)
