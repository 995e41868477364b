"""The canonical form: one form for all spellings, and nothing lost on the way."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_laws import N_FEATURES, laws, trees, unit

from evolve.law.canonical import canonical, complexity, form, is_plain, key, simplify
from evolve.law.equivalence import covers
from evolve.law.graph import (
    COMMUTATIVE,
    Law,
    Node,
    call,
    const,
    evaluate,
    feat,
    num,
    replace_leaves,
    walk,
)
from evolve.law.recipe import Recipe

c0, c1, c2, c3 = (const(i) for i in range(4))
x, y = feat(0), feat(1)


def add(*nodes: Node) -> Node:
    first, *rest = nodes
    for node in rest:
        first = call("add", first, node)
    return first


def mul(*nodes: Node) -> Node:
    first, *rest = nodes
    for node in rest:
        first = call("mul", first, node)
    return first


def sub(a: Node, b: Node) -> Node:
    return call("sub", a, b)


def div(a: Node, b: Node) -> Node:
    return call("div", a, b)


def exp(a: Node) -> Node:
    return call("exp", a)


def log(a: Node) -> Node:
    return call("log", a)


def neg(a: Node) -> Node:
    return call("neg", a)


def power(a: Node, b: Node) -> Node:
    return call("pow", a, b)


SAME = {
    "order of a sum": (add(x, y), add(y, x)),
    "brackets of a sum": (add(x, add(y, c0)), add(add(c0, x), y)),
    "order of a product": (mul(x, log(y), c0), mul(c0, log(y), x)),
    "plus zero": (add(x, num(0)), x),
    "times one": (mul(num(1), x), x),
    "double negation": (neg(neg(x)), x),
    "exp of log": (exp(log(x)), x),
    "log of exp": (log(exp(x)), x),
    "two constants in a product": (mul(c0, x, c1), mul(c0, x)),
    "two constants in a sum": (add(c0, x, c1), add(c0, x)),
    "positive constant beside a free one": (add(c0, exp(c1), x), add(c0, x)),
    "shared constant beside a free one": (
        add(c0, exp(c1), mul(c1, x)),
        add(c0, mul(c1, x)),
    ),
    "literal beside a free constant": (add(c0, x, num(3)), add(c0, x)),
    "literal times a free constant": (mul(c0, num(2), x), mul(c0, x)),
    "sign of a free constant": (exp(sub(c0, mul(c1, x))), exp(add(c0, mul(c1, x)))),
    "sign of an exponent": (power(x, neg(c0)), power(x, c0)),
    "product of exponentials": (mul(exp(c0), exp(mul(c1, x))), exp(add(c0, mul(c1, x)))),
    "amplitude of an exponential": (
        mul(c0, exp(add(c1, mul(c2, x)))),
        mul(c0, exp(mul(c2, x))),
    ),
    "power spelt by logs": (mul(c0, exp(mul(c1, log(x)))), mul(c0, power(x, c1))),
    "powers of one base": (mul(power(x, c0), power(x, c1)), power(x, c0)),
    "like terms": (add(mul(c0, x), mul(c1, x)), mul(c0, x)),
    "cancelled terms": (add(sub(x, x), y), y),
    "scale of a sum": (mul(c0, add(c1, mul(c2, x))), add(c1, mul(c2, x))),
    "scale of a denominator": (div(c0, add(c1, mul(c2, x))), div(num(1), add(c1, mul(c2, x)))),
    "scale of an anchored denominator": (
        div(c0, add(c1, power(x, c2))),
        div(num(1), add(c0, mul(c1, power(x, c2)))),
    ),
    "scale under a power": (mul(c0, power(mul(c1, x), c2)), mul(c0, power(x, c1))),
    "literal inside a logarithm": (
        add(c0, mul(c1, log(mul(num(2), x)))),
        add(c0, mul(c1, log(x))),
    ),
    "scale of two factors": (
        mul(add(c0, mul(c1, x)), add(c2, mul(c3, y))),
        mul(c0, add(num(1), mul(c1, x)), add(num(1), mul(c2, y))),
    ),
    "scale inside a logarithm": (add(c0, mul(c1, log(mul(c2, x)))), add(c0, mul(c1, log(x)))),
    "another base": (power(num(10), add(c0, mul(c1, x))), exp(add(c0, mul(c1, x)))),
    "square by any name": (power(x, num(2)), mul(x, x)),
    "root by any name": (power(x, num(0.5)), call("sqrt", x)),
    "log of one plus": (log(add(num(1), x)), call("log1p", x)),
    "sign of an odd function": (mul(c0, call("tanh", neg(x))), mul(c0, call("tanh", x))),
    "sign under a square": (call("square", sub(c0, x)), call("square", add(c0, x))),
    "sign of a difference": (mul(c0, sub(x, y)), mul(c0, sub(y, x))),
    "maximum of three": (call("max", x, call("max", y, x)), call("max", y, x)),
    "literals": (mul(num(2), num(3), x), mul(num(6), x)),
}
DIFFERENT = {
    "positive amplitude": (exp(add(c0, mul(c1, x))), mul(c0, exp(mul(c1, x)))),
    "tied constants": (add(mul(c0, x), mul(c0, y)), add(mul(c0, x), mul(c1, y))),
    "features": (mul(c0, x), mul(c0, y)),
    "fixed sign": (exp(sub(c0, x)), exp(add(c0, x))),
    "units": (log(x), log(div(x, num(1e9)))),
}


@pytest.mark.parametrize("name", SAME)
def test_two_spellings_of_one_form_have_one_canonical_form(name: str) -> None:
    left, right = SAME[name]
    assert canonical(left) == canonical(right)


@pytest.mark.parametrize("name", SAME)
def test_the_canonical_form_takes_every_shape_of_the_law(name: str) -> None:
    for root in SAME[name]:
        assert covers(canonical(root)[0], root, 2)


@pytest.mark.parametrize("name", DIFFERENT)
def test_two_forms_have_two_canonical_forms(name: str) -> None:
    left, right = DIFFERENT[name]
    assert canonical(left) != canonical(right)


@settings(max_examples=60, deadline=None)
@given(laws())
def test_the_canonical_form_of_a_grammar_law_is_its_own(law: Law) -> None:
    root, n_constants = canonical(law.root)
    assert canonical(root) == (root, n_constants)
    assert n_constants <= law.n_constants


@settings(max_examples=60, deadline=None)
@given(laws())
def test_order_and_numbering_do_not_matter(law: Law) -> None:
    rng = random.Random(0)
    order = list(range(law.n_constants))
    rng.shuffle(order)
    moved = replace_leaves(law.root, {const(i): const(j) for i, j in enumerate(order)})
    assert canonical(_shuffled(moved, rng)) == canonical(law.root)


def _shuffled(node: Node, rng: random.Random) -> Node:
    args = [_shuffled(a, rng) for a in node.args]
    if node.op in COMMUTATIVE:
        rng.shuffle(args)
    return Node(node.op, tuple(args), node.value)


@settings(max_examples=150, deadline=None)
@given(trees())
def test_a_tree_without_free_constants_keeps_its_values(tree: Node) -> None:
    """Constants are replaced by literals, so nothing may be absorbed."""
    values = {const(i): num(v) for i, v in enumerate(np.linspace(0.3, 2.1, 8))}
    tree = replace_leaves(tree, values)
    rows = np.random.default_rng(0).uniform(0.5, 3.0, (40, 3))
    before = evaluate(tree, rows, np.zeros(0))
    after = evaluate(canonical(tree)[0], rows, np.zeros(0))
    good = np.isfinite(after)
    for node in walk(tree):
        values_of_node = np.abs(evaluate(node, rows, np.zeros(0)))
        good &= (values_of_node < 1e9) & ((values_of_node > 1e-6) | (values_of_node == 0))
    np.testing.assert_allclose(after[good], before[good], rtol=1e-6, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(trees())
def test_any_tree_has_a_canonical_form_that_is_stable(tree: Node) -> None:
    root, _ = canonical(tree)
    assert canonical(root)[0] == root


def test_simplify_removes_redundant_constants() -> None:
    law = Law(add(c0, c1, mul(c2, c3, log(x))), 4)
    assert simplify(law) == Law(add(c0, mul(c1, log(x))), 2)


def test_key_depends_on_form_recipe_and_rolling() -> None:
    law = Law(add(c0, mul(c1, x)), 2)
    assert key(law) == key(Law(add(mul(c1, x), c0), 2))
    keys = {
        key(law),
        key(law, Recipe()),
        key(law, Recipe(target_scale="log")),
        key(Law(x, 0, True)),
    }
    assert len(keys) == 4


def test_keys_are_those_that_runs_have_stored() -> None:
    law = Law(call("mul", const(0), x), 1)
    recipe = Recipe("log", "huber", 0.05, 0.5, 1e-4, 2.0, "slopes", 16)
    assert key(law, recipe) == "79641ae64334586c"
    assert key(Law(law.root, 1, True), Recipe()) == "6fdfb7960cae1d34"


def test_whole_and_half_numbers_powers_of_ten_and_bases_of_logarithms_say_nothing() -> None:
    assert all(map(is_plain, (0.5, 2.0, 10.0, 1e9, 1e-9, math.log(10.0), 1 / math.log(2.0))))
    assert not any(map(is_plain, (0.337, 10.5, 123.0, math.inf)))


def test_complexity_prefers_plain_operations() -> None:
    assert complexity(div(x, num(1e9))) == complexity(x)
    assert complexity(call("tanh", x)) > complexity(log(x)) > complexity(x)


def test_form_names_link_terms_and_traits() -> None:
    law = add(c0, exp(sub(c1, mul(c2, log(x)))), exp(sub(c3, mul(const(4), log(y)))))
    assert form(law) == "identity/3/power"
    assert form(exp(add(c0, mul(c1, log(x)), mul(c2, log(x), log(y))))) == (
        "exp/3/interaction+logquadratic"
    )
    assert form(add(c0, mul(c1, call("tanh", x)))) == "identity/2/saturation"


@settings(max_examples=50, deadline=None)
@given(laws())
def test_form_is_a_function_of_the_canonical_form(law: Law) -> None:
    assert form(law.root) == form(canonical(law.root)[0])


@settings(max_examples=100, deadline=None)
@given(laws(), st.permutations([2e10, 2.205e8, 3.0, 0.37]))
def test_form_does_not_depend_on_the_units_of_features(law: Law, units: list[float]) -> None:
    of_unit = {unit(i): feat(i) for i in range(N_FEATURES)}

    def without(node: Node) -> Node:
        args = tuple(without(a) for a in node.args)
        return of_unit.get(node, node) if node in of_unit else Node(node.op, args, node.value)

    bare = without(law.root)
    measured = {feat(i): call("div", feat(i), num(units[i])) for i in range(N_FEATURES)}
    assert form(replace_leaves(bare, measured)) == form(bare) == form(law.root)


def test_one_feature_in_two_units_is_not_taken_for_one_number() -> None:
    apart = sub(log(div(x, num(1e9))), log(x))
    assert form(add(c0, mul(c1, apart))).startswith("identity/2/")
    assert form(add(c0, mul(c1, sub(log(x), log(x))))).startswith("identity/1/")
