"""Tables of known laws: how many runs hold the answer, and that one who knows the law finds it."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.bench.families import FAMILIES
from evolve.bench.further_families import FURTHER, RISING
from evolve.bench.recover import known_r2
from evolve.bench.synthetic import GOOD_R2, make_case

SEEDS = range(100, 105)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_table_with_as_many_runs_as_are_needed_tells_who_knows_the_law(name: str) -> None:
    cases = [make_case(FAMILIES[name], 0.01, seed, repeats=None) for seed in SEEDS]
    found = [known_r2(FAMILIES[name], task, test) for task, test in cases]
    assert sum(r2 >= GOOD_R2 for r2 in found) >= len(SEEDS) - 1


@pytest.mark.parametrize("name", FAMILIES)
def test_rows_without_noise_need_no_second_run(name: str) -> None:
    once, _ = make_case(FAMILIES[name], 0.0, 0)
    enough, _ = make_case(FAMILIES[name], 0.0, 0, repeats=None)
    assert np.array_equal(once.train.Y, enough.train.Y)


def test_every_run_of_a_configuration_has_noise_of_its_own() -> None:
    once, far = make_case(FAMILIES["hoffmann"], 0.01, 0)
    task, beyond = make_case(FAMILIES["hoffmann"], 0.01, 0, repeats=3)
    assert np.array_equal(np.unique(task.train.X, axis=0), np.unique(once.train.X, axis=0))
    assert task.train.n_rows == 3 * once.train.n_rows == len(np.unique(task.train.Y))
    assert np.array_equal(beyond.Y, far.Y)


def test_more_noise_needs_more_runs() -> None:
    rows = [
        make_case(FAMILIES["hoffmann"], noise, 0, None)[0].train.n_rows for noise in (0.01, 0.02)
    ]
    assert rows[1] == pytest.approx(4 * rows[0], rel=0.05)


def test_half_of_the_further_laws_rise_all_the_way() -> None:
    assert len(FURTHER) == 20
    assert len(RISING) == 10
    for family in RISING:
        task, test = make_case(family, 0.0, 0)
        largest, smallest = task.train.X.max(axis=0), task.train.X.min(axis=0)
        low = task.train.Y[(smallest == task.train.X).all(axis=1)]
        high = task.train.Y[(largest == task.train.X).all(axis=1)]
        assert 0.0 < low.item() < high.item() < test.Y.min()


@pytest.mark.parametrize("name", FURTHER)
def test_who_knows_a_further_law_finds_it_in_rows_without_noise(name: str) -> None:
    task, test = make_case(FURTHER[name], 0.0, 0)
    assert not FAMILIES.keys() & FURTHER.keys()
    assert known_r2(FURTHER[name], task, test) >= GOOD_R2
