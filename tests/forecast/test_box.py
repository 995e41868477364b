"""The box of a page answers in numbers where they mean something, and says where they do not."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.forecast.box import answer, page_data, sliders
from evolve.forecast.departures import SLACK
from evolve.forecast.spread import FARTHEST
from evolve.forecast.words import NO_GUIDE, OPEN
from evolve.scoring.constraints import SUM_ERROR
from tests.forecast.test_plan import CHINCHILLA, CONSTANTS, make_forecast_model, make_task


@pytest.mark.parametrize(("size", "is_open"), [("1e10", False), ("1e-200", True)])
def test_a_forecast_that_nothing_bounds_is_open(size: str, is_open: bool) -> None:
    task, other = make_task(), CONSTANTS * np.array([[1.0, 1.0, 1.05, 1.0, 1.0]])
    model = make_forecast_model((CHINCHILLA, CONSTANTS), (CHINCHILLA, other))
    said = answer(task, model, {"x0": size, "x1": "1e11", "group": "0", "along": "0"})
    assert said["targets"][0]["is_open"] == is_open
    assert (-FARTHEST in said["distance"].values()) == is_open


def test_a_page_without_a_server_knows_what_it_needs_to_say_so() -> None:
    task = make_task()
    data = page_data(task, make_forecast_model((CHINCHILLA, CONSTANTS)))
    assert data is not None
    assert data["numbers"]["slack"] == SLACK
    assert data["mixture"]["slack"] == pytest.approx(SUM_ERROR)
    assert data["seen"] == [[task.train.Y.min(), task.train.Y.max()]]
    assert sliders(task)["farthest"] == FARTHEST == data["sliders"]["farthest"]
    assert data["sliders"]["words"] == {"open": OPEN, "no_guide": NO_GUIDE}
