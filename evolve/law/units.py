"""Find what a law owes to the scales of its features.

A law is free of the scale of a feature where its constants make up for any other: where the
derivative by the logarithm of the scale lies in the span of the derivatives by the constants. Else
the scale is a constant in disguise, as in 1/N + 1/D, where it decides which of the two counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import numpy as np

from evolve.law.algebra import is_unit_scaled
from evolve.law.graph import STEP, Node, evaluate, renumber, slopes
from evolve.typing import Array

N_ROWS = 48
N_TRIES = 40
TOLERANCE = 1e-5  # of the derivative by a scale, as a share, that constants may leave
NOTHING = 1e-8  # of the law itself: a derivative by a scale of which the law is free


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
    least = NOTHING * float(np.linalg.norm(drawn.values))
    lengths = np.linalg.norm(drawn.by_constants, axis=1)
    kept = lengths > least
    columns = list(drawn.by_constants[kept] / lengths[kept, None])
    n_fitted = len(columns)
    for by_scale in drawn.by_scales:
        length = np.linalg.norm(by_scale)
        if np.isfinite(length) and length > least and not _in_span(columns, by_scale / length):
            columns.append(by_scale / length)
    return len(columns) - n_fitted


def _without_scales(node: Node, scales: dict[int, float]) -> Node:
    """The tree of bare features; what each was divided by goes into `scales`."""
    if is_unit_scaled(node):
        scales[node.args[0].index] = node.args[1].value
        return node.args[0]
    if node.op == "feat":
        scales.setdefault(node.index, 1.0)
    if not node.args or not node.features:
        return node
    return Node(node.op, tuple([_without_scales(a, scales) for a in node.args]), node.value)


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
    for x, constants in _tries(n_constants, n_features):
        values, by_scales = _by_scales(root, x, constants, together)
        by_constants = slopes(root, x, constants).T
        with np.errstate(all="ignore"):
            fine = np.isfinite(values) & np.isfinite(by_constants).all(axis=0)
            fine &= np.abs(values) < 1e6
        if fine.sum() >= max(N_ROWS // 2, n_constants + 4):
            return _Drawn(values[fine], by_constants[:, fine], by_scales[:, fine])
    return None


def _tries(n_constants: int, n_features: int) -> Iterator[tuple[Array, Array]]:
    """Rows and constants, one try after the other; nearly all laws need but the first."""
    yield _first_try(n_constants, n_features)
    yield from islice(_drawn_anew(n_constants, n_features), 1, N_TRIES)


@lru_cache(maxsize=128)
def _first_try(n_constants: int, n_features: int) -> tuple[Array, Array]:
    return next(_drawn_anew(n_constants, n_features))


def _drawn_anew(n_constants: int, n_features: int) -> Iterator[tuple[Array, Array]]:
    rng = np.random.default_rng(0)
    while True:
        x = np.exp(rng.uniform(-1.2, 1.2, (N_ROWS, n_features)))
        signs = rng.choice([-1.0, 1.0], n_constants)
        yield x, signs * rng.uniform(0.3, 1.3, n_constants)


def _by_scales(
    root: Node, x: Array, constants: Array, together: Sequence[Sequence[int]]
) -> tuple[Array, Array]:
    """`(n,)` values of a law, and `(s, n)` derivatives by the logarithms of scales."""
    moved = [x]
    for features in together:
        for factor in (np.exp(STEP), np.exp(-STEP)):
            rows = x.copy()
            rows[:, features] *= factor
            moved.append(rows)
    values = evaluate(root, np.concatenate(moved), constants).reshape(len(moved), len(x))
    with np.errstate(all="ignore"):
        return values[0], (values[1::2] - values[2::2]) / (2.0 * STEP)


def _in_span(columns: Sequence[Array], unit_vector: Array) -> bool:
    """Whether a vector `(n,)` of length 1 is a combination of columns `(n,)`."""
    if not columns:
        return False
    basis = np.column_stack(columns)
    weights, *_ = np.linalg.lstsq(basis, unit_vector, rcond=1e-10)
    return bool(np.linalg.norm(unit_vector - basis @ weights) <= TOLERANCE)
