"""The sub-searches of a run: which batch belongs to which, and an archive for each.

A run may search several times side by side. Seeds share nothing but the first candidates, which
are evaluated once for all of them. The search of a seed may be divided among islands: each begins
with some of the first laws, and at the end of every epoch the best of each go on to the next one
(a ring; Tanese 1989). Beyond the first candidates batches belong to the sub-searches in turn, so
that the place of an entry follows from its number: a run that was killed goes on as if it had not
been, and a larger budget continues a smaller one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from evolve.evaluation.coming import Coming
from evolve.evaluation.record import UNSEARCHED, Entry
from evolve.scoring.objective import EPOCH, MIGRANTS
from evolve.search.archive import Archive, joined
from evolve.search.proposers.protocol import BATCH, Proposal, Proposer


@dataclass(frozen=True, slots=True)
class Layout:
    """Which sub-search every entry of a run belongs to.

    Attributes:
        n_starts: First candidates; the batches that hold them belong to all sub-searches.
        n_seeds: Independent searches.
        n_islands: Islands of each.
    """

    n_starts: int
    n_seeds: int = 1
    n_islands: int = 1

    @property
    def n_parts(self) -> int:
        """How many sub-searches there are."""
        return self.n_seeds * self.n_islands

    @property
    def n_common(self) -> int:
        """Entries of the batches that hold first candidates."""
        return -(-self.n_starts // BATCH) * BATCH

    @property
    def round(self) -> int:
        """Entries of an epoch of all sub-searches."""
        return BATCH * EPOCH * self.n_parts

    def part_of(self, index: int) -> int | None:
        """Number of the sub-search that an entry belongs to; None if to all."""
        if index < self.n_common:
            return None
        return (index - self.n_common) // BATCH % self.n_parts

    def seed_of(self, index: int) -> int | None:
        """Number of the independent search that an entry belongs to; None if to all."""
        part = self.part_of(index)
        return None if part is None else part // self.n_islands

    def island_of(self, index: int) -> int | None:
        """Number of the island, within its search, that an entry belongs to; None if to all."""
        part = self.part_of(index)
        return None if part is None else part % self.n_islands

    def epoch_of(self, index: int) -> int | None:
        """Number of the epoch that an entry belongs to; None before the first."""
        return None if index < self.n_common else (index - self.n_common) // self.round

    def ends_epoch(self, n_entries: int) -> bool:
        """Whether so many entries are all those of some epochs, or all that come before."""
        return n_entries >= self.n_common and (n_entries - self.n_common) % self.round == 0


class Islands:
    """The archives of a run's sub-searches and what proposes for each.

    Attributes:
        layout: Which entries belong where.
        whole: The archive of all entries.
        archives: One a sub-search; `whole` itself where there is but one.
    """

    def __init__(self, layout: Layout, proposers: Sequence[Proposer]) -> None:
        """Begin without an entry.

        Args:
            layout: Which entries belong where.
            proposers: One a sub-search.
        """
        self.layout, self.whole = layout, Archive()
        self.archives = [Archive() for _ in proposers] if layout.n_parts > 1 else [self.whole]
        self.proposers = tuple(proposers)
        self._homes: dict[str, int] = {}  # of first laws, in the order in which they came

    @property
    def by_seed(self) -> list[Archive]:
        """The archives of the independent searches; none where there is but one."""
        n = self.layout.n_islands
        if self.layout.n_seeds == 1:
            return []
        parts = [self.archives[i : i + n] for i in range(0, len(self.archives), n)]
        return [part[0] if n == 1 else joined(part) for part in parts]

    @property
    def archive(self) -> Archive:
        """The archive that the next batch is proposed from; the whole one among the first."""
        part = self.layout.part_of(self.whole.size)
        return self.whole if part is None else self.archives[part]

    def next_batch(self, starts: Sequence[Proposal], seed: int) -> Sequence[Proposal]:
        """The proposals of the batch that begins where the archive of all entries ends."""
        first = self.whole.size
        proposer = self.proposers[self.layout.part_of(first) or 0]
        return batch_at(first, self.archive, proposer, starts, seed)

    def tell(self, batch: Sequence[Entry], *, whole: bool = True) -> None:
        """Take in the entries of a batch, or of its beginning.

        Args:
            batch: Entries of one batch, in order.
            whole: Whether proposers learn of them; not of a batch that was cut off.
        """
        if not batch:
            return
        part = self.layout.part_of(batch[0].index)
        self.whole.tell(batch)
        for place in range(len(self.archives)) if part is None else [part]:
            if self.archives[place] is not self.whole:
                self.archives[place].tell(batch if part is not None else self._share(batch, place))
            if whole:
                self.proposers[place].tell(batch)
        if self.layout.n_islands > 1 and self.layout.ends_epoch(self.whole.size):
            self._migrate()

    def _share(self, batch: Sequence[Entry], place: int) -> list[Entry]:
        """Those of the first candidates that a sub-search begins with: whole laws, dealt round."""
        island, n = place % self.layout.n_islands, self.layout.n_islands
        own = []
        for entry in batch:
            name = entry.operator if entry.origin in UNSEARCHED else entry.key
            if self._homes.setdefault(name, len(self._homes)) % n == island:
                own.append(entry)
        return own

    def _migrate(self) -> None:
        """Send the best of each island on to the next, after an epoch.

        An island whose first laws have all failed begins with those of the others.
        """
        n = self.layout.n_islands
        n_leaving = MIGRANTS if self.whole.size > self.layout.n_common else 0
        leaving = [archive.elites()[:n_leaving] for archive in self.archives]
        for place, archive in enumerate(self.archives):
            before = place - place % n + (place - 1) % n
            archive.welcome(leaving[before] if archive.cells else self.whole.elites())


def batch_at(
    first: int, archive: Archive, proposer: Proposer, starts: Sequence[Proposal], seed: int
) -> Sequence[Proposal]:
    """The proposals of the batch whose first entry has a number.

    They depend on the archive of its sub-search and on nothing else, so a batch that was cut off
    is proposed again just the same. Fewer than a batch means that the proposer has nothing new to
    offer.
    """
    known = starts[first : first + BATCH]
    indices = range(first + len(known), first + BATCH)
    rngs = [np.random.default_rng([seed, i]) for i in indices]
    return Coming(chain(known, proposer.ask(archive, rngs, {p.key for p in starts})))
