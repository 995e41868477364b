"""What each row counts in fits, scores and estimates of noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evolve.typing import Array, Ints


@dataclass(frozen=True, eq=False, slots=True)
class RowWeights:
    """Weights of rows, as a column of the user's says.

    Attributes:
        values: `(n,)` weights above 0, with mean 1 over all training rows.
        noise: Standard deviation of a target of weight 1, where the user gave that of every row
            and the weights are their inverse squares; None where weights were given.
    """

    values: Array
    noise: float | None = None

    @property
    def content(self) -> Array:
        """`(n + 1,)` weights and noise, for a fingerprint."""
        return np.append(self.values, np.nan if self.noise is None else self.noise)

    def at(self, rows: Ints | NDArray[np.bool_]) -> RowWeights:
        """The weights of some rows."""
        return RowWeights(self.values[rows], self.noise)

    def of_logs(self, y: Array, unit: float | None) -> Array:
        """`(n,)` weights of the logarithms of a target.

        Known deviations of a target are those of its logarithm over the target; given weights are
        taken as they are.

        Args:
            y: `(n,)` the target.
            unit: In which it is fitted; its root mean square if None.
        """
        if self.noise is None:
            return self.values
        return np.asarray(self.values * (y / _size(y, unit)) ** 2)

    @property
    def variance(self) -> float:
        """Of a target of weight 1, as the user gave it; 0 where weights were given."""
        return 0.0 if self.noise is None else self.noise**2

    def variance_of_logs(self, y: Array, unit: float | None) -> float:
        """As `variance`, of a logarithm of weight 1; arguments as `of_logs`."""
        return 0.0 if self.noise is None else (self.noise / _size(y, unit)) ** 2


def _size(y: Array, unit: float | None) -> float:
    return float(np.sqrt(np.mean(y * y))) if unit is None else unit


def weights_from(values: Array) -> RowWeights:
    """Weights in the proportions of some positive numbers `(n,)`."""
    return RowWeights(values / values.mean())


def weights_from_sigma(sigma: Array) -> RowWeights:
    """Weights from the standard deviations `(n,)` of the rows' targets."""
    inverse = (sigma.min() / sigma) ** 2
    return RowWeights(inverse / inverse.mean(), float(sigma.min() / np.sqrt(inverse.mean())))
