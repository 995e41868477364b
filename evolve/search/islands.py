"""The sub-searches of a run: which batch belongs to which, and an archive for each.

A run may search several times side by side. Seeds share nothing but the first candidates, which
are evaluated once for all of them. The search of a seed may be divided among islands: each begins
with some of the first laws, and at the end of every epoch the best of each go on to the next one
(a ring; Tanese 1989). Beyond the first candidates batches belong to the sub-searches in turn, so
that the place of an entry follows from its number: a run that was killed goes on as if it had not
been, and a larger budget continues a smaller one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evolve.evaluation.record import UNSEARCHED, Entry
from evolve.scoring.objective import EPOCH, MIGRANTS
from evolve.search.archive import Archive, Elite, joined
from evolve.search.proposers.protocol import BATCH, Proposer
from evolve.search.subsearch import SubSearch

# Which island the best of each go on to: by how many there are, the search and the epoch behind.
Route = Callable[[int, int, int], Sequence[int]]


def along_ring(n_islands: int, seed: int, epoch: int) -> Sequence[int]:
    """From each island to the next, after every epoch."""
    del seed, epoch
    return [(place + 1) % n_islands for place in range(n_islands)]


@dataclass(frozen=True, slots=True)
class Layout:
    """Which sub-search every entry of a run belongs to.

    Attributes:
        n_starts: First candidates; the batches that hold them belong to all sub-searches.
        n_seeds: Independent searches.
        n_islands: Islands of each.
        is_late: Whether a batch is proposed without what came of the last one of its sub-search.
        route: Which island the best of each go on to after an epoch.
    """

    n_starts: int
    n_seeds: int = 1
    n_islands: int = 1
    is_late: bool = False
    route: Route = along_ring

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

    def needed(self, first: int) -> int:
        """How many entries must be there before a batch is proposed.

        Args:
            first: Number of the first entry of the batch.
        """
        if first + BATCH <= self.n_starts:
            return 0  # first candidates alone
        epoch = self.epoch_of(first)
        if epoch is None or not self.is_late:
            return first
        began = self.n_common + (epoch * self.round if self.n_islands > 1 else 0)
        return max(began, first - self.n_parts * BATCH)

    def ends_epoch(self, n_entries: int) -> bool:
        """Whether so many entries are all those of some epochs, or all that come before."""
        return n_entries >= self.n_common and (n_entries - self.n_common) % self.round == 0


class Islands:
    """The archives of a run's sub-searches and what proposes for each.

    Attributes:
        layout: Which entries belong where.
        whole: The archive of all entries.
        parts: The sub-searches.
    """

    def __init__(self, layout: Layout, proposers: Sequence[Proposer]) -> None:
        """Begin without an entry.

        Args:
            layout: Which entries belong where.
            proposers: One a sub-search.
        """
        self.layout, self.whole = layout, Archive()
        stride, is_late = layout.n_parts * BATCH, layout.is_late
        self.parts = [SubSearch(proposer, stride, is_late) for proposer in proposers]
        self._common = SubSearch(proposers[0], archive=self.whole)
        self._homes: dict[str, int] = {}  # of first laws, in the order in which they came

    @property
    def by_seed(self) -> list[Archive]:
        """The archives of the independent searches; none where there is but one."""
        n = self.layout.n_islands
        if self.layout.n_seeds == 1:
            return []
        archives = [part.archive for part in self.parts]
        parts = [archives[i : i + n] for i in range(0, len(archives), n)]
        return [part[0] if n == 1 else joined(part) for part in parts]

    def search_of(self, first: int) -> SubSearch:
        """What proposes the batch that begins with an entry; all together the first ones."""
        part = self.layout.part_of(first)
        return self._common if part is None else self.parts[part]

    def may_begin(self, first: int) -> bool:
        """Whether all is there that the batch that begins with an entry is proposed from."""
        return self.layout.needed(first) <= self.whole.size

    def tell(self, batch: Sequence[Entry]) -> None:
        """Take in the entries of a batch, in order; it is empty where there is nothing new."""
        if not batch:
            return
        part = self.layout.part_of(batch[0].index)
        self.whole.tell(batch)
        if part is not None:
            self.parts[part].tell(batch)
        else:
            for place, one in enumerate(self.parts):
                one.archive.tell(self._share(batch, place))
                one.proposer.tell(batch)
        if self.layout.n_islands > 1 and self.layout.ends_epoch(self.whole.size):
            self._settle()
            self._migrate()

    def end(self, rest: Sequence[Entry] = ()) -> None:
        """Take in the entries of a batch that was cut off, of which no proposer learns."""
        self._settle()
        if rest:
            part = self.layout.part_of(rest[0].index)
            self.whole.tell(rest)
            for place in range(len(self.parts)) if part is None else [part]:
                own = rest if part is not None else self._share(rest, place)
                self.parts[place].archive.tell(own)

    def _settle(self) -> None:
        for part in self.parts:
            part.settle()

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
        """Send the best of each island on by the layout's route, after an epoch.

        An island whose first laws have all failed begins with those of the others.
        """
        n_leaving = MIGRANTS if self.whole.size > self.layout.n_common else 0
        archives = [part.archive for part in self.parts]
        arriving = [list[Elite]() for _ in archives]
        for archive, to in zip(archives, self._destinations(), strict=True):
            arriving[to] += archive.elites()[:n_leaving]
        for archive, elites in zip(archives, arriving, strict=True):
            archive.welcome(elites if archive.cells else self.whole.elites())

    def _destinations(self) -> list[int]:
        """Number of the sub-search that the best of each go on to, all within their search."""
        n, epoch = self.layout.n_islands, self.layout.epoch_of(self.whole.size - 1) or 0
        routes = [self.layout.route(n, seed, epoch) for seed in range(self.layout.n_seeds)]
        return [seed * n + to for seed, route in enumerate(routes) for to in route]
