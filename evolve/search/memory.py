"""A search that leaves nothing on disk: for the estimator and the benchmarks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evolve.evaluation.evaluator import Evaluator
from evolve.evaluation.record import Entry
from evolve.search.champion import Choice, choose
from evolve.search.islands import Islands
from evolve.search.loop import Budget, search
from evolve.search.problem import SearchProblem, elites_of, literature
from evolve.search.proposers.llm.exchange import Book


class MemoryJournal:
    """A journal whose entries are in memory alone.

    Attributes:
        entries: All entries, in order.
    """

    def __init__(self) -> None:
        """Begin without an entry."""
        self.entries: list[Entry] = []

    def each(self) -> Iterator[Entry]:
        """Yield all entries, first to last."""
        return iter(self.entries)

    def append(self, entries: Sequence[Entry]) -> None:
        """Add entries."""
        self.entries += entries


def search_in_memory(
    problem: SearchProblem,
    evaluations: int,
    workers: int,
    journal: MemoryJournal | None = None,
    seconds: float | None = None,
) -> Choice | None:
    """Search as a run does and choose the champion, without a store or a cross-check.

    Args:
        problem: From a task and a seed, which decides every random choice.
        evaluations: Evaluations in total.
        workers: Worker processes; with 0 everything is fitted in this one.
        journal: Where the entries go, for whoever wants them.
        seconds: Seconds after which the search ends; the result then depends on the machine.

    Returns:
        The champion and its finalists; None if nothing has a score.
    """
    journal = journal or MemoryJournal()
    islands = islands_in_memory(problem, evaluations, workers, journal, seconds=seconds)
    if not islands.whole.cells:
        return None
    first = journal.entries[: len(problem.starts)]
    known = elites_of(literature(problem, first))
    return choose(problem.task, islands.whole, workers, known, islands.by_seed)


def islands_in_memory(
    problem: SearchProblem,
    evaluations: int,
    workers: int,
    journal: MemoryJournal,
    *,
    seconds: float | None = None,
    book: Book | None = None,
    ask: bool = True,
) -> Islands:
    """Search as `search_in_memory` does, and choose nothing.

    Args:
        problem: As there, like `evaluations`, `workers` and `seconds`.
        evaluations: In total.
        workers: Worker processes.
        journal: Where the entries go.
        seconds: Of the search.
        book: Stored exchanges with models, as `SearchProblem.proposing` takes them.
        ask: Whether models may be asked for more.

    Returns:
        The sub-searches, with their archives.
    """
    with (
        problem.proposing(book, ask=ask, seconds=seconds) as proposers,
        Evaluator(problem.evaluation, workers) as evaluator,
    ):
        islands = Islands(problem.layout, proposers)
        search(
            journal,
            evaluator,
            islands,
            problem.starts,
            problem.text_of,
            seed=problem.seed,
            budget=Budget(evaluations, seconds),
            on_batch=lambda archive, entries: True,
        )
    return islands
