"""Compare two laws numerically: can one be fitted to every curve that the other gives?"""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np

from evolve.law.graph import Node, constants_of, evaluate, renumber
from evolve.law.slopes import slopes
from evolve.typing import Array

N_ROWS = 40
N_TRIALS = 3
N_STARTS = 20
TOLERANCE = 1e-9
N_DRAWS = 4
COMPARED = 5  # rows at which two spellings are compared
MOST_NUMBERED = 7  # constants whose numbers are found by trying all orders
NOT_FINITE = 1e6  # residual of a row on which a tree is not finite


def n_independent(root: Node, n_features: int) -> int:
    """Number of identifiable constants of a tree.

    The rank of the derivatives by the constants at random rows and constants.
    """
    root, n_constants = renumber(root)
    if n_constants == 0:
        return 0
    rng = np.random.default_rng(0)
    x = _rows(rng, n_features)
    ranks = []
    for _ in range(N_TRIALS):
        constants = _constants(rng, root, x)
        jacobian = slopes(root, x, constants)
        scale = np.linalg.norm(jacobian, axis=0)
        if not np.isfinite(scale).all():
            continue
        singular = np.linalg.svd(jacobian / np.where(scale > 0, scale, 1.0), compute_uv=False)
        ranks.append(int(np.sum(singular > 1e-7 * singular[0])))
    return max(ranks, default=len(constants_of(root)))


def covers(general: Node, special: Node, n_features: int) -> bool:
    """Whether `general` can be fitted to the curves of `special`, to 1e-9 relative.

    Tried with several random draws of the constants of `special`, many starts each.
    """
    rng = np.random.default_rng(1)
    x = _rows(rng, n_features)
    special, _ = renumber(special)
    general, n_constants = renumber(general)
    for _ in range(N_TRIALS):
        draws = [evaluate(special, x, _constants(rng, special, x)) for _ in range(N_DRAWS)]
        y = min(draws, key=_wildness)
        if not _is_fitted(general, n_constants, x, y, rng):
            return False
    return True


def numbering(root: Node, other: Node, x: Array) -> tuple[int, ...]:
    """The numbers that the constants of a tree have in another, of which it is a spelling.

    Args:
        root: The tree, its constants numbered from 0.
        other: The other, with as many.
        x: `(n, f)` raw features; the trees are compared near the first of these rows.

    Returns:
        A number for each constant; none where the trees differ in more than what their constants
        are numbered, or have more than `MOST_NUMBERED`.
    """
    n_constants = len(constants_of(other))
    if n_constants > MOST_NUMBERED or len(constants_of(root)) != n_constants:
        return ()
    rng = np.random.default_rng(0)
    constants, rows = rng.uniform(0.2, 1.5, n_constants), x[:COMPARED]
    rows = rows * rng.uniform(0.5, 2.0, rows.shape)  # lest features go together in all of them
    orders = np.array(list(permutations(range(n_constants))))
    wanted, found = evaluate(other, rows, constants), evaluate(root, rows, constants[orders])
    same = np.isclose(found, wanted, rtol=TOLERANCE, atol=0.0) & np.isfinite(found)
    places = np.flatnonzero(same.all(axis=1))
    return tuple(int(k) for k in orders[places[0]]) if len(places) else ()


def _wildness(y: Array) -> float:
    """Largest value over the median: near a pole a law is hard to fit."""
    return float(np.max(np.abs(y)) / (np.median(np.abs(y)) or np.inf))


def _rows(rng: np.random.Generator, n_features: int) -> Array:
    return np.asarray(np.exp(rng.uniform(np.log(0.2), np.log(5.0), (N_ROWS, n_features))))


def _constants(rng: np.random.Generator, root: Node, x: Array) -> Array:
    """Draw constants until the tree is finite on all rows."""
    _, n_constants = renumber(root)
    for _ in range(200):
        constants = rng.uniform(0.2, 1.5, n_constants) * rng.choice([-1.0, 1.0], n_constants)
        if np.isfinite(evaluate(root, x, constants)).all():
            return np.asarray(constants)
    return np.ones(n_constants)


def _is_fitted(root: Node, n_constants: int, x: Array, y: Array, rng: np.random.Generator) -> bool:
    from scipy.optimize import least_squares

    scale = float(np.max(np.abs(y))) or 1.0
    if n_constants == 0:
        return _misfit(evaluate(root, x, np.zeros(0)), y, scale) < TOLERANCE

    def residual(constants: Array) -> Array:
        return np.nan_to_num(
            (evaluate(root, x, constants) - y) / scale, nan=NOT_FINITE, posinf=NOT_FINITE
        )

    def jacobian(constants: Array) -> Array:
        return np.nan_to_num(slopes(root, x, constants) / scale, nan=0.0)

    for _ in range(N_STARTS):
        start: Any = _constants(rng, root, x)
        result = least_squares(
            residual,
            start,
            jacobian,
            method="lm",
            xtol=1e-15,
            ftol=1e-15,
            gtol=1e-15,
            max_nfev=200,
        )
        if _misfit(evaluate(root, x, result.x), y, scale) < TOLERANCE:
            return True
    return False


def _misfit(fitted: Array, expected: Array, scale: float) -> float:
    worst = float(np.max(np.abs(fitted - expected)))
    return worst / scale if np.isfinite(worst) else np.inf
