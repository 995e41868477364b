"""A search ends with the same store however it is cut, resumed or spread over workers."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from small_tasks import SPACES, power_task
from store_service import entry, most_held, new_store

from evolve.evaluation.coming import Coming
from evolve.evaluation.evaluator import Evaluator
from evolve.evaluation.problem import EvaluationProblem
from evolve.evaluation.record import Entry, Evaluation
from evolve.law.candidate import Candidate
from evolve.law.canonical import complexity, key
from evolve.runs.rows import digest_of
from evolve.runs.store import Store
from evolve.scoring.fold import FoldScore
from evolve.search.archive import Archive
from evolve.search.islands import Islands, Layout
from evolve.search.loop import Budget, begin_batch, replay, screen_bar, screen_score, search
from evolve.search.problem import make_search_problem
from evolve.search.proposers.grammar import Grammar
from evolve.search.proposers.initial import generic_laws, starting_proposals
from evolve.search.proposers.protocol import BATCH, Proposal
from evolve.search.subsearch import SubSearch

SPACE = SPACES["one log"]
STARTS = starting_proposals(SPACE, generic_laws(SPACE), 1, 0)[: BATCH + 8]
TOTAL = 3 * BATCH


class PretendedEvaluator:
    """Gives every candidate the score that its key's hash stands for; some fail."""

    n_values = 100

    def __init__(self, *, all_fail: bool = False, dies_after: int = 10**9) -> None:
        self._all_fail, self._left = all_fail, dies_after

    def begin(self, candidates: Sequence[Candidate], bar: float) -> Callable[[], list[Evaluation]]:
        found = [self._evaluate(candidate) for candidate in candidates]

        def evaluations() -> list[Evaluation]:
            self._left -= 1
            if self._left < 0:
                raise KeyboardInterrupt
            return found

        return evaluations

    def _evaluate(self, candidate: Candidate) -> Evaluation:
        digest = hashlib.sha256(key(candidate.law, candidate.recipe).encode()).digest()
        luck, law = digest[0] / 256.0, candidate.law
        failed = self._all_fail or luck < 0.2
        return Evaluation(
            status="timeout" if failed else "ok",
            message="",
            score=None if failed else -5.0 * luck,
            stage=0 if failed else 1,
            folds=() if failed else (FoldScore("far", 3, luck, 1.0 - luck),),
            n_constants=law.n_constants,
            complexity=complexity(law.root),
            seconds=0.0,
            facts={"look": luck},
        )


def pretended(
    store: Store,
    total: int = TOTAL,
    *,
    seed: int = 0,
    evaluator: PretendedEvaluator | None = None,
    on_batch: Callable[[Archive, Sequence[Entry]], bool] = lambda archive, entries: True,
    evolving: bool = True,
    n_seeds: int = 1,
    n_islands: int = 1,
) -> Archive:
    return search(
        store,
        evaluator or PretendedEvaluator(),  # type: ignore[arg-type]
        islands_of(n_seeds, n_islands, evolving=evolving),
        STARTS,
        text_of,
        seed=seed,
        budget=Budget(total),
        on_batch=on_batch,
    )


def islands_of(n_seeds: int = 1, n_islands: int = 1, *, evolving: bool = True) -> Islands:
    proposers = [Grammar(SPACE, evolving=evolving) for _ in range(n_seeds * n_islands)]
    return Islands(Layout(len(STARTS), n_seeds, n_islands, is_late=True), proposers)


def archives_of(islands: Islands) -> list[Archive]:
    return [part.archive for part in islands.parts]


def text_of(proposal: Proposal) -> str:
    return f"# {proposal.key}\n"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Digest of a search that was left in peace."""
    with new_store(tmp_path_factory.mktemp("runs") / "whole") as store:
        pretended(store)
        return store.digest()


# the same store


@pytest.mark.parametrize("totals", [(BATCH,), (2 * BATCH,), (5,), (40, 41, 77), (TOTAL - 1,)])
def test_a_search_that_was_stopped_and_resumed_ends_as_one_that_was_not(
    tmp_path: Path, whole: str, totals: tuple[int, ...]
) -> None:
    with new_store(tmp_path / "r") as store:
        for total in totals:
            pretended(store, total)
            assert len(store) == total
    with Store.open(tmp_path / "r", write=True) as store:
        pretended(store)
        assert store.digest() == whole


@pytest.mark.parametrize("n_batches", [0, 1, 2])
def test_a_search_that_died_in_a_batch_and_was_resumed_ends_as_one_that_did_not(
    tmp_path: Path, whole: str, n_batches: int
) -> None:
    with new_store(tmp_path / "r") as store:
        with pytest.raises(KeyboardInterrupt):
            pretended(store, evaluator=PretendedEvaluator(dies_after=n_batches))
        assert len(store) == n_batches * BATCH
        pretended(store)
        assert store.digest() == whole


def test_another_seed_gives_another_store(tmp_path: Path, whole: str) -> None:
    with new_store(tmp_path / "r") as store:
        pretended(store, seed=1)
        assert store.digest() != whole
        assert [e.key for e in store.entries()[: len(STARTS)]] == [p.key for p in STARTS]


def test_one_worker_and_four_end_with_the_same_store_also_when_resumed_in_a_batch(
    tmp_path: Path,
) -> None:
    problem = make_search_problem(power_task(max_constants=4), 3)
    starts = problem.starts[:BATCH]
    digests = []
    for name, n_workers, totals in (
        ("one", 1, (4 * BATCH,)),
        ("four", 4, (2 * BATCH + 7, 4 * BATCH)),
    ):
        with (
            new_store(tmp_path / name) as store,
            Evaluator(EvaluationProblem(problem.task, problem.folds), n_workers) as evaluator,
        ):
            for total in totals:
                search(
                    store,
                    evaluator,
                    Islands(replace(problem.layout, n_starts=BATCH), [problem.proposer()]),
                    starts,
                    problem.text_of,
                    seed=3,
                    budget=Budget(total),
                    on_batch=lambda archive, entries: True,
                )
            digests.append(store.digest())
            scored = [e for e in store.entries() if e.evaluation.score is not None]
            assert len(scored) > BATCH
    assert digests[0] == digests[1]


# the budget


def test_the_budget_is_a_total(tmp_path: Path) -> None:
    with new_store(tmp_path / "r") as store:
        for total, expected in ((50, 50), (50, 50), (20, 50), (70, 70)):
            archive = pretended(store, total)
            assert len(store) == archive.size == expected


def test_the_archive_that_comes_back_is_that_of_all_entries(tmp_path: Path) -> None:
    with new_store(tmp_path / "r") as store:
        first = pretended(store, 75)
        again = pretended(store, 75)
        replayed = Archive()
        replayed.tell(store.entries())
        assert first == again == replayed


def test_a_replay_holds_elites_and_the_last_batch_alone(tmp_path: Path) -> None:
    n = 10 * BATCH + 5
    with new_store(tmp_path / "r") as store:
        store.append([entry(index, law=None, recipe=None) for index in range(n)])
        islands = Islands(Layout(0), [Grammar(SPACE)])
        with most_held() as held:
            cut_off = replay(store, islands)
        archive = islands.whole
        assert (archive.size, len(cut_off)) == (n - 5, 5)
        assert held.most <= len(archive.cells) + len(archive.starters) + BATCH


@pytest.mark.parametrize(
    ("seconds", "before", "after", "n"),
    [
        (0.0, 0.0, 0.0, BATCH),
        (1e6, 0.0, 1e9, BATCH),
        (1e6, 1e7, 0.0, BATCH),
        (1e6, 1e3, 0.0, TOTAL),
    ],
    ids=["it is over", "what comes after takes the rest", "it was over before", "there is time"],
)
def test_a_search_ends_after_the_batch_with_which_its_time_is_over(
    seconds: float, before: float, after: float, n: int, tmp_path: Path
) -> None:
    with new_store(tmp_path / "r") as store:
        search(
            store,
            PretendedEvaluator(),  # type: ignore[arg-type]
            islands_of(),
            STARTS,
            text_of,
            seed=0,
            budget=Budget(TOTAL, seconds=seconds, began=time.monotonic() - before),
            on_batch=lambda archive, entries: True,
            seconds_after=lambda archive: after,
        )
        assert len(store) == n


def test_a_budget_of_time_is_spent_where_another_batch_would_end_later_than_none_early() -> None:
    budget = Budget(TOTAL, seconds=60.0)
    assert not budget.is_spent(since=50.0, batch=8.0, after=5.0)
    assert budget.is_spent(since=52.0, batch=8.0, after=5.0)
    assert not Budget(TOTAL).is_spent(since=1e9, batch=1.0, after=1.0)


def test_a_watcher_sees_every_batch_once_stored_and_may_end_the_search(tmp_path: Path) -> None:
    seen: list[int] = []
    with new_store(tmp_path / "r") as store:

        def on_batch(archive: Archive, entries: Sequence[Entry]) -> bool:
            assert len(store) == archive.size == entries[-1].index + 1
            seen.append(len(entries))
            return len(seen) < 2

        pretended(store, on_batch=on_batch)
        assert seen == [BATCH, BATCH]
        assert len(store) == 2 * BATCH


# the entries


def test_no_candidate_is_evaluated_twice_and_parents_come_before_their_children(
    tmp_path: Path,
) -> None:
    with new_store(tmp_path / "r") as store:
        pretended(store)
        entries = store.entries()
    assert len({e.key for e in entries}) == len(entries)
    assert all(parent < e.index for e in entries for parent in e.parents)
    assert all(e.text == f"# {e.key}\n" for e in entries)
    failed = {e.index for e in entries if e.evaluation.score is None}
    assert failed
    assert failed.isdisjoint(parent for e in entries for parent in e.parents)


def test_a_search_that_does_not_evolve_mutates_first_candidates_only(tmp_path: Path) -> None:
    with new_store(tmp_path / "r") as store:
        pretended(store, evolving=False)
        entries = store.entries()
    assert len(entries) == TOTAL
    first = {e.index for e in entries if not e.parents}
    assert first == set(range(len(STARTS)))
    assert all(set(e.parents) <= first for e in entries)


def test_a_search_whose_first_candidates_all_fail_ends_without_an_elite(tmp_path: Path) -> None:
    with new_store(tmp_path / "r") as store:
        archive = pretended(store, evaluator=PretendedEvaluator(all_fail=True))
        assert len(store) == len(STARTS)
        assert not archive.cells


def test_a_grammar_with_nothing_new_to_offer_ends_the_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evolve.search.proposers.grammar.propose", lambda *_, **__: None)
    with new_store(tmp_path / "r") as store:
        for _ in range(2):
            pretended(store)
            assert len(store) == len(STARTS)


# the bar of the first look


def test_there_is_no_bar_while_the_first_candidates_are_evaluated(tmp_path: Path) -> None:
    with new_store(tmp_path / "r") as store:
        assert screen_bar(Archive(), starting=False, n_values=100) == float("inf")
        archive = pretended(store, BATCH)
        assert screen_bar(archive, starting=True, n_values=100) == float("inf")


def test_the_bar_lies_among_the_looks_of_the_elites(tmp_path: Path) -> None:
    with new_store(tmp_path / "r") as store:
        archive = pretended(store)
        bar = screen_bar(archive, starting=False, n_values=100)
    looks = [screen_score(e.entry.evaluation, 100) for e in archive.elites()]
    assert min(looks) <= bar <= max(looks)


# several independent searches

N_COMMON = Layout(len(STARTS)).n_common
TOGETHER = N_COMMON + 6 * BATCH + 7


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> list[Entry]:
    """The entries of three independent searches that were left in peace."""
    with new_store(tmp_path_factory.mktemp("runs") / "three") as store:
        pretended(store, TOGETHER, n_seeds=3)
        return store.entries()


@pytest.mark.parametrize("totals", [(5,), (N_COMMON + 1, TOGETHER - BATCH), (TOGETHER - 3,)])
def test_searches_that_were_stopped_and_resumed_end_as_those_that_were_not(
    tmp_path: Path, three: list[Entry], totals: tuple[int, ...]
) -> None:
    with new_store(tmp_path / "r") as store:
        for total in (*totals, TOGETHER):
            pretended(store, total, n_seeds=3)
            assert len(store) == total
        assert store.digest() == digest_of(three)


def test_searches_share_the_first_candidates_and_no_parent(three: list[Entry]) -> None:
    layout = Layout(len(STARTS), n_seeds=3)
    later = [entry for entry in three if layout.seed_of(entry.index) is not None]
    assert {layout.seed_of(entry.index) for entry in later} == {0, 1, 2}
    own = [p for e in later for p in e.parents if layout.seed_of(p) is not None]
    assert own
    for child in later:
        places = {layout.seed_of(parent) for parent in child.parents}
        assert places <= {None, layout.seed_of(child.index)}


def test_what_one_search_proposes_does_not_depend_on_the_others(three: list[Entry]) -> None:
    layout = Layout(len(STARTS), n_seeds=3)
    islands = islands_of(3)
    first = N_COMMON + 4 * BATCH  # of the second batch of search 1
    for start in range(0, first, BATCH):
        batch = three[start : start + BATCH]
        if layout.seed_of(start) == 0:  # another one would have come out
            batch = [replace(e, key=f"other {e.key}", parents=(), law=None) for e in batch]
        islands.tell(batch)
    proposals = islands.search_of(first).propose(first, STARTS, 0)
    assert [p.key for p in proposals] == [e.key for e in three[first : first + BATCH]]


def test_the_archive_of_all_searches_holds_every_entry(three: list[Entry]) -> None:
    islands = islands_of(3)
    for start in range(0, len(three), BATCH):
        islands.tell(three[start : start + BATCH])
    replayed = Archive()
    replayed.tell(three)
    assert islands.whole == replayed
    islands.end()
    sizes = [archive.size - N_COMMON for archive in islands.by_seed]
    assert sizes == [2 * BATCH + 7, 2 * BATCH, 2 * BATCH]


def test_one_search_ends_with_the_archive_of_all(three: list[Entry]) -> None:
    islands = islands_of()
    for start in range(0, 4 * BATCH, BATCH):
        islands.tell(three[start : start + BATCH])
    islands.end(three[4 * BATCH : 4 * BATCH + 3])
    assert islands.parts[0].archive == islands.whole
    assert islands.whole.size == 4 * BATCH + 3
    assert islands.by_seed == []


# islands

AFTER_EPOCHS = N_COMMON + 2 * 4 * 2 * BATCH + 40  # two epochs of four batches of two islands


@pytest.fixture(scope="module")
def archipelago(tmp_path_factory: pytest.TempPathFactory) -> list[Entry]:
    """The entries of a search of two islands that was left in peace."""
    with new_store(tmp_path_factory.mktemp("runs") / "islands") as store:
        pretended(store, AFTER_EPOCHS, n_islands=2)
        return store.entries()


@pytest.mark.parametrize("totals", [(N_COMMON,), (N_COMMON + 8 * BATCH, N_COMMON + 9 * BATCH + 1)])
def test_islands_that_were_stopped_and_resumed_end_as_those_that_were_not(
    tmp_path: Path, archipelago: list[Entry], totals: tuple[int, ...]
) -> None:
    with new_store(tmp_path / "r") as store:
        for total in (*totals, AFTER_EPOCHS):
            pretended(store, total, n_islands=2)
        assert store.digest() == digest_of(archipelago)


def test_islands_part_the_first_laws_and_exchange_the_best_at_the_end_of_an_epoch(
    archipelago: list[Entry],
) -> None:
    islands, layout = islands_of(1, 2), Layout(len(STARTS), 1, 2)
    at_first: list[set[int]] = []
    for start in range(0, N_COMMON + 8 * BATCH, BATCH):
        if start == N_COMMON:
            at_first = [{e.entry.index for e in a.starters} for a in archives_of(islands)]
        if start == N_COMMON + 7 * BATCH:
            best = [archive.elites()[0] for archive in archives_of(islands)]
        islands.tell(archipelago[start : start + BATCH])
    assert at_first[0].isdisjoint(at_first[1])
    assert at_first[0]
    assert at_first[1]
    names = [{archipelago[i].operator for i in indices} for indices in at_first]
    assert names[0].isdisjoint(names[1])
    assert best[0].entry.key in islands.parts[1].archive.seen
    epochs = [layout.epoch_of(e.index) for e in archipelago]
    assert set(epochs) == {None, 0, 1, 2}
    for child in (e for e in archipelago if layout.epoch_of(e.index) == 0):
        for parent in child.parents:
            assert layout.island_of(parent) in (None, layout.island_of(child.index))
    crossed = [
        parent
        for child in archipelago
        if layout.epoch_of(child.index)
        for parent in child.parents
        if layout.island_of(parent) not in (None, layout.island_of(child.index))
    ]
    assert crossed


def test_an_island_whose_first_laws_all_failed_begins_with_those_of_the_other() -> None:
    islands = islands_of(1, 2)
    batch = [
        entry(i, operator="good" if i % 2 else "bad", origin="initial", parents=())
        for i in range(N_COMMON)
    ]
    failed = replace(batch[2].evaluation, status="timeout", score=None, folds=())
    batch = [e if i % 2 else replace(e, evaluation=failed) for i, e in enumerate(batch)]
    for start in range(0, N_COMMON, BATCH):
        islands.tell(batch[start : start + BATCH])
    assert [e.entry for e in islands.parts[0].archive.elites()] == [
        e.entry for e in islands.whole.elites()
    ]


def test_candidates_are_evaluated_while_others_are_still_proposed() -> None:
    proposed: list[int] = []
    evaluated_at: list[int] = []

    class Slow(Grammar):
        def ask(
            self, archive: Archive, rngs: Sequence[np.random.Generator], taken: Collection[str]
        ) -> Sequence[Proposal]:
            return Coming(self._noted(len(rngs)))

        def _noted(self, n: int) -> Iterator[Proposal]:
            for number, proposal in enumerate(STARTS[:n]):
                proposed.append(number)
                yield proposal

    class Watching(PretendedEvaluator):
        def _evaluate(self, candidate: Candidate) -> Evaluation:
            evaluated_at.append(len(proposed))
            return super()._evaluate(candidate)

    wanted = range(BATCH + 3, BATCH + 9)
    evaluator = cast(Evaluator, Watching())
    begun = begin_batch(evaluator, SubSearch(Slow(SPACE)), wanted, [], lambda p: p.key, 0)
    assert evaluated_at == [4, 5, 6, 7, 8, 9]
    assert [(e.index, e.text) for e in begun()] == [
        (BATCH + 3 + i, p.key) for i, p in enumerate(STARTS[3:9])
    ]
