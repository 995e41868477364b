"""Repeats of a setting: columns that number them, such as `trial`, and rows that are repeats."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from evolve.tasks.draft.roles import Wishes
from evolve.tasks.raw import RawTable
from evolve.tasks.roles import Role, words_of
from evolve.tasks.task import Task
from evolve.typing import Array

_MAY_COUNT = re.compile(
    r"(run|trial|try|attempt|measurement|replica|sample|round)( (no|nr|number))?"
)
FEWEST_REPEATS = 2.0  # rows of a setting, in the mean
MOST_LEFT = 0.5  # share of repeats that a column leaves within its texts, which tells them apart


def repeats_of_settings(
    raw: RawTable, names: Sequence[str], roles: Mapping[str, Role], wishes: Wishes
) -> dict[str, str]:
    """Why columns are left out that number the rows of each setting 1, 2, … or 0, 1, ….

    By its name alone a trial may be an input, as practice is: here each setting of the other
    columns has to have its first, its second and so on.

    Args:
        raw: The whole table.
        names: Columns that may be features.
        roles: Roles of all columns.
        wishes: What was asked for.
    """
    may = [n for n in names if roles[n] == "other" and _MAY_COUNT.fullmatch(words_of(n))]
    reasons: dict[str, str] = {}
    for name in [n for n in may if n not in {*wishes.axes, *wishes.roles}]:
        others = [n for n in names if n != name and n not in reasons]
        if others and _numbers_repeats(raw, name, [*others, *wishes.groups]):
            reasons[name] = "numbers the repeats of each setting"
    return reasons


def _numbers_repeats(raw: RawTable, name: str, others: Sequence[str]) -> bool:
    """Whether a column counts from its least value on in the rows that are alike in others."""
    numbers = raw.values(name).tolist()
    settings: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for value, *key in zip(numbers, *(map(str, raw.column(n)) for n in others), strict=True):
        settings[tuple(key)].append(value)
    low = min(numbers)
    if low not in (0.0, 1.0) or len(numbers) < FEWEST_REPEATS * len(settings):
        return False
    return all(sorted(v) == [low + k for k in range(len(v))] for v in settings.values())


def repeated_rows(rows: RawTable, task: Task, others: Sequence[str]) -> list[str]:
    """Rows that repeat the inputs, or all, of another, one sentence each.

    Args:
        rows: The training rows.
        task: What they are in the task.
        others: Columns that are not used, which may be what such rows differ in.
    """
    inputs = np.column_stack([task.train.group, task.train.X])
    same, twice = _n_repeats(inputs), _n_repeats(np.column_stack([inputs, task.train.Y]))
    sentences = []
    if twice:
        sentences.append(
            f"{_rows(twice)} an earlier row in every used column: counted more than once"
        )
    if same > twice:
        told = f"{_rows(same - twice)} the features of another with another result: noise"
        left = {name: _n_repeats_within(rows, task, name) for name in others}
        name = min(left, key=lambda name: left[name], default="")
        if name and left[name] <= MOST_LEFT * same:
            told += f", or what {name} tells apart, which is no feature"
        sentences.append(told)
    return sentences


def _n_repeats(table: Array) -> int:
    return len(table) - len(np.unique(table, axis=0))


def _n_repeats_within(rows: RawTable, task: Task, name: str) -> int:
    """How many rows repeat the inputs of another that has the same cell in a column."""
    texts = [
        np.unique([str(cell) for cell in rows.column(group)], return_inverse=True)[1]
        for group in (*task.spec.groups, name)
    ]
    return _n_repeats(np.column_stack([*texts, *map(rows.values, task.feature_names)]))


def _rows(n: int) -> str:
    return f"{n} row repeats" if n == 1 else f"{n} rows repeat"
