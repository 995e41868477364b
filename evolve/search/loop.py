"""The search loop, whole, on one screen: propose, evaluate, store, tell the archive.

Every batch is proposed from the archive of its sub-search, with a generator seeded by the run's
seed and the candidate's index, while the batch before it is still evaluated (see `SubSearch`), and
is stored in one transaction, in order.
So the number of workers changes nothing, and a run that was killed goes on as if it had not been.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from evolve.evaluation.coming import Coming
from evolve.evaluation.evaluator import Evaluator
from evolve.evaluation.record import Entry, Evaluation
from evolve.scoring.objective import AHEAD
from evolve.scoring.price import price_of
from evolve.search.archive import Archive
from evolve.search.islands import Islands
from evolve.search.journal import Journal
from evolve.search.proposers.protocol import BATCH, Proposal
from evolve.search.subsearch import SubSearch


@dataclass(frozen=True, slots=True)
class Budget:
    """When a run ends.

    Attributes:
        evaluations: In total.
        seconds: Of this session, if given.
        began: When these began, by the monotonic clock; with the search if None.
    """

    evaluations: int
    seconds: float | None = None
    began: float | None = None

    def is_spent(self, since: float, batch: float, after: float) -> bool:
        """Whether the seconds are spent, or another batch would end later than none would early.

        Args:
            since: Seconds since the search began.
            batch: Seconds of the last batch.
            after: Seconds that are needed when the search has ended.
        """
        return self.seconds is not None and since + 0.5 * batch + after > self.seconds


class Clock:
    """Measures batches and says when another one would end too late.

    Args:
        budget: When to end.
        seconds_after: How much of the budget's seconds is to be left when the search ends.
    """

    def __init__(self, budget: Budget, seconds_after: Callable[[Archive], float]) -> None:
        """Begin to measure."""
        self._budget, self._seconds_after = budget, seconds_after
        self._last = time.monotonic()
        self._began = self._last if budget.began is None else budget.began
        self._batch_s: float | None = None

    def tick(self) -> None:
        """Note that a batch is done."""
        now = time.monotonic()
        self._batch_s, self._last = now - self._last, now

    def is_spent(self, archive: Archive, n_under_way: int) -> bool:
        """Whether a batch that begins behind some others would end too late."""
        if self._budget.seconds is None:
            return False
        if self._batch_s is None:
            return n_under_way > 0  # as nothing is known before the first is done
        since = self._last - self._began + n_under_way * self._batch_s
        return self._budget.is_spent(since, self._batch_s, self._seconds_after(archive))


def search(
    journal: Journal,
    evaluator: Evaluator,
    islands: Islands,
    starts: Sequence[Proposal],
    to_text: Callable[[Proposal], str],
    *,
    seed: int,
    budget: Budget,
    on_batch: Callable[[Archive, Sequence[Entry]], bool],
    seconds_after: Callable[[Archive], float] = lambda archive: 0.0,
) -> Archive:
    """Search until the budget is spent.

    Args:
        journal: Where entries go first; what it holds already is replayed.
        evaluator: Fits and scores candidates and programs.
        islands: Archives without an entry, and what proposes for each.
        starts: The first candidates, evaluated before any mutation.
        to_text: Program text of a proposal.
        seed: Seed of the run.
        budget: When to end, for all sub-searches together.
        on_batch: Called with the archive of all entries after each stored batch; False ends the
            search.
        seconds_after: How much of the budget's seconds is to be left when the search ends.

    Returns:
        The archive of all stored entries, which `islands` holds as well.
    """
    done = replay(journal, islands)  # entries are kept on disk alone
    following = islands.whole.size + len(done)  # number of the next entry to be asked for
    clock = Clock(budget, seconds_after)
    under_way: deque[Callable[[], list[Entry]]] = deque()

    def may_begin() -> bool:
        return (
            len(under_way) < AHEAD
            and following < budget.evaluations
            and islands.may_begin(following // BATCH * BATCH)
            and not clock.is_spent(islands.whole, len(under_way))
        )

    goes_on = True
    while goes_on:
        while may_begin():
            end = (following // BATCH + 1) * BATCH
            wanted = range(following, min(end, budget.evaluations))
            part = islands.search_of(following)
            under_way.append(begin_batch(evaluator, part, wanted, starts, to_text, seed))
            following = end
        if not under_way:
            break
        entries = under_way.popleft()()
        journal.append(entries)
        whole = [*done, *entries]
        islands.tell(whole)
        done = []
        goes_on = on_batch(islands.whole, entries) and len(whole) == BATCH
        clock.tick()
    islands.end(done)
    return islands.whole


def begin_batch(
    evaluator: Evaluator,
    part: SubSearch,
    wanted: range,
    starts: Sequence[Proposal],
    to_text: Callable[[Proposal], str],
    seed: int,
) -> Callable[[], list[Entry]]:
    """Propose a batch and begin to evaluate it.

    Args:
        evaluator: Fits and scores.
        part: What proposes; its elites decide how near a candidate must come to earn all folds.
        wanted: Numbers of the entries; those of the batch that come before are stored already.
        starts: First candidates of the run; where they are among the batch all earn all folds.
        to_text: Program text of a proposal.
        seed: Of the run.

    Returns:
        What waits for the entries.
    """
    first = wanted.start // BATCH * BATCH
    proposals = part.propose(first, starts, seed)
    asked = islice(proposals, wanted.start - first, wanted.stop - first)
    bar = screen_bar(part.archive, starting=first < len(starts), n_values=evaluator.n_values)
    written = Coming((proposal, to_text(proposal)) for proposal in asked)
    evaluations = begin(evaluator, Coming(proposal for proposal, _ in written), bar)
    len(written)  # all are made now, before the archive is told anything more

    def entries() -> list[Entry]:
        judged = enumerate(zip(written, evaluations(), strict=True), wanted.start)
        return [entry_of(i, p, text, evaluation) for i, ((p, text), evaluation) in judged]

    return entries


def begin(
    evaluator: Evaluator, proposals: Sequence[Proposal], bar: float
) -> Callable[[], list[Evaluation]]:
    """Begin to evaluate what has no verdict yet; one evaluation a proposal, in order."""
    waited = evaluator.begin(Coming(p.form for p in proposals if p.verdict is None), bar)

    def evaluations() -> list[Evaluation]:
        found = iter(waited())
        return [next(found) if p.verdict is None else p.verdict for p in proposals]

    return evaluations


def replay(journal: Journal, islands: Islands) -> list[Entry]:
    """Tell a journal's whole batches to the archives; the entries of one that was cut off."""
    batch = list[Entry]()
    for entry in journal.each():
        batch.append(entry)
        if len(batch) == BATCH:
            islands.tell(batch)
            batch = []
    return batch


def screen_bar(archive: Archive, *, starting: bool, n_values: int) -> float:
    """Screening score that a candidate must come near to earn all folds.

    The median over the better half of the elites; none while the starts are evaluated.
    """
    elites = archive.elites()
    if starting or not elites:
        return float("inf")
    better = elites[: max(len(elites) // 2, 1)]
    return float(np.median([screen_score(e.entry.evaluation, n_values) for e in better]))


def screen_score(evaluation: Evaluation, n_values: int) -> float:
    """Score of an evaluation on the screening fold alone; `n_values` as in `price_of`."""
    price = price_of(evaluation.n_constants, evaluation.complexity, n_values)
    return float(evaluation.facts.get("look", math.inf)) + price


def entry_of(index: int, proposal: Proposal, text: str, evaluation: Evaluation) -> Entry:
    """The entry that the store keeps of a proposal and what came of it."""
    candidate = proposal.candidate
    law, recipe = (None, None) if candidate is None else candidate.to_data()
    return Entry(
        index=index,
        text=text,
        law=law,
        recipe=recipe,
        key=proposal.key,
        parents=proposal.parents,
        operator=proposal.operator,
        evaluation=evaluation,
        origin=proposal.origin,
        candidate=candidate,
    )
