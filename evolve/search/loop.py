"""The search loop, whole, on one screen: propose, evaluate, store, tell the archive.

Every batch is proposed from the archive as it stood when the batch began, with a generator
seeded by the run's seed and the candidate's index, and is stored in one transaction, in order.
So the number of workers changes nothing, and a run that was killed goes on as if it had not been.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from evolve.evaluation.evaluator import Evaluator
from evolve.evaluation.record import Entry, Evaluation
from evolve.scoring.objective import price_of
from evolve.search.archive import Archive
from evolve.search.journal import Journal
from evolve.search.proposers.protocol import Proposal, Proposer

BATCH = 32


@dataclass(frozen=True, slots=True)
class Budget:
    """When a run ends: evaluations in total, and seconds of this session if given."""

    evaluations: int
    seconds: float | None = None


def search(
    journal: Journal,
    evaluator: Evaluator,
    proposer: Proposer,
    starts: Sequence[Proposal],
    to_text: Callable[[Proposal], str],
    *,
    seed: int,
    budget: Budget,
    on_batch: Callable[[Archive, Sequence[Entry]], bool],
) -> Archive:
    """Search until the budget is spent.

    Args:
        journal: Where entries go first; what it holds already is replayed.
        evaluator: Fits and scores candidates and programs.
        proposer: Makes what comes after the first candidates.
        starts: The first candidates, evaluated before any mutation.
        to_text: Program text of a proposal.
        seed: Seed of the run.
        budget: When to end.
        on_batch: Called after each stored batch; False ends the search.

    Returns:
        The archive of all stored entries.
    """
    archive, done = replay(journal, proposer.tell)  # entries are kept on disk alone
    began = time.monotonic()
    while archive.size + len(done) < budget.evaluations:
        proposals = next_batch(archive, proposer, starts, seed)
        todo = proposals[len(done) : budget.evaluations - archive.size]
        bar = screen_bar(archive, len(starts), evaluator.n_values)
        evaluations = evaluate(evaluator, todo, bar)
        judged = enumerate(zip(todo, evaluations, strict=True), archive.size + len(done))
        entries = [entry_of(index, p, to_text(p), e) for index, (p, e) in judged]
        journal.append(entries)
        whole = [*done, *entries]
        archive.tell(whole)
        proposer.tell(whole)
        done = []
        late = budget.seconds is not None and time.monotonic() - began > budget.seconds
        if not on_batch(archive, entries) or late or len(whole) < BATCH:
            break
    archive.tell(done)
    return archive


def evaluate(evaluator: Evaluator, proposals: Sequence[Proposal], bar: float) -> list[Evaluation]:
    """Evaluate what has no verdict yet; one evaluation a proposal, in order."""
    open_ = [p for p in proposals if p.verdict is None]
    evaluations = iter(evaluator.evaluate([p.form for p in open_], bar))
    return [next(evaluations) if p.verdict is None else p.verdict for p in proposals]


def replay(
    journal: Journal, told: Callable[[Sequence[Entry]], None] = lambda entries: None
) -> tuple[Archive, list[Entry]]:
    """The archive of a journal's whole batches, and the entries of one that was cut off.

    Args:
        journal: What is replayed.
        told: Called with each whole batch after the archive has taken it in.
    """
    archive, batch = Archive(), list[Entry]()
    for entry in journal.each():
        batch.append(entry)
        if len(batch) == BATCH:
            archive.tell(batch)
            told(batch)
            batch = []
    return archive, batch


def next_batch(
    archive: Archive, proposer: Proposer, starts: Sequence[Proposal], seed: int
) -> list[Proposal]:
    """The proposals of the batch that begins where the archive ends.

    They depend on nothing else, so a batch that was cut off is proposed again just the same.
    Fewer than a batch means that the proposer has nothing new to offer.
    """
    first = archive.size
    proposals: list[Proposal] = list(starts[first : first + BATCH])
    rngs = [np.random.default_rng([seed, i]) for i in range(first + len(proposals), first + BATCH)]
    return [*proposals, *proposer.ask(archive, rngs, {p.key for p in starts})]


def screen_bar(archive: Archive, n_starts: int, n_values: int) -> float:
    """Screening score that a candidate must come near to earn all folds.

    The median over the better half of the elites; none while the starts are evaluated.
    """
    elites = archive.elites()
    if archive.size < n_starts or not elites:
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
