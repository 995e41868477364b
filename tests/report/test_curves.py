"""A panel of a report draws as many points as a browser bears, however many rows there are."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from small_tasks import task_of

from evolve.report import curves
from evolve.report.chart import MOST_POINTS
from evolve.report.slices import Slice


class Flat:
    """Forecasts 1 everywhere."""

    def point(self, x: np.ndarray, group: int) -> np.ndarray:
        return np.ones((len(x), 1))

    def at(self, x: np.ndarray, group: int) -> Any:
        one = self.point(x, group)
        return SimpleNamespace(point=one, low=one, high=one, champion=one)


@pytest.mark.parametrize("n", [40, 20_000])
def test_a_panel_draws_no_more_points_of_a_kind_than_are_thinned_to(
    n: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = np.geomspace(1.0, 1e4, n)
    task = task_of(x[:, None], x**-0.3, folds={"axes": ["a"]})
    held = np.flatnonzero(task.train.X[:, 0] > 100.0)
    view = SimpleNamespace(fold=SimpleNamespace(held=held), constants={})
    monkeypatch.setattr(curves, "hardest", lambda _: view)
    part = Slice(0, 0, 0, np.array([100.0]), np.arange(n), moved=False)
    model = SimpleNamespace(task=task)
    test = task.train if n > MOST_POINTS else None
    traces = curves._traces(cast("Any", model), cast("Any", Flat()), part, test)
    drawn = {kind: len(at) for kind, (at, _) in traces.points.items()}
    if n > MOST_POINTS:
        assert drawn == dict.fromkeys(("fit", "held", "test"), MOST_POINTS)
        assert traces.points["held"][0].max() == x.max()
    else:
        assert drawn == {"fit": n - len(held), "held": len(held)}
