"""Laws that stray from the leading ones beyond the rows are told from those that agree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evolve.search.consensus import consensus_distance, consensus_points
from evolve.tasks.task import load_task

TASKS_DIR = Path(__file__).resolve().parents[2] / "tasks"


def test_a_law_that_strays_from_the_leaders_far_out_dissents_most() -> None:
    predictions = np.array([[[1.0], [2.0]], [[1.1], [2.1]], [[0.9], [2.0]], [[5.0], [9.0]]])
    told = consensus_distance(predictions, np.array([-4.0, -3.9, -3.8, -4.1]), np.full(4, 0.01))
    assert int(np.argmax(told)) == 3


def test_a_law_that_parts_from_relatives_by_less_than_their_errors_hardly_dissents() -> None:
    predictions = np.array([[[1.0]]] * 8 + [[[1.02]]])
    totals = np.linspace(-4.0, -3.0, 9)
    assert consensus_distance(predictions, totals, np.full(9, 0.1))[8] < 0.2
    assert consensus_distance(predictions, totals, np.full(9, 1e-4))[8] > 3.0


def test_a_law_without_a_finite_forecast_dissents_without_end() -> None:
    predictions = np.array([[[1.0]], [[1.1]], [[np.inf]]])
    assert (
        consensus_distance(predictions, np.array([-3.0, -2.0, -1.0]), np.full(3, 0.01))[2]
        == np.inf
    )


def test_without_axes_finalists_are_asked_at_the_edges_of_each_feature() -> None:
    task = load_task("domain_mixture", [TASKS_DIR])
    x, group = consensus_points(task)
    assert len(x) == len(group)
    assert (x >= 0.0).all()
    for j in range(x.shape[1]):
        assert x[:, j].max() > task.train.X[:, j].max()
        assert x[:, j].min() <= task.train.X[:, j].min()


def test_points_beyond_lie_further_along_the_axes_and_nowhere_else() -> None:
    task = load_task("data_constrained", [TASKS_DIR])
    x, group = consensus_points(task)
    params, tokens = (task.feature_names.index(name) for name in task.spec.folds.axes)
    unique = task.feature_names.index("unique_tokens")
    assert len(x) == len(group)
    assert x[:, params].max() > 2 * task.train.X[:, params].max()
    assert x[:, tokens].max() > 2 * task.train.X[:, tokens].max()
    assert set(x[:, unique]) <= set(task.train.X[:, unique])


def test_a_leader_without_a_finite_forecast_leaves_the_others_as_they_are() -> None:
    good = np.array([[[1.0], [2.0]], [[1.1], [2.1]], [[0.9], [2.0]]])
    bad = np.array([[[np.nan], [2.0]], [[1.0], [np.inf]]])
    alone = consensus_distance(good, np.array([-3.0, -2.0, -1.0]), np.full(3, 0.1))
    totals = np.array([-9.0, -8.0, -3.0, -2.0, -1.0])
    told = consensus_distance(np.concatenate([bad, good]), totals, np.full(5, 0.1))
    assert told[2:].tolist() == alone.tolist()
    assert np.isinf(told[:2]).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_where_no_forecast_can_be_compared_nobody_dissents_without_end(value: float) -> None:
    told = consensus_distance(np.full((3, 2, 1), value), np.zeros(3), np.zeros(3))
    assert np.isfinite(told).all()
