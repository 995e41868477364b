"""What makes new programs: the proposal as a value, and the protocol of a proposer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from evolve.evaluation.record import Entry, Evaluation, Origin
from evolve.evaluation.requests import Form
from evolve.law.candidate import Candidate
from evolve.law.program import Program
from evolve.search.archive import Archive

BATCH = 32  # candidates that are proposed from one archive, evaluated and stored together


@dataclass(frozen=True, slots=True)
class Proposal:
    """A program that has not been seen, and where it came from.

    Attributes:
        candidate: Law and recipe; None for a program that cannot be traced.
        key: Canonical form and recipe, or the program's own id: the same for the same candidate.
        operator: Name of the mutation, or where else it came from.
        parents: Indices of the entries it was made from.
        origin: Where it came from.
        program: The text, where it is not printed from the candidate.
        verdict: What came of it already, of what is no program that may run; it is not evaluated.
    """

    candidate: Candidate | None
    key: str
    operator: str
    parents: tuple[int, ...]
    origin: Origin
    program: Program | None = None
    verdict: Evaluation | None = None

    @property
    def form(self) -> Form:
        """What is evaluated: the candidate where there is one, else the program.

        Raises:
            ValueError: There is neither.
        """
        form = self.candidate or self.program
        if form is None:
            raise ValueError(f"proposal {self.key!r} has neither a candidate nor a program")
        return form

    @property
    def genome(self) -> Candidate:
        """The candidate.

        Raises:
            ValueError: The proposal is a program that cannot be traced.
        """
        if self.candidate is None:
            raise ValueError(f"proposal {self.key!r} is a black box: it has no law to mutate")
        return self.candidate


class Proposer(Protocol):
    """Makes proposals from an archive; one is a class in a file, and a name in the registry.

    What it proposes may depend on the archive, on what it was told and on its generators alone,
    so that a run repeats, and one that was killed goes on as if it had not been.
    """

    def ask(
        self, archive: Archive, rngs: Sequence[np.random.Generator], taken: Collection[str]
    ) -> Sequence[Proposal]:
        """Propose programs that have not been seen.

        Args:
            archive: Elites to work from, and keys to avoid.
            rngs: One generator for each proposal that is wanted.
            taken: Further keys to avoid.

        Returns:
            As many proposals as there are generators, or fewer where there is nothing new. They
            may be `Coming`: the first are evaluated while the others are made, and the archive
            is told nothing before all are there.
        """

    def tell(self, entries: Sequence[Entry]) -> None:
        """Take in what came of proposals, anybody's, in order; also when a run is replayed."""
