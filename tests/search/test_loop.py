"""A search ends with the same store however it is cut, resumed or spread over workers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from small_tasks import SPACES, power_task
from store_service import entry, most_held, new_store

from evolve.evaluation.evaluator import Evaluator
from evolve.evaluation.problem import EvaluationProblem
from evolve.evaluation.record import Entry, Evaluation
from evolve.law.candidate import Candidate
from evolve.law.canonical import complexity, key
from evolve.runs.store import Store
from evolve.scoring.fold import FoldScore
from evolve.search.archive import Archive
from evolve.search.loop import BATCH, Budget, replay, screen_bar, screen_score, search
from evolve.search.proposers.grammar import Grammar
from evolve.search.proposers.initial import generic_laws, starting_proposals
from evolve.search.proposers.protocol import Proposal
from evolve.search.setup import make_search_problem

SPACE = SPACES["one log"]
STARTS = starting_proposals(SPACE, generic_laws(SPACE), 1, 0)[: BATCH + 8]
TOTAL = 3 * BATCH


class PretendedEvaluator:
    """Gives every candidate the score that its key's hash stands for; some fail."""

    n_values = 100

    def __init__(self, *, all_fail: bool = False, dies_after: int = 10**9) -> None:
        self._all_fail, self._left = all_fail, dies_after

    def evaluate(self, candidates: Sequence[Candidate], bar: float) -> list[Evaluation]:
        self._left -= 1
        if self._left < 0:
            raise KeyboardInterrupt
        return [self._evaluate(candidate) for candidate in candidates]

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
) -> Archive:
    return search(
        store,
        evaluator or PretendedEvaluator(),  # type: ignore[arg-type]
        Grammar(SPACE, evolving=evolving),
        STARTS,
        text_of,
        seed=seed,
        budget=Budget(total),
        on_batch=on_batch,
    )


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
    setup = make_search_problem(power_task(max_constants=4), 3)
    starts = setup.starts[:BATCH]
    digests = []
    for name, n_workers, totals in (("one", 1, (2 * BATCH,)), ("four", 4, (BATCH + 7, 2 * BATCH))):
        with (
            new_store(tmp_path / name) as store,
            Evaluator(EvaluationProblem(setup.task, setup.folds), n_workers) as evaluator,
        ):
            for total in totals:
                search(
                    store,
                    evaluator,
                    setup.proposer(),
                    starts,
                    setup.text_of,
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
        with most_held() as held:
            archive, cut_off = replay(store)
        assert (archive.size, len(cut_off)) == (n - 5, 5)
        assert held.most <= len(archive.cells) + len(archive.starters) + BATCH


def test_a_search_ends_after_the_batch_in_which_its_time_is_over(tmp_path: Path) -> None:
    with new_store(tmp_path / "r") as store:
        search(
            store,
            PretendedEvaluator(),  # type: ignore[arg-type]
            Grammar(SPACE),
            STARTS,
            text_of,
            seed=0,
            budget=Budget(TOTAL, seconds=0.0),
            on_batch=lambda archive, entries: True,
        )
        assert len(store) == BATCH


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
        assert screen_bar(Archive(), 0, 100) == float("inf")
        archive = pretended(store, BATCH)
        assert screen_bar(archive, BATCH + 1, 100) == float("inf")


def test_the_bar_lies_among_the_looks_of_the_elites(tmp_path: Path) -> None:
    with new_store(tmp_path / "r") as store:
        archive = pretended(store)
        bar = screen_bar(archive, len(STARTS), 100)
    looks = [screen_score(e.entry.evaluation, 100) for e in archive.elites()]
    assert min(looks) <= bar <= max(looks)
