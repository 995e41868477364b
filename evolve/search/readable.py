"""Find what does nothing in a fitted law: constants and features that its rows could do without.

A term that a fit has shrunk to nothing, a power of nearly 0, or two large constants that cancel
change no forecast near the rows, but whoever reads the formula takes them for findings.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evolve.evaluation.fitted import FittedLaw
from evolve.law.graph import Node, const, evaluate_rows, features_of, walk
from evolve.law.slopes import slopes
from evolve.scoring.objective import EPSILON, NO_EFFECT
from evolve.tasks.task import Table, Task
from evolve.typing import Array, Ints

ONE_SIGMA = 0.6827
MOST_ROWS = 2000  # that are looked at
SAME_DIRECTION = 1e-8  # share of the largest singular value from which on one is rounding


def is_opaque(task: Task, fitted: FittedLaw) -> bool:
    """Whether a law has a constant or a feature that does nothing on its rows.

    Args:
        task: Its training rows are read.
        fitted: The law, fitted to all of them.
    """
    return bool((effects_of(task, fitted) <= NO_EFFECT).any())


def effects_of(task: Task, fitted: FittedLaw) -> Array:
    """How much each feature and each constant does to what a law says of its rows.

    A feature is held at its median. A constant is set to 0, a power to 1 too, for all groups at
    once; one that changes nothing when it is halved or doubled does nothing either. What the other
    constants can make up for, to first order, is no effect; under a recipe that draws the groups
    together they are left as they are. Effects are measured in the law's own errors, on the
    targets' scale and, where their zero has a meaning, on that of their logarithms: a floor may be
    nothing beside large values and all of the small ones. Of a size that has two levels no rows
    tell a power, its amplitude and a floor apart: there a law is asked for what lies between, too.

    Args:
        task: Its training rows are read.
        fitted: The law, fitted to all of them.

    Returns:
        `(f + p,)` largest effect over the targets, of features, then of constants; infinite for
        a feature that the law does without, and for all of a program that cannot be traced.
    """
    candidate, n_features = fitted.candidate, task.train.X.shape[1]
    if candidate is None:
        return np.full(n_features + fitted.n_constants, np.inf)
    law, recipe, train = candidate.law, candidate.recipe, _thinned(task.train)
    x, group = _with_middles(train, [feature.logarithmic for feature in task.spec.features])
    tables = np.array([fitted.constants[name] for name in task.group_names])[group]
    alone = recipe.tied == "none" and recipe.shrinkage == 0.0
    groups = [np.flatnonzero(group == g) for g in np.unique(group)] if alone else []
    effects = []
    for t in range(train.Y.shape[1]):
        columns = np.hstack([law.view(x, t), tables[:, t]])
        said = _Said(law.root, columns, n_features, groups)
        said.measure(train.Y[:, t], in_logs=task.frame.natural_zero)
        effects.append([said.effect(j) for j in range(columns.shape[1])])
    return np.asarray(np.max(effects, axis=0))


def _thinned(train: Table) -> Table:
    """At most `MOST_ROWS` rows, evenly spread over the targets of every group."""
    order = np.lexsort((*train.Y.T, train.group))
    return train.at(order[:: -(-train.n_rows // MOST_ROWS)])


def _with_middles(train: Table, logarithmic: Sequence[bool]) -> tuple[Array, Ints]:
    """Features and groups of rows, and after them rows between two levels of a size in a group."""
    x, group = [train.X], [train.group]
    for g in np.unique(train.group):
        rows = train.X[train.group == g]
        for j in np.flatnonzero(logarithmic):
            levels = np.unique(rows[:, j])
            if len(levels) == 2:
                middle = rows[rows[:, j] == levels[0]]
                middle[:, j] = np.sqrt(levels.prod())
                x.append(middle)
                group.append(np.full(len(middle), g))
    return np.vstack(x), np.concatenate(group)


class _Said:
    """What a law says of one target, and how far it is from that with a column changed.

    Args:
        root: The law.
        columns: `(n, f + p)` features and constants; each row has constants of its own.
        n_features: How many of them are features.
        groups: Rows of each group whose other constants make up for a change; none for none.
    """

    def __init__(
        self, root: Node, columns: Array, n_features: int, groups: Sequence[Ints]
    ) -> None:
        """Ask the law for its values."""
        self.root, self.columns, self.n_features, self.groups = root, columns, n_features, groups
        self.values = self._values(columns)
        self.error, self.log_error = 1.0, 0.0

    def measure(self, y: Array, *, in_logs: bool) -> None:
        """Take the law's own errors from targets of the first rows as the unit of what changes."""
        said = self.values[: len(y)]
        self.error = _error(y, said)
        if in_logs and (np.sign(y) * np.sign(said) > 0).all():
            self.log_error = _error(np.log(np.abs(y)), np.log(np.abs(said)))

    def effect(self, j: int) -> float:
        """What a column does: the least that changes without it, in errors of the law."""
        column = self.columns[:, j]
        if j < self.n_features:
            used = j in features_of(self.root)
            return self._size(j, float(np.median(column))) if used else np.inf
        is_power = _is_power(self.root, const(j - self.n_features))
        without = [0.0, 1.0] if is_power else [0.0]
        either = max(self._size(j, 0.5 * column), self._size(j, 2.0 * column))
        return min(either, *(self._size(j, value) for value in without))

    def _size(self, j: int, values: Array | float) -> float:
        """Root mean square change, in errors, where column `j` has other values."""
        changed = self.columns.copy()
        changed[:, j] = values
        new = self._values(changed)
        x, constants = np.split(changed, [self.n_features], axis=1)
        others = np.arange(self.n_features, changed.shape[1]) != j
        by_others = slopes(self.root, x, constants)[:, others]
        with np.errstate(all="ignore"):
            size = self._left(new - self.values, by_others) / self.error
            if self.log_error:
                gaps = np.log(new / self.values)
                size = max(size, self._left(gaps, by_others / new[:, None]) / self.log_error)
        return float(np.nan_to_num(size, nan=np.inf))

    def _left(self, gaps: Array, slopes: Array) -> float:
        """Root mean square of changes once the other constants of each group made up for some."""
        left = gaps.copy()
        for rows in self.groups:
            left[rows] = _left(gaps[rows], slopes[rows])
        return float(np.sqrt(np.mean(left**2)))

    def _values(self, columns: Array) -> Array:
        """`(n,)` what the law says."""
        return evaluate_rows(self.root, *np.split(columns, [self.n_features], axis=1))


def _left(gaps: Array, slopes: Array) -> Array:
    """`(n,)` what is left of changes once other constants have made up for what they can.

    Args:
        gaps: `(n,)` changes.
        slopes: `(n, q)` derivatives by the other constants, where the change has been made.

    Returns:
        As large as they would be if these had taken up nothing by chance; the changes themselves
        where the constants are as many as the rows.
    """
    lengths = np.linalg.norm(slopes, axis=0)
    if not np.isfinite(lengths).all() or not np.isfinite(gaps).all() or not lengths.any():
        return gaps
    u, s, _ = np.linalg.svd(slopes[:, lengths > 0] / lengths[lengths > 0], full_matrices=False)
    u = u[:, s > SAME_DIRECTION * s[0]]
    n_free = len(gaps) - u.shape[1]
    if n_free <= 0:
        return gaps
    return np.asarray((gaps - u @ (u.T @ gaps)) * np.sqrt(len(gaps) / n_free))


def _error(y: Array, said: Array) -> float:
    """Size of the residuals, outliers not counted, and at least what the score tells apart."""
    return float(max(np.quantile(np.abs(y - said), ONE_SIGMA), np.sqrt(EPSILON) * y.std(), 1e-300))


def _is_power(root: Node, leaf: Node) -> bool:
    """Whether a leaf is the exponent of a power."""
    return any(node.op == "pow" and node.args[1] == leaf for node in walk(root))
