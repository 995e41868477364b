"""One line of a terminal that says how far a batch of runs is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TextIO

from evolve.api.batch import BatchJob
from evolve.api.progress import NullProgress
from evolve.printable import printable, unfiltered

WIDTH = 20
CLEAR = "\x1b[K"  # to the end of the line


class BatchBar(NullProgress):
    """A bar over the evaluations of all runs, shown while one of them goes on."""

    def __init__(
        self,
        jobs: Sequence[BatchJob],
        job: BatchJob,
        stopping: Callable[[], bool],
        stream: TextIO,
    ) -> None:
        """Keep which of the runs this is.

        Args:
            jobs: All runs, in their order.
            job: The one that goes on.
            stopping: Whether it is to stop.
            stream: A terminal; a guard that lets printable text alone through is passed by.
        """
        super().__init__(stopping)
        budgets = [other.config.evaluations or 0 for other in jobs]
        self._before, self._total = sum(budgets[: jobs.index(job)]), max(sum(budgets), 1)
        self._name, self._stream = printable(job.name), unfiltered(stream)

    def show(self) -> None:
        """Draw the line again."""
        share = min((self._before + self.progress.done) / self._total, 1.0)
        filled = round(WIDTH * share)
        bar = "#" * filled + "." * (WIDTH - filled)
        self._stream.write(f"\r[{bar}] {100 * share:3.0f} % {self._name:.40}{CLEAR}")
        self._stream.flush()

    def __exit__(self, *_: object) -> None:
        """Take the line away."""
        self._stream.write(f"\r{CLEAR}")
        self._stream.flush()
