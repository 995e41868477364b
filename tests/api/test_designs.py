"""Pilot runs are laid out from Python, as data frames."""

from __future__ import annotations

import pickle

import pandas as pd
import pytest

import evolve
from evolve.api.designs import Design


@pytest.fixture(scope="module")
def found() -> Design:
    own = pd.DataFrame({"params": [1e8, 1e9], "tokens": [1e10, 1e10]})
    return evolve.design(
        "hoffmann_2022",
        "6*params*tokens",
        "1e21",
        narrow={"params": "7B", "tokens": 2e12},
        rows=own,
        draws=20,
    )


def test_designs_and_what_they_leave_open_are_rows(found: Design) -> None:
    assert found.scores.index.names == ["design", "question"]
    told = found.scores[found.scores["why_not"] == ""]
    for _, alike in told.groupby(told["held_out_r2"] >= 0.5):
        assert list(alike["width"]) == sorted(alike["width"])
    assert told["held_out_r2"].iloc[0] >= 0.5
    assert (told["high"] - told["low"] - told["width"]).abs().max() < 1e-9
    assert found.scores.loc[("your own runs", "forecast"), "why_not"] == "never varies tokens"
    assert found.truth["forecast"] == pytest.approx(2.0203, abs=1e-4)


def test_the_runs_to_make_are_those_of_the_first_design(found: Design) -> None:
    first = found.scores.index[0][0]
    pd.testing.assert_frame_equal(found.runs, found.runs_of(first))
    assert list(found.runs) == ["compute", "params", "tokens", "times"]
    spent = found.runs["compute"] @ found.runs["times"]
    assert spent == pytest.approx(found.scores.loc[(first, "forecast"), "compute"])
    with pytest.raises(evolve.EvolveError, match="no design 'one ration' .did you mean"):
        found.runs_of("one ration")


def test_a_pickled_design_still_says_which_runs_to_make(found: Design) -> None:
    again = pickle.loads(pickle.dumps(found))
    pd.testing.assert_frame_equal(again.runs_of("one ratio"), found.runs_of("one ratio"))


def test_an_argument_of_another_type_is_named() -> None:
    with pytest.raises(evolve.EvolveError, match="budget: must be a number"):
        evolve.design("hoffmann_2022", "6*params*tokens", [1])  # type: ignore[arg-type]
    with pytest.raises(evolve.EvolveError, match="narrow: must be values by name"):
        evolve.design("hoffmann_2022", "6*params*tokens", 1, narrow="params=7B")  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [2.0**64, 1e20])
def test_a_seed_that_no_one_can_tell_from_the_next_is_refused(seed: float) -> None:
    with pytest.raises(evolve.EvolveError, match="seed: a float such as"):
        evolve.design("hoffmann_2022", "6*params*tokens", 1e21, best_at=1e22, seed=seed)  # type: ignore[arg-type]


def test_a_whole_number_too_large_for_a_float_is_refused_for_what_it_is() -> None:
    with pytest.raises(evolve.EvolveError, match="draws: must lie between"):
        evolve.design("hoffmann_2022", "6*params*tokens", 1e21, best_at=1e22, draws=10**400)
