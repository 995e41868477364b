"""A few bad laws or wild rows squeeze nothing that a panel is to show."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.report.figures import _reach, _top


def test_a_panel_of_residuals_is_as_high_as_twice_the_usual_ones_at_most() -> None:
    usual = np.linspace(-1.0, 1.0, 201)
    assert _reach([usual]) == 1.0
    assert _reach([usual, np.array([50.0])]) == pytest.approx(2.0, abs=0.05)
    assert _reach([np.zeros(3)]) > 0.0


@pytest.mark.parametrize(
    ("errors", "floor", "top"),
    [
        ([0.001, 0.2], 0.2, 0.2),
        ([0.001, 1e6], 0.01, 0.3),
        ([0.001, 1e6], 2.0, 2.0),
        ([0.001, 1e6], 1e6, 3.0),
        ([0.001, 0.001], 0.001, 0.002),
    ],
    ids=["all", "no bad law", "the front", "not all of the front", "equal"],
)
def test_a_panel_of_errors_ends_above_the_front_and_below_what_is_far_off(
    errors: list[float], floor: float, top: float
) -> None:
    assert _top(errors, floor) == pytest.approx(top)
