"""The rows of a large table that a search works on, an even share of every group and scale."""

from __future__ import annotations

import numpy as np

from evolve.scoring.objective import SEARCH_GROUPS, SEARCH_ROWS
from evolve.typing import Array, Ints

LEAST_OF_GROUP = 24  # rows that are taken of a group that has them
MOST_COLUMNS = 3  # columns that strata are made along


def sample_rows(values: Array, group: Ints, most: int) -> Ints:
    """Choose about `most` rows: one of each stratum of a group's scales, by a fixed draw.

    Of so many groups that a few rows of each are more, or that fitting each takes longer than the
    rows do, some are taken, evenly spread over those in order. The rows must come in an order that
    what they hold decides; nothing else does then.

    Args:
        values: `(n, a)` columns along which strata are made, the foremost first.
        group: `(n,)` group numbers.
        most: Rows wanted.

    Returns:
        `(m,)` row numbers, ascending: all where there are no more than `most`, in no more groups
        than a search works on.
    """
    order = np.argsort(group, kind="stable")
    _, begins, sizes = np.unique(group[order], return_index=True, return_counts=True)
    most_groups = SEARCH_GROUPS * max(most // SEARCH_ROWS, 1)
    if len(group) <= most and len(sizes) <= most_groups:
        return np.arange(len(group))
    least = np.minimum(sizes, LEAST_OF_GROUP)
    n_groups = min(most * len(sizes) // int(least.sum()), len(sizes), most_groups)
    numbers = np.linspace(0, len(sizes) - 1, max(n_groups, 1)).round().astype(int)
    wanted = np.round(most * sizes / sizes[numbers].sum()).astype(int)
    wanted = np.minimum(sizes, np.maximum(wanted, LEAST_OF_GROUP))
    draw = np.random.default_rng(0)
    chosen = []
    for g in numbers:
        rows = order[begins[g] : begins[g] + sizes[g]]
        chosen.append(rows[_one_of_each(values[rows], int(wanted[g]), draw)])
    return np.sort(np.concatenate(chosen))


def _one_of_each(values: Array, n: int, draw: np.random.Generator) -> Ints:
    """`(n,)` rows, one at random out of each of `n` strata of about one size."""
    if n >= len(values):
        return np.arange(len(values))
    columns = values.T[:MOST_COLUMNS]
    order = np.arange(len(values))
    per_column = max(round(n ** (1.0 / len(columns))), 1)
    keys: list[Array] = []
    for column in columns[:-1]:
        rank = np.empty(len(values), dtype=np.int64)
        rank[np.argsort(column, kind="stable")] = order
        keys.append(rank * per_column // len(values))
    order = np.lexsort([columns[-1], *keys[::-1]])
    ends = np.linspace(0, len(values), n + 1)
    at = ends[:-1] + draw.random(n) * np.diff(ends)
    return np.asarray(order[np.minimum(at.astype(np.int64), len(values) - 1)])
