"""Find what a law owes to the scales of its features.

A law is free of the scale of a feature where its constants make up for any other: where the
derivative by the logarithm of the scale lies in the span of the derivatives by the constants. Else
the scale is a constant in disguise, as in 1/N + 1/D, where it decides which of the two counts.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import numpy as np

from evolve.law.algebra import is_unit_scaled
from evolve.law.graph import (
    Node,
    call,
    constants_of,
    evaluate_rows,
    feat,
    features_of,
    num,
    renumber,
    replace_leaves,
)
from evolve.typing import Array

# Relative step of central differences, and the size below which a constant counts as this large:
# those that are drawn are of the size of 1.
STEP, SMALL = 1e-5, 1e-3
N_ROWS = 48
N_TRIES = 40
SAME = 1e-10  # of the largest singular value: those smaller are of derivatives that are others
TOLERANCE = 1e-5  # of the derivative by a scale, as a share, that constants may leave
NOTHING = 1e-8  # of the law itself: a derivative by a scale of which the law is free
AROUND = (
    1.0,
    8.0,
    0.125,
)  # where rows are drawn: logarithms are positive above 1, shares below


@lru_cache(maxsize=8192)
def hidden_scales(root: Node) -> int:
    """How many constants the scales of features stand for in a law.

    Features over the same literal share a scale, so that their ratio is free of it.

    Args:
        root: The law, its features over literals (`x/1e9`) or as they are.
    """
    scales: dict[int, float] = {}
    seen, n_constants = renumber(_without_scales(root, scales))
    together: dict[float, list[int]] = {}
    for feature, scale in sorted(scales.items()):
        together.setdefault(scale, []).append(feature)
    drawn = _draw(seen, n_constants, 1 + max(scales, default=0), list(together.values()))
    if drawn is None:
        return 0
    least = NOTHING * _length(drawn.values)
    span = _span_of(drawn.by_constants, least)
    n_fitted = len(span)
    for by_scale in drawn.by_scales:
        length = _length(by_scale)
        if math.isfinite(length) and length > least:
            beyond = by_scale / length
            beyond = beyond - (span @ beyond) @ span
            left = _length(beyond)
            if left > TOLERANCE:
                span = np.concatenate([span, [beyond / left]])
    return len(span) - n_fitted


def is_covered(root: Node, k: int, by: Collection[int]) -> bool:
    """Whether some constants of a law make up for any value of another one, whatever the rows.

    Args:
        root: The law, of bare features.
        k: Number of the constant that may have any value.
        by: Numbers of those that may change with it.
    """
    features = [feat(j) for j in features_of(root)]
    n_constants = 1 + max(constants_of(root))
    for around in AROUND:
        near = replace_leaves(root, {x: call("mul", num(around), x) for x in features})
        drawn = _draw(near, n_constants, 1 + max(features_of(root), default=0), [])
        if drawn is not None:
            least = NOTHING * _length(drawn.values)
            wanted = drawn.by_constants[k]
            span = _span_of(drawn.by_constants[list(by)], least)
            left = _length(wanted - (span @ wanted) @ span)
            return left <= max(least, TOLERANCE * _length(wanted))
    return False


def _without_scales(node: Node, scales: dict[int, float]) -> Node:
    """The tree of bare features; what each was divided by goes into `scales`."""
    if not node.features:
        return node
    if node.op == "feat":
        scales.setdefault(node.index, 1.0)
        return node
    if is_unit_scaled(node):
        scales[node.args[0].index] = node.args[1].value
        return node.args[0]
    args = tuple([_without_scales(a, scales) for a in node.args])
    return node if args == node.args else Node(node.op, args, node.value)


class _Drawn(NamedTuple):
    """A law at rows where it and its derivatives by constants are finite.

    Attributes:
        values: `(n,)` of the law.
        by_constants: `(p, n)` derivatives by its constants.
        by_scales: `(s, n)` derivatives by the logarithms of scales.
    """

    values: Array
    by_constants: Array
    by_scales: Array


def _draw(
    root: Node, n_constants: int, n_features: int, together: Sequence[Sequence[int]]
) -> _Drawn | None:
    """Draw rows and constants at which a law is finite; None if there are none.

    Args:
        root: The law, of bare features.
        n_constants: How many it has.
        n_features: How many features rows have.
        together: Features of each scale.
    """
    for points in _tries(n_constants, n_features, tuple(map(tuple, together))):
        values, by_constants, by_scales = _derivatives(root, points)
        # A comparison with what is not a number is false, and none of these is infinite.
        fine = (np.abs(values) < 1e6) & np.isfinite(by_constants).all(axis=0)
        n_fine = np.count_nonzero(fine)
        if n_fine >= max(N_ROWS // 2, n_constants + 4):
            if n_fine == len(fine):
                return _Drawn(values, by_constants, by_scales)
            return _Drawn(values[fine], by_constants[:, fine], by_scales[:, fine])
    return None


def _length(vector: Array) -> float:
    """What `numpy.linalg.norm` gives of a vector, several times as fast."""
    return math.sqrt(vector.dot(vector))


class _Points(NamedTuple):
    """Where a law is evaluated: at rows and constants, then a step from these to either side.

    Attributes:
        rows: `((1 + 2p + 2s) * n, f)` rows.
        constants: `((1 + 2p + 2s) * n, p)` constants of each.
        steps: `(p,)` size of the steps of constants.
    """

    rows: Array
    constants: Array
    steps: Array


def _tries(
    n_constants: int, n_features: int, together: tuple[tuple[int, ...], ...]
) -> Iterator[_Points]:
    """Where to evaluate, one try after the other; nearly all laws need but the first."""
    yield _first_try(n_constants, n_features, together)
    for x, constants in islice(_drawn_anew(n_constants, n_features), 1, N_TRIES):
        yield _points(x, constants, together)


@lru_cache(maxsize=32)
def _first_try(
    n_constants: int, n_features: int, together: tuple[tuple[int, ...], ...]
) -> _Points:
    return _points(*next(_drawn_anew(n_constants, n_features)), together)


def _drawn_anew(n_constants: int, n_features: int) -> Iterator[tuple[Array, Array]]:
    rng = np.random.default_rng(0)
    while True:
        x = np.exp(rng.uniform(-1.2, 1.2, (N_ROWS, n_features)))
        signs = rng.choice([-1.0, 1.0], n_constants)
        yield x, signs * rng.uniform(0.3, 1.3, n_constants)


def _points(x: Array, constants: Array, together: Sequence[Sequence[int]]) -> _Points:
    """Rows `(n, f)` and constants `(p,)`, and those a step away, for central differences."""
    p, s = len(constants), len(together)
    rows, at = np.tile(x, (1 + 2 * (p + s), 1, 1)), np.tile(constants, (1 + 2 * (p + s), 1))
    steps = STEP * np.maximum(np.abs(constants), SMALL)
    at[1 : p + 1] += np.diag(steps)
    at[p + 1 : 2 * p + 1] -= np.diag(steps)
    for i, features in enumerate(together):
        rows[2 * p + 1 + i, :, features] *= math.exp(STEP)
        rows[2 * p + 1 + s + i, :, features] *= math.exp(-STEP)
    return _Points(rows.reshape(-1, x.shape[1]), np.repeat(at, len(x), axis=0), steps)


def _derivatives(root: Node, points: _Points) -> tuple[Array, Array, Array]:
    """Values `(n,)` of a law and its derivatives, as `_Drawn` has them, by central differences."""
    values = evaluate_rows(root, points.rows, points.constants).reshape(-1, N_ROWS)
    p = len(points.steps)
    s = len(values) // 2 - p
    with np.errstate(all="ignore"):
        by_constants = values[1 : p + 1] - values[p + 1 : 2 * p + 1]
        by_constants /= 2.0 * points.steps[:, None]
        by_scales = (values[2 * p + 1 : 2 * p + 1 + s] - values[2 * p + 1 + s :]) / (2.0 * STEP)
    return values[0], by_constants, by_scales


def _span_of(vectors: Array, least: float) -> Array:
    """What `_span` gives of vectors `(p, n)` of any length, less those shorter than `least`."""
    lengths = np.sqrt(np.add.reduce(vectors**2, axis=1))
    kept = lengths > least
    return _span(vectors[kept] / lengths[kept, None])


def _span(vectors: Array) -> Array:
    """Vectors `(k, n)` of length 1 at right angles, of which those `(p, n)` are combinations."""
    if not len(vectors):
        return vectors
    _, sizes, across = np.linalg.svd(vectors, full_matrices=False)
    return np.asarray(across[sizes > SAME * sizes[0]])
