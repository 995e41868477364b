"""Which of two runs is lower, and which saves, is told of the right one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from evolve.cli.differences import _agreement, _crossing, _needs, saving_cells
from evolve.forecast.difference import Difference, Saving

SIDE: Any = SimpleNamespace(target="loss", level=0.9)


def difference(low: float, high: float, *, is_open: bool = False) -> Difference:
    ends = (0.5 * (low + high), low, high)
    return Difference(
        (2.0, 1.9, 2.1), (2.0, 1.9, 2.1), ends, (is_open, False), (0.5, 0.5), False, ()
    )


def saving(factor: float | None, low: float | None = 0.5, high: float | None = 8.0) -> Saving:
    return Saving("tokens", 1e12, None, (1e8, 1e16), factor, low, high)


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ((-0.3, -0.1), "1 is forecast lower in loss: the interval leaves out 0"),
        ((0.1, 0.3), "2 is forecast lower in loss: the interval leaves out 0"),
        ((-0.1, 0.3), "no difference that is sure: the 90 % interval holds 0"),
    ],
)
def test_the_run_whose_forecast_is_lower_is_named(ends: tuple[float, float], words: str) -> None:
    assert _agreement(difference(*ends), SIDE) == words
    open_ = _agreement(difference(*ends, is_open=True), SIDE)
    assert open_ == "no difference that is sure: a forecast is open"


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (4.0, "1 needs 4 times less tokens than 2 for the same loss"),
        (0.25, "2 needs 4 times less tokens than 1 for the same loss"),
        (1.004, "2 needs as much tokens as 1 for the same loss"),
        (None, "2 reaches what 1 does at the point with no tokens within a factor of 10,000"),
    ],
)
def test_the_run_that_saves_is_named(factor: float | None, words: str) -> None:
    assert _needs(saving(factor), "loss") == words


@pytest.mark.parametrize(
    ("low", "high", "ends"),
    [
        (0.5, 8.0, "0.5 to 8"),
        (None, 8.0, "8 or less"),
        (0.5, None, "0.5 or more"),
        (None, None, "any"),
    ],
)
def test_an_interval_of_a_saving_may_be_open_to_either_side(
    low: float | None, high: float | None, ends: str
) -> None:
    assert saving_cells(saving(2.0, low, high)) == ["tokens", "1e+12", "-", "2", ends]


def test_where_two_runs_are_nowhere_equal_is_told_with_how_far_was_looked() -> None:
    assert _crossing(saving(2.0)) == "tokens: nowhere equal between 1e+08 and 1e+16"
