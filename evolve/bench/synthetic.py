"""Families of laws to tasks and what lies beyond them.

A task's runs lie on a grid of scales with noise on log y; the rows to predict lie up to ten times
further along the axes that grow, without noise. Every configuration may be run several times, each
run with noise of its own: from a few noisy rows not even one who knows the law can tell what lies
at ten times their scale.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from evolve.bench.families import Family
from evolve.law.graph import evaluate
from evolve.law.slopes import slopes
from evolve.tasks.task import Feature, FoldSpec, Table, Target, Task, TaskSpec
from evolve.typing import Array

SPREAD = 0.1
FURTHER = 10.0
GOOD_R2 = 0.99
# The error of a fit far beyond its rows lies along one direction of its constants for the most
# part, so its NMSE is its expectation times chi squared of one degree of freedom: 95 % below this.
CHI2_95 = 3.84


def make_case(
    family: Family, noise: float, seed: int, repeats: int | None = 1
) -> tuple[Task, Table]:
    """A task of a family, and what lies beyond it.

    Args:
        family: The law.
        noise: Standard deviation of log y around it.
        seed: Of its constants and noise.
        repeats: Runs of every configuration; None for `runs_needed`.

    Returns:
        The task and the rows to predict, which are free of noise.
    """
    rng = np.random.default_rng([seed, *family.name.encode()])
    constants = np.array(family.constants) * (
        1.0 + SPREAD * rng.uniform(-1, 1, len(family.constants))
    )
    near, far = _grid(family, rng, further=False), _grid(family, rng, further=True)
    if repeats is None:
        repeats = runs_needed(family, noise, constants, near, far)
    near = np.repeat(near, repeats, axis=0)
    y, truth = _targets(family, near, constants), _targets(family, far, constants)
    noisy = y * np.exp(noise * rng.normal(size=y.shape))
    table = Table(near, noisy, np.zeros(len(near), dtype=np.int64))
    test = Table(far, truth, np.zeros(len(far), dtype=np.int64))
    name = f"{family.name}, noise {noise:g}, seed {seed}"
    return Task(name, Path(), _spec(family), ("all",), table), test


def runs_needed(family: Family, noise: float, constants: Array, near: Array, far: Array) -> int:
    """Fewest runs of every configuration that hold the answer.

    With so many, 95 of 100 least-squares fits of the true form are expected to have an R² of at
    least `GOOD_R2` beyond: the variance of predictions by the delta method (Seber & Wild 1989,
    section 5.1) against that of the values. Nothing of this depends on the noise that is drawn.

    Args:
        family: The law.
        noise: Standard deviation of log y around it.
        constants: `(p,)` true constants.
        near: `(n, f)` configurations of the training rows.
        far: `(m, f)` rows to predict.
    """
    expected = []
    for t in range(family.n_targets):
        near_view, far_view = family.law.view(near, t), family.law.view(far, t)
        values, y = (
            evaluate(family.root, near_view, constants),
            evaluate(family.root, far_view, constants),
        )
        # How far each prediction moves with the log of each value that is fitted.
        weights = slopes(family.root, far_view, constants) @ np.linalg.pinv(
            slopes(family.root, near_view, constants) / values[:, None]
        )
        expected.append(float(np.mean(np.sum(weights**2, axis=1)) / np.var(y)))
    return max(1, math.ceil(CHI2_95 * noise**2 * float(np.mean(expected)) / (1.0 - GOOD_R2)))


def _targets(family: Family, x: Array, constants: Array) -> Array:
    views = [family.law.view(x, t) for t in range(family.n_targets)]
    return np.stack([evaluate(family.root, view, constants) for view in views], axis=1)


def _grid(family: Family, rng: np.random.Generator, *, further: bool) -> Array:
    """`(n, f)` raw features: the training grid, or what lies beyond it."""
    if family.own_feature_first:
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
        Feature(name=a.name, unit=a.unit, scale="linear" if family.own_feature_first else "log")
        for a in family.axes
    ]
    targets = (
        [a.name.replace("share", "loss") for a in family.axes]
        if family.own_feature_first
        else ["loss"]
    )
    more: dict[str, Any] = {"own": True} if family.own_feature_first else {}
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
