"""Generated curves go together as much as was asked for, and ask for larger runs."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.bench.curves import FURTHER, KINDS, N_POINTS, NOISE, SIZES, make_curves, true_values


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("correlation", [0.0, 0.9])
def test_neighbours_are_as_alike_as_was_asked_for(kind: str, correlation: float) -> None:
    noises = []
    for seed in range(20):
        task, _ = make_curves(kind, correlation, seed)
        curve, order = task.train.curve, np.lexsort((task.train.X[:, 1], task.train.X[:, 0]))
        assert curve is not None
        gaps = np.log(task.train.Y / true_values(task.train.X))[:, 0] / NOISE
        noises += [gaps[order[curve[order] == c]] for c in range(2 * len(SIZES))]
    table = np.array(noises)
    assert table.shape == (20 * 2 * len(SIZES), N_POINTS)
    assert table.std() == pytest.approx(1.0, abs=0.15)
    table /= table.std()
    assert np.mean(table[:, 1:] * table[:, :-1]) == pytest.approx(correlation, abs=0.1)
    apart = correlation**10 if kind == "fading" else correlation
    assert np.mean(table[:, 10:] * table[:, :-10]) == pytest.approx(apart, abs=0.1)


def test_runs_to_forecast_are_larger_than_all_others() -> None:
    task, test = make_curves("offset", 0.5, 0)
    assert test.X[:, 0].max() / task.train.X[:, 0].max() == pytest.approx(10.0)
    assert test.n_rows == 2 * len(FURTHER) * N_POINTS
    assert test.X[:, 0].min() > task.train.X[:, 0].max()
