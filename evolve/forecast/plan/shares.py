"""The best values of features that act as they are, such as shares of a mixture, at one cost."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from evolve.errors import EvolveError
from evolve.typing import Array

PARTS = {1: 1, 2: 400, 3: 60, 4: 24}  # that a direction is divided into, by number of features
HALVINGS = 80  # of the way along a ray
REFINEMENTS = 60  # of the best direction
SHRINK = 0.7  # of each step to the next
SLACK = 1e-9  # relative, within which a cost is that of a row


def best_shares(
    rows: Array,
    cost: Callable[[Array], Array],
    loss: Callable[[Array], Array],
    budget: float,
    within: str = "",
) -> Array:
    """The values that cost the budget and have the least loss, each within its range in the rows.

    Args:
        rows: `(n, k)` values of the training rows.
        cost: `(m, k)` values to `(m,)` costs.
        loss: `(m, k)` values to `(m,)` losses; inf where there is none.
        budget: Within the costs of the rows.
        within: What else such values keep to, in words.

    Returns:
        `(1, k)`.

    Raises:
        EvolveError: No row costs so little or so much, or no such values can be predicted.
    """
    require_within(cost(rows), budget)

    def losses(directions: Array) -> tuple[Array, Array]:
        free, reached = at_cost(rows, cost, directions, budget)
        return free, np.where(reached, loss(free), np.inf)

    directions = simplex(rows.shape[1])
    free, values = losses(directions)
    if not np.isfinite(values).any():
        raise EvolveError(f"plan: no run that costs {budget:g}{within} can be predicted")
    i = int(np.argmin(values))
    best, direction, least = free[i], directions[i], float(values[i])
    step = 1.0 / PARTS[rows.shape[1]]
    turns = np.array(list(itertools.product((-1.0, 0.0, 1.0), repeat=rows.shape[1])))
    for _ in range(REFINEMENTS):
        near = np.maximum(direction + step * turns, 0.0)
        near = near[near.sum(axis=1) > 0]
        near /= near.sum(axis=1, keepdims=True)
        free, values = losses(near)
        i = int(np.argmin(values))
        if values[i] < least:
            best, direction, least = free[i], near[i], float(values[i])
        step *= SHRINK
    return np.asarray(best[None])


def require_within(costs: Array, budget: float) -> None:
    """Require that some training rows cost as little as a budget, and some as much.

    Raises:
        EvolveError: All of them cost more, or less.
    """
    slack = SLACK * abs(budget)
    if not costs.min() - slack <= budget <= costs.max() + slack:
        raise EvolveError(
            f"plan: features that act as they are keep to the training rows, which cost "
            f"{costs.min():.5g} to {costs.max():.5g}, not {budget:.5g}"
        )


def simplex(k: int) -> Array:
    """`(m, k)` evenly spaced directions of `k` parts that are not negative and add up to 1."""
    parts = PARTS[k]
    counts = [c for c in itertools.product(range(parts + 1), repeat=k - 1) if sum(c) <= parts]
    heads = np.array(counts, dtype=float).reshape(len(counts), k - 1)
    return np.column_stack([heads, parts - heads.sum(axis=1)]) / parts


def at_cost(
    rows: Array, cost: Callable[[Array], Array], directions: Array, budget: float
) -> tuple[Array, NDArray[np.bool_]]:
    """`(m, k)` points of the rows' ranges on rays from the lower ends, and which cost the budget.

    A ray ends where a feature is at the upper end of its range.
    """
    low, span = rows.min(axis=0), np.ptp(rows, axis=0)
    near = np.zeros(len(directions))
    far = 1.0 / directions.max(axis=1)

    def point(along: Array) -> Array:
        return np.asarray(low + along[:, None] * directions * span)

    slack = SLACK * abs(budget)
    reached = (cost(point(near)) <= budget + slack) & (cost(point(far)) >= budget - slack)
    for _ in range(HALVINGS):
        middle = 0.5 * (near + far)
        dear = cost(point(middle)) > budget
        far, near = np.where(dear, middle, far), np.where(dear, near, middle)
    return point(far), reached
