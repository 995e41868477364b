"""Forecasts of any number of systems at one point to which is best, how surely and by how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evolve.forecast.difference import (
    Saving,
    chances_at,
    departures_at,
    ends_at,
    savings_of,
)
from evolve.forecast.plan.cost import Cost
from evolve.forecast.sides import Reach, Side, more_is_better


@dataclass(frozen=True, slots=True)
class Standing:
    """One system among others at a point.

    Attributes:
        forecast: Point, low and high.
        is_open: Whether nothing bounds its forecast.
        chance: That one new run of it comes out best of one of each.
        difference: Its forecast less that of the leading system, with its interval; None of the
            leading one.
        savings: The leading system and this one along every axis, and along compute.
        reach: How far its rows reach towards the point.
    """

    forecast: tuple[float, float, float]
    is_open: bool
    chance: float
    difference: tuple[float, float, float] | None
    savings: tuple[Saving, ...]
    reach: Reach

    @property
    def same(self) -> bool:
        """Whether it may be as good as the leading system: the interval holds 0."""
        return self.difference is None or self.difference[1] <= 0.0 <= self.difference[2]


@dataclass(frozen=True, slots=True)
class Ranking:
    """What several systems forecast at one point.

    Attributes:
        standings: One a system, in the order given.
        leading: Number of the one whose forecast is best; the first of equal ones.
        maximise: Whether more is better.
        departures: What the point breaks that every training row of a run keeps to, in words.
    """

    standings: tuple[Standing, ...]
    leading: int
    maximise: bool
    departures: tuple[str, ...]


def rank(
    sides: Sequence[Side],
    at: Mapping[str, float],
    cost: Cost | None = None,
    maximise: bool | None = None,
) -> Ranking:
    """Compare the forecasts of several systems at a point.

    Args:
        sides: The systems; their tasks have the same features, in any order.
        at: A value of every feature.
        cost: What a run costs.
        maximise: Whether more is better; None for what the target's role says.

    Raises:
        EvolveError: A system's laws are not defined at the point.
    """
    rising = more_is_better(sides, maximise)
    ends = ends_at(sides, at)
    points = np.array([part.point[0] for part in ends])
    best = int(np.argmax(points) if rising else np.argmin(points))
    chances = chances_at(sides, at, maximise=rising)
    standings = [
        Standing(part.first, bool(part.is_open[0]), chance, None, (), side.reach(at))
        if i == best
        else Standing(
            part.first,
            bool(part.is_open[0]),
            chance,
            part.minus(ends[best]).first,
            savings_of(sides[best], side, at, cost),
            side.reach(at),
        )
        for i, (side, part, chance) in enumerate(zip(sides, ends, chances, strict=True))
    ]
    return Ranking(tuple(standings), best, rising, departures_at(sides, at))
