"""Where a search writes its entries: what it asks of a store, and one in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from evolve.evaluation.record import Entry


class Journal(Protocol):
    """The entries of a search, in order; a run's store is one."""

    def each(self) -> Iterator[Entry]:
        """Yield all entries, first to last."""

    def append(self, entries: Sequence[Entry]) -> None:
        """Add the entries that follow those it holds, all or none."""
