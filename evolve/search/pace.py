"""How much of a search by epochs goes out at once, where it has to end in time.

A round of jobs cannot be ended before its last job is done, so that its size is chosen by how long
the batches before it took. What is cut is no epoch but how much of it is asked for at a time: it
changes no entry, only how many there are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from evolve.evaluation.record import Entry
from evolve.search.archive import Archive
from evolve.search.loop import Budget

# Of the seconds that are left, in a round: batches get longer as laws grow, and a smaller round
# follows. Judgement.
ROUND_SHARE = 0.5
LEAST_S = 0.01  # of a batch, which no clock measures to be nothing


class Pace:
    """Measures rounds of jobs.

    Attributes:
        budget: When to end.

    Args:
        budget: When to end.
        n_parts: Sub-searches, each of which has one batch under way at a time.
        seconds_after: How much of the budget's seconds is to be left when the search ends.
    """

    def __init__(
        self,
        budget: Budget,
        n_parts: int = 1,
        seconds_after: Callable[[Archive], float] = lambda archive: 0.0,
    ) -> None:
        """Begin to measure."""
        self.budget, self._n_parts, self._seconds_after = budget, n_parts, seconds_after
        self._round_began = time.monotonic()
        self._began = self._round_began if budget.began is None else budget.began
        self._batch_s, self._after_s = 0.0, 0.0

    def begin_round(self) -> int | None:
        """Most batches of the round that begins; None for all of an epoch.

        As nothing is known before the first round, that has one of each sub-search.
        """
        self._round_began = time.monotonic()
        if self.budget.seconds is None:
            return None
        if not self._batch_s:
            return self._n_parts
        left = self.budget.seconds - self._after_s - (self._round_began - self._began)
        n_batches = max(int(ROUND_SHARE * left / self._batch_s), 1)
        return n_batches - n_batches % self._n_parts or n_batches

    def ends(self, batches: Sequence[Sequence[Entry]], archive: Archive) -> bool:
        """Whether the search ends with the round that is done.

        In the first one processes start, so that of it no more counts than was spent on fits.

        Args:
            batches: The entries of the round.
            archive: Of all entries.
        """
        if self.budget.seconds is None:
            return False
        now, is_first = time.monotonic(), not self._batch_s
        spent = now - self._round_began
        if is_first:
            spent = min(spent, sum(e.evaluation.seconds for batch in batches for e in batch))
        self._batch_s = max(spent / len(batches), LEAST_S)
        self._after_s = self._seconds_after(archive)
        return self.budget.is_spent(now - self._began, self._batch_s, self._after_s)
