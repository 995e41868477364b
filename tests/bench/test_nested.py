"""Nested cases take the far end out of the training rows, and no test row is read for them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_tasks import power_task, task_of

from evolve.bench.families import FAMILIES
from evolve.bench.nested import NestedResult, cases, differences, inner_task, means
from evolve.tasks.task import Task, list_tasks, load_task

TASKS_DIR = Path(__file__).resolve().parents[2] / "tasks"
TASKS = [listed.name for listed in list_tasks([TASKS_DIR]) if listed.has_train]


@pytest.fixture(params=TASKS, scope="module")
def task(request: pytest.FixtureRequest) -> Task:
    return load_task(request.param, [TASKS_DIR])


def test_inner_and_outer_rows_are_the_training_rows_once_each(task: Task) -> None:
    case = inner_task(task, 0.1)
    assert case is not None
    inner, outer = case
    assert inner.train.n_rows + outer.n_rows == task.train.n_rows
    both = np.concatenate([inner.train.Y, outer.Y])
    assert np.allclose(np.sort(both, axis=0), np.sort(task.train.Y, axis=0))


def test_outer_rows_lie_at_or_beyond_the_inner_ones_along_an_axis() -> None:
    task = load_task("data_constrained", [TASKS_DIR])
    case = inner_task(task, 0.1)
    assert case is not None
    inner, outer = case
    axes = [task.feature_names.index(a) for a in task.spec.folds.axes]
    assert (outer.X[:, axes] > inner.train.X[:, axes].max(axis=0)).any(axis=1).all()


def test_outer_rows_of_a_task_without_axes_have_features_that_no_inner_row_has() -> None:
    case = inner_task(load_task("domain_mixture", [TASKS_DIR]), 0.25)
    assert case is not None
    inner, outer = case
    known = {tuple(row) for row in inner.train.X}
    assert all(tuple(row) not in known for row in outer.X)


def test_rows_that_are_points_of_runs_stay_points_of_them_and_runs_are_taken_out_whole() -> None:
    task = load_task("domain_mixture", [TASKS_DIR])
    run = np.arange(task.train.n_rows) // 5
    case = inner_task(replace(task, train=replace(task.train, run=run)), 0.25)
    assert case is not None
    inside, outside = (table.run for table in (case[0].train, case[1]))
    assert inside is not None
    assert outside is not None
    assert not set(inside) & set(outside)
    assert set(inside) | set(outside) == set(run)


def test_a_task_of_one_level_has_no_nested_case() -> None:
    task = power_task()
    first = task.train.X[:, 0] == task.train.X[0, 0]
    table = type(task.train)(task.train.X[first], task.train.Y[first], task.train.group[first])
    flat = Task(task.name, task.folder, task.spec, task.group_names, table)
    assert inner_task(flat, 0.1) is None


def test_outer_rows_keep_their_groups_where_taking_them_out_changes_the_order_of_groups() -> None:
    x = np.array([*range(1, 7), *[10] * 6, *range(1, 11)], dtype=float)
    group = np.array([0] * 12 + [1] * 10)
    y = np.where(group == 0, 1.0, 100.0) + 1.0 / x
    given = task_of(x, y, group, folds={"axes": ["a"]})
    case = inner_task(given, 0.2)
    assert case is not None
    inner, outer = case
    names = np.array(inner.group_names)[outer.group]
    assert inner.group_names != given.group_names
    assert set(names) == {"g0", "g1"}
    assert all((y > 50.0) == (name == "g1") for name, y in zip(names, outer.Y[:, 0], strict=True))


def test_every_family_gives_a_case_a_noise() -> None:
    names = [case[0].name for case in cases([], list(FAMILIES))]
    assert len(names) == 2 * len(FAMILIES)
    assert len(set(names)) == len(names)


def test_a_disaster_counts_as_minus_one_in_the_means() -> None:
    line = NestedResult("a", "full", 0, -9.0, 0.5, 0.5, 0.5, 1.0, 0.1, 0.2, 0.3, 0.4, 3, 1.0, "f")
    told = means([line, line])
    assert told["champion"] == -1.0
    assert told["rank_last"] == pytest.approx(0.3)


def line_of(case: str, variant: str, seed: int, r2: float) -> NestedResult:
    numbers = (r2, 0.5, 0.5, 0.5, 1.0, 0.1, 0.2, 0.3, 0.4)
    return NestedResult(case, variant, seed, *numbers, n_constants=3, seconds=1.0, formula="f")


def test_a_variant_is_compared_by_case_with_the_full_engine_on_the_seeds_that_both_have() -> None:
    full = [
        line_of("a", "full", 0, 0.5),
        line_of("a", "full", 1, 0.7),
        line_of("b", "full", 0, -9),
    ]
    other = [line_of("a", "other", s, 0.9) for s in (0, 1)]
    other += [line_of("b", "other", 0, 0.0), line_of("c", "other", 0, 0.0)]
    (told,) = differences([*full, *other])
    assert (told["variant"], told["n"]) == ("other", 2)
    assert told["champion"] == pytest.approx((0.3 + 1.0) / 2)
    assert told["± champion"] == pytest.approx(0.35)
    by_case = [np.log(0.1) - np.log(0.5 * 0.3) / 2, -np.log(10.0)]
    assert told["log error, champion"] == pytest.approx(np.mean(by_case))
    assert (told["forecast"], told["± forecast"]) == (0.0, 0.0)


def test_a_difference_on_one_case_has_no_error_and_without_the_full_engine_there_is_none() -> None:
    (told,) = differences([line_of("a", "full", 0, 0.5), line_of("a", "other", 0, 0.9)])
    assert told["± champion"] is None
    assert differences([line_of("a", "other", 0, 0.9)]) == []
