"""Folds ask for the next scale up, fit nothing they hold out, and leave out no row in silence."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_tasks import power_task, task_of

from evolve.errors import TaskError
from evolve.scoring.fold import Fold
from evolve.scoring.objective import MIN_FIT_ROWS, MIN_POOLED_ROWS, POOLED_GROUPS
from evolve.tasks.folds import (
    can_be_judged,
    expanding_window_folds,
    make_folds,
    make_selection_folds,
)
from evolve.tasks.kfold import k_fold
from evolve.tasks.task import Task, list_tasks, load_task

TASKS_DIR = Path(__file__).resolve().parents[2] / "tasks"
TASKS = [listed.name for listed in list_tasks([TASKS_DIR]) if listed.has_train]
every_task = pytest.mark.parametrize("task", TASKS, indirect=True)


@pytest.fixture
def task(request: pytest.FixtureRequest) -> Task:
    return load_task(request.param, [TASKS_DIR])


@st.composite
def axis_rows(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Rows on a coarse grid of one or two axes, in one to three groups."""
    n, n_axes = draw(st.integers(4, 40)), draw(st.integers(1, 2))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    values = 2.0 ** rng.integers(0, draw(st.integers(1, 8)), (n, n_axes))
    return values, rng.integers(0, draw(st.integers(1, 3)), n)


def held_in(fold: Fold, group: np.ndarray, g: int) -> np.ndarray:
    return fold.held[group[fold.held] == g]


def fit_in(fold: Fold, group: np.ndarray, g: int) -> np.ndarray:
    return fold.fit[group[fold.fit] == g]


def assert_beyond(held: np.ndarray, fit: np.ndarray, together: str) -> None:
    """Held rows exceed the fit rows: all of them on some axis, or each on one of the axes."""
    further = held[:, None, :] > fit[None, :, :]
    if together == "any":
        assert further.all(axis=1).any(axis=1).all()
    else:
        assert further.any(axis=2).all()


# peeling


@settings(max_examples=60)
@given(axis_rows(), st.sampled_from(["any", "all"]))
def test_every_held_row_is_beyond_the_fit_rows_of_its_group(
    rows: tuple[np.ndarray, np.ndarray], together: str
) -> None:
    values, group = rows
    for fold in expanding_window_folds(values, group, together):
        for g in np.unique(group[fold.held]):
            held, fit = held_in(fold, group, g), fit_in(fold, group, g)
            assert_beyond(values[held], values[fit], together)


@settings(max_examples=60)
@given(axis_rows(), st.sampled_from(["any", "all"]))
def test_a_peeled_fold_never_fits_a_held_row(
    rows: tuple[np.ndarray, np.ndarray], together: str
) -> None:
    for fold in expanding_window_folds(*rows, together):
        assert set(fold.fit).isdisjoint(fold.held)
        assert set(fold.unjudged).isdisjoint([*fold.fit, *fold.held])


@settings(max_examples=60)
@given(axis_rows(), st.sampled_from(["any", "all"]))
def test_a_group_is_fitted_on_enough_rows_or_named_unjudged(
    rows: tuple[np.ndarray, np.ndarray], together: str
) -> None:
    values, group = rows
    is_pooled = len(np.unique(group)) >= POOLED_GROUPS
    for fold in expanding_window_folds(values, group, together):
        for g in np.unique(group):
            fit = fit_in(fold, group, g)
            if len(fit):
                assert len(fit) >= (MIN_POOLED_ROWS if is_pooled else MIN_FIT_ROWS)
                assert all(len(np.unique(values[fit, a])) >= 2 for a in range(values.shape[1]))
                assert g not in group[fold.unjudged]
            else:
                assert np.array_equal(
                    np.flatnonzero(group == g), fold.unjudged[group[fold.unjudged] == g]
                )
                assert g not in group[fold.held]


@settings(max_examples=60)
@given(axis_rows(), st.sampled_from(["any", "all"]))
def test_rows_that_are_neither_fitted_nor_held_lie_beyond_the_fit_rows(
    rows: tuple[np.ndarray, np.ndarray], together: str
) -> None:
    values, group = rows
    for fold in expanding_window_folds(values, group, together):
        known = [*fold.fit, *fold.held, *fold.unjudged]
        left = np.setdiff1d(np.arange(len(group)), known)
        for g in np.unique(group[left]):
            fit = fit_in(fold, group, g)
            assert_beyond(values[left[group[left] == g]], values[fit], together)


@settings(max_examples=60)
@given(axis_rows())
def test_peeled_folds_differ_and_fit_less_and_less(rows: tuple[np.ndarray, np.ndarray]) -> None:
    values, group = rows
    one_group = np.zeros_like(group)
    sizes = [len(fold.fit) for fold in expanding_window_folds(values, one_group, "any")]
    assert sizes == sorted(set(sizes), reverse=True)


def test_the_first_fold_holds_out_the_largest_level() -> None:
    values = np.repeat([1.0, 2.0, 4.0, 8.0, 16.0], 3)[:, None]
    first = expanding_window_folds(values, np.zeros(15, dtype=np.int64), "any")[0]
    assert values[first.held].ravel().tolist() == [16.0] * 3
    assert first.fit.tolist() == list(range(12))


def test_a_group_of_one_level_is_not_judged_while_the_others_are() -> None:
    values = np.array([*range(1, 16), *[3.0] * 5], dtype=float)[:, None]
    group = np.array([0] * 15 + [1] * 5)
    folds = expanding_window_folds(values, group, "any")
    assert folds
    for fold in folds:
        assert fold.unjudged.tolist() == list(range(15, 20))


def test_together_all_holds_out_rows_that_are_far_on_every_axis() -> None:
    grid = np.array([(2.0**i, 2.0**j) for i in range(5) for j in range(5)])
    for fold in expanding_window_folds(grid, np.zeros(25, dtype=np.int64), "all"):
        corner = grid[fold.held].min(axis=0)
        assert not (grid[fold.fit] >= corner).all(axis=1).any()


# plain folds


@settings(max_examples=60)
@given(st.lists(st.integers(8, 30), min_size=1, max_size=5), st.integers(2, 6))
def test_k_fold_holds_out_every_row_once(sizes: list[int], k: int) -> None:
    group = np.repeat(np.arange(len(sizes)), sizes)
    folds = k_fold(group, k)
    held = np.concatenate([fold.held for fold in folds])
    unjudged = set(folds[0].unjudged) if folds else set(range(len(group)))
    assert sorted([*held, *unjudged]) == list(range(len(group)))
    for fold in folds:
        assert set(fold.unjudged) == unjudged
        assert sorted([*fold.fit, *fold.held, *unjudged]) == list(range(len(group)))


@given(st.integers(8, 60), st.integers(2, 4))
def test_k_fold_spreads_a_group_evenly(n: int, k: int) -> None:
    sizes = [len(fold.held) for fold in k_fold(np.zeros(n, dtype=np.int64), k)]
    assert len(sizes) == k
    assert max(sizes) - min(sizes) <= 1


def test_k_fold_does_not_judge_a_group_that_would_have_nothing_to_fit() -> None:
    for fold in k_fold(np.array([0] * 20 + [1] * 4), 5):
        assert fold.unjudged.tolist() == [20, 21, 22, 23]


def test_k_fold_judges_a_smaller_group_where_there_are_others_to_lend_it_constants() -> None:
    for fold in k_fold(np.array([0] * 20 + [1] * 2 + [2] * 3), 5):
        assert fold.unjudged.tolist() == [20, 21]


def test_k_fold_makes_fewer_folds_of_a_short_table() -> None:
    folds = k_fold(np.zeros(8, dtype=np.int64), 5)
    assert [len(fold.held) for fold in folds] == [2, 2, 2, 2]


def test_k_fold_holds_out_a_point_of_all_groups_together() -> None:
    group, points = np.repeat(np.arange(3), 10), np.tile(np.arange(10), 3)
    folds = k_fold(group, 5, points)
    assert sorted(np.concatenate([fold.held for fold in folds])) == list(range(30))
    for fold in folds:
        assert set(points[fold.held]).isdisjoint(points[fold.fit])


@pytest.mark.parametrize("n_groups", [2, 4, 6, 8])
@pytest.mark.parametrize("n_runs", [2, 3, 4])
@pytest.mark.parametrize("deal", range(3))
def test_k_fold_deals_out_the_points_of_a_group_alone_that_would_have_too_little_to_fit(
    n_groups: int, n_runs: int, deal: int
) -> None:
    group = np.repeat(np.arange(n_groups), 4 * n_runs)
    points = np.repeat(np.arange(n_groups * n_runs), 4)
    for k in (5, 3, 7):
        folds = k_fold(group, k, points, deal)
        assert sorted(np.concatenate([fold.held for fold in folds])) == list(range(len(group)))
        for fold in folds:
            assert set(points[fold.held]).isdisjoint(points[fold.fit])


def test_k_fold_does_not_judge_a_group_of_one_point_beside_others_of_several() -> None:
    points = np.concatenate([np.zeros(6, dtype=np.int64), np.arange(20)])
    folds = k_fold(np.repeat([0, 1], [6, 20]), 3, points)
    assert sorted(np.concatenate([fold.held for fold in folds])) == list(range(6, 26))
    assert all(fold.unjudged.tolist() == [*range(6)] for fold in folds)


def test_k_fold_deals_out_the_rows_of_groups_of_one_run_each() -> None:
    group = np.repeat(np.arange(3), 10)
    pairs = zip(k_fold(group, 5), k_fold(group, 5, group), strict=True)
    assert all(np.array_equal(one.held, other.held) for one, other in pairs)


def test_points_that_are_all_different_leave_k_fold_as_it_was() -> None:
    group = np.repeat(np.arange(2), 12)
    pairs = zip(k_fold(group, 4), k_fold(group, 4, np.arange(24)), strict=True)
    assert all(np.array_equal(one.held, other.held) for one, other in pairs)


def test_k_fold_is_the_same_each_time() -> None:
    group = np.arange(40) % 3
    for one, other in zip(k_fold(group, 5), k_fold(group, 5), strict=True):
        assert np.array_equal(one.held, other.held)


# tasks


@every_task
def test_a_task_has_folds_and_judges_whose_held_rows_can_all_be_predicted(task: Task) -> None:
    group = task.train.group
    for fold in [*make_folds(task), *make_selection_folds(task)]:
        assert set(group[fold.held]) <= set(group[fold.fit])
        assert set(fold.held).isdisjoint(fold.fit)
        assert can_be_judged(task, fold)


@every_task
def test_a_task_s_folds_differ_from_each_other_and_are_the_same_each_time(task: Task) -> None:
    held = [tuple(fold.held) for fold in make_folds(task)]
    assert len(set(held)) == len(held)
    assert held == [tuple(fold.held) for fold in make_folds(task)]


def test_the_finalists_are_judged_on_folds_that_the_search_did_not_have() -> None:
    for task in (power_task(), power_task(folds={"kfold": 5})):
        known = {(tuple(fold.fit), tuple(fold.held)) for fold in make_folds(task)}
        judges = {(tuple(fold.fit), tuple(fold.held)) for fold in make_selection_folds(task)}
        assert len(judges - known) >= 2


@pytest.mark.parametrize(
    ("n_rows", "axes"), [*((n, []) for n in range(6, 16)), *((n, ["a"]) for n in range(7, 16))]
)
def test_no_table_is_so_short_that_a_row_is_held_out_from_the_same_rows_twice(
    n_rows: int, axes: list[str]
) -> None:
    x = np.arange(1.0, n_rows + 1.0)
    task = task_of(x, 1.0 / x, folds={"axes": axes})
    folds = [*make_folds(task), *make_selection_folds(task)]
    assert len({(tuple(fold.fit), tuple(fold.held)) for fold in folds}) == len(folds)
    assert axes or len(folds) > len(make_folds(task))


def test_peel_says_how_many_scales_are_held_out() -> None:
    assert len(make_folds(power_task(folds={"axes": ["a"], "peel": 1}))) == 1
    assert len(make_folds(power_task(folds={"axes": ["a"], "peel": 3}))) == 3


def test_folds_follow_the_declared_axes() -> None:
    task = power_task(folds={"axes": ["b"], "peel": 1})
    (fold,) = make_folds(task)
    assert set(task.train.X[fold.held, 1]) == {9.0}
    assert 9.0 not in task.train.X[fold.fit, 1]


def test_corners_of_a_table_of_two_axes_take_the_place_of_its_deepest_folds() -> None:
    task = load_task("lr_bsz", [TASKS_DIR])
    folds = make_folds(task)
    names = [fold.name.split()[0] for fold in folds]
    assert names == ["far", "corner", "corner", "far"]
    assert sorted(len(fold.held) for fold in folds[1:]) == [len(fold.held) for fold in folds[1:]]
    assert max(fold.weight for fold in folds) == folds[0].weight
    pairs = [set(a.held) & set(b.held) for a, b in combinations(folds[:3], 2)]
    assert all(len(shared) < 0.5 * len(folds[0].held) for shared in pairs)


def test_a_corner_lies_beyond_the_rows_that_it_fits() -> None:
    for name in ("lr_bsz", "data_constrained"):
        task = load_task(name, [TASKS_DIR])
        columns = [task.feature_names.index(a) for a in task.spec.folds.axes]
        for fold in make_folds(task):
            x = task.train.X[:, columns]
            assert_beyond(x[fold.held], x[fold.fit], task.spec.folds.together)


def test_a_task_without_axes_gets_plain_folds() -> None:
    task = power_task(folds={"kfold": 4})
    assert len(make_folds(task)) == 4
    assert sorted(np.concatenate([fold.held for fold in make_folds(task)])) == list(range(24))


def test_runs_are_never_parted_and_a_table_of_too_few_is_refused() -> None:
    few = task_of(np.repeat([1.0, 2.0], 5), np.arange(10.0), folds={"kfold": 5, "runs": "run"})
    for sizes in ([5, 5], [3, 7]):
        runs = replace(few, train=replace(few.train, run=np.repeat([0, 1], sizes)))
        if sizes == [3, 7]:
            with pytest.raises(TaskError, match="no group has runs enough to predict whole ones"):
                make_folds(runs)
            continue
        for fold in [*make_folds(runs), *make_selection_folds(runs)]:
            held = set(runs.train.run[fold.held].tolist())
            assert held.isdisjoint(runs.train.run[fold.fit].tolist())


def test_repeats_of_too_few_points_are_dealt_out_by_rows() -> None:
    task = task_of(np.repeat([1.0, 2.0], [3, 7]), np.arange(10.0), folds={"kfold": 5})
    held = np.concatenate([fold.held for fold in make_folds(task)])
    assert sorted(held) == list(range(10))


def test_a_fold_whose_held_targets_are_all_alike_is_left_out() -> None:
    x = np.repeat([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0], 3)
    y = np.where(x == 128.0, 1.0, 2.0 + 1.0 / x + np.arange(24) / 100)
    task = task_of(x, y, folds={"axes": ["a"]})
    for fold in [*make_folds(task), *make_selection_folds(task)]:
        assert len(np.unique(y[fold.held])) > 1


def test_a_task_with_one_scale_says_that_there_is_none_to_hold_out() -> None:
    task = task_of(np.full(12, 2.0), np.arange(12.0), folds={"axes": ["a"]})
    with pytest.raises(TaskError, match="no further scale to hold out along a"):
        make_folds(task)


def test_a_task_whose_target_does_not_vary_says_so() -> None:
    task = task_of(2.0 ** np.arange(12), np.full(12, 1.5), folds={"axes": ["a"]})
    with pytest.raises(TaskError, match="'y0' must vary over the training rows, all hold 1.5"):
        make_folds(task)


def test_a_task_with_too_few_rows_for_plain_folds_says_so() -> None:
    task = task_of(np.arange(1.0, 5.0), np.arange(4.0))
    with pytest.raises(TaskError, match="rows enough"):
        make_folds(task)


def test_folds_weigh_less_the_more_rows_they_leave_out() -> None:
    weights = [fold.weight for fold in make_folds(power_task())]
    assert weights == sorted(weights, reverse=True)
    assert weights[0] > weights[-1]


def test_plain_folds_weigh_alike() -> None:
    weights = [fold.weight for fold in make_folds(power_task(folds={"kfold": 4}))]
    assert len(set(weights)) == 1


def test_a_fold_along_another_feature_weighs_less_than_one_along_the_axes() -> None:
    task = load_task("parallel", [TASKS_DIR])
    first, *others = make_folds(task)
    assert others
    assert all(fold.weight <= first.weight / 2 for fold in others)


def test_of_a_small_grid_the_first_fold_holds_out_fewer_rows_than_lie_beyond_any_axis() -> None:
    x = np.array([(10.0**i, 10.0**j) for i in range(4) for j in range(4)])
    task = task_of(x, x[:, 0] ** -0.1 + x[:, 1] ** -0.2, folds={"axes": ["a", "b"]})
    sizes = [len(fold.held) for fold in make_folds(task)]
    assert sizes == sorted(sizes)
    assert sizes[0] <= 4
    assert sizes[1] >= 7


def test_a_table_of_too_few_rows_to_hold_any_out_is_told_how_many_it_needs() -> None:
    rule = "axis needs 3 rows to hold out, and two levels and 4 rows below them"
    short = task_of(2.0 ** np.arange(6), 1.0 / (1.0 + np.arange(6)), folds={"axes": ["a"]})
    with pytest.raises(TaskError, match=rule):
        make_folds(short)
    assert make_folds(
        task_of(2.0 ** np.arange(7), 1.0 / (1.0 + np.arange(7)), folds={"axes": ["a"]})
    )


def test_targets_too_small_to_be_squared_are_told_to_be_given_in_a_smaller_unit() -> None:
    x = 2.0 ** np.arange(12)
    task = task_of(x, 1e-200 * x, folds={"axes": ["a"]})
    with pytest.raises(TaskError, match=r"'y0' must be at least 1e-150 in size .* a smaller unit"):
        make_folds(task)
