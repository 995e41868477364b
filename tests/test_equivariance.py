"""The same table, written down in other units, orders, names or signs, gives the same law."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from evolve.bench.metamorphic import RELATIONS, mirrors_of, open_ended, relations
from evolve.tasks.spec import Feature, FoldSpec, PhysicsSpec, Target, TaskSpec
from evolve.tasks.task import Table, Task
from evolve.typing import Array

EVALUATIONS = 40


def grid(*levels: list[float]) -> Array:
    return np.stack([m.ravel() for m in np.meshgrid(*levels, indexing="ij")], axis=1)


def noisy(y: Array, seed: int, size: float) -> Array:
    return np.asarray(y + size * np.random.default_rng(seed).normal(size=y.shape))[:, None]


def task_of(
    x: Array,
    y: Array,
    axes: list[str],
    *,
    scales: str = "log log log",
    floor: float | None = None,
    ceiling: float | None = None,
    bounds: list[float] | None = None,
) -> Task:
    names = ["size", "data", "rate"][: x.shape[1]]
    features = [Feature(name=n, scale=s) for n, s in zip(names, scales.split(), strict=False)]  # type: ignore[arg-type]
    spec = TaskSpec(
        title="made",
        source="made",
        licence="none",
        max_constants=6,
        features=features,
        targets=[Target(name="loss", bounds=bounds or [])],
        folds=FoldSpec(axes=axes),
        physics=PhysicsSpec(floor=floor, ceiling=ceiling),
    )
    return Task("made", Path(), spec, ("all",), Table(x, y, np.zeros(len(x), dtype=np.int64)))


def falls() -> Task:
    x = grid([1e7, 3e7, 1e8, 3e8, 1e9], [2e9, 6e9, 2.4e10, 8e10])
    y = 1.7 + 400 * x[:, 0] ** -0.34 + 410 * x[:, 1] ** -0.28
    return task_of(x, noisy(y, 1, 0.01), ["size", "data"])


def rises() -> Task:
    x = grid([1e6, 4e6, 2e7, 1e8, 5e8], [1e8, 1e9, 1e10])
    y = 0.9 - 2.0 * x[:, 0] ** -0.15 - 3.0 * x[:, 1] ** -0.2
    return task_of(x, noisy(y, 2, 0.003), ["size"])


def rises_to_its_ceiling() -> Task:
    task = rises()
    return task_of(task.train.X, task.train.Y, ["size"], ceiling=1.0)


def of_shares() -> Task:
    x = grid([1e6, 4e6, 2e7, 1e8, 5e8], [1.0, 3.0, 10.0, 30.0])
    y = 1.0 - np.exp(-0.002 * x[:, 0] ** 0.25 * x[:, 1] ** 0.4)
    return task_of(x, noisy(y, 5, 0.002), ["size", "data"], bounds=[0.0, 1.0])


def of_shares_near_all() -> Task:
    task = of_shares()
    return task_of(
        task.train.X, 0.2 + 0.75 * task.train.Y / task.train.Y.max(), ["size"], bounds=[0.0, 1.0]
    )


def over_decades() -> Task:
    x = grid([1.0, 3.0, 9.0, 30.0, 100.0], [0.1, 0.4, 1.0])
    y = 5.0 * x[:, 0] ** 0.9 * np.exp(-x[:, 1])
    return task_of(x, noisy(y, 3, 0.02), ["size"], scales="log linear", floor=0.0)


def without_axes() -> Task:
    x = grid([0.1, 0.4, 0.8], [1e3, 1e4, 1e5], [0.2, 0.5])
    y = 2.0 + (np.log10(x[:, 1]) - 4.0) ** 2 * 0.1 + 0.5 * x[:, 0] - 0.3 * x[:, 2]
    return task_of(x, noisy(y, 4, 0.01), [], scales="linear log linear")


def of_equal_targets_but_three() -> Task:
    x = grid([1e7, 3e7, 1e8, 3e8, 1e9, 3e9], [2e9, 6e9, 2.4e10, 8e10])
    y = np.ones((len(x), 1))
    y[[3, 11, 23], 0] = [0.9, 1.2, 1.3]  # on the far edges of the grid
    return task_of(x, y, ["size", "data"])


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [
        falls,
        rises,
        rises_to_its_ceiling,
        of_shares,
        of_shares_near_all,
        over_decades,
        without_axes,
        of_equal_targets_but_three,
    ],
)
def test_a_table_written_down_in_another_way_gives_the_same_law(make: Callable[[], Task]) -> None:
    task = make()
    found = relations(task, EVALUATIONS)
    assert {r.relation for r in found} == {*RELATIONS, *mirrors_of(open_ended(task))}
    assert [r for r in found if not r.holds] == []


def test_only_targets_over_decades_have_a_zero_that_is_not_declared() -> None:
    assert [open_ended(make()).frame.natural_zero for make in (falls, rises, over_decades)] == [
        False,
        False,
        True,
    ]
