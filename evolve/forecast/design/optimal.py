"""Designs made for a question: runs exchanged one by one while that tells more of it.

What fits would leave open is told by the slopes of the law at its constants, as if it were linear
there: a locally optimal design (Atkinson, Donev & Tobias 2007, Optimum Experimental Designs, with
SAS, chapters 9 to 12 and 17; Chernoff 1953 for nonlinear laws; exchanges after Fedorov 1972).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evolve.forecast.design.law import TrueLaw
from evolve.forecast.design.means import Means, n_paid
from evolve.forecast.design.region import Region
from evolve.forecast.design.standard import DesignRuns, in_order
from evolve.law.slopes import slopes
from evolve.typing import Array, Ints

FOR_ALL = "for all constants"
N_SHARES = 9  # ratios at each level among which runs are exchanged
N_BEGINS, MOST_REDRAWN = 12, 1000  # exchanges that begin with runs drawn at random
TOLD = 1e-7  # singular values of slopes below this share of the largest are rounding
LEFT = 1e-4  # share of a question's direction that no run moves along, which leaves it open
RIDGE, TINY = 1e-9, 1e-300
ROUNDS = 30
GAIN = 1e-6  # of a criterion, for which a run is exchanged


@dataclass(frozen=True, eq=False)
class Slopes:
    """Directions in which constants show in runs, in coordinates in which candidates are even.

    Attributes:
        basis: `(p, q)` from constants to those coordinates.
        law: The law.
    """

    basis: Array
    law: TrueLaw

    def of_runs(self, sizes: Array) -> Array:
        """`(n, q)` directions in which `(n, k)` runs, whose noise is a share of them, tell."""
        return np.asarray(_relative(self.law, sizes) @ self.basis)

    def of(self, direction: Array) -> Array:
        """`(q,)` a direction of the constants."""
        return np.asarray(direction @ self.basis)


def make_slopes(law: TrueLaw, sizes: Array) -> Slopes:
    """Coordinates in which `(n, k)` candidates tell as much along each direction as another."""
    raw = _relative(law, sizes)
    norms = np.maximum(np.sqrt((raw**2).sum(axis=0)), TINY)
    _, singular, turns = np.linalg.svd(raw / norms, full_matrices=False)
    kept = singular > TOLD * singular[0]
    return Slopes((turns[kept].T / singular[kept]) / norms[:, None], law)


def _relative(law: TrueLaw, sizes: Array) -> Array:
    """`(n, p)` derivatives of the logarithm of the law by its constants."""
    return np.asarray(slopes(law.root, sizes, law.values) / law.at(sizes)[:, None])


def tells(runs: Array, wanted: Array) -> bool:
    """Whether runs tell along a direction at all; `(n, q)` runs and `(q,)` direction."""
    _, singular, turns = np.linalg.svd(runs, full_matrices=False)
    kept = turns[singular > TOLD * max(float(singular[0]), 1e-300)]
    left = wanted - kept.T @ (kept @ wanted)
    return bool(np.linalg.norm(left) <= LEFT * np.linalg.norm(wanted))


def exchanged(
    candidates: Array,
    costs: Array,
    begin: Ints,
    budget: float,
    wanted: Array | None,
    known: Array | None = None,
) -> tuple[Ints, float]:
    """Numbers of the candidates to run, each as often as it stands there, and what they leave.

    Args:
        candidates: `(n, q)` directions in which each tells.
        costs: `(n,)`.
        begin: Numbers of the runs to begin with, which fit the budget.
        budget: Of all runs together.
        wanted: `(q,)` the direction to tell most of (c-optimality); None to make the volume of
            what is left open of all constants least (D-optimality).
        known: `(m, q)` directions in which other runs tell, which are made anyway.

    Returns:
        The numbers, and the criterion: variance along the direction, or the logarithm of the
        volume squared.
    """
    chosen = np.array(begin)
    q = candidates.shape[1]
    told = candidates[chosen] if known is None else np.vstack([candidates[chosen], known])
    whole = RIDGE * np.eye(q) + told.T @ told
    for _ in range(ROUNDS):
        before = _criterion(whole, wanted)
        for place in range(len(chosen)):
            rest = whole - np.outer(candidates[chosen[place]], candidates[chosen[place]])
            left = budget - costs[chosen].sum() + costs[chosen[place]]
            worth = _worth(rest, candidates, wanted)
            worth = np.where(costs <= left * (1.0 + 1e-12), worth, -np.inf)
            best = int(np.argmax(worth))
            if worth[best] > worth[chosen[place]] + GAIN * abs(worth[chosen[place]]):
                chosen[place] = best
            whole = rest + np.outer(candidates[chosen[place]], candidates[chosen[place]])
        after = _criterion(whole, wanted)
        if not after < before - GAIN * abs(before):
            break
    return np.sort(chosen), _criterion(whole, wanted)


def _worth(rest: Array, candidates: Array, wanted: Array | None) -> Array:
    """`(n,)` what each candidate adds to the other runs; more is better."""
    inverse = np.linalg.inv(rest)
    along = candidates @ inverse
    lever = 1.0 + np.maximum((along * candidates).sum(axis=1), 0.0)
    if wanted is None:
        return np.asarray(np.log(lever))
    return np.asarray((along @ wanted) ** 2 / lever - wanted @ inverse @ wanted)


def _criterion(whole: Array, wanted: Array | None) -> float:
    if wanted is None:
        return float(-np.linalg.slogdet(whole)[1])
    return float(wanted @ np.linalg.solve(whole, wanted))


def grid_of(region: Region) -> Array:
    """`(n, k)` runs of the region, at all its levels, among which runs are exchanged."""
    shares = np.linspace(0.0, 1.0, N_SHARES if region.n_sizes == 2 else 1)
    levels = np.repeat(10.0**region.levels, len(shares))
    return region.along(levels, np.tile(shares, len(region.levels)))


def _begins(costs: Array, budget: float, n: int) -> list[Ints]:
    """Numbers of runs, drawn from a grid, that fit a budget: the dearest are drawn anew."""
    rng = np.random.default_rng(0)
    begins = [rng.integers(0, len(costs), n) for _ in range(N_BEGINS)]
    cheapest = int(np.argmin(costs))
    for begin in begins:
        for _ in range(MOST_REDRAWN):
            if costs[begin].sum() <= budget:
                break
            begin[np.argmax(costs[begin])] = rng.integers(0, len(costs))
        else:
            begin[:] = cheapest
    return begins


def made_designs(
    local: Slopes,
    means: Means,
    aims: Mapping[str, Array],
    usual: Sequence[DesignRuns],
    grid: Array,
) -> list[DesignRuns]:
    """Designs made for some questions, and for all constants.

    Args:
        local: Slopes at the law's constants.
        means: Which runs may be made, how many, and for what budget.
        aims: `(p,)` direction of the constants that each is to tell of, by its name.
        usual: Designs that exchanges begin with, besides some drawn at random.
        grid: `(n, k)` runs among which they choose, besides those of the usual ones.
    """
    region, budget = means.region, means.budget
    sizes = np.concatenate([grid, *(design.sizes for design in usual)])
    rows, costs = local.of_runs(sizes), region.cost.of(sizes)
    ends = len(grid) + np.cumsum([0, *(len(design.sizes) for design in usual)])
    begins = [np.arange(a, b) for a, b in itertools.pairwise(ends)]
    others = _begins(costs[: len(grid)], budget, means.n)
    wanted = {name: local.of(direction) for name, direction in aims.items()}
    designs = []
    for name, direction in [*wanted.items(), (FOR_ALL, None)]:
        found = [exchanged(rows, costs, begin, budget, direction) for begin in [*begins, *others]]
        chosen, _ = min(found, key=lambda pair: pair[1])
        designs.append(DesignRuns(name, in_order(region, sizes[chosen])))
    return designs


def with_others(
    local: Slopes,
    means: Means,
    aims: Mapping[str, Array],
    first: DesignRuns,
    grid: Array,
) -> list[DesignRuns]:
    """Designs of which some runs are made anyway, and the others for the questions.

    Args:
        local: As `made_designs`, and so are the others.
        means: Which runs may be made, how many, and for what budget.
        aims: Directions by the names of designs.
        first: What is made anyway.
        grid: `(g, k)` runs among which the others are chosen.
    """
    region = means.region
    rows, costs, known = local.of_runs(grid), region.cost.of(grid), local.of_runs(first.sizes)
    left = means.budget - float(region.cost.of(first.sizes).sum())
    n_others = min(means.n - len(first.sizes), n_paid(left, float(costs.min())))
    designs = []
    for name, direction in aims.items():
        begins = _begins(costs, left, n_others)
        found = [exchanged(rows, costs, b, left, local.of(direction), known) for b in begins]
        chosen, _ = min(found, key=lambda pair: pair[1])
        sizes = in_order(region, np.vstack([first.sizes, grid[chosen]]))
        designs.append(DesignRuns(f"{first.name}, then {name}", sizes))
    return designs
