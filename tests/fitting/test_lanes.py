"""Sums of lanes are those of each lane's rows in their order, taken a vector at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from evolve.fitting.compiled import COMPILED, exact
from evolve.fitting.lanes import spread, sum_products, sum_values
from evolve.fitting.workspace import LANES
from evolve.typing import Array

pytestmark = pytest.mark.skipif(not COMPILED, reason="nothing is compiled")
RNG = np.random.default_rng(3)


@exact
def products(x: Array, y: Array, sums: Array) -> None:
    for i in range(x.shape[0]):
        for j in range(y.shape[0]):
            sum_products(x, i, y, j, sums, i, j)


@exact
def values(x: Array, totals: Array) -> None:
    sum_values(x, totals)


@exact
def columns(trial: Array, v: Array) -> None:
    for k in range(trial.shape[1]):
        spread(trial, k, v, 1 + k)


@pytest.mark.parametrize("n", [0, 1, 7, 40])
def test_values_of_a_lane_are_added_in_the_order_of_its_rows(n: int) -> None:
    x, totals = RNG.normal(size=n * LANES) * 10.0 ** RNG.integers(-8, 8, n * LANES), np.ones(LANES)
    values(x, totals)
    expected = np.zeros(LANES)
    for row in x.reshape(n, LANES):
        expected += row
    np.testing.assert_array_equal(totals, expected)


@pytest.mark.parametrize("n", [0, 1, 7, 40])
def test_products_of_every_pair_of_rows_are_summed_by_lane(n: int) -> None:
    x, y = RNG.normal(size=(2, n * LANES)), RNG.normal(size=(3, n * LANES))
    sums = np.ones((2, 4, LANES))
    products(x, y, sums)
    expected = np.einsum("irl,jrl->ijl", x.reshape(2, n, LANES), y.reshape(3, n, LANES))
    np.testing.assert_allclose(sums[:, :3], expected, rtol=1e-12, atol=1e-14)
    assert (sums[:, 3] == 1.0).all()


def test_a_constant_of_each_lane_is_spread_over_its_rows() -> None:
    trial, v = RNG.normal(size=(LANES, 2)), np.zeros((4, 5 * LANES))
    columns(trial, v)
    np.testing.assert_array_equal(v[1:3], np.tile(trial.T, 5))
    assert not v[[0, 3]].any()


@pytest.mark.parametrize("function", [products, values, columns])
def test_lanes_are_one_vector(function: Any) -> None:
    zeros = {
        "products": [(1, 8), (1, 8), (1, 2, 8)],
        "values": [8, 8],
        "columns": [(8, 1), (2, 8)],
    }
    function(*(np.zeros(shape) for shape in zeros[function.__name__]))
    (code,) = function.inspect_llvm().values()
    assert f"<{LANES} x double>" in code
