"""Answers about a task that are worked out once and kept as long as the task is."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from evolve.tasks.table import TaskRows

Asked = TypeVar("Asked", bound=TaskRows)
More = ParamSpec("More")
Said = TypeVar("Said")


def once_a_task(
    function: Callable[Concatenate[Asked, More], Said],
) -> Callable[Concatenate[Asked, More], Said]:
    """Have a function work out each answer about a task once, as rows of many groups ask for it.

    Args:
        function: Of a task and, if any, hashable values in their order; what it returns must not
            be changed by those who ask.
    """
    kept: WeakKeyDictionary[TaskRows, dict[Hashable, Any]] = WeakKeyDictionary()

    @wraps(function)
    def answer(task: Asked, /, *args: More.args, **kwargs: More.kwargs) -> Said:
        of_task = kept.setdefault(task, {})
        key = (args, tuple(sorted(kwargs.items())))
        if key not in of_task:
            of_task[key] = function(task, *args, **kwargs)
        said: Said = of_task[key]
        return said

    return answer
