"""Find what a law owes to the units of its features.

A law is free of the unit of a feature where its constants make up for any other unit: where the
derivative by the logarithm of the unit lies in the span of the derivatives by the constants. Else
the unit is a constant in disguise, as in 1/N + 1/D, where it decides which of the two counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from evolve.law.graph import STEP, Node, evaluate, features_of, renumber, slopes
from evolve.typing import Array

N_ROWS = 48
N_TRIES = 40
TOLERANCE = 1e-5  # of the derivative by a unit, as a share, that constants may leave


@lru_cache(maxsize=8192)
def hidden_units(root: Node, together: tuple[tuple[int, ...], ...]) -> tuple[int, ...]:
    """Numbers of the units that a law depends on.

    Args:
        root: The law; its literals are whatever they are.
        together: Features that are measured in each unit.
    """
    root, n_constants = renumber(root)
    used = features_of(root)
    drawn = _draw(root, n_constants, 1 + max(used, default=0))
    if drawn is None:
        return ()
    x, constants = drawn
    by_constants = slopes(root, x, constants)
    sizes = np.linalg.norm(by_constants, axis=0)
    by_constants = by_constants[:, sizes > 0.0] / sizes[sizes > 0.0]
    return tuple(
        number
        for number, features in enumerate(together)
        if used & set(features)
        and not _in_span(by_constants, _by_unit(root, x, constants, features))
    )


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


def _by_unit(root: Node, x: Array, constants: Array, features: Sequence[int]) -> Array:
    """`(n,)` derivative of the law by the logarithm of the unit of some features."""
    at = [j for j in features if j < x.shape[1]]
    up, down = x.copy(), x.copy()
    up[:, at] *= np.exp(STEP)
    down[:, at] *= np.exp(-STEP)
    rise = evaluate(root, up, constants) - evaluate(root, down, constants)
    return np.asarray(rise / (2.0 * STEP))


def _in_span(columns: Array, vector: Array) -> bool:
    """Whether a vector `(n,)` is a combination of columns `(n, p)`; one that is not finite is."""
    size = np.linalg.norm(vector)
    if not np.isfinite(size) or size == 0.0:
        return True
    weights, *_ = np.linalg.lstsq(columns, vector, rcond=1e-10)
    return bool(np.linalg.norm(vector - columns @ weights) <= TOLERANCE * size)
