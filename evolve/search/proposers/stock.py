"""What the candidates of one batch are bred from: elites, operators and how likely each is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evolve.scoring.objective import (
    GREED,
    OPERATOR_FLOOR,
    OPERATOR_TRIALS,
    OPERATOR_WINS,
    RESTART_AFTER,
)
from evolve.search.archive import Archive, Elite
from evolve.search.operators import OPERATORS
from evolve.search.operators.registry import cumulated, drawn
from evolve.typing import Array


@dataclass(frozen=True, slots=True)
class Stock:
    """What an archive gives to breed from; the same for all candidates of a batch.

    Attributes:
        first: Candidates that the run began with, with a score.
        elites: Those to mutate, the best first.
        newcomers: Laws of models that have not had their children yet.
        names: Operators.
        cumulative: How likely each of them is, those before it included.
        greed: As `pick` takes it.
    """

    first: list[Elite]
    elites: list[Elite]
    newcomers: list[Elite]
    names: list[str]
    cumulative: tuple[float, ...]
    greed: float

    def operator(self, rng: np.random.Generator) -> str:
        """An operator, those that succeed the likelier."""
        return self.names[drawn(rng, self.cumulative)]


def stock_of(archive: Archive, *, evolving: bool = True) -> Stock:
    """What an archive gives to breed from.

    Args:
        archive: Of the search.
        evolving: Mutate elites; without it the starting candidates only (random search).
    """
    first = [e for e in archive.starters if e.candidate is not None]
    names, weights = operator_weights(archive)
    return Stock(
        first,
        [e for e in archive.elites() if e.candidate is not None] if evolving else first,
        list(archive.newcomers.elites.values()) if evolving else [],
        names,
        cumulated(weights),
        1.0 if archive.size - archive.last_best > RESTART_AFTER else GREED,
    )


def pick(elites: Sequence[Elite], rng: np.random.Generator, greed: float) -> Elite:
    """An elite, the better the likelier: ranks are drawn from an exponential.

    `greed` is the mean rank as a fraction of the archive; 1 is close to uniform.
    """
    rank = int(rng.exponential(max(greed * len(elites), 1.0)))
    return elites[rank % len(elites)]


def operator_weights(archive: Archive) -> tuple[list[str], Array]:
    """Operators and their probabilities: smoothed share of children that joined the front."""
    names = sorted(OPERATORS)
    rates = []
    for name in names:
        tally = archive.tallies.get(name)
        tried, won = (tally.tried, tally.won) if tally else (0, 0)
        rates.append((won + OPERATOR_WINS) / (tried + OPERATOR_TRIALS))
    weights = np.array(rates)
    weights = weights / weights.sum()
    return names, (1.0 - OPERATOR_FLOOR) * weights + OPERATOR_FLOOR / len(names)
