"""The frame of a table: scales, origins and orders that its rows give, whatever they are called.

A search must find the same law whatever the features and targets are measured in, whatever the
columns and groups are called, and in whatever order rows, columns and groups stand. All that it
reads of a table it reads in this frame.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evolve.scoring.fold import rows_by_group
from evolve.scoring.frame import TargetFrame, rounded
from evolve.scoring.metrics import nmse
from evolve.tasks.axes import axis_features, axis_values
from evolve.tasks.origin import is_origin
from evolve.tasks.roles import Role
from evolve.tasks.spec import TaskSpec, target_bounds
from evolve.typing import Array, Ints

DECADE = 10.0  # factor over which targets of one sign have a natural zero
LEAST_NEAR = 4  # share of the rows, as 1 over it, that must be nearer ones
LEAST_WHOLES = 3  # values of a whole at which a part must be all of it
SHOWN = 9  # digits by which columns are told apart
TOLD = 20_000  # values of a column that are looked at for that


@dataclass(frozen=True, slots=True)
class Frame:
    """What a search takes of a table instead of its units, names and orders.

    Attributes:
        columns: Number of the feature that a search sees in each place.
        scales: What each feature is divided by, by its own number: one of its values.
        targets: Origin and unit of each target.
        mirrored: Whether the targets are seen with their sign changed: along the axes they rise.
        rises: Whether the targets, as they are seen, rise along the axes.
        natural_zero: Whether 0 means something for the targets, so that their logarithms do.
        parts: Pairs of features of which the first holds a part of what the second holds; over
            their scales, no part is greater than its whole.
        ceiling: Value below which all targets lie and towards which they rise along the axes, past
            half of their range, as is declared of an accuracy; what they leave to it is what is
            seen. None without one.
        whole: What the targets, as they are seen, are shares of: the width between their declared
            bounds, 100 of a percentage. None where no bound is an origin, or one is infinite.
    """

    columns: tuple[int, ...]
    scales: tuple[float, ...]
    targets: tuple[TargetFrame, ...]
    mirrored: bool
    natural_zero: bool
    rises: bool = False
    parts: tuple[tuple[int, int], ...] = ()
    ceiling: float | None = None
    whole: float | None = None

    def seen(self, x: Array) -> Array:
        """`(n, f)` features over their scales, in the order of the task, rounded."""
        return rounded(x / np.array(self.scales))

    def oriented(self, y: Array) -> Array:
        """`(n, t)` targets in their frames, rounded, their sign as a search sees it."""
        values = np.stack(
            [(v - f.origin) / f.unit for v, f in zip(y.T, self.targets, strict=True)]
        )
        return rounded((-values if self.mirrored else values).T, 1.0)


def frame_of(spec: TaskSpec, x: Array, y: Array, group: Ints, roles: Mapping[str, Role]) -> Frame:
    """The frame of a table's training rows; their order does not matter.

    What targets are fitted in is taken from the nearer rows alone, which are fitted in every fold.

    Args:
        spec: What the task declares.
        x: `(n, f)` features.
        y: `(n, t)` targets.
        group: `(n,)` group numbers.
        roles: Of the features, by name.
    """
    names = [feature.name for feature in spec.features]
    near = _nearer(axis_values(x, spec.folds.axes, names), group)
    if np.isnan(nmse(y[near], y[near])):  # of equal targets, which have no sign and no size
        near[:] = True
    axes = axis_features(spec.folds.axes, names)
    along = axes or [j for j, f in enumerate(spec.features) if f.logarithmic] or range(len(names))
    rises = _rises(spec, x[near], y[near], along)
    ceiling = _ceiling(spec, y) if rises else None
    natural = ceiling is None and _has_natural_zero(spec, x[near], y, near, group[near])
    targets = tuple(_target_frame(values, natural=natural) for values in y[near].T)
    ratios = _parts(spec, x, [roles.get(name, "other") for name in names])
    scales = _scales(spec, x, ratios)
    mirrored = bool((y < 0.0).all()) if natural else rises
    seen_rises = rises != mirrored
    frame = Frame(tuple(range(len(names))), scales, targets, mirrored, natural, seen_rises)
    columns = frame.columns
    if not spec.own:
        columns = tuple(_column_order(spec, frame, axes, x[near], y[near]))
    parts = sorted(ratios, key=lambda pair: [columns.index(j) for j in pair])
    whole = _whole(spec, ceiling)
    return replace(frame, columns=columns, parts=tuple(parts), ceiling=ceiling, whole=whole)


def _nearer(values: Array, group: Ints) -> Array:
    """`(n,)` rows that are the furthest of their group on no axis; all, where few are."""
    near = np.ones(len(group), dtype=bool)
    for _, rows in rows_by_group(group):
        near[rows] = (values[rows] < values[rows].max(axis=0)).all(axis=1)
    return near if near.sum() >= len(near) / LEAST_NEAR else np.ones_like(near)


def _ceiling(spec: TaskSpec, y: Array) -> float | None:
    """The one value that is declared to be above all targets, and is, if some come near it.

    Shares that stay in the lower half are nearer to their floor, of which their logarithms tell.
    """
    bounds = set(target_bounds(spec))
    low, top = bounds.pop() if len(bounds) == 1 else (-math.inf, math.inf)
    is_above = bool(top) and math.isfinite(top) and bool((y < top).all())
    return top if is_above and bool(y.max() - low > top - y.max()) else None


def _whole(spec: TaskSpec, ceiling: float | None) -> float | None:
    """The width between bounds that all targets have, if they, or what they leave, begin at 0."""
    bounds = set(target_bounds(spec))
    low, top = bounds.pop() if len(bounds) == 1 else (-math.inf, math.inf)
    begins_at_0 = ceiling is not None or low == 0.0
    return top - low if begins_at_0 and math.isfinite(top - low) else None


def _has_natural_zero(spec: TaskSpec, x: Array, y: Array, near: Array, group: Ints) -> bool:
    """Whether 0 means something for the targets.

    So it does where a bound at 0 is declared, where the targets have one sign over more than a
    decade, or where their logarithms go with the features as those over no other origin do.
    `x` and `group` are those of the nearer rows.
    """
    positive, negative = bool((y > 0.0).all()), bool((y < 0.0).all())
    if positive and all(0.0 in bounds for bounds in target_bounds(spec)):
        return True
    if not (positive or negative):
        return False
    size = np.abs(y)
    if (size.max(axis=0) > DECADE * size.min(axis=0)).all():
        return True
    logarithmic = [feature.logarithmic for feature in spec.features]
    return all(is_origin(x, values, group, logarithmic) for values in size[near].T)


def _target_frame(values: Array, *, natural: bool) -> TargetFrame:
    """Geometric mean of a target with a natural zero; mean and spread of another."""
    n = len(values)
    if natural:
        return TargetFrame(0.0, math.exp(math.fsum(np.log(np.abs(values))) / n))
    mean = math.fsum(values) / n
    spread = math.sqrt(math.fsum((values - mean) ** 2) / n)
    return TargetFrame(mean, spread or abs(mean) or 1.0)


def _parts(spec: TaskSpec, x: Array, roles: Sequence[Role]) -> dict[tuple[int, int], float]:
    """Pairs of features of which the first holds a part of what the second holds.

    The largest ratio of a part to its whole is one unit over the other. It stands at several
    values of the whole: where the part is all of it. Different data are a part of all data.

    Returns:
        Largest ratio of each pair.
    """
    parts = {}
    at = np.array([j for j, feature in enumerate(spec.features) if feature.logarithmic], dtype=int)
    for whole in at:
        ratios = x[:, at] / x[:, [whole]]
        largest = ratios.max(axis=0)
        is_all = ratios >= largest * (1.0 - 1e-9)
        counts = is_all.sum(axis=0)
        named = np.array([(roles[j], roles[whole]) == ("U", "D") for j in at], dtype=bool)
        asked = (counts < len(x)) & ((counts >= LEAST_WHOLES) | named) & (at != whole)
        for k in np.flatnonzero(asked):
            if named[k] or len(np.unique(x[is_all[:, k], whole])) >= LEAST_WHOLES:
                parts[int(at[k]), int(whole)] = float(largest[k])
    return parts


def _scales(spec: TaskSpec, x: Array, ratios: dict[tuple[int, int], float]) -> tuple[float, ...]:
    """A middle value of features that act through their logarithm, the largest of others.

    Features of which each target has one of its own have one scale, and parts that of their whole.
    """
    scales = [
        _middle_level(v) if feature.logarithmic else float(np.abs(v).max())
        for feature, v in zip(spec.features, x.T, strict=True)
    ]
    if spec.own:
        scales = [max(scales)] * len(scales)
    whole_scales = list(scales)
    for (part, whole), ratio in ratios.items():
        scales[part] = whole_scales[whole] * ratio
    return tuple(scale or 1.0 for scale in scales)


def _middle_level(values: Array) -> float:
    """The lower middle one of a feature's different values."""
    # Not numpy's `unique`: it imports masked arrays, a tenth of the time to load a run.
    level = np.sort(values)
    level = level[np.concatenate([[True], level[1:] != level[:-1]])]
    return float(level[(len(level) - 1) // 2])


def _rises(spec: TaskSpec, x: Array, y: Array, along: Sequence[int]) -> bool:
    """Whether the targets rise along features, or along those of their own."""
    total = 0.0
    for t, target in enumerate(y.T):
        for j in [t % x.shape[1]] if spec.own else along:
            values = np.log(x[:, j]) if spec.features[j].logarithmic else x[:, j]
            total += _correlation(values, target)
    return total > 1e-9


def _correlation(a: Array, b: Array) -> float:
    """Pearson's correlation, the same in any order of the rows."""
    a, b = (_small(v) for v in (a, b))
    a, b = _small(a - math.fsum(a) / len(a)), _small(b - math.fsum(b) / len(b))
    size = math.sqrt(math.fsum(a * a) * math.fsum(b * b))
    return math.fsum(a * b) / size if size else 0.0


def _small(values: Array) -> Array:
    """Values over a power of two, which leaves their digits, so that no product overflows."""
    return np.ldexp(values, -int(np.frexp(np.abs(values).max())[1]))


def _column_order(
    spec: TaskSpec, frame: Frame, axes: Sequence[int], x: Array, y: Array
) -> list[int]:
    """Features by what they hold: axes first, then by levels and how the targets go with them."""
    seen, targets = frame.seen(x), frame.oriented(y)

    def content(j: int) -> tuple[object, ...]:
        logarithmic = spec.features[j].logarithmic
        levels, counts = np.unique(_shown(_thinned(seen[:, j])), return_counts=True)
        values = np.log(seen[:, j]) if logarithmic else seen[:, j]
        with_targets = [_correlation(values, t) for t in targets.T]
        return (
            j not in axes,
            not logarithmic,
            -len(levels),
            tuple(zip(levels, counts, strict=True)),
            tuple(_shown(np.array(with_targets))),
        )

    return sorted(range(x.shape[1]), key=content)


def _thinned(values: Array) -> Array:
    """At most `TOLD` values, evenly spread over those in order; all where there are no more."""
    if len(values) <= TOLD:
        return values
    return np.asarray(np.sort(values)[np.linspace(0, len(values) - 1, TOLD).round().astype(int)])


def _shown(values: Array) -> Array:
    """Numbers to `SHOWN` digits."""
    return np.array([float(f"{v:.{SHOWN - 1}e}") for v in values])


def canonical_order(frame: Frame, x: Array, y: Array, group: Ints) -> tuple[Ints, Ints]:
    """Order of rows and groups by what they hold.

    Args:
        frame: Of the rows.
        x: `(n, f)` features.
        y: `(n, t)` targets.
        group: `(n,)` group numbers.

    Returns:
        `(n,)` row numbers and `(g,)` group numbers, each in the order of the frame.
    """
    content = np.column_stack([frame.seen(x)[:, list(frame.columns)], frame.oriented(y)])
    n_groups = int(group.max()) + 1
    rows = np.lexsort(content.T[::-1])
    held = dict(rows_by_group(group[rows]))
    by_group = [rows[held.get(g, np.zeros(0, dtype=np.int64))] for g in range(n_groups)]
    sizes = np.array([len(numbers) for numbers in by_group])
    alike = np.bincount(sizes)[sizes] > 1
    texts = [content[n].tolist() if a else [] for n, a in zip(by_group, alike, strict=True)]
    groups = sorted(range(n_groups), key=lambda g: (-sizes[g], texts[g]))
    return np.concatenate([by_group[g] for g in groups]), np.array(groups, dtype=np.int64)
