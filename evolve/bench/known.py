"""Known laws with noise to tasks whose test rows lie a factor of 10 beyond the training rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evolve.tasks.task import Feature, FoldSpec, Table, Target, Task, TaskSpec
from evolve.typing import Array

Values = Callable[[Array, Array], Array]


@dataclass(frozen=True, slots=True)
class KnownLaw:
    """A law of our own making, and the table it is asked for.

    Attributes:
        name: What it is called.
        law: `(n, f)` features in their units and `(p,)` constants to `(n,)` values.
        constants: Around which the constants of each group are drawn.
        levels: Smallest and largest training value, and number of levels, of each feature.
        axes: Features that the test takes 10 times further.
        noise: Standard deviation of log y around the law.
        outliers: Share of rows whose noise is ten times as large.
        n_groups: Groups, each with constants of its own.
    """

    name: str
    law: Values
    constants: tuple[float, ...]
    levels: tuple[tuple[float, float, int], ...]
    axes: tuple[int, ...]
    noise: float = 0.003
    outliers: float = 0.0
    n_groups: int = 1


def _sum(x: Array, c: Array) -> Array:
    return np.asarray(c[0] + c[1] * x[:, 0] ** -c[2] + c[3] * x[:, 1] ** -c[4])


def _repeated(x: Array, c: Array) -> Array:
    epochs = np.maximum(x[:, 1] / x[:, 2], 1.0) - 1.0
    distinct = np.minimum(x[:, 1], x[:, 2]) * (1.0 + c[5] * (1.0 - np.exp(-epochs / c[5])))
    return np.asarray(c[0] + c[1] * x[:, 0] ** -c[2] + c[3] * distinct ** -c[4])


def _valley(x: Array, c: Array) -> Array:
    best = c[3] + c[4] * np.log(x[:, 1])
    return np.asarray(c[0] + c[1] * x[:, 1] ** -c[2] + c[5] * (np.log(x[:, 0]) - best) ** 2)


KNOWN_LAWS = (
    KnownLaw("power", lambda x, c: c[0] * x[:, 0] ** -c[1], (3.0, 0.1), ((0.1, 10.0, 16),), (0,)),
    KnownLaw(
        "power and floor",
        lambda x, c: c[0] + c[1] * x[:, 0] ** -c[2],
        (1.7, 1.2, 0.3),
        ((0.05, 10.0, 18),),
        (0,),
    ),
    KnownLaw(
        "sum of powers", _sum, (1.7, 0.8, 0.34, 1.1, 0.28), ((0.07, 7, 8), (0.3, 30, 8)), (0, 1)
    ),
    KnownLaw(
        "sum of powers, outliers",
        _sum,
        (1.7, 0.8, 0.34, 1.1, 0.28),
        ((0.07, 7, 8), (0.3, 30, 8)),
        (0, 1),
        outliers=0.1,
    ),
    KnownLaw(
        "product of powers",
        lambda x, c: c[0] * x[:, 0] ** -c[1] * x[:, 1] ** -c[2],
        (3.0, 0.08, 0.05),
        ((0.1, 10, 7), (0.3, 30, 7)),
        (0,),
        noise=0.01,
    ),
    KnownLaw(
        "repeated data",
        _repeated,
        (1.9, 0.8, 0.35, 1.2, 0.3, 6.0),
        ((0.05, 4, 6), (0.5, 50, 6), (0.5, 50, 4)),
        (0, 1),
    ),
    KnownLaw(
        "valley", _valley, (1.8, 1.2, 0.3, 0.1, -0.1, 0.02), ((0.2, 5, 7), (0.3, 30, 7)), (1,)
    ),
    KnownLaw(
        "late fall",
        lambda x, c: c[0] - c[1] * np.log1p((x[:, 0] / c[2]) ** c[3]),
        (3.0, 0.1, 1.0, 0.8),
        ((0.02, 20, 14),),
        (0,),
        n_groups=6,
    ),
    KnownLaw(
        "groups of powers",
        lambda x, c: c[0] + c[1] * x[:, 0] ** -c[2],
        (1.5, 1.0, 0.35),
        ((0.1, 10.0, 10),),
        (0,),
        noise=0.005,
        n_groups=8,
    ),
)


def make_case(case: KnownLaw, seed: int) -> tuple[Task, Table]:
    """A task of a known law, and test rows a factor of 10 beyond it.

    Args:
        case: The law.
        seed: Of its constants and noise.
    """
    rng = np.random.default_rng([seed, len(case.name)])
    grids = [np.geomspace(*level) for level in case.levels]
    near = np.stack([g.ravel() for g in np.meshgrid(*grids, indexing="ij")], axis=1)
    further = [
        np.geomspace(hi * 2.0, hi * 10.0, 3) if j in case.axes else np.geomspace(lo, hi, 4)
        for j, (lo, hi, _) in enumerate(case.levels)
    ]
    far = np.stack([g.ravel() for g in np.meshgrid(*further, indexing="ij")], axis=1)
    parts = []
    for group in range(case.n_groups):
        spread = rng.normal(0.0, 0.1, len(case.constants))
        constants = np.array(case.constants) * (1.0 + spread)
        for x in (near, far):
            size = np.where(rng.random(len(x)) < case.outliers, 10.0, 1.0)
            y = case.law(x, constants) * np.exp(case.noise * size * rng.normal(size=len(x)))
            parts.append((x * 1e9, y[:, None], np.full(len(x), group)))
    train, test = _joined(parts[::2]), _joined(parts[1::2])
    names = tuple(f"group {g + 1}" for g in range(case.n_groups))
    names = names if case.n_groups > 1 else ("all",)
    task = Task(case.name, Path(), _spec(case), names, train)
    return task, task.numbered(test)


def _joined(parts: list[tuple[Array, Array, Array]]) -> Table:
    x, y, group = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Table(x, y, group.astype(np.int64))


def _spec(case: KnownLaw) -> TaskSpec:
    names = [f"x{j}" for j in range(len(case.levels))]
    return TaskSpec(
        title=case.name,
        source="made for measuring",
        licence="none",
        groups=["group"] if case.n_groups > 1 else [],
        max_constants=7,
        features=[Feature(name=n, unit=1e9) for n in names],
        targets=[Target(name="loss")],
        folds=FoldSpec(axes=[names[a] for a in case.axes]),
    )
