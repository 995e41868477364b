"""Proposers by name, and one that shares a batch among several."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from evolve.errors import EvolveError, nearest
from evolve.evaluation.record import Entry
from evolve.search.archive import Archive
from evolve.search.operators import SearchSpace
from evolve.search.proposers.grammar import Grammar, random_search
from evolve.search.proposers.protocol import Proposal, Proposer

if TYPE_CHECKING:
    from evolve.search.proposers.llm.proposer import LanguageModels

# Proposers by name: how each is made of what a task allows.
PROPOSERS: dict[str, Callable[[SearchSpace], Proposer]] = {
    "grammar": Grammar,
    "random": random_search,
}
LLM = "llm"  # language models, which need more than a space: see `WithModels`
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


class WithModels:
    """Language models and other proposers: models fill their share, the others what is left."""

    def __init__(self, models: LanguageModels, others: Proposer | None) -> None:
        """Take the models, and what fills the rest of a batch; without any, models fill it all."""
        self._models, self._others = models, others

    def ask(
        self, archive: Archive, rngs: Sequence[np.random.Generator], taken: Collection[str]
    ) -> list[Proposal]:
        """Take up replies, then ask the others for the rest of the batch."""
        alone = self._others is None
        found = self._models.propose(archive, len(rngs), taken, alone=alone)
        if self._others is None:
            return found
        keys = {*taken, *(proposal.key for proposal in found)}
        return [*found, *self._others.ask(archive, rngs[len(found) :], keys)]

    def tell(self, entries: Sequence[Entry]) -> None:
        """Tell both."""
        self._models.tell(entries)
        if self._others is not None:
            self._others.tell(entries)


def require_proposers(names: Sequence[str]) -> None:
    """Require that names are proposers, each once.

    Raises:
        EvolveError: A name is not known or stands twice, or there is none.
    """
    valid = [*PROPOSERS, LLM]
    if not names:
        raise EvolveError(f"proposers: must be some of {', '.join(valid)}, there is none")
    for name in names:
        if name not in valid:
            hint = nearest(name, valid)
            raise EvolveError(f"proposers: {name!r} is none of {', '.join(valid)}{hint}")
        if names.count(name) > 1:
            raise EvolveError(f"proposers: {name!r} stands {names.count(name)} times")


def make_proposer(
    names: Sequence[str], space: SearchSpace, models: LanguageModels | None = None
) -> Proposer:
    """One proposer of all those named.

    Args:
        names: Names of proposers.
        space: What the task allows.
        models: The language models, if they are among those named.

    Raises:
        EvolveError: A name is not known or stands twice, or there is none.
    """
    require_proposers(names)
    proposers = [PROPOSERS[name](space) for name in names if name != LLM]
    others = proposers[0] if len(proposers) == 1 else Shared(proposers)
    if LLM not in names:
        return others
    if models is None:
        raise EvolveError("proposers: llm needs a model: nothing is sent without one")
    return WithModels(models, others if proposers else None)
