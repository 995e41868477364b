"""What rows count, as arguments of `LawRegressor.fit`, to a checked column of numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_array

from evolve.scoring.objective import MIN_FIT_ROWS
from evolve.typing import Array

LEAST_ROWS = MIN_FIT_ROWS + 2


@dataclass(frozen=True, slots=True)
class RowCounts:
    """What each row counts.

    Attributes:
        kind: ``weights`` or ``sigma``, as a table's specification names the column.
        values: `(n,)` weights above 0, or standard deviations of the rows' targets.
        rows: `(n,)` numbers of the rows that they belong to; those of weight 0 are left out.
    """

    kind: str
    values: Array
    rows: npt.NDArray[np.intp]


def row_counts_of(
    sample_weight: npt.ArrayLike | None, sigma: npt.ArrayLike | None, n_rows: int
) -> RowCounts | None:
    """Weights or standard deviations of rows, checked; None where neither is given.

    Args:
        sample_weight: `(n,)` of 0 or more.
        sigma: `(n,)` above 0, in the target's unit, in place of weights.
        n_rows: How many rows there are.

    Raises:
        ValueError: Both are given, or values break a rule.
    """
    if sample_weight is not None and sigma is not None:
        raise ValueError("sigma: stands in place of sample_weight, both are given")
    if sigma is not None:
        deviations = _numbers("sigma", sigma, n_rows)
        if deviations.min() <= 0:
            raise ValueError(f"sigma: must be above 0, one is {deviations.min():g}")
        return RowCounts("sigma", deviations, np.arange(n_rows))
    if sample_weight is None:
        return None
    weights = _numbers("sample_weight", sample_weight, n_rows)
    if weights.min() < 0:
        raise ValueError(f"sample_weight: must be 0 or more, one is {weights.min():g}")
    rows = np.flatnonzero(weights)
    if len(rows) < LEAST_ROWS:
        raise ValueError(
            f"sample_weight: at least {LEAST_ROWS} weights must be above zero, {len(rows)} are"
        )
    return RowCounts("weights", weights[rows], rows)


def _numbers(name: str, given: npt.ArrayLike, n_rows: int) -> Array:
    values = np.asarray(check_array(given, ensure_2d=False, dtype=float), dtype=float)
    if values.shape != (n_rows,):
        raise ValueError(f"{name}: must have shape ({n_rows},), it has {values.shape}")
    return values
