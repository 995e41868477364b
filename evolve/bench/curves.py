"""Training curves of a known law whose points go together, to tasks with larger runs to forecast.

What is odd about a run is either the same at all of its points, or fades from point to point.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from evolve.tasks.task import Feature, FoldSpec, Table, Target, Task, TaskSpec
from evolve.typing import Array

LAW = "sum of powers"  # by which the curves are made, as `fit --law` calls it
CONSTANTS = (1.7, 0.8, 0.34, 1.1, 0.28)
KINDS = ("offset", "fading")
CORRELATIONS = (0.0, 0.5, 0.9)
UNIT = 1e9  # of parameters and tokens
NOISE = 0.01  # standard deviation of log y around the law, of one point
N_POINTS = 20  # of a run
SIZES = np.geomspace(0.07, 7.0, 8)  # of the runs to fit, in units; of each size there are two
FURTHER = np.geomspace(14.0, 70.0, 3)  # and of those to forecast
TOKENS = (0.1, 60.0)  # first of all runs, and last of a run of size 1: they go by its square root


def make_curves(kind: str, correlation: float, seed: int) -> tuple[Task, Table]:
    """A task of 16 runs of 20 points, and points of runs that are up to ten times as large.

    Args:
        kind: ``offset``: points of a run share a part of their noise; ``fading``: neighbours are
            alike, those further apart less (autoregressive, of order 1).
        correlation: Of two points of a run, or of two neighbours.
        seed: Of the noise.
    """
    rng = np.random.default_rng([seed, KINDS.index(kind), int(100 * correlation)])
    parts = [_runs(np.repeat(sizes, 2), kind, correlation, rng) for sizes in (SIZES, FURTHER)]
    name = f"curves, {kind} {correlation:g}"
    task = Task(name, Path(), _spec(name), ("all",), parts[0])
    return task, task.numbered(parts[1])


def true_values(x: Array) -> Array:
    """`(n, 1)` what the law says of rows `(n, 2)` of parameters and tokens."""
    c, (size, tokens) = CONSTANTS, x.T / UNIT
    return np.asarray(c[0] + c[1] * size ** -c[2] + c[3] * tokens ** -c[4])[:, None]


def _runs(sizes: Array, kind: str, correlation: float, rng: np.random.Generator) -> Table:
    """A curve for each size."""
    last = TOKENS[1] * np.sqrt(sizes)
    x = np.array(
        [
            np.stack([np.full(N_POINTS, size), np.geomspace(TOKENS[0], end, N_POINTS)], axis=1)
            for size, end in zip(sizes, last, strict=True)
        ]
    ).reshape(-1, 2)
    noise = np.concatenate([_noise(kind, correlation, rng) for _ in sizes])
    run = np.repeat(np.arange(len(sizes)), N_POINTS)
    x = x * UNIT
    y = true_values(x) * np.exp(NOISE * noise)[:, None]
    return Table(x, y, np.zeros(len(x), dtype=np.int64), run)


def _noise(kind: str, correlation: float, rng: np.random.Generator) -> Array:
    """`(N_POINTS,)` noise of one run, of unit variance."""
    own, fresh = rng.normal(size=N_POINTS), np.sqrt(1.0 - correlation**2)
    if kind == "offset":
        return np.asarray(np.sqrt(correlation) * rng.normal() + np.sqrt(1.0 - correlation) * own)
    values = [own[0]]
    for step in own[1:]:
        values.append(correlation * values[-1] + fresh * step)
    return np.array(values)


def _spec(name: str) -> TaskSpec:
    return TaskSpec(
        title=name,
        source="made for measuring",
        licence="none",
        max_constants=7,
        features=[Feature(name=n, unit=UNIT) for n in ("params", "tokens")],
        targets=[Target(name="loss")],
        folds=FoldSpec(axes=["params"], runs="run"),
    )
