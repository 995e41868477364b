"""The best laws of an island go on where the route leads, whoever runs the batches and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from small_tasks import SPACES, power_task
from store_service import entry

from evolve.bench.ablate import VARIANTS
from evolve.evaluation.record import Entry
from evolve.search import islands as islands_module
from evolve.search.epochs import Answer, Epoch, close_evaluators, run_epoch, search_by_epochs
from evolve.search.islands import Islands, Layout, Route, along_ring
from evolve.search.loop import Budget
from evolve.search.memory import MemoryJournal, islands_in_memory
from evolve.search.pace import Pace
from evolve.search.problem import SearchProblem, make_search_problem
from evolve.search.proposers.grammar import Grammar
from evolve.search.proposers.protocol import BATCH

N_ISLANDS, N_STARTS = 4, BATCH
ROUND = Layout(N_STARTS, 1, N_ISLANDS).round


def law(index: int) -> Entry:
    """A law that is better than all before it."""
    made = entry(index, operator=f"law {index}")
    return replace(made, evaluation=replace(made.evaluation, status="ok", score=-float(index)))


def told(n_entries: int, route: Route = along_ring, n_seeds: int = 1) -> Islands:
    """Islands that were told so many laws."""
    layout = Layout(N_STARTS, n_seeds, N_ISLANDS, route=route)
    islands = Islands(layout, [Grammar(SPACES["one log"]) for _ in range(layout.n_parts)])
    for first in range(0, n_entries, BATCH):
        islands.tell([law(first + i) for i in range(BATCH)])
    return islands


def origins(islands: Islands) -> list[set[int]]:
    """Of which sub-searches each knows laws, beside the first ones."""
    places = {law(i).key: islands.layout.part_of(i) for i in range(islands.whole.size)}
    seen = [{places[key] for key in part.archive.seen} for part in islands.parts]
    return [{place for place in known if place is not None} for known in seen]


def test_the_best_go_along_the_ring_once_an_epoch_is_over() -> None:
    assert origins(told(N_STARTS + ROUND - BATCH)) == [{0}, {1}, {2}, {3}]
    assert origins(told(N_STARTS + ROUND)) == [{0, 3}, {0, 1}, {1, 2}, {2, 3}]


def test_the_best_go_where_another_route_leads_within_their_search() -> None:
    asked: list[tuple[int, int, int]] = []

    def route(n_islands: int, seed: int, epoch: int) -> Sequence[int]:
        asked.append((n_islands, seed, epoch))
        return [1, 0, 0, 3] if seed else [3, 3, 3, 2]

    after = told(N_STARTS + 2 * ROUND, route, n_seeds=2)
    assert origins(after) == [{0}, {1}, {2, 3}, {0, 1, 2, 3}, {4, 5, 6}, {5, 4}, {6}, {7}]
    assert asked[-2:] == [(4, 0, 0), (4, 1, 0)]


@pytest.fixture
def problem(monkeypatch: pytest.MonkeyPatch) -> SearchProblem:
    """Four islands with random migration after every batch of each."""
    monkeypatch.setattr(islands_module, "EPOCH", 1)
    change = VARIANTS["4 islands, random migration"]
    assert change is not None
    whole = make_search_problem(power_task(), 0)
    return change(replace(whole, starts=whole.starts[:N_STARTS]))


def test_random_migration_comes_to_the_same_entries_by_batches_and_by_epochs_out_of_order(
    problem: SearchProblem,
) -> None:
    total = N_STARTS + 2 * problem.layout.round + BATCH

    def run(problem: SearchProblem, jobs: Sequence[Epoch]) -> list[Answer]:
        return [run_epoch(problem, job) for job in reversed(jobs)][::-1]

    by_batches, by_epochs = MemoryJournal(), MemoryJournal()
    islands_in_memory(problem, total, 0, by_batches)
    with problem.proposing() as proposers:
        islands = Islands(problem.layout, proposers)
        search_by_epochs(
            by_epochs, islands, problem, run, pace=Pace(Budget(total)), token="random", require="",
            on_batch=lambda archive, entries: True, on_node=lambda node: None,
        )  # fmt: skip
    close_evaluators()
    assert [e.key for e in by_epochs.entries] == [e.key for e in by_batches.entries]
    layout, route = problem.layout, problem.route(N_ISLANDS, 0, 0)
    crossed = {
        (layout.island_of(parent), layout.island_of(child.index))
        for child in by_batches.entries
        if layout.epoch_of(child.index) == 1
        for parent in child.parents
        if layout.island_of(parent) not in (None, layout.island_of(child.index))
    }
    assert crossed
    assert crossed <= set(enumerate(route))
