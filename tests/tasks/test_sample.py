"""Of a large table a search works on an even share of every group and scale, drawn by content."""

from __future__ import annotations

import numpy as np
import pytest
from small_tasks import power_task, task_of

from evolve.errors import EvolveError
from evolve.evaluation.problem import EvaluationProblem
from evolve.runs.session import sample_remarks
from evolve.runs.settings import RunConfig, config_from_data
from evolve.scoring.objective import SEARCH_GROUPS, SEARCH_ROWS
from evolve.search.archive import Archive
from evolve.search.finalists import seconds_to_choose
from evolve.search.memory import search_in_memory
from evolve.search.problem import make_search_problem
from evolve.tasks.sample import LEAST_OF_GROUP, sample_rows
from evolve.tasks.task import Task

N, MOST = 4000, 400


def large(order: np.ndarray | None = None, unit: float = 1.0, n_groups: int = 2) -> Task:
    """A table of two features and groups, which is searched on few of its rows."""
    rng = np.random.default_rng(8)
    x = 10.0 ** rng.uniform(0, 3, (N, 2))
    y = 2.0 + x[:, 0] ** -0.3 + x[:, 1] ** -0.2 + rng.normal(0.0, 0.01, N)
    rows = np.arange(N) if order is None else order
    group = (np.arange(N) % n_groups)[rows]
    task = task_of(x[rows] * unit, y[rows], group.tolist(), folds={"axes": ["a", "b"]})
    return task.searched_on(MOST)


def test_a_table_of_few_rows_is_searched_whole() -> None:
    task = power_task()
    assert not task.is_sampled
    np.testing.assert_array_equal(task.sample, np.arange(24))
    assert task.searched_on(24).folds[0].fit.tolist() == task.folds[0].fit.tolist()


def test_all_rows_of_a_table_that_is_searched_on_a_sample_take_longer_to_choose_on() -> None:
    task = large()
    seconds = [seconds_to_choose(one, Archive(), 2) for one in (task.searched_on(N), task)]
    assert seconds[1] == pytest.approx(N / MOST * seconds[0])


def test_every_group_and_scale_has_its_share() -> None:
    task = large()
    x, group = task.train.X[task.sample], task.train.group[task.sample]
    assert len(task.sample) == MOST
    assert np.bincount(group).tolist() == [MOST // 2, MOST // 2]
    for j in range(2):
        for g in range(2):
            edges = np.quantile(task.train.X[task.train.group == g, j], np.linspace(0, 1, 6))
            share = np.histogram(x[group == g, j], edges)[0] / (MOST // 2)
            assert np.abs(share - 0.2).max() < 0.04


def test_the_sample_depends_neither_on_the_order_of_rows_nor_on_units() -> None:
    task, other = large(), large(np.random.default_rng(1).permutation(N), unit=1024.0)
    np.testing.assert_array_equal(task.train.X[task.sample] * 1024.0, other.train.X[other.sample])
    np.testing.assert_array_equal(task.train.Y[task.sample], other.train.Y[other.sample])


def test_rows_of_a_grid_are_not_taken_by_the_step_of_the_grid() -> None:
    x = np.array([(i, j) for i in range(40) for j in range(100)], dtype=float)
    rows = sample_rows(x, np.zeros(N, dtype=np.int64), MOST)
    assert len(np.unique(x[rows, 1])) > 90


def test_of_very_many_groups_some_are_taken_whole() -> None:
    group = np.repeat(np.arange(400), 10)
    rows = sample_rows(np.arange(N, dtype=float)[:, None], group, MOST)
    _, counts = np.unique(group[rows], return_counts=True)
    assert counts.tolist() == [10] * 40


def test_of_a_few_groups_too_many_most_are_taken() -> None:
    group = np.repeat(np.arange(200), 20)
    rows = sample_rows(np.arange(N, dtype=float)[:, None], group, N - 100)
    assert len(rows) == N - 100


def test_of_more_groups_than_a_search_works_on_some_are_taken_though_their_rows_are_few() -> None:
    group = np.repeat(np.arange(2 * SEARCH_GROUPS), 8)
    values = np.arange(len(group), dtype=float)[:, None]
    rows = sample_rows(values, group, SEARCH_ROWS)
    numbers, counts = np.unique(group[rows], return_counts=True)
    assert counts.tolist() == [8] * SEARCH_GROUPS
    assert numbers[0] == 0
    assert numbers[-1] == 2 * SEARCH_GROUPS - 1
    assert np.diff(numbers).max() <= 3
    whole = sample_rows(values, group, 2 * SEARCH_ROWS)
    np.testing.assert_array_equal(whole, np.arange(len(group)))


def test_small_groups_keep_enough_rows_to_be_fitted() -> None:
    group = np.r_[np.zeros(N - 50, dtype=np.int64), np.full(50, 1)]
    rows = sample_rows(np.arange(N, dtype=float)[:, None], group, MOST)
    assert np.bincount(group[rows])[1] == LEAST_OF_GROUP


def test_folds_have_rows_of_the_sample_alone_and_hold_out_the_next_scale_up() -> None:
    task = large()
    for fold in (*task.folds, *task.selection_folds):
        assert set(fold.fit) | set(fold.held) <= set(task.sample.tolist())
        for g in range(2):
            held, fit = (rows[task.train.group[rows] == g] for rows in (fold.held, fold.fit))
            assert (task.train.X[held].max(axis=0) > task.train.X[fit].max(axis=0)).any()


def test_a_fitting_service_is_sent_the_rows_of_folds_alone() -> None:
    task = large()
    problem = EvaluationProblem(task, task.folds)
    sent = problem.to_fit()
    assert len(sent.x) <= MOST
    for mine, theirs in zip(problem.all_folds, sent.folds, strict=True):
        np.testing.assert_array_equal(task.train.X[mine.held], sent.x[theirs.held])
        np.testing.assert_array_equal(task.train.Y[mine.fit], sent.y[theirs.fit])
        assert np.isnan(sent.y).any() or len(mine.held) == 0


@pytest.mark.parametrize("most", [MOST, N])
def test_the_same_rows_are_drawn_every_time(most: int) -> None:
    values, group = np.random.default_rng(0).normal(size=(N, 2)), np.arange(N) % 3
    np.testing.assert_array_equal(
        sample_rows(values, group, most), sample_rows(values, group, most)
    )


def test_the_finalists_of_a_sampled_search_are_fitted_to_all_rows() -> None:
    choice = search_in_memory(make_search_problem(large(), 0), 8, 0)
    assert choice is not None
    assert all(len(finalist.fitted.predictions) == N for finalist in choice.finalists)
    assert all(len(fold.held) < MOST for fold in choice.folds)
    assert choice.champion.fitted.train_r2 is not None
    assert choice.champion.fitted.train_r2 > 0.5


def test_what_is_searched_is_said_and_kept() -> None:
    assert sample_remarks(power_task()) == []
    (remark,) = sample_remarks(large())
    assert "400 of 4,000 rows, an even share of every group" in remark
    (remark,) = sample_remarks(large(n_groups=100))
    assert "400 of 4,000 rows, an even share of every scale in 16 of 100 groups" in remark
    assert config_from_data({"search_rows": 500}).search_rows == 500
    with pytest.raises(EvolveError, match="search_rows: must be 100 or more"):
        RunConfig(search_rows=99)
