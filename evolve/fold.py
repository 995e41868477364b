"""Turns row numbers into a fold: the rows to fit and the rows to predict."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Fold:
    """Row numbers of the training table.

    Attributes:
        name: How much is held out.
        fit: Rows to fit.
        held: Rows to predict.
        unjudged: Rows of groups that have too few rows or levels left to be fitted.
        weight: What its error counts beside that of other folds.
        fit_counts: Whether the error of the fitted rows counts beside that of the held-out ones.
    """

    name: str
    fit: Ints
    held: Ints
    unjudged: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    weight: float = 1.0
    fit_counts: bool = True
