"""Features of a task that move together in its training rows, so that no row tells them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from evolve.law.faults import quoted
from evolve.tasks.once import once_a_task
from evolve.tasks.table import TaskRows
from evolve.typing import Array

EXACT = 1e-6  # largest relative error of a feature that is a product of powers of others
NEAR = 0.01  # of one that is so up to rounding, as tokens to a batch
LEAST_SPAN = 20.0  # times its error that a feature must span, else it hardly moves at all
ROUND_EXPONENT = 0.005  # by which an exponent that is read as a whole number may be off
ALONGSIDE = 0.98  # correlation of logarithms from which on two features say nearly the same
RATIO = (
    3.0  # factor between the ratios of two features up to which these tell how they go together
)
MOST_FEATURES = 30  # of a table whose features are looked at; wider ones take long


@dataclass(frozen=True, slots=True)
class Relation:
    """A feature that others fix in every group of the training rows.

    Attributes:
        name: The feature.
        others: The features that fix it; none of them can be left out.
        error: Largest relative error with which they do.
        formula: What it is of them; empty where that differs between groups.
    """

    name: str
    others: tuple[str, ...]
    error: float
    formula: str

    @property
    def exact(self) -> bool:
        """Whether the feature holds nothing that the others do not."""
        return self.error <= EXACT

    @property
    def said(self) -> str:
        """The relation in words."""
        of = self.formula or f"a product of powers of {listed(self.others)} in each group"
        return f"{self.name} is {of}" + ("" if self.exact else f" to {100 * self.error:.2g} %")

    @property
    def consequence(self) -> str:
        """What cannot be told apart."""
        names = listed((*self.others, self.name))
        return (
            f"no row shows what {names} do by themselves, so that exponents and amplitudes can "
            "be put down to either"
        )


def still_in_groups(task: TaskRows) -> list[int]:
    """Numbers of the features that never vary within a group; none where there is one group."""
    X, group = task.train.X, task.train.group
    spans = [np.ptp(X[group == g], axis=0) for g in np.unique(group)]
    still = np.flatnonzero(~np.any(spans, axis=0))
    return [int(j) for j in still] if len(spans) > 1 else []


@once_a_task
def relations(task: TaskRows) -> tuple[Relation, ...]:
    """Features of log scale that products of powers of others give to 1 %, at most one each.

    The last of those that move together is named, and the fewest others that fix it.
    """
    columns = [j for j, f in enumerate(task.spec.features) if f.logarithmic]
    if len(columns) > MOST_FEATURES:
        return ()
    relations_: list[Relation] = []
    for column in reversed(columns):
        named = {relation.name for relation in relations_}
        others = [j for j in columns if j != column and task.feature_names[j] not in named]
        if relation := _relation(task, column, others):
            relations_.append(relation)
    return tuple(relations_[::-1])


@once_a_task
def lines(task: TaskRows, features: tuple[int, ...]) -> tuple[tuple[int, int, float], ...]:
    """Pairs of features, by number, that rise together in all groups, each with a power.

    The second goes about as the first to that power. What a relation names is left out: these
    move apart, but by little beside what they span.
    """
    related = [{r.name, *r.others} for r in relations(task)]
    columns = [j for j in sorted(features) if task.spec.features[j].logarithmic]
    pairs = ((j, k, *_line(task, j, k)) for j, k in combinations(columns, 2))
    return tuple(
        (j, k, power)
        for j, k, correlation, power in pairs
        if correlation >= ALONGSIDE
        and not any({task.feature_names[j], task.feature_names[k]} <= names for names in related)
    )


def alongside(task: TaskRows, features: Sequence[int]) -> list[str]:
    """What pairs of features that rise together in all groups do not tell, one sentence each."""
    found = []
    for j, k, power in lines(task, tuple(features)):
        a, b = task.feature_names[j], task.feature_names[k]
        times = task.train.X[:, k] / task.train.X[:, j]
        goes = f"{b} goes about as {a}^{power:.2g}"
        if times.max() <= RATIO * times.min():
            goes = f"{b} is {times.min():.3g} to {times.max():.3g} times {a}"
        found.append(
            f"{goes}: hardly a row shows what {a} and {b} do by themselves, so that what one "
            "does may be put down to the other; runs that change one without the other tell "
            "them apart"
        )
    return found


def advice(task: TaskRows) -> list[str]:
    """What is related, what can then not be told apart and what helps, one sentence each."""
    leave = {True: "leave it out of the features, or ", False: ""}
    return [
        f"{r.said}: {r.consequence}; {leave[r.exact]}add runs that change one without the other"
        for r in relations(task)
    ]


def coefficients(task: TaskRows, relation: Relation, group: int) -> Array:
    """`(1 + k,)` logarithm of the factor, and the exponents of the others, in a group's rows."""
    columns = [task.feature_names.index(name) for name in (relation.name, *relation.others)]
    return _residuals(np.log(task.train.X[task.train.group == group][:, columns]))[1]


def implied(task: TaskRows, relation: Relation, group: int, x: Array) -> Array:
    """`(n,)` what a relation makes of its feature at rows `(n, f)` of a group, by number."""
    first, *powers = coefficients(task, relation, group)
    columns = [task.feature_names.index(name) for name in relation.others]
    with np.errstate(all="ignore"):
        return np.asarray(np.exp(first + np.log(x[:, columns]) @ np.array(powers)))


def _relation(task: TaskRows, column: int, others: list[int]) -> Relation | None:
    """How others fix a feature, without those that are not needed; None where they do not."""
    alone = next((j for j in others if _error(task, column, [j]) is not None), None)
    others = others if alone is None else [alone]
    error = _error(task, column, others)
    if error is None:
        return None
    limit = EXACT if error <= EXACT else NEAR
    for other in list(others):
        fewer = [j for j in others if j != other]
        without = _error(task, column, fewer)
        if without is not None and without <= limit:
            others, error = fewer, without
    names = tuple(task.feature_names[j] for j in others)
    return Relation(task.feature_names[column], names, error, _formula(task, column, others))


def _error(task: TaskRows, column: int, others: Sequence[int]) -> float | None:
    """Largest error of a feature's logarithm in any group; None where it is too large."""
    if not others:
        return None
    largest = 0.0
    for g in range(task.n_groups):
        rows = np.log(task.train.X[task.train.group == g][:, [column, *others]])
        if len(np.unique(rows, axis=0)) < len(others) + 3:
            return None
        error = float(np.abs(_residuals(rows)[0]).max())
        if error > min(NEAR, np.ptp(rows[:, 0]) / LEAST_SPAN):
            return None
        largest = max(largest, error)
    return largest


def _line(task: TaskRows, j: int, k: int) -> tuple[float, float]:
    """Correlation and slope of the logarithms of two features, around the means of groups."""
    logs = np.log(task.train.X[:, [j, k]])
    for g in range(task.n_groups):
        own = task.train.group == g
        logs[own] -= logs[own].mean(axis=0)
    (a, ab), (_, b) = logs.T @ logs
    return (float(ab / np.sqrt(a * b)), float(ab / a)) if min(a, b) > 0.0 else (0.0, 0.0)


def _residuals(rows: Array) -> tuple[Array, Array]:
    """What the other columns leave of the first by least squares, and the coefficients."""
    design = np.column_stack([np.ones(len(rows)), rows[:, 1:]])
    solution = np.asarray(np.linalg.lstsq(design, rows[:, 0], rcond=None)[0], dtype=float)
    left: Array = rows[:, 0] - design @ solution
    return left, solution


def _formula(task: TaskRows, column: int, others: Sequence[int]) -> str:
    """The feature as a number times powers of others; empty where groups differ."""
    rows = np.log(task.train.X[:, [column, *others]])
    residuals, (_, *exponents) = _residuals(rows)
    if np.abs(residuals).max() > NEAR:
        return ""
    powers = [round(p) if abs(p - round(p)) < ROUND_EXPONENT else float(p) for p in exponents]
    factor = float(np.exp(np.median(rows[:, 0] - rows[:, 1:] @ np.array(powers))))
    words = [] if abs(factor - 1.0) < NEAR else [f"{factor:.3g}"]
    for j, power in zip(others, powers, strict=True):
        name = quoted(task.feature_names[j])
        words.append(name if power == 1 else f"{name}^{power:.3g}")
    return " * ".join(words)


def listed(names: Sequence[str]) -> str:
    """Names as a phrase: ``a``, ``a and b``, ``a, b and c``."""
    return ", ".join(names[:-1]) + " and " * (len(names) > 1) + names[-1] if names else ""
