"""Proposers by name, and one that shares a batch among several."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np

from evolve.errors import EvolveError, nearest
from evolve.evaluation.record import Entry
from evolve.search.archive import Archive
from evolve.search.operators import SearchSpace
from evolve.search.proposers.grammar import Grammar, random_search
from evolve.search.proposers.protocol import Proposal, Proposer

# Proposers by name: how each is made of what a task allows.
PROPOSERS: dict[str, Callable[[SearchSpace], Proposer]] = {
    "grammar": Grammar,
    "random": random_search,
}
DEFAULT = ("grammar",)


class Shared:
    """Several proposers that take turns within a batch."""

    def __init__(self, proposers: Sequence[Proposer]) -> None:
        """Take the proposers, in the order of their turns."""
        self._proposers = tuple(proposers)

    def ask(
        self, archive: Archive, rngs: Sequence[np.random.Generator], taken: Collection[str]
    ) -> list[Proposal]:
        """Ask each proposer for every so many of the proposals; what one lacks, the next gives."""
        keys, rest = set(taken), list(rngs)
        proposals: list[Proposal] = []
        for position, proposer in enumerate(self._proposers):
            share = -(-len(rest) // (len(self._proposers) - position))
            found = proposer.ask(archive, rest[:share], keys)
            keys |= {proposal.key for proposal in found}
            proposals += found
            rest = rest[len(found) :]
        return proposals

    def tell(self, entries: Sequence[Entry]) -> None:
        """Tell every proposer."""
        for proposer in self._proposers:
            proposer.tell(entries)


def require_proposers(names: Sequence[str]) -> None:
    """Require that names are proposers, each once.

    Raises:
        EvolveError: A name is not known or stands twice, or there is none.
    """
    if not names:
        raise EvolveError(f"proposers: must be some of {', '.join(PROPOSERS)}, there is none")
    for name in names:
        if name not in PROPOSERS:
            hint = nearest(name, PROPOSERS)
            raise EvolveError(f"proposers: {name!r} is none of {', '.join(PROPOSERS)}{hint}")
        if names.count(name) > 1:
            raise EvolveError(f"proposers: {name!r} stands {names.count(name)} times")


def make_proposer(names: Sequence[str], space: SearchSpace) -> Proposer:
    """One proposer of all those named.

    Raises:
        EvolveError: A name is not known or stands twice, or there is none.
    """
    require_proposers(names)
    proposers = [PROPOSERS[name](space) for name in names]
    return proposers[0] if len(proposers) == 1 else Shared(proposers)
