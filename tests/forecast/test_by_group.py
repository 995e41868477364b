"""A champion is held against what each group could say for itself."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from evolve.forecast.by_group import GroupError, errors_by_group, warning_of
from evolve.scoring.fold import Fold
from evolve.scoring.row_weights import weights_from
from evolve.tasks.task import Task
from tests.small_tasks import task_of

X = np.tile(np.arange(1.0, 9.0), 3)
GROUP = np.repeat([0, 1, 2], 8)


def small_task() -> Task:
    """Three groups of eight rows: one falls, one is flat, one has one value in the end."""
    y = np.where(GROUP == 0, 10.0 - X, np.where(GROUP == 1, 5.0 + 0.1 * (X % 2), 3.0))
    return task_of(X, y + 0.001 * X, GROUP.tolist(), folds={"axes": ["a"]})


def choice_of(task: Task, wrong_by: dict[str, float]) -> Any:
    """A choice whose champion is off by so much in each group, on one fold."""
    held = np.flatnonzero(task.train.X[:, 0] > 6.0)
    fit = np.setdiff1d(np.arange(task.train.n_rows), held)
    off = np.array([wrong_by[task.group_names[g]] for g in task.train.group[held]])
    champion = SimpleNamespace(held=(task.train.Y[held] + off[:, None],))
    return SimpleNamespace(champion=champion, folds=(Fold("far", fit, held),))


def test_a_group_is_worse_where_its_own_value_says_its_rows_better() -> None:
    task = small_task()
    found = errors_by_group(task, choice_of(task, {"g0": 0.5, "g1": 0.5, "g2": 0.0005}))
    by_name = {error.group: error for error in found}
    assert [error.group for error in found][0] == "g1"
    assert by_name["g0"].error == pytest.approx(0.5)
    assert by_name["g0"].n_held == 2
    assert by_name["g0"].baseline == "last value"
    assert by_name["g0"].baseline_error == pytest.approx(1.58, abs=0.01)
    assert {name: e.worse for name, e in by_name.items()} == {"g0": False, "g1": True, "g2": False}
    assert by_name["g1"].relative == pytest.approx(0.1, abs=0.01)


def test_a_median_error_goes_by_the_weights_of_rows_as_a_root_mean_square_does() -> None:
    task = small_task()
    held = np.flatnonzero((task.train.X[:, 0] > 5.0) & (GROUP == 0))
    weights = np.ones(task.train.n_rows)
    weights[held[0]] = 9.0
    off = np.array([1.0, 0.1, 0.1])[:, None] * task.train.Y[held]
    fit = np.setdiff1d(np.arange(task.train.n_rows), held)
    champion = SimpleNamespace(held=(task.train.Y[held] + off,))
    choice: Any = SimpleNamespace(champion=champion, folds=(Fold("far", fit, held),))
    for given, median in ((None, 0.1), (weights_from(weights), 1.0)):
        weighted = replace(task, train=replace(task.train, weights=given))
        (found,) = errors_by_group(weighted, choice)
        assert found.relative == pytest.approx(median)


def error(group: str, *, worse: bool) -> GroupError:
    return GroupError(group, 4, 2.0 if worse else 0.5, 0.1, "mean", 1.0)


def test_a_warning_calls_the_law_what_it_is() -> None:
    assert "groups the law predicts" in warning_of([error(n, worse=True) for n in "ab"], "the law")


def test_a_warning_names_groups_where_half_of_them_are_worse() -> None:
    assert warning_of([error("a", worse=True), error("b", worse=False)]).startswith(
        "in 1 of 2 groups the champion predicts held-out rows worse than the group's own mean"
    )
    assert warning_of([error(n, worse=n == "a") for n in "abc"]) == ""
    assert warning_of([error("a", worse=True)]) == ""
    assert warning_of([]) == ""


def test_a_warning_names_few_of_many() -> None:
    assert warning_of([error(n, worse=True) for n in "abcdefgh"]).endswith(
        "a, b, c, d, e and 3 more"
    )


def test_a_group_as_data_says_whether_it_is_worse() -> None:
    assert error("a", worse=True).to_data()["worse"] is True
