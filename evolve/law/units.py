"""Find what a law owes to the scales of its features.

A law is free of the scale of a feature where its constants make up for any other: where the
derivative by the logarithm of the scale lies in the span of the derivatives by the constants. Else
the scale is a constant in disguise, as in 1/N + 1/D, where it decides which of the two counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

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
    drawn = _draw(seen, n_constants, 1 + max(scales, default=0))
    if drawn is None:
        return 0
    x, constants = drawn
    together: dict[float, list[int]] = {}
    for feature, scale in sorted(scales.items()):
        together.setdefault(scale, []).append(feature)
    by_constants = slopes(seen, x, constants)
    least = NOTHING * float(np.linalg.norm(evaluate(seen, x, constants)))
    columns = [v / np.linalg.norm(v) for v in by_constants.T if np.linalg.norm(v) > least]
    n_fitted = len(columns)
    for features in together.values():
        by_scale = _by_scale(seen, x, constants, features)
        length = np.linalg.norm(by_scale)
        if np.isfinite(length) and length > least and not _in_span(columns, by_scale / length):
            columns.append(by_scale / length)
    return len(columns) - n_fitted


def _without_scales(node: Node, scales: dict[int, float]) -> Node:
    """The tree of bare features; what each was divided by goes into `scales`."""
    if is_unit_scaled(node):
        scales[int(node.args[0].index)] = node.args[1].value
        return node.args[0]
    if node.op == "feat":
        scales.setdefault(int(node.index), 1.0)
    return Node(node.op, tuple(_without_scales(a, scales) for a in node.args), node.value)


def _draw(root: Node, n_constants: int, n_features: int) -> tuple[Array, Array] | None:
    """Rows and constants at which the law and its derivatives are finite; None if none are."""
    rng = np.random.default_rng(0)
    for _ in range(N_TRIES):
        x = np.exp(rng.uniform(-1.2, 1.2, (N_ROWS, n_features)))
        signs = rng.choice([-1.0, 1.0], n_constants)
        constants = signs * rng.uniform(0.3, 1.3, n_constants)
        values = evaluate(root, x, constants)
        with np.errstate(all="ignore"):
            fine = np.isfinite(values) & np.isfinite(slopes(root, x, constants)).all(axis=1)
            fine &= np.abs(values) < 1e6
        if fine.sum() >= max(N_ROWS // 2, n_constants + 4):
            return x[fine], constants
    return None


def _by_scale(root: Node, x: Array, constants: Array, features: Sequence[int]) -> Array:
    """`(n,)` derivative of the law by the logarithm of the scale of some features."""
    up, down = x.copy(), x.copy()
    up[:, features] *= np.exp(STEP)
    down[:, features] *= np.exp(-STEP)
    rise = evaluate(root, up, constants) - evaluate(root, down, constants)
    return np.asarray(rise / (2.0 * STEP))


def _in_span(columns: Sequence[Array], unit_vector: Array) -> bool:
    """Whether a vector `(n,)` of length 1 is a combination of columns `(n,)`."""
    if not columns:
        return False
    basis = np.column_stack(columns)
    weights, *_ = np.linalg.lstsq(basis, unit_vector, rcond=1e-10)
    return bool(np.linalg.norm(unit_vector - basis @ weights) <= TOLERANCE)
