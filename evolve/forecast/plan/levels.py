"""Runs of nearly equal cost among the rows to the size that is best there, without a law.

Each level of an isoFLOP sweep gives one parabola in the logarithm of the size (Hoffmann et al.
2022, approach 2). The range of its lowest point is Fieller's (1954) of a ratio of coefficients:
it is open where the rows do not bend enough to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from evolve.errors import EvolveError
from evolve.forecast.plan.allocate import best_values
from evolve.forecast.plan.question import Question
from evolve.forecast.plan.ratios import SEARCH_DECADES
from evolve.tasks.roles import SETTINGS
from evolve.typing import Array, Ints

# A level is no wider than the second in factors of 10, and no two neighbours in it are further
# apart than the first: some 5 % and 12 %, as sizes and tokens are rounded; judgement.
GAP, WIDTH = 0.02, 0.05
FEWEST_SIZES = 4  # one more than a parabola has coefficients, so that its range is known
COARSE = 1e-3  # of a logarithm, to which the law's own best size is found
SAME = ".3g"  # how alike the other features of a level are


@dataclass(frozen=True, slots=True)
class Level:
    """Rows of nearly equal cost.

    Attributes:
        budget: Their cost, the geometric mean.
        n_runs: How many.
        at: Values of the features that the cost leaves out, settings of a run apart.
        sizes: Smallest and largest size among them.
        best: The size at the best point of the parabola; None where it bends the other way.
        low: Lower end of the range of that size; None where it is open.
        high: Upper end.
        law: The size that the champion has to be best at this cost; None where it has none.
    """

    budget: float
    n_runs: int
    at: Mapping[str, float]
    sizes: tuple[float, float]
    best: float | None
    low: float | None
    high: float | None
    law: float | None

    @property
    def is_inside(self) -> bool:
        """Whether the best size lies among the rows' sizes."""
        return self.best is not None and self.sizes[0] <= self.best <= self.sizes[1]


def size_of(question: Question) -> int | None:
    """Number of the feature that is the size: parameters, else the first; None without two."""
    features, roles = question.cost.features, question.task.roles
    if len(features) != 2 or question.linear:
        return None
    names = question.task.feature_names
    return next((j for j in features if roles[names[j]] == "N"), features[0])


def levels(question: Question) -> list[Level]:
    """The levels among the rows of a group, the cheapest first; none where the rows hold none.

    Of rows that differ in settings alone, such as a learning rate, the best of each size counts.
    """
    size = size_of(question)
    if size is None:
        return []
    found = [
        _level(question, size, rows, budget)
        for alike in _alike(question)
        for rows, budget in _of_equal_cost(question, alike)
    ]
    return sorted((level for level in found if level is not None), key=lambda lev: lev.budget)


def _others(question: Question) -> list[int]:
    """Numbers of the features that all rows of a level share: neither traded nor settings."""
    names, roles = question.task.feature_names, question.task.roles
    return [
        j
        for j, name in enumerate(names)
        if j not in question.cost.features and roles[name] not in SETTINGS
    ]


def _alike(question: Question) -> Iterator[Ints]:
    """Numbers of the group's rows, those that share the other features together."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for i, row in enumerate(question.known[:, _others(question)].tolist()):
        groups.setdefault(tuple(format(v, SAME) for v in row), []).append(i)
    for key in sorted(groups):
        if len(groups[key]) >= FEWEST_SIZES:
            yield np.array(groups[key], dtype=np.int64)


def _of_equal_cost(question: Question, rows: Ints) -> Iterator[tuple[Ints, float]]:
    """Those of some rows that cost nearly the same, and what they cost."""
    costs = question.cost.of(question.known[rows])
    usable = np.isfinite(costs) & (costs > 0)
    logs, rows = np.log10(costs[usable]), rows[usable]
    order = np.argsort(logs, kind="stable")
    for part in np.split(order, np.flatnonzero(np.diff(logs[order]) > GAP) + 1):
        if len(part) and np.ptp(logs[part]) <= WIDTH:
            yield rows[part], float(10.0 ** logs[part].mean())


def _level(question: Question, size: int, rows: Ints, budget: float) -> Level | None:
    """What some rows of one cost say; None where they have too few sizes."""
    if len(np.unique(question.known[rows, size])) < FEWEST_SIZES:
        return None
    sign = -1.0 if question.maximise else 1.0
    train = question.task.train
    own = np.flatnonzero(train.group == question.task.group_names.index(question.group))
    rows = _best_settings(question, size, rows, sign * train.Y[own, question.target])
    sizes, y = question.known[rows, size], sign * train.Y[own[rows], question.target]
    if not (sizes > 0).all():
        return None
    counts = np.ones(len(rows)) if train.counts is None else train.counts[own[rows]]
    best, low, high = lowest_point(np.log10(sizes), y, counts, question.level)
    names = question.task.feature_names
    at = {names[j]: float(np.median(question.known[rows, j])) for j in _others(question)}
    ends = (float(sizes.min()), float(sizes.max()))
    law = _of_law(question, names[size], at, budget)
    return Level(budget, len(rows), at, ends, _power(best), _power(low), _power(high), law)


def _best_settings(question: Question, size: int, rows: Ints, y: Array) -> Ints:
    """The best row of each size where rows differ in settings; else all rows."""
    names, roles = question.task.feature_names, question.task.roles
    settings = [j for j, name in enumerate(names) if roles[name] in SETTINGS]
    settings = [j for j in settings if j not in question.cost.features]
    if not settings or not np.ptp(question.known[rows][:, settings], axis=0).any():
        return rows
    ordered = rows[np.lexsort((y[rows], question.known[rows, size]))]
    return np.asarray(ordered[np.unique(question.known[ordered, size], return_index=True)[1]])


def _of_law(question: Question, name: str, at: Mapping[str, float], budget: float) -> float | None:
    """The best size of the champion at a level's cost, and at what its rows have in common."""
    names = question.task.feature_names
    fixed = {**question.fixed, **{names.index(n): v for n, v in at.items()}}
    try:
        best = best_values(replace(question, fixed=fixed, most={}), budget, COARSE)
    except EvolveError:
        return None
    return float(best[0, question.names.index(name)])


def _power(log: float | None) -> float | None:
    return None if log is None else float(10.0**log)


def lowest_point(
    x: Array, y: Array, counts: Array, level: float
) -> tuple[float | None, float | None, float | None]:
    """Where a parabola through points is lowest, and the range of that.

    Args:
        x: `(n,)` places, of at least four values.
        y: `(n,)` values.
        counts: `(n,)` what each point counts.
        level: Of the range.

    Returns:
        The place, None where the parabola has no lowest point within `SEARCH_DECADES` of the
        points, and the ends of the range, None where it is open.
    """
    from scipy.special import stdtrit

    centre, root = x.mean(), np.sqrt(counts)
    design = np.vander(x - centre, 3, increasing=True)
    fitted = np.linalg.lstsq(design * root[:, None], y * root, rcond=None)[0]
    b, c = (float(v) for v in fitted[1:])
    if not c > 0 or abs(b) > 2.0 * c * SEARCH_DECADES:
        return None, None, None
    left = (y - design @ fitted) * root
    inverse = np.linalg.inv(design.T @ (design * counts[:, None]))
    variance = inverse * (left @ left) / (len(x) - 3)
    t2 = float(stdtrit(len(x) - 3, 0.5 + 0.5 * level)) ** 2
    # The slope b + 2 c u is 0 within its error: a quadratic in u.
    square = 4.0 * (c**2 - t2 * variance[2, 2])
    half = 2.0 * (b * c - t2 * variance[1, 2])
    under = half**2 - square * (b**2 - t2 * variance[1, 1])
    best = float(centre - b / (2.0 * c))
    if not square > 0 or not under >= 0:
        return best, None, None
    low, high = (centre + (-half + sign * np.sqrt(under)) / square for sign in (-1.0, 1.0))
    least, most = (
        float(end) if abs(end - centre) <= SEARCH_DECADES else None for end in (low, high)
    )
    return best, least, most
