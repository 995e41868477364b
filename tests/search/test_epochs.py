"""Epochs as jobs end with the entries of a search that goes batch by batch, whoever runs them."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest
from small_tasks import power_task

from evolve.errors import SandboxError
from evolve.evaluation.record import Entry
from evolve.runs.rows import digest_of
from evolve.search.archive import Archive
from evolve.search.epochs import Answer, Epoch, Node, next_epochs, run_epoch, search_by_epochs
from evolve.search.islands import Islands
from evolve.search.loop import Budget
from evolve.search.machines import JOBLIB, Machines, jobs_on
from evolve.search.memory import MemoryJournal, islands_in_memory
from evolve.search.pace import Pace
from evolve.search.problem import SearchProblem, make_search_problem
from evolve.search.proposers.protocol import BATCH

N_STARTS = 40  # so that a batch of first candidates is filled up
TOTAL = 2 * BATCH + 2 * 2 * BATCH + 2 * BATCH + 5  # an epoch and a part of one


@pytest.fixture(scope="module", autouse=True)
def _short_epochs() -> Iterator[None]:
    """Epochs of two batches."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("evolve.search.islands.EPOCH", 2)
        yield


@pytest.fixture(scope="module")
def problem() -> SearchProblem:
    whole = make_search_problem(power_task(max_constants=4), 3, n_islands=2)
    return replace(whole, starts=whole.starts[:N_STARTS])


@pytest.fixture(scope="module")
def by_batches(problem: SearchProblem) -> list[Entry]:
    """The entries of a search that goes batch by batch."""
    journal = MemoryJournal()
    islands_in_memory(problem, TOTAL, 0, journal)
    return journal.entries


def by_epochs(
    problem: SearchProblem,
    total: int,
    journal: MemoryJournal,
    run: Callable[[SearchProblem, Sequence[Epoch]], Sequence[Answer]],
    n_rounds: int = 1000,
) -> list[Node]:
    """Search by epochs; the machines of the jobs."""
    nodes: list[Node] = []
    left = [n_rounds]

    def on_batch(archive: Archive, entries: Sequence[Entry]) -> bool:
        assert archive.size == len(journal.entries)
        left[0] -= 1
        return left[0] > 0

    with problem.proposing() as proposers:
        search_by_epochs(
            journal,
            Islands(problem.layout, proposers),
            problem,
            run,
            pace=Pace(Budget(total)),
            token="test",
            require="",
            on_batch=on_batch,
            on_node=nodes.append,
        )
    return nodes


def twice_and_late(problem: SearchProblem, jobs: Sequence[Epoch]) -> list[Answer]:
    """Runs the jobs as a cluster may: the last first, each twice, from what was pickled."""
    sent = [pickle.dumps((problem, job)) for job in jobs]
    for message in sent:
        run_epoch(*pickle.loads(message))
    return [run_epoch(*pickle.loads(message)) for message in reversed(sent)][::-1]


@pytest.mark.slow
def test_jobs_done_twice_and_in_any_order_give_the_entries_of_a_search_by_batches(
    problem: SearchProblem, by_batches: list[Entry]
) -> None:
    journal = MemoryJournal()
    nodes = by_epochs(problem, TOTAL, journal, twice_and_late)
    assert digest_of(journal.entries) == digest_of(by_batches)
    assert {node.sandbox["level"] for node in nodes} <= {"weak", "partial", "strong"}


@pytest.mark.slow
@pytest.mark.parametrize("totals", [(7, TOTAL), (2 * BATCH + BATCH + 9, TOTAL)])
def test_epochs_that_were_cut_off_go_on_to_the_same_entries(
    problem: SearchProblem, by_batches: list[Entry], totals: tuple[int, ...]
) -> None:
    journal = MemoryJournal()
    for total in totals:
        by_epochs(problem, total, journal, lambda s, jobs: [run_epoch(s, job) for job in jobs])
    assert digest_of(journal.entries) == digest_of(by_batches)


@pytest.mark.slow
def test_epochs_that_are_asked_for_in_rounds_of_any_size_give_the_same_entries(
    problem: SearchProblem, by_batches: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = iter([1, 3, 1, 2, 1, 7, 7])
    monkeypatch.setattr(Pace, "begin_round", lambda self: next(sizes))
    journal = MemoryJournal()
    by_epochs(problem, TOTAL, journal, lambda s, jobs: [run_epoch(s, job) for job in jobs])
    assert digest_of(journal.entries) == digest_of(by_batches)
    assert next(sizes) == 7


@pytest.mark.slow
def test_a_search_that_was_ended_between_rounds_of_jobs_goes_on_to_the_same_entries(
    problem: SearchProblem, by_batches: list[Entry]
) -> None:
    journal = MemoryJournal()
    with jobs_on(Machines(JOBLIB), 1) as run:
        by_epochs(problem, TOTAL, journal, run, n_rounds=2)
        assert len(journal.entries) == 2 * BATCH
        by_epochs(problem, TOTAL, journal, run)
    assert digest_of(journal.entries) == digest_of(by_batches)


def test_first_candidates_are_jobs_of_their_own_and_epochs_one_for_each_island(
    problem: SearchProblem, by_batches: list[Entry]
) -> None:
    with problem.proposing() as proposers:
        islands = Islands(problem.layout, proposers)
    assert [j.batches for j in next_epochs(islands, problem, TOTAL, [], "")] == [((0, 32),)]
    islands.tell(by_batches[:BATCH])
    assert [j.batches for j in next_epochs(islands, problem, TOTAL, [], "")] == [((32, 32),)]
    islands.tell(by_batches[BATCH : 2 * BATCH])
    jobs = next_epochs(islands, problem, TOTAL, by_batches[64:70], "")
    assert [[first for first, _ in job.batches] for job in jobs] == [
        [64, 128],
        [96, 160],
    ]
    assert [len(job.done) for job in jobs] == [6, 0]
    cut = next_epochs(islands, problem, TOTAL, [], "", most=3)
    assert [[first for first, _ in job.batches] for job in cut] == [[64, 128], [96]]
    assert jobs[0].part.archive is not islands.parts[0].archive
    assert jobs[0].part.archive == islands.parts[0].archive


def test_a_job_refuses_a_machine_whose_sandbox_is_too_weak(
    problem: SearchProblem, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evolve.sandbox.probe import SandboxReport

    monkeypatch.setattr("evolve.search.epochs._report", lambda: SandboxReport(()))
    with problem.proposing() as proposers:
        islands = Islands(problem.layout, proposers)
    (job,) = next_epochs(islands, problem, TOTAL, [], "", "strong")
    with pytest.raises(SandboxError, match="level weak here, strong required"):
        run_epoch(problem, job)
