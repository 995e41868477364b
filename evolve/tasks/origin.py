"""Whether the rows themselves say that 0 is where their target begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from evolve.typing import Array, Ints

# A constant that means nothing adds more than this to a log-likelihood in 1 of 100 fits (Wilks
# 1938: half of chi-squared with 1 degree of freedom).
BY_CHANCE = 3.32
ORIGINS = np.geomspace(1e-3, 1e2, 60)  # distances from the nearest target, over their range


def is_origin(x: Array, y: Array, group: Ints, logarithmic: Sequence[bool]) -> bool:
    """Whether targets are a product of powers, which is over 0 and no other origin.

    The profile likelihood of the shift of a logarithm, as Box and Cox (1964) choose the scale of a
    target: log(y - s) is linear in the features, each group with a level of its own. No other
    origin s may be told apart from 0, the line over an origin far away must be, and the squares of
    the features must add nothing: a wrong form has its best origin anywhere.

    Args:
        x: `(n, f)` features.
        y: `(n,)` positive targets.
        group: `(n,)` group numbers.
        logarithmic: Whether each feature acts through its logarithm.
    """
    features = [_centred(np.log(v) if log else v) for v, log in zip(x.T, logarithmic, strict=True)]
    level, n_of_level = np.unique(group, return_inverse=True, return_counts=True)[1:]
    of_levels = Levels(level, n_of_level)
    n_constants = len(n_of_level) + 2 * len(features)
    if len(y) <= n_constants + 1 or not np.ptp(y):
        return False
    line = of_levels.basis(features)
    curve = of_levels.basis([*features, *(v**2 for v in features)])
    others = [y.min() - np.ptp(y) * ORIGINS, y.max() + np.ptp(y) * ORIGINS]
    at_zero = _likelihood(np.log(y), line) - np.log(y).sum()
    curved = _likelihood(np.log(y), curve) - np.log(y).sum()
    is_line = curved < at_zero + BY_CHANCE * len(features)
    if not (is_line and at_zero > _likelihood(y, line) + BY_CHANCE):
        return False
    sizes = (np.abs(y - s) for s in np.concatenate(others))
    over_others = (_likelihood(np.log(size), line) - np.log(size).sum() for size in sizes)
    return all(best < at_zero + BY_CHANCE for best in accumulate(over_others, max))


@dataclass(frozen=True, slots=True)
class Levels:
    """Rows of groups, each with a level of its own.

    Attributes:
        of: `(n,)` number of each row's group.
        counts: `(g,)` rows of each group.
    """

    of: Ints
    counts: Ints

    def about(self, values: Array) -> Array:
        """`(n,)` values about the mean of their group."""
        means = np.bincount(self.of, values, len(self.counts)) / self.counts
        return np.asarray(values - means[self.of])

    def basis(self, columns: Sequence[Array]) -> Model:
        """A linear model of columns beside the levels, which are taken out of them."""
        table = np.column_stack([self.about(column) for column in columns])
        left, sizes, _ = np.linalg.svd(table, full_matrices=False)
        sizes_told = sizes > np.finfo(float).eps * max(table.shape) * max(sizes.max(), 1.0)
        return Model(self, np.ascontiguousarray(left[:, sizes_told]))


@dataclass(frozen=True, slots=True)
class Model:
    """Levels of groups and `(n, k)` columns without them, orthonormal."""

    levels: Levels
    columns: Array

    def residuals(self, values: Array) -> Array:
        """What least squares leave of `(n,)` values (Frisch and Waugh 1933, Lovell 1963)."""
        about = self.levels.about(values)
        return np.asarray(about - self.columns @ (self.columns.T @ about))


def _centred(values: Array) -> Array:
    """Values about their mean, over their largest distance from it."""
    about = values - values.mean()
    return np.asarray(about / (np.abs(about).max() or 1.0))


def _likelihood(values: Array, model: Model) -> float:
    """Log-likelihood of normal residuals about a linear model, but for a constant."""
    residuals = model.residuals(values)
    least = 1e-24 * float(np.mean(values**2))  # of numbers that a model meets to their last digit
    return -0.5 * len(values) * float(np.log(max(float(np.mean(residuals**2)), least) or 1e-300))
