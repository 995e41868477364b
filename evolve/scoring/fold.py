"""A fold: the rows to fit and the rows to predict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from evolve.typing import Ints


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

    def among(self, rows: Ints) -> Fold:
        """A fold of some rows as one of the table that they are of.

        Args:
            rows: Number in the table of each row that the fold numbers.
        """
        fit, held, unjudged = (rows[part] for part in (self.fit, self.held, self.unjudged))
        return replace(self, fit=fit, held=held, unjudged=unjudged)


def different(folds: Sequence[Fold], known: Sequence[Fold]) -> list[Fold]:
    """The folds that fit and predict other rows than those known, and than each other."""
    seen = {_rows(fold) for fold in known}
    return list({_rows(fold): fold for fold in folds if _rows(fold) not in seen}.values())


def _rows(fold: Fold) -> tuple[bytes, bytes]:
    return fold.fit.tobytes(), fold.held.tobytes()


@dataclass(frozen=True)
class FoldScore:
    """How well one fold's held-out rows were predicted.

    Attributes:
        name: The fold's name.
        n_held: Number of held-out rows.
        nmse: Mean squared error over variance, mean over targets; may be infinite.
        r2: `1 - nmse` as SLDBench computes it.
        weight: What the error counts beside those of other folds.
        fitted: Error of the fitted rows, as `selection.fitted_error` says; None if unknown.
    """

    name: str
    n_held: int
    nmse: float
    r2: float
    weight: float = 1.0
    fitted: float | None = None


def rows_by_group(group: Ints) -> Iterator[tuple[int, Ints]]:
    """Each group number of `(n,)` rows with the numbers of its rows, both ascending."""
    order = np.argsort(group, kind="stable")
    numbers, begins = np.unique(group[order], return_index=True)
    yield from zip(numbers.tolist(), np.split(order, begins[1:]), strict=False)


def all_rows(n_rows: int) -> Fold:
    """The fold that fits every row and predicts every row."""
    every = np.arange(n_rows)
    return Fold("all rows", every, every)
