"""The leading starts, and those that meet, are found by compiled loops as by numpy's rows."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.fitting.fit import fit_many
from evolve.fitting.leaders import leading, merge, merge_rows
from evolve.fitting.result import Problem
from evolve.fitting.service import ENTRIES
from evolve.law.graph import Law, call, const, feat
from evolve.law.recipe import Recipe

COSTS = (1.0, 1.0000005, 1.000001, 1.000002, 2.0, 0.0, np.inf, np.nan)


@pytest.mark.parametrize("seed", range(40))
def test_starts_go_by_their_costs_and_equal_ones_in_their_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 30))
    costs, constants = rng.choice(COSTS, size=(3, n)), rng.normal(size=(3, n, 2))
    order = np.argsort(costs, axis=1, kind="stable")[:, :8]
    best, lowest = leading(costs, constants, 8)
    np.testing.assert_array_equal(best, np.take_along_axis(constants, order[:, :, None], axis=1))
    np.testing.assert_array_equal(lowest, np.take_along_axis(costs, order, axis=1))


@pytest.mark.parametrize("seed", range(40))
def test_loops_and_rows_merge_the_same_starts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    costs, weights = rng.choice(COSTS, size=(3, 20)), rng.integers(0, 3, size=(3, 20))
    by_rows = weights.copy()
    merge(costs, weights)
    merge_rows(costs, by_rows)
    np.testing.assert_array_equal(weights, by_rows)


def test_no_table_and_no_recipe_asks_for_code_that_was_not_compiled_before() -> None:
    scaled = call("exp", call("sub", const(1), call("mul", const(2), feat(0))))
    law = Law(call("add", const(0), scaled), 3)
    for n in (6, 50, 500):
        x = np.linspace(1.0, 4.0, n)
        rows = [Problem(x[:, None], 2.0 + np.exp(0.5 - x))] * 4
        for recipe in (Recipe(), Recipe("log", "huber"), Recipe(shrinkage=1.0)):
            fit_many(law, rows, recipe)
    assert all(len(getattr(entry, "signatures", [])) <= 1 for entry in ENTRIES)
