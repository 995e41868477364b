"""Epochs of sub-searches as jobs that can be pickled, run wherever joblib's backend runs them.

A job holds all that its entries depend on, so whoever runs it, once or several times over, comes
to the same ones; they are stored in the order of their numbers, each once. A run by epochs ends
with the entries of one that goes batch by batch.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from socket import gethostname
from typing import Any, TypeVar

from evolve.evaluation.evaluator import Evaluator
from evolve.evaluation.record import Entry
from evolve.law.graph import Law
from evolve.sandbox import SandboxReport, probe
from evolve.sandbox.lockdown import WORKS
from evolve.scoring.objective import AHEAD
from evolve.search.archive import Archive, kinds_of, remember_kinds
from evolve.search.islands import Islands
from evolve.search.journal import Journal
from evolve.search.loop import begin_batch, replay
from evolve.search.pace import Pace
from evolve.search.problem import SearchProblem
from evolve.search.proposers.protocol import BATCH
from evolve.search.subsearch import SubSearch

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Epoch:
    """One job: some batches of a sub-search, one after the other.

    Attributes:
        part: The sub-search before them, a copy.
        batches: Number of the first entry of each batch, and how many entries are wanted.
        done: Entries of the first batch that are stored already.
        token: The same for all jobs of one session, of which a process keeps one evaluator.
        require: Least level of the sandbox; empty for any.
    """

    part: SubSearch
    batches: tuple[tuple[int, int], ...]
    done: tuple[Entry, ...]
    token: str
    require: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A machine that has run a job, and what its sandbox can enforce."""

    host: str
    sandbox: dict[str, Any]

    @property
    def missing(self) -> list[str]:
        """Names of the mechanisms that do not work there."""
        return [name for name, said in self.sandbox["mechanisms"].items() if said != WORKS]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a job.

    Attributes:
        batches: The entries of each batch that were not there, up to one that is short.
        kinds: The forms of their laws, as `kinds_of` gives them.
        node: The machine.
    """

    batches: list[list[Entry]]
    kinds: dict[Law, str]
    node: Node


# What runs jobs: a problem and jobs to their answers, in the order of the jobs.
Runner = Callable[[SearchProblem, Sequence[Epoch]], Sequence[Answer]]


def search_by_epochs(
    journal: Journal,
    islands: Islands,
    problem: SearchProblem,
    run: Runner,
    *,
    pace: Pace,
    token: str,
    require: str,
    on_batch: Callable[[Archive, Sequence[Entry]], bool],
    on_node: Callable[[Node], None],
) -> Archive:
    """Search until the budget is spent; the arguments are those of `search` but for these.

    Args:
        journal: Where entries go first; what it holds already is replayed.
        islands: Archives without an entry, and what proposes for each.
        problem: The search problem.
        run: Runs jobs.
        pace: Knows the budget, and how much of an epoch is asked for at once.
        token: Of this session.
        require: Least level of the sandbox on every machine; empty for any.
        on_batch: Called after the entries of each round of jobs are stored; False ends the search.
        on_node: Called with the machine of every job.

    Returns:
        The archive of all stored entries.
    """
    done = replay(journal, islands)
    going, total = True, pace.budget.evaluations
    while going and islands.whole.size + len(done) < total:
        jobs = next_epochs(islands, problem, total, done, token, require, pace.begin_round())
        answers = run(problem, jobs)
        for answer in answers:
            remember_kinds(answer.kinds)
            on_node(answer.node)
        batches = in_order(jobs, answers)
        entries = [entry for batch in batches for entry in batch]
        journal.append(entries)  # at once, for a driver has to keep up with many workers
        for batch in batches:
            whole = [*done, *batch]
            islands.tell(whole)
            done = []
        going = on_batch(islands.whole, entries) and len(whole) == BATCH
        going = going and not pace.ends(batches, islands.whole)
    islands.end(done)
    return islands.whole


def in_order(jobs: Sequence[Epoch], answers: Sequence[Answer]) -> list[list[Entry]]:
    """The batches of all jobs in the order of their entries, up to the first that is short."""
    batches = sorted(
        (
            (first, len(job.done) if first == job.batches[0][0] else 0, entries)
            for job, answer in zip(jobs, answers, strict=True)
            for (first, _), entries in zip(job.batches, answer.batches, strict=False)
        ),
        key=lambda batch: batch[0],
    )
    following, at = [], batches[0][0]
    for first, n_done, entries in batches:
        if first != at:
            break
        following.append(entries)
        at = first + n_done + len(entries)
    return following


def next_epochs(
    islands: Islands,
    problem: SearchProblem,
    evaluations: int,
    done: Sequence[Entry],
    token: str,
    require: str = "",
    most: int | None = None,
) -> list[Epoch]:
    """The jobs that come next: the rest of the epoch, or batches of the first candidates.

    An epoch of which less is asked for goes on with the next jobs, to the same entries.

    Args:
        islands: As they stand.
        problem: The search problem.
        evaluations: The budget in all.
        done: Entries of the next batch that are stored already.
        token: Of this session.
        require: Least level of the sandbox.
        most: Most batches of all jobs together; None for no limit.
    """
    layout, first = islands.layout, islands.whole.size
    last = evaluations if most is None else min(evaluations, first + most * BATCH)
    if first < layout.n_common:
        # Batches of first candidates alone need no archive; the last may be filled up by mutants.
        whole_batches = len(problem.starts) // BATCH * BATCH
        end = max(whole_batches, first + BATCH)
        parts = [[at] for at in range(first, min(end, last), BATCH)]
    else:
        epoch = layout.epoch_of(first)
        assert epoch is not None
        end = min(layout.n_common + (epoch + 1) * layout.round, last)
        starts = range(first, end, BATCH)
        mine = [[at for at in starts if layout.part_of(at) == p] for p in range(layout.n_parts)]
        parts = sorted(part for part in mine if part)
    jobs = []
    for part in parts:
        jobs.append(
            Epoch(
                islands.search_of(part[0]).copy(),
                tuple((at, min(BATCH, evaluations - at)) for at in part),
                tuple(done) if part[0] == first else (),
                token,
                require,
            )
        )
    return jobs


def run_epoch(problem: SearchProblem, job: Epoch) -> Answer:
    """Run a job, in whichever process this is.

    Raises:
        SandboxError: The sandbox of this machine is below the level required.
    """
    node = here(job.require)
    lists: list[list[Entry]] = []
    part, done = job.part, list(job.done)
    with _evaluator(problem, job.token) as evaluator:

        def begun(first: int, n_wanted: int) -> Callable[[], list[Entry]]:
            n_done = len(job.done) if first == job.batches[0][0] else 0
            wanted = range(first + n_done, first + n_wanted)
            return begin_batch(
                evaluator, part, wanted, problem.starts, problem.text_of, problem.seed
            )

        steps = [partial(begun, *batch) for batch in job.batches]
        for entries in in_turn(steps, AHEAD if part.is_late else 1):
            lists.append(entries)
            whole = [*done, *entries]
            part.tell(whole)
            done = []
            if len(whole) < BATCH:
                break
    return Answer(lists, kinds_of(entry for entries in lists for entry in entries), node)


def in_turn(steps: Sequence[Callable[[], Callable[[], T]]], most: int) -> Iterator[T]:
    """What comes of steps, in order; at most so many are begun at a time, the last behind all."""
    under_way: deque[Callable[[], T]] = deque()
    for step in steps:
        if len(under_way) == most:
            yield under_way.popleft()()
        under_way.append(step())
    while under_way:
        yield under_way.popleft()()


def here(require: str = "") -> Node:
    """This machine.

    Args:
        require: Least level of its sandbox; empty for any.

    Raises:
        SandboxError: The level is lower.
    """
    report = _report()
    if require:
        report.require(require)
    return Node(gethostname(), report.as_dict())


@lru_cache(maxsize=1)
def _report() -> SandboxReport:
    return probe()


def close_evaluators() -> None:
    """Stop what this process keeps for jobs to come."""
    with _LOCK:
        kept = [evaluator for idle in _IDLE.values() for evaluator in idle]
        _IDLE.clear()
    for evaluator in kept:
        evaluator.close()


_LOCK = threading.Lock()
_IDLE: dict[str, list[Evaluator]] = {}  # by session, for jobs to come


@contextmanager
def _evaluator(problem: SearchProblem, token: str) -> Iterator[Evaluator]:
    """An evaluator of this process that no other job uses; those of other sessions are closed."""
    with _LOCK:
        stale = [e for other in _IDLE if other != token for e in _IDLE[other]]
        kept = _IDLE.get(token, [])
        _IDLE.clear()
        _IDLE[token] = kept
        evaluator = kept.pop() if kept else None
    for one in stale:
        one.close()
    evaluator = evaluator or Evaluator(problem.evaluation, 1)
    with ExitStack() as undo:
        undo.callback(evaluator.close)  # one whose job failed serves no other
        yield evaluator
        undo.pop_all()
    with _LOCK:
        _IDLE.setdefault(token, []).append(evaluator)
