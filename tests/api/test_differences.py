"""Two runs compared are rows that say of each, and of their difference, how far to trust it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evolve.api.differences import comparison_of
from evolve.forecast.difference import Difference, Saving
from evolve.forecast.sides import Reach

ENDS = (2.0, 1.9, 2.1)
REACHES = (Reach({"n": 0.5}, 0.1, ("high end of n",)), Reach({"n": -0.5}, 3.0, ()))
FOUND = Difference(
    ENDS, ENDS, (0.0, -0.1, 0.1), (False, False), (0.4, 0.6), False, (), (), REACHES
)


@pytest.mark.parametrize("is_open", [(False, False), (True, False), (False, True)])
def test_a_difference_is_open_where_either_forecast_is(is_open: tuple[bool, bool]) -> None:
    frame = comparison_of(replace(FOUND, is_open=is_open)).forecasts
    assert frame["is_open"].tolist() == [*is_open, any(is_open)]


def test_each_run_has_a_chance_and_says_how_far_its_rows_reach_and_their_difference_none() -> None:
    found = comparison_of(FOUND)
    frame = found.forecasts
    assert frame["chance_best"].tolist()[:2] == [0.4, 0.6]
    assert frame["width_over_rows"].tolist()[:2] == [0.1, 3.0]
    assert frame["untested"].tolist() == ["high end of n", "", ""]
    assert frame.loc["difference", ["chance_best", "width_over_rows"]].isna().all()
    assert found.distances is not None
    assert found.distances["n"].tolist() == [0.5, -0.5]
    assert found.savings.empty


def test_a_saving_is_a_row_under_what_it_is_along() -> None:
    saving = Saving("tokens", 1e12, None, (1e8, 1e16), 2.0, None, 8.0)
    row = comparison_of(replace(FOUND, savings=(saving,))).savings.loc["tokens"]
    assert row[["at", "factor", "high"]].tolist() == [1e12, 2.0, 8.0]
    assert row[["crossing", "low"]].isna().all()
    assert "searched" not in row
