"""Residuals of rows that share runs and test sets to how much of their noise each brings.

Every run, and every test set that runs share, adds an amount of its own to all of its rows, and
each row another one (crossed random effects). That of rows is what is left with an amount for
each run and set and the law's constants fitted; a part's variance is the one with which leaving
its amounts out of that fit would leave as much more as it does (Henderson 1953, method 3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from evolve.evaluation.predict import Predictable, predict, slopes_of
from evolve.scoring.noise_kind import gaps_of, is_relative
from evolve.tasks.table import Table
from evolve.tasks.task import Task
from evolve.typing import Array, Ints

MOST_CELLS = 2e7  # of rows times constants and values that runs share
LEAST_TOLD = 1e-8  # of a length, below which it is rounding


@dataclass(frozen=True, slots=True)
class Part:
    """Standard deviation of what runs, or the values of a column that runs share, add.

    Attributes:
        deviation: Of the target, or of its logarithm.
        n: How many runs or values it rests on.
    """

    deviation: float
    n: int


@dataclass(frozen=True, slots=True)
class NoiseParts:
    """Where the residuals of one target come from.

    Attributes:
        target: The target's name.
        relative: Whether deviations are of logarithms, so shares of the target.
        runs: Between runs, with what the law misses of each.
        shared: By column that runs share, such as a test set.
        within: Of rows of one run and one value of each such column.
    """

    target: str
    relative: bool
    runs: Part
    shared: dict[str, Part]
    within: float

    def to_data(self) -> dict[str, Any]:
        """JSON value."""
        return asdict(self)

    @property
    def line(self) -> str:
        """All of it in one sentence."""
        unit = f"as shares of {self.target}" if self.relative else "standard deviations"
        between = [f"{self.runs.deviation:.3g} between {self.runs.n} runs"]
        between += [
            f"{part.deviation:.3g} between {part.n} values of {name}, which runs share"
            for name, part in self.shared.items()
        ]
        return f"noise of {self.target}, {unit}: {', '.join(between)}, {self.within:.3g} within"


def noise_parts(
    task: Task,
    law: Predictable,
    constants: Mapping[str, Any],
    runs: Sequence[str],
    shared: Mapping[str, Sequence[str]],
) -> list[NoiseParts]:
    """The parts of the noise of each target whose rows tell them apart.

    Args:
        task: Its training rows were fitted, all of them counting alike.
        law: What was fitted.
        constants: `(t, p)` of each group.
        runs: The name of each row's run, rows in the order in which the task was given them.
        shared: Labels of each row by column that runs share.
    """
    names, train = task.given
    if train.weights is not None:
        return []
    tables = [np.asarray(constants[name], dtype=float) for name in names]
    fitted = np.full_like(train.Y, np.nan)
    for g, table in enumerate(tables):
        fitted[train.group == g] = predict(law, train.X[train.group == g], table)
    relative = is_relative(train.Y, [fitted])
    gaps = gaps_of(train.Y, fitted, relative=relative)
    factors = [np.unique(labels, return_inverse=True)[1] for labels in (runs, *shared.values())]
    found = []
    for t, target in enumerate(task.target_names):
        slopes = _slopes(train, law, tables, t)
        slopes = slopes / fitted[:, t, None] if relative else slopes
        variances = variance_components(gaps[:, t], slopes, factors)
        if variances is not None:
            sizes = [int(factor.max()) + 1 for factor in factors]
            *parts, within = np.sqrt(np.maximum(variances, 0.0)).tolist()
            own, *others = (Part(d, n) for d, n in zip(parts, sizes, strict=True))
            by_column = dict(zip(shared, others, strict=True))
            found.append(NoiseParts(target, relative, own, by_column, within))
    return found


def _slopes(train: Table, law: Predictable, tables: Sequence[Array], target: int) -> Array:
    """`(n, g*p)` derivatives of the fitted values by the constants of every group."""
    p = tables[0].shape[1]
    slopes = np.zeros((train.n_rows, len(tables) * p))
    for g, table in enumerate(tables):
        own = np.flatnonzero(train.group == g)
        slopes[own, g * p : (g + 1) * p] = slopes_of(law, train.X[own], table, target)
    return slopes


def variance_components(residuals: Array, slopes: Array, factors: Sequence[Ints]) -> Array | None:
    """`(k + 1,)` variances of the factors and of rows, without bias and so perhaps below 0.

    Args:
        residuals: `(n,)` what a fit leaves.
        slopes: `(n, p)` derivatives of its predictions by its constants.
        factors: `(n,)` numbers from 0 of the value of each factor, `k` of them; the first may have
            many values.

    Returns:
        None where the rows do not tell them apart, or say nothing.
    """
    runs = factors[0]
    known = np.isfinite(residuals).all() and np.isfinite(slopes).all()
    n_columns = slopes.shape[1] + sum(int(factor.max()) + 1 for factor in factors[1:])
    if not known or len(residuals) * n_columns > MOST_CELLS:
        return None
    others = [_indicators(factor) for factor in factors[1:]]
    slopes = slopes / np.maximum(np.linalg.norm(slopes, axis=0), 1e-300)
    n_runs, n = int(runs.max()) + 1, len(residuals)
    within_runs, seen = _without(residuals[:, None], runs), [_without(z, runs) for z in others]
    steep = _without(slopes, runs)
    square, free = _left(within_runs, [steep, *seen])
    free -= n_runs
    if free <= 0:
        return None
    within = square / free
    basis = _basis([slopes, *others])
    square, free = _left(residuals[:, None], [slopes, *others])
    found = [(square - within * free, n - float((_sums(basis, runs) ** 2).sum()))]
    for i, own in enumerate(seen):
        rest = [steep, *seen[:i], *seen[i + 1 :]]
        square, free = _left(within_runs, rest)
        found.append((square - within * (free - n_runs), _left(own, rest)[0]))
    excess, weight = np.array(found).T
    if not (weight > LEAST_TOLD * n).all():
        return None
    return np.append(excess / weight, within)


def _left(values: Array, columns: Sequence[Array]) -> tuple[float, int]:
    """Sum of squares of `(n, c)` values that columns leave, and the rows less their rank."""
    basis = _basis(columns)
    return float(((values - basis @ (basis.T @ values)) ** 2).sum()), len(values) - basis.shape[1]


def _basis(columns: Sequence[Array]) -> Array:
    """`(n, r)` orthonormal directions of columns, those of a length of about 0 left out."""
    left, values, _ = np.linalg.svd(np.hstack(columns), full_matrices=False)
    return np.asarray(left[:, values > LEAST_TOLD])


def _without(values: Array, runs: Ints) -> Array:
    """`(n, c)` values less the mean of their run."""
    counts = np.bincount(runs)[:, None]
    return np.asarray(values - (_sums(values, runs) / counts)[runs])


def _sums(values: Array, factor: Ints) -> Array:
    """`(m, c)` sums of `(n, c)` values by the number of each row."""
    result = np.zeros((int(factor.max()) + 1, values.shape[1]))
    np.add.at(result, factor, values)
    return result


def _indicators(factor: Ints) -> Array:
    """`(n, m)` 1 where a row has a value."""
    return np.asarray(factor[:, None] == np.arange(factor.max() + 1), dtype=float)
