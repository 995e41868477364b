"""Rounds of jobs fit into the seconds that are left, by how long earlier ones took."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evolve.evaluation.problem import failed
from evolve.evaluation.record import Entry
from evolve.search import pace as module
from evolve.search.archive import Archive
from evolve.search.loop import Budget
from evolve.search.pace import Pace


class Clock:
    """A clock that a test puts forward."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def batch(seconds: float) -> list[Entry]:
    """A batch of one entry, whose fit took so long."""
    evaluation = replace(failed("timeout", "it took long"), seconds=seconds)
    return [Entry(0, "", None, None, "", (), "m", evaluation, "mutation")]


def rounds(pace: Pace, clock: Clock, batch_s: float) -> list[int]:
    """Batches of each round where every batch takes as long, one after the other."""
    sizes, ended = [], False
    while not ended:
        sizes.append(pace.begin_round() or 0)
        clock.now += sizes[-1] * batch_s
        ended = pace.ends([batch(batch_s)] * sizes[-1], Archive())
    return sizes


@pytest.mark.parametrize("batch_s", [0.1, 0.7, 3.0, 11.0])
@pytest.mark.parametrize("n_parts", [1, 4])
def test_a_search_ends_in_time_but_for_a_batch_and_leaves_what_comes_after(
    clock: Clock, batch_s: float, n_parts: int
) -> None:
    sizes = rounds(Pace(Budget(10**6, 60.0), n_parts, lambda archive: 5.0), clock, batch_s)
    assert abs(clock.now - 100.0 - (60.0 - 5.0)) <= 0.5 * batch_s + 1e-9
    assert sizes[0] == n_parts
    assert all(size % n_parts == 0 or size < n_parts for size in sizes)


def test_what_was_begun_before_the_first_round_counts(clock: Clock) -> None:
    pace = Pace(Budget(10**6, 60.0))
    clock.now += 50.0  # a cluster starts
    rounds(pace, clock, 1.0)
    assert abs(clock.now - 160.0) <= 0.5


def test_seconds_that_began_before_the_search_are_no_longer_left(clock: Clock) -> None:
    rounds(Pace(Budget(10**6, 60.0, began=clock.now - 40.0)), clock, 1.0)
    assert abs(clock.now - 120.0) <= 0.5


def test_of_the_first_round_no_more_counts_than_was_spent_on_fits(clock: Clock) -> None:
    pace = Pace(Budget(10**6, 60.0))
    assert pace.begin_round() == 1
    clock.now += 50.0  # processes start, and compile
    assert not pace.ends([batch(1.0)], Archive())
    assert pace.begin_round() == 5
    clock.now += 5 * 1.9
    assert pace.ends([batch(1.0)] * 5, Archive())


def test_without_a_limit_of_time_whole_epochs_are_asked_for(clock: Clock) -> None:
    pace = Pace(Budget(10**6), 4)
    assert pace.begin_round() is None
    clock.now += 1e9
    assert not pace.ends([batch(1e9)] * 16, Archive())
