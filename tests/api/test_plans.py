"""The best run of a plan is told with the feature in which it lies farthest outside."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.api.plans import _row
from evolve.forecast.plan import Allocation


@pytest.mark.parametrize(
    ("steps", "most"), [([0.5, -2.0], -2.0), ([0.5, 2.0], 2.0), ([0.0, 0.0], 0.0)]
)
def test_a_run_far_below_the_rows_is_as_far_out_as_one_above(
    steps: list[float], most: float
) -> None:
    best = Allocation(1e21, {"params": 1e9}, 2.5, 2.4, 2.6, np.array(steps), is_open=False)
    row = _row(best)
    assert row["extrapolation_distance"] == row["beyond"] == most
    assert "reached_at_best" not in row


def test_a_value_that_no_budget_is_sure_to_reach_is_no_number() -> None:
    best = Allocation(
        1e21, {"params": 1e9}, 2.5, 2.4, 2.6, np.zeros(1), is_open=False, reached=(1e20, None)
    )
    row = _row(best)
    assert row["reached_at_best"] == 1e20
    assert np.isnan(row["reached_at_worst"])
