"""Re-run selected candidates as program text in the sandbox and record whether both lanes agree.

New elites of a size, a sample of the rest and the champion are run again as text, in a process
that knows nothing of graphs; a difference is an error of ours and is stored and shown. A thread
does so while the search goes on, some batches behind; all is done before a run ends. What a
session that was killed had still to compare is compared by the next one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Any, Self

import numpy as np

from evolve.errors import SandboxError
from evolve.evaluation.crosscheck import TOLERANCE, Agreement, compare
from evolve.evaluation.evaluator import Evaluator
from evolve.evaluation.executor import limits_of
from evolve.evaluation.foreign import difference, run_text
from evolve.evaluation.problem import EvaluationProblem
from evolve.evaluation.programs import SEARCHED
from evolve.evaluation.record import Entry
from evolve.fitting import SERVICE
from evolve.law.candidate import Candidate, candidate_from_data
from evolve.runs.notes import BROKEN, COMPARISONS, LEFT
from evolve.runs.store import Store
from evolve.sandbox import PrintedLane
from evolve.scoring.fold import Fold, all_rows
from evolve.search.archive import Archive
from evolve.search.finalists import Finalist
from evolve.search.problem import SearchProblem, program_text
from evolve.typing import Array

NOTE = COMPARISONS
MOST_LEFT = 64  # comparisons that a search does not wait for
MOST_GROUPS = 50  # of a champion that are compared
SAMPLED = 0.005  # share of the entries that are no elites, compared too
SALT = 2**32 - 5  # so that the sample is drawn from no generator that the search has


class CrossCheck:
    """The lane of printed programs of a run and what it has said so far; a context manager."""

    def __init__(
        self,
        store: Store,
        problem: SearchProblem,
        evaluator: Evaluator,
        seed: int,
        *,
        shut: bool = False,
    ) -> None:
        """Take up the comparisons that the store holds; the lane's process is not awaited.

        Args:
            store: Of the run.
            problem: The search problem.
            evaluator: The fast lane; it is asked by another thread until `settle` returns.
            seed: Of the run.
            shut: Whether to start no process and compare nothing.
        """
        self._store, self._problem, self._seed = store, problem, seed
        self._evaluator = evaluator
        self._data: list[dict[str, Any]] = list(store.note(NOTE) or [])
        task = problem.task
        whole = EvaluationProblem(task, (*problem.folds, all_rows(task.train.n_rows)))
        self._lane = PrintedLane(limits_of(whole, SEARCHED), SERVICE)
        self._left: list[int] = list(store.note(LEFT) or [])  # as the store has it
        self._shut = shut
        self._thread = ThreadPoolExecutor(1, "evolve-crosscheck")
        self._open: deque[tuple[int, Future[Agreement]]] = deque()

    def __enter__(self) -> Self:
        """Start the lane's process, with what an earlier session had still to compare."""
        if not self._shut:
            self._lane.__enter__()
        self._begin([self._store.entry(index) for index in self._left])
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait for what is being compared, or give it up with the run; stop the lane's process."""
        try:
            if kind is None:
                self.settle()
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)
            self._lane.stop()
            self._thread.shutdown()
            self._lane.close()

    def compare_batch(self, archive: Archive, entries: Sequence[Entry]) -> None:
        """Begin to compare what is worth it in a batch, behind what is still being compared.

        Args:
            archive: With the batch.
            entries: The batch.
        """
        self._begin(to_compare(archive, entries, self._seed))
        self._take_in(MOST_LEFT)

    def compare_champion(self, champion: Finalist) -> None:
        """Compare the champion on all rows of each or many groups, once all else is compared."""
        self.settle()
        is_program = champion.fitted.candidate is None  # which was text from the first
        if not self._shut and not is_program:
            asked = self._thread.submit(self._compare_champion, champion)
            self._open.append((champion.entry.index, asked))
            self.settle()

    def settle(self, patience_s: float | None = None) -> None:
        """Wait for what is being compared, and store how that went.

        A lane that cannot start is not tried again, and ends no search.

        Args:
            patience_s: What takes longer goes on; all is awaited if None.
        """
        if patience_s is not None:
            wait([future for _, future in self._open], patience_s)
        self._take_in(0 if patience_s is None else MOST_LEFT)

    def _begin(self, chosen: Sequence[Entry]) -> None:
        for entry in () if self._shut else chosen:
            self._open.append((entry.index, self._thread.submit(self._compare_entry, entry)))

    def _take_in(self, most_left: int) -> None:
        """Store what has been compared, in the order in which it was begun, and what is left."""
        n_before = len(self._data)
        try:
            while self._open and (len(self._open) > most_left or self._open[0][1].done()):
                self._data.append(self._open[0][1].result().to_data())
                self._open.popleft()
        except SandboxError as error:
            for _, future in self._open:
                future.cancel()
            self._open.clear()
            self._shut = True
            self._store.set_note(BROKEN, str(error))
        if len(self._data) > n_before:
            self._store.set_note(NOTE, self._data)
        left = [index for index, _ in self._open]
        if left != self._left:
            self._left = left
            self._store.set_note(LEFT, left)

    def _compare_entry(self, entry: Entry) -> Agreement:
        assert entry.law is not None
        assert entry.recipe is not None
        candidate = candidate_from_data(entry.law, entry.recipe)
        return compare(self._evaluator, self._lane, entry, candidate, self._text)

    def _compare_champion(self, champion: Finalist) -> Agreement:
        task, candidate = self._problem.task, champion.fitted.candidate
        assert candidate is not None
        text = self._text(candidate, champion.fitted.priors)
        stride = -(-task.n_groups // MOST_GROUPS)
        rows = np.flatnonzero(task.train.group % stride == 0)
        predictions = run_text(self._lane, task, Fold("all rows", rows, rows), text)
        index = champion.entry.index
        if isinstance(predictions, str):
            return Agreement(index, predictions, None)
        gap = difference(predictions, champion.fitted.predictions[rows], task.train.Y[rows])
        return Agreement(index, "ok", gap)

    def _text(self, candidate: Candidate, priors: Array | None) -> str:
        return program_text(self._problem.task, candidate, "the search", priors)


def disagreements(store: Store) -> list[str]:
    """One line for each stored comparison that did not hold, or could not be made."""
    broken = store.note(BROKEN)
    lines = [] if broken is None else [broken]
    for agreement in (Agreement(**data) for data in store.note(NOTE) or []):
        if not agreement.holds:
            problem = agreement.status
            if agreement.difference is not None:
                problem = (
                    f"predictions differ by {agreement.difference:.1e}, above {TOLERANCE:.0e}"
                )
            lines.append(f"entry {agreement.index}: {problem}")
    return lines


def to_compare(archive: Archive, entries: Sequence[Entry], seed: int) -> list[Entry]:
    """Entries of a batch to run again: new elites of a size, and a random sample of the rest."""
    front = {e.entry.index for e in archive.best_per_size()}
    scored = [e for e in entries if e.law is not None and e.evaluation.score is not None]
    return [
        e
        for e in scored
        if e.index in front or np.random.default_rng([seed, e.index, SALT]).random() < SAMPLED
    ]
