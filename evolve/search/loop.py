"""The search loop, whole, on one screen: propose, evaluate, store, tell the archive.

Every batch is proposed from the archive of its sub-search as it stood when the batch began, with
a generator seeded by the run's seed and the candidate's index, and is stored in one transaction,
in order.
So the number of workers changes nothing, and a run that was killed goes on as if it had not been.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from evolve.evaluation.coming import Coming
from evolve.evaluation.evaluator import Evaluator
from evolve.evaluation.record import Entry, Evaluation
from evolve.scoring.price import price_of
from evolve.search.archive import Archive
from evolve.search.islands import Islands
from evolve.search.journal import Journal
from evolve.search.proposers.protocol import BATCH, Proposal


@dataclass(frozen=True, slots=True)
class Budget:
    """When a run ends: evaluations in total, and seconds of this session if given."""

    evaluations: int
    seconds: float | None = None

    def is_spent(self, since: float, batch: float, after: float) -> bool:
        """Whether the seconds are spent, or another batch would end later than none would early.

        Args:
            since: Seconds since the search began.
            batch: Seconds of the last batch.
            after: Seconds that are needed when the search has ended.
        """
        return self.seconds is not None and since + 0.5 * batch + after > self.seconds


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
    began = batch_began = time.monotonic()
    while islands.whole.size + len(done) < budget.evaluations:
        first = islands.whole.size
        batch = islands.next_batch(starts, seed)
        todo = islice(batch, len(done), budget.evaluations - first)
        entries = entries_of_batch(
            evaluator,
            islands.archive,
            todo,
            first + len(done),
            to_text,
            starting=first < len(starts),
        )
        journal.append(entries)
        whole = [*done, *entries]
        islands.tell(whole)
        done = []
        goes_on = on_batch(islands.whole, entries) and len(whole) == BATCH
        now = time.monotonic()
        if not goes_on:
            break
        after = 0.0 if budget.seconds is None else seconds_after(islands.whole)
        if budget.is_spent(now - began, now - batch_began, after):
            break
        batch_began = now
    islands.tell(done, whole=False)
    return islands.whole


def entries_of_batch(
    evaluator: Evaluator,
    archive: Archive,
    proposals: Iterable[Proposal],
    first: int,
    to_text: Callable[[Proposal], str],
    *,
    starting: bool,
) -> list[Entry]:
    """Evaluate proposals and make entries of them.

    Args:
        evaluator: Fits and scores.
        archive: Whose elites decide how near a candidate must come to earn all folds.
        proposals: Those of one batch that are not stored yet; while some are still being made,
            others are evaluated.
        first: Number of the first entry.
        to_text: Program text of a proposal.
        starting: Whether first candidates are among the batch, which all earn all folds.
    """
    bar = screen_bar(archive, starting=starting, n_values=evaluator.n_values)
    written = Coming((proposal, to_text(proposal)) for proposal in proposals)
    evaluations = evaluate(evaluator, Coming(proposal for proposal, _ in written), bar)
    judged = enumerate(zip(written, evaluations, strict=True), first)
    return [entry_of(i, p, text, evaluation) for i, ((p, text), evaluation) in judged]


def evaluate(evaluator: Evaluator, proposals: Sequence[Proposal], bar: float) -> list[Evaluation]:
    """Evaluate what has no verdict yet; one evaluation a proposal, in order."""
    open_ = Coming(p.form for p in proposals if p.verdict is None)
    evaluations = iter(evaluator.evaluate(open_, bar))
    return [next(evaluations) if p.verdict is None else p.verdict for p in proposals]


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
    )
