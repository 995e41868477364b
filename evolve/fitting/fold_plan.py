"""What every fit of some folds needs alike: their groups' rows and the points to predict."""

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

KEPT_VALUES = 1 << 21  # values of subtrees that are kept for further laws, of some folds


@dataclass(frozen=True, slots=True)
class FoldRows:
    """The rows of a fold.

    Attributes:
        groups: Group numbers that are fitted, ascending.
        numbers: Rows that each of them fits.
        is_judged: `(n_held,)` which of the rows held out belong to them.
        held: Those rows.
        fit: All rows that are fitted.
    """

    groups: tuple[int, ...]
    numbers: tuple[Ints, ...]
    is_judged: npt.NDArray[np.bool_]
    held: Ints
    fit: Ints

    @classmethod
    def of(cls, fold: Fold, group: Ints) -> FoldRows:
        """Those of a fold, of rows in groups `(n,)`."""
        groups = tuple(int(g) for g in np.unique(group[fold.fit]))
        numbers = tuple(fold.fit[group[fold.fit] == g] for g in groups)
        is_judged = np.isin(group[fold.held], groups)
        return cls(groups, numbers, is_judged, fold.held[is_judged], fold.fit)

    def split(self, values: Array) -> tuple[Array, Array]:
        """Values `(n, t)` of the rows judged and fitted: of all held out, nan for others; fitted.

        Args:
            values: In the order of `held`, then of `fit`.
        """
        judged, fitted = values[: len(self.held)], values[len(self.held) :]
        if len(judged) == len(self.is_judged):
            return judged, fitted
        held = np.full((len(self.is_judged), values.shape[1]), np.nan)
        held[self.is_judged] = judged
        return held, fitted


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines beyond the rows of groups that have as many of them, and as many points on each.

    Attributes:
        shape: `(f, n_bases, n_steps)` of each group's lines.
        groups: `(k,)` places of the groups.
        at: `(k, f * n_bases * n_steps)` places of their points among those of all lines.
    """

    shape: tuple[int, ...]
    groups: Ints
    at: Ints


@dataclass(frozen=True, slots=True)
class FoldsPlan:
    """Folds, laid out once for all laws that are fitted on them; their groups in one order.

    Attributes:
        folds: Rows of each fold.
        points: `(m, f)` raw features to predict: rows held out and fitted of each fold in turn,
            then the lines beyond of each group.
        at: `(m,)` place of each point's group among the groups of all folds.
        lines: The lines beyond; none where laws are not checked there.
        n_rows: How many of the points are rows.
        n_groups: Groups of all folds.
        columns: For each view of the points, values of subtrees without a constant.
    """

    folds: tuple[FoldRows, ...]
    points: Array
    at: Ints
    lines: tuple[Lines, ...]
    n_rows: int
    n_groups: int
    columns: dict[int, Columns] = field(default_factory=dict, compare=False, repr=False)

    def values(self, law: Law, tape: Tape, constants: Array) -> Array:
        """`(m, t)` predictions of the points.

        Args:
            law: The law.
            tape: Its tape.
            constants: `(n_groups, t, p)` constants.
        """
        n_targets = constants.shape[1]
        values = np.empty((len(self.points), n_targets))
        for target in range(n_targets):
            view = target if law.own_feature_first else 0
            columns = self.columns.setdefault(view, {})
            if len(columns) * len(self.points) > KEPT_VALUES:
                columns.clear()
            points = law.view(self.points, target)
            values[:, target] = predicted(tape, points, self.at, constants[:, target], columns)
        return values

    def broken(self, values: Array, constraints: Constraints) -> Array:
        """`(n_groups, 2)` of what `constraints.broken` says of each group.

        Args:
            values: `(n,)` predictions of the lines beyond, group after group.
            constraints: What to check.
        """
        shares = np.empty((self.n_groups, 2))
        for lines in self.lines:
            shares[lines.groups] = broken_each(
                values[lines.at].reshape(-1, *lines.shape), constraints
            )
        return shares


def plan_folds(
    x: Array, group: Ints, folds: Sequence[Fold], constraints: Constraints | None
) -> FoldsPlan:
    """Lay out folds.

    Args:
        x: `(n, f)` raw features of the training rows.
        group: `(n,)` group numbers.
        folds: Which rows to fit and which to predict.
        constraints: Where laws are checked beyond the rows fitted; nowhere if None.
    """
    plans = tuple(FoldRows.of(fold, group) for fold in folds)
    numbers = [at for rows in plans for at in rows.numbers]
    lines = [extrapolation_lines(x[at], constraints) for at in numbers if constraints is not None]
    tables = [points.reshape(-1, x.shape[1]) for points in lines]
    points, at, begin = [], [], 0
    for rows in plans:
        both = np.concatenate([rows.held, rows.fit])
        points.append(x[both])
        at.append(begin + np.searchsorted(rows.groups, group[both]))
        begin += len(rows.groups)
    at.append(np.repeat(np.arange(len(tables)), [len(table) for table in tables]))
    return FoldsPlan(
        plans,
        np.concatenate([*points, *tables]),
        np.concatenate(at).astype(np.int64),
        _by_shape([points.shape[:-1] for points in lines]),
        sum(len(rows.held) + len(rows.fit) for rows in plans),
        sum(len(rows.groups) for rows in plans),
    )


def _by_shape(shapes: Sequence[tuple[int, ...]]) -> tuple[Lines, ...]:
    """The lines of all groups, from the shape of each group's."""
    sizes = [int(np.prod(shape)) for shape in shapes]
    begins = np.cumsum([0, *sizes])
    found = []
    for shape in dict.fromkeys(shapes):
        groups = np.array([i for i, other in enumerate(shapes) if other == shape])
        at = begins[groups][:, None] + np.arange(int(np.prod(shape)))
        found.append(Lines(shape, groups, at))
    return tuple(found)
