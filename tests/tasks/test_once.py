"""An answer about a task is worked out once, and is kept no longer than the task."""

from __future__ import annotations

import gc
import weakref

import numpy as np

from evolve.tasks.once import once_a_task
from evolve.tasks.task import Task
from tests.small_tasks import task_of


def _task() -> Task:
    x = np.geomspace(1e6, 1e9, 12)
    return task_of(x, 2.0 + 50.0 * x**-0.3, folds={"axes": ["a"]})


def test_each_question_is_answered_once_a_task() -> None:
    asked = []

    @once_a_task
    def rows_times(task: Task, factor: int) -> int:
        asked.append((task, factor))
        return factor * task.train.n_rows

    one, other = _task(), _task()
    assert [rows_times(one, 2), rows_times(one, 2), rows_times(one, 3)] == [24, 24, 36]
    assert rows_times(other, 2) == 24
    assert asked == [(one, 2), (one, 3), (other, 2)]


def test_answers_go_with_the_task() -> None:
    @once_a_task
    def rows(task: Task) -> int:
        return task.train.n_rows

    task = _task()
    assert rows(task) == 12
    gone = weakref.ref(task)
    del task
    gc.collect()
    assert gone() is None
