"""Derivatives by constants are exact, however small these are and wherever a law saturates."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from random_laws import N_FEATURES, laws

from evolve.law.graph import BINARY, UNARY, Law, call, const, evaluate, feat, num
from evolve.law.slopes import slopes

ROWS = np.array([[2.0, 3.0], [8.0, 5.0]])
x, y = feat(0), feat(1)


@pytest.mark.parametrize("op", UNARY)
def test_every_function_of_one_argument_has_its_derivative(op: str) -> None:
    root, c, step = call(op, call("mul", const(0), x)), np.array([0.3]), 1e-6
    up, down = (evaluate(root, ROWS, c + by) for by in (step, -step))
    wanted = (up - down) / (2.0 * step)
    np.testing.assert_allclose(slopes(root, ROWS, c)[:, 0], wanted, rtol=1e-8)


@pytest.mark.parametrize("op", BINARY)
def test_every_operation_has_its_derivatives_by_both_arguments(op: str) -> None:
    root, c = call(op, call("mul", const(0), x), call("add", const(1), y)), np.array([0.9, -0.4])
    found = slopes(root, ROWS, c)
    for j in range(2):
        step = 1e-6 * np.eye(2)[j]
        wanted = (evaluate(root, ROWS, c + step) - evaluate(root, ROWS, c - step)) / 2e-6
        np.testing.assert_allclose(found[:, j], wanted, rtol=1e-8, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(laws())
def test_slopes_of_any_law_are_those_of_differences(law: Law) -> None:
    rng = np.random.default_rng(0)
    rows, c = rng.uniform(1.0, 2.0, (6, N_FEATURES)), rng.uniform(0.5, 1.0, law.n_constants)
    found = slopes(law.root, rows, c)
    assert found.shape == (6, law.n_constants)
    for j in range(law.n_constants):
        step = 1e-6 * np.eye(law.n_constants)[j]
        up, mid, down = (evaluate(law.root, rows, c + by * step) for by in (1.0, 0.0, -1.0))
        with np.errstate(all="ignore"):
            turns = np.abs(up - 2.0 * mid + down) > 1e-9 * (1.0 + np.abs(mid))  # or bends too much
            wanted = (up - down) / 2e-6
        sure = np.isfinite(wanted) & ~turns & (np.abs(mid) < 1e4)
        np.testing.assert_allclose(found[sure, j], wanted[sure], rtol=1e-3, atol=1e-4)


def test_a_constant_of_any_size_has_the_slope_of_its_unit() -> None:
    root = call("add", const(0), call("exp", call("neg", call("mul", const(1), x))))
    for unit in (1.0, 1e9, 1e-9):
        found = slopes(root, ROWS * unit, np.array([2.0, 0.3 / unit]))
        np.testing.assert_allclose(found[:, 1] / unit, -ROWS[:, 0] * np.exp(-0.3 * ROWS[:, 0]))


def test_where_an_exponential_overflows_a_law_that_is_finite_has_finite_slopes() -> None:
    share = call("div", num(1.0), call("add", num(1.0), call("exp", call("mul", const(0), x))))
    np.testing.assert_array_equal(slopes(share, ROWS * 1e4, np.array([1.0])), 0.0)


def test_rows_may_have_constants_of_their_own() -> None:
    root = call("mul", const(0), call("pow", x, const(1)))
    each = np.array([[1.0, 0.5], [2.0, -0.3]])
    found = slopes(root, ROWS, each)
    for i, own in enumerate(each):
        np.testing.assert_allclose(found[i], slopes(root, ROWS[i : i + 1], own)[0])


def test_slopes_are_the_derivatives_by_the_constants() -> None:
    root = call("mul", const(0), call("pow", x, call("mul", const(1), const(1))))
    a, b, rows = 3.0, 1e-2, ROWS[:, 0]
    wanted = np.stack([rows ** (b * b), 2 * a * b * np.log(rows) * rows ** (b * b)], axis=1)
    np.testing.assert_allclose(slopes(root, ROWS, np.array([a, b])), wanted)
    assert slopes(x, ROWS, np.zeros(0)).shape == (2, 0)


def test_slopes_that_are_too_large_for_a_number_are_not_finite_and_nothing_is_said() -> None:
    root = call("mul", const(0), call("exp", call("mul", const(1), num(709.0))))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        by_constants = slopes(root, ROWS, np.array([1.7, 1.0]))
    assert not np.isfinite(by_constants[:, 1]).any()
