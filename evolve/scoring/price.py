"""What a law pays besides its errors: for its size, and for breaking declared physics."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evolve.scoring.objective import (
    CHANCE_PRICE,
    CONSTANT_PRICE,
    EXOTIC_PRICE,
    FEWEST_VALUES,
    INITIAL_DISCOUNT,
    MOST_VALUES,
    PHYSICS_PRICE,
)


def physics_price(shares: Sequence[float]) -> float:
    """What breaking the declared physics beyond the data adds to a score.

    Args:
        shares: For each fold, the share of points that break it.
    """
    return PHYSICS_PRICE * float(np.add.reduce(shares) / len(shares)) if len(shares) else 0.0


def price_of(
    n_constants: int, complexity: float, n_values: int, *, is_initial: bool = False
) -> float:
    """What the size of a law adds to its score.

    As in a code of two parts (Rissanen 1978), what a form takes to say is weighed against what it
    saves on each of `n_values`. Among thousands of forms, some fit by chance, the larger ones more
    of them and the better the fewer values there are: a form that was searched for pays more.

    Args:
        n_constants: Constants for each group and target.
        complexity: Size of the law weighted by how exotic its operations are.
        n_values: Training targets of the task, all groups and targets together. What any form
            pays counts `FEWEST_VALUES` at least, so that small tables get laws at all, and
            `MOST_VALUES` at most, as more of them tell hardly anything new.
        is_initial: The form was known before the search. It was not picked from thousands, so
            it owes nothing for chance and has a small advantage.
    """
    values = min(max(n_values, FEWEST_VALUES), MOST_VALUES)
    price = (CONSTANT_PRICE * n_constants + EXOTIC_PRICE * complexity) / values
    if is_initial:
        return price - INITIAL_DISCOUNT
    return price + CHANCE_PRICE * complexity / n_values
