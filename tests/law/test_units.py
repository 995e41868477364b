"""A scale that decides what a law says is found, one that constants make up for is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evolve.law.canonical import complexity
from evolve.law.graph import Node, call, const, feat, num
from evolve.law.units import hidden_scales

c0, c1, c2 = (const(i) for i in range(3))
size, data = (call("div", feat(j), num(unit)) for j, unit in ((0, 1e9), (1, 1e11)))


def log(node: Node) -> Node:
    return call("log", node)


def inverse(node: Node) -> Node:
    return call("div", num(1.0), node)


POWER = call("add", c0, call("mul", c1, call("pow", size, c2)))
LAWS = {
    "a power with an amplitude": (POWER, 0),
    "a line in a logarithm": (call("add", c0, call("mul", c1, log(size))), 0),
    "a power without an amplitude": (call("add", c0, call("pow", size, c2)), 1),
    "a logarithm without an intercept": (call("mul", c0, log(size)), 1),
    "a curve about one": (call("add", c0, call("mul", c1, log(call("add", num(1.0), size)))), 1),
    "two inverses with one amplitude": (
        call("add", c0, call("mul", c1, call("add", inverse(size), inverse(data)))),
        1,
    ),
    "two inverses without one": (call("add", inverse(size), inverse(data)), 2),
}


@pytest.mark.parametrize("name", LAWS)
def test_scales_that_stand_for_constants_are_counted(name: str) -> None:
    root, n_hidden = LAWS[name]
    assert hidden_scales(root) == n_hidden


def test_features_over_one_scale_have_a_ratio_of_their_own() -> None:
    unique, tokens = (call("div", feat(j), num(1e9)) for j in (0, 1))
    share = call("div", unique, tokens)
    assert hidden_scales(call("add", c0, call("exp", share))) == 0
    assert hidden_scales(call("add", c0, call("exp", call("div", size, data)))) > 0


@given(st.floats(1e-6, 1e12))
def test_no_number_of_a_scale_changes_the_size_of_a_law(unit: float) -> None:
    scaled = call("div", feat(0), num(unit))
    for root, _ in LAWS.values():
        moved = _with_size(root, scaled)
        assert complexity(moved) == complexity(root)


def test_a_scale_that_stands_for_a_constant_costs_as_much_as_one() -> None:
    free = call("add", c0, call("mul", c1, call("pow", size, c2)))
    borrowed = call("add", c0, call("pow", size, c1))
    assert complexity(free) == complexity(borrowed) + 1.0  # for the product


def _with_size(node: Node, scaled: Node) -> Node:
    """The tree with another scale of its first feature."""
    if node == size:
        return scaled
    return Node(node.op, tuple(_with_size(a, scaled) for a in node.args), node.value)
