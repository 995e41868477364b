"""One sub-search of a run: its archive, and what proposes for it.

A batch may be proposed while the one before it is still evaluated, so that no worker waits for the
last candidate of a batch: it is proposed without what came of that one. Whether that was known by
then changes nothing, so the entries depend neither on the number of workers nor on their pace.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from evolve.evaluation.coming import Coming
from evolve.evaluation.record import Entry
from evolve.search.archive import Archive
from evolve.search.proposers.protocol import BATCH, Proposal, Proposer


@dataclass
class SubSearch:
    """One sub-search; a batch at a time is proposed, then told what came of it.

    Attributes:
        proposer: What proposes for it.
        stride: Entries from where one of its batches begins to where the next one does.
        is_late: Whether a batch is proposed without what came of the one before.
        archive: What the next batch is proposed from.
        late: The last batch, where the archive does not hold it yet.
    """

    proposer: Proposer
    stride: int = BATCH
    is_late: bool = False
    archive: Archive = field(default_factory=Archive)
    late: tuple[Entry, ...] = ()
    _asked: Sequence[Proposal] = ()

    def propose(self, first: int, starts: Sequence[Proposal], seed: int) -> Sequence[Proposal]:
        """The proposals of the batch whose first entry has a number; all of them, or `Coming`.

        They depend on what was told of the batches before the last and on nothing else, so a batch
        that was cut off is proposed again just the same. Fewer than a batch means that the
        proposer has nothing new to offer.
        """
        if self.late and self.late[0].index < first - self.stride:
            self.settle()
        known = starts[first : first + BATCH]
        indices = range(first + len(known), first + BATCH)
        rngs = [np.random.default_rng([seed, i]) for i in indices]
        taken = {p.key for p in chain(starts, self._asked)} | {e.key for e in self.late}
        self._asked = Coming(chain(known, self.proposer.ask(self.archive, rngs, taken)))
        return self._asked

    def tell(self, batch: Sequence[Entry]) -> None:
        """Take in the entries of a whole batch."""
        self.settle()
        self.late = tuple(batch)
        if not self.is_late:
            self.settle()

    def copy(self) -> SubSearch:
        """The same, to tell something else; nothing is under way in it."""
        proposer, archive = deepcopy(self.proposer), self.archive.copy()
        return SubSearch(proposer, self.stride, self.is_late, archive, self.late)

    def settle(self) -> None:
        """Take the last batch into the archive, so that the next is proposed with it."""
        if self.late:
            self.archive.tell(self.late)
            self.proposer.tell(self.late)
            self.late = ()
