"""What every fit of a fold needs alike: its groups' rows and the points to predict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from evolve.fitting.predict import Columns, predicted
from evolve.fitting.tape import Tape
from evolve.law.graph import Law
from evolve.scoring.constraints import Constraints, broken_each, extrapolation_lines
from evolve.scoring.fold import Fold
from evolve.typing import Array, Ints

KEPT_VALUES = 1 << 21  # values of subtrees that are kept for further laws, of a fold and a target


@dataclass(frozen=True, slots=True)
class FoldPlan:
    """A fold, laid out once for all laws that are fitted on it.

    Attributes:
        groups: Group numbers that are fitted, ascending.
        numbers: Rows that each of them fits.
        is_judged: `(n_held,)` which of the rows held out belong to them.
        n_fit: How many rows are fitted.
        points: `(m, f)` raw features to predict: rows held out, rows fitted, lines beyond.
        at: `(m,)` place of each point's group among the groups.
        shapes: Shape `(f, n_bases, n_steps)` of each group's lines beyond.
        columns: For each view of the points, values of subtrees without a constant.
    """

    groups: tuple[int, ...]
    numbers: tuple[Ints, ...]
    is_judged: npt.NDArray[np.bool_]
    n_fit: int
    points: Array
    at: Ints
    shapes: tuple[tuple[int, ...], ...]
    columns: dict[int, Columns] = field(default_factory=dict, compare=False, repr=False)

    @property
    def n_judged(self) -> int:
        """How many rows held out are predicted."""
        return int(np.count_nonzero(self.is_judged))

    def values(self, law: Law, tape: Tape, target: int, constants: Array) -> Array:
        """`(m,)` predictions of the points.

        Args:
            law: The law.
            tape: Its tape.
            target: Number of the target.
            constants: `(n_groups, p)` constants of that target.
        """
        view = target if law.own_feature_first else 0
        columns = self.columns.setdefault(view, {})
        if len(columns) * len(self.points) > KEPT_VALUES:
            columns.clear()
        return predicted(tape, law.view(self.points, target), self.at, constants, columns)

    def broken(self, values: Array, constraints: Constraints) -> list[tuple[float, float]]:
        """What `constraints.broken` says of each group.

        Args:
            values: `(n,)` predictions of the lines beyond, group after group.
            constraints: What to check.
        """
        if len(set(self.shapes)) == 1:
            shares = broken_each(values.reshape(-1, *self.shapes[0]), constraints)
            return list(zip(*shares.T.tolist(), strict=True))
        sizes = [int(np.prod(shape)) for shape in self.shapes]
        parts = np.split(values, np.cumsum(sizes)[:-1])
        each = [
            broken_each(part.reshape(1, *shape), constraints)[0]
            for part, shape in zip(parts, self.shapes, strict=True)
        ]
        return [(float(a), float(b)) for a, b in each]


def plan_fold(x: Array, group: Ints, fold: Fold, constraints: Constraints | None) -> FoldPlan:
    """Lay out a fold.

    Args:
        x: `(n, f)` raw features of the training rows.
        group: `(n,)` group numbers.
        fold: Which rows to fit and which to predict.
        constraints: Where laws are checked beyond the rows fitted; nowhere if None.
    """
    groups = tuple(int(g) for g in np.unique(group[fold.fit]))
    numbers = tuple(fold.fit[group[fold.fit] == g] for g in groups)
    is_judged = np.isin(group[fold.held], groups)
    lines = [extrapolation_lines(x[at], constraints) for at in numbers if constraints is not None]
    tables = [points.reshape(-1, x.shape[1]) for points in lines]
    rows = np.concatenate([fold.held[is_judged], fold.fit])
    at = [np.searchsorted(groups, group[rows]), _repeated(tables)]
    return FoldPlan(
        groups,
        numbers,
        is_judged,
        len(fold.fit),
        np.concatenate([x[rows], *tables]),
        np.concatenate(at).astype(np.int64),
        tuple(points.shape[:-1] for points in lines),
    )


def _repeated(tables: Sequence[Array]) -> Ints:
    """The number of each table, as often as it has rows."""
    return np.repeat(np.arange(len(tables)), [len(table) for table in tables])
