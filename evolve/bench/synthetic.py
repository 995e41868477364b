"""Families of laws to tasks and what lies beyond them.

A task's runs lie on a grid of scales with noise on log y; the rows to predict lie up to ten times
further along the axes that grow, without noise.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from evolve.bench.families import Family
from evolve.law.graph import Array, evaluate
from evolve.task import Feature, FoldSpec, Table, Target, Task, TaskSpec

SPREAD = 0.1
FURTHER = 10.0


def make_case(family: Family, noise: float, seed: int) -> tuple[Task, Table]:
    """A task of a family, and what lies beyond it.

    Args:
        family: The law.
        noise: Standard deviation of log y around it.
        seed: Of its constants and noise.

    Returns:
        The task and the rows to predict, which are free of noise.
    """
    rng = np.random.default_rng([seed, *family.name.encode()])
    constants = np.array(family.constants) * (
        1.0 + SPREAD * rng.uniform(-1, 1, len(family.constants))
    )
    near, far = _grid(family, rng, further=False), _grid(family, rng, further=True)
    y, truth = _targets(family, near, constants), _targets(family, far, constants)
    noisy = y * np.exp(noise * rng.normal(size=y.shape))
    table = Table(near, noisy, np.zeros(len(near), dtype=np.int64))
    test = Table(far, truth, np.zeros(len(far), dtype=np.int64))
    name = f"{family.name}, noise {noise:g}, seed {seed}"
    return Task(name, Path(), _spec(family), ("all",), table), test


def _targets(family: Family, x: Array, constants: Array) -> Array:
    n_targets = len(family.axes) if family.rolled else 1
    views = [family.law.view(x, t) for t in range(n_targets)]
    return np.stack([evaluate(family.root, view, constants) for view in views], axis=1)


def _grid(family: Family, rng: np.random.Generator, *, further: bool) -> Array:
    """`(n, f)` raw features: the training grid, or what lies beyond it."""
    if family.rolled:
        shares = rng.dirichlet(np.ones(len(family.axes)), 24 if not further else 40)
        return np.asarray(np.clip(shares, 0.01, None))
    levels = []
    for axis in family.axes:
        if not further:
            levels.append(np.geomspace(axis.low, axis.high, axis.levels))
        elif axis.grows:
            levels.append(np.geomspace(axis.high * 1.5, axis.high * FURTHER, 4))
        else:
            levels.append(np.geomspace(axis.low, axis.high, 4))
    mesh = np.meshgrid(*levels, indexing="ij")
    units = np.array([axis.unit for axis in family.axes])
    return np.asarray(np.stack([m.ravel() for m in mesh], axis=1) * units)


def _spec(family: Family) -> TaskSpec:
    axes = [axis.name for axis in family.axes if axis.grows]
    features = [
        Feature(name=a.name, unit=a.unit, scale="linear" if family.rolled else "log")
        for a in family.axes
    ]
    targets = [a.name.replace("share", "loss") for a in family.axes] if family.rolled else ["loss"]
    more: dict[str, Any] = {"own": True} if family.rolled else {}
    return TaskSpec(
        title=family.name,
        source=f"made for measuring, after {family.source}",
        licence="none",
        max_constants=len(family.constants) + 3,
        features=features,
        targets=[Target(name=name) for name in targets],
        folds=FoldSpec(axes=axes),
        **more,
    )
