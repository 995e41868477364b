"""Curves of a report are drawn on rows that differ in one feature, those held out first."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from small_tasks import task_of

from evolve.report import slices
from evolve.report.slices import LEAST_LEVELS, slices_of
from evolve.tasks.task import Task

SIZES, TOKENS = np.geomspace(1.0, 1e4, 5), np.geomspace(10.0, 1e4, 4)


def model_of(task: Task, held: list[int]) -> Any:
    """As much of a model as says where its rows lie and which the largest fold holds out."""
    fold = SimpleNamespace(fold=SimpleNamespace(held=np.array(held)))
    fitted = SimpleNamespace(constants=dict.fromkeys(task.group_names))
    return cast("Any", SimpleNamespace(task=task, fitted=fitted, search_folds=[fold]))


def grid() -> Task:
    """Rows of every size at every number of tokens."""
    x = np.array([(n, d) for n in SIZES for d in TOKENS])
    return task_of(x, x.sum(axis=1) ** -0.1)


def test_a_slice_holds_the_rows_that_differ_in_its_axis_alone() -> None:
    found = slices_of(model_of(grid(), []), 0)
    step, n = len(TOKENS), len(TOKENS) * len(SIZES)
    assert [part.rows.tolist() for part in found] == [[*range(k, n, step)] for k in range(step)]
    assert not any(part.moved for part in found)
    assert {float(part.base[1]) for part in found} == set(TOKENS)


def test_slices_with_rows_that_were_held_out_come_first() -> None:
    first = slices_of(model_of(grid(), [17]), 0)[0]
    assert 17 in first.rows


def test_one_slice_of_each_group_comes_before_a_second_of_any(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(slices, "MOST_SLICES", 3)
    one = grid()
    x, group = np.tile(one.train.X, (2, 1)), np.repeat([0, 1], one.train.n_rows)
    found = slices_of(model_of(task_of(x, x.sum(axis=1) ** -0.1, group), []), 0)
    assert [part.group for part in found][:2] == [0, 1]
    assert len(found) == 3


@pytest.mark.parametrize(
    ("sizes", "moved"),
    [
        (np.geomspace(1.0, 1e4, LEAST_LEVELS), False),
        (np.geomspace(1.0, 1e4, LEAST_LEVELS - 1), True),
        (np.geomspace(1.0, 1.5, LEAST_LEVELS), True),
    ],
    ids=["enough", "too few levels", "too narrow"],
)
def test_where_no_rows_make_a_curve_all_are_moved_onto_one(sizes: np.ndarray, moved: bool) -> None:
    line = np.array([(n, 100.0) for n in sizes])
    apart = np.array([(1e2, 10.0), (1e4, 1e4)])
    x = np.concatenate([line, apart])
    found = slices_of(model_of(task_of(x, x.sum(axis=1) ** -0.1), []), 0)
    assert [part.moved for part in found] == [moved]
    assert len(found[0].rows) == (len(x) if moved else len(line))
