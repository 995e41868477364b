"""What `bench recover` makes of its cases: which laws were found and which could have been."""

from __future__ import annotations

import pytest

from evolve.bench.recover import GOOD_R2, Case, recover, shares
from evolve.errors import EvolveError


def case(noise: float, r2: float, known_r2: float, *, found: bool) -> Case:
    return Case("hoffmann", noise, 0, 64, r2, known_r2, found, 5, 1.0, "", {})


def test_shares_count_cases_and_those_of_the_least_noise_that_was_asked_for() -> None:
    quiet = [case(0.001, 1.0, 1.0, found=True), case(0.001, 0.5, 1.0, found=False)]
    loud = [case(0.01, GOOD_R2, 1.0, found=True), case(0.01, 0.5, 0.5, found=True)]
    both, alone = shares([*quiet, *loud]), shares(loud)
    assert (both["found"], both["r2"], both["r2_quiet"]) == (0.5, 0.5, 0.5)
    assert both["answerable"] == 0.75
    assert both["r2_answerable"] == pytest.approx(2 / 3)
    assert (alone["found"], alone["r2_quiet"]) == (1.0, 0.5)
    assert set(shares([]).values()) == {0.0}


def test_a_family_that_is_not_known_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(EvolveError, match="did you mean 'hoffmann'"):
        recover(["hofmann"], [0.001], [0], 10, 1, None, lambda told: None)


def test_a_law_among_the_first_candidates_is_found_in_a_short_search() -> None:
    told: list[Case] = []
    cases = recover(["power and floor"], [0.001], [0], 200, 1, None, told.append)
    assert told == cases
    assert cases[0].found
    assert cases[0].r2 >= GOOD_R2
    assert cases[0].known_r2 >= GOOD_R2
