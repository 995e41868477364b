"""A template is a law with a free part: it is read, filled, and taken apart again."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.errors import EvolveError
from evolve.law.graph import call, const, evaluate, feat, num
from evolve.law.template import Template, parse_template

NAMES = {"params": call("div", feat(0), num(1e9)), "tokens": feat(1)}


def template(text: str) -> Template:
    return parse_template(text, NAMES)


def test_a_template_is_the_formula_it_says_with_its_free_part_in_place() -> None:
    given = template("E + A*params^-a + @(tokens)")
    law = given.fill(call("mul", const(0), call("log", feat(0))))
    x = np.array([[2e9, 3.0], [8e9, 5.0]])
    value = evaluate(law, x, np.array([1.0, 2.0, 0.5, 0.1]))
    np.testing.assert_allclose(value, 1 + 2 * np.array([2.0, 8.0]) ** -0.5 + 0.1 * np.log(x[:, 1]))


def test_a_template_knows_functions_by_their_other_names() -> None:
    assert template("E + A*ln(params) + @()").root == template("E + A*log(params) + @()").root


def test_the_free_part_of_a_filled_template_is_what_was_filled_in() -> None:
    given, part = template("E + A*params^-a + @(tokens)"), call("pow", feat(0), const(0))
    assert given.free_part(given.fill(part)) == part


def test_a_law_whose_sum_stands_in_another_order_has_the_same_form() -> None:
    given = template("E + @(tokens)")
    part = call("mul", const(0), feat(0))
    other = call("add", call("mul", const(1), feat(1)), const(0))
    assert given.free_part(other) == part
    assert given.free_part(call("mul", const(0), feat(1))) is None


def test_a_free_part_may_not_use_a_feature_that_the_template_does_not_name() -> None:
    given = template("E + @(tokens)")
    assert given.free_part(call("add", const(0), call("log", feat(0)))) is None


def test_a_given_constant_is_a_number_and_a_bounded_one_stays_between_its_bounds() -> None:
    assert template("E + params^-a + @(); a = 0.5").n_constants == 1
    law = template("params^b + @(); b in [0.2, 0.6]").fill(num(0.0))
    values = [evaluate(law, np.array([[1e10, 1.0]]), np.array([c]))[0] for c in (-9.0, 9.0)]
    np.testing.assert_allclose(values, [1e2, 1e6], rtol=1e-6)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("E + A*params", "must have one free part"),
        ("@(tokens) + @(params)", "must have one free part"),
        ("E + @(tokns)", "names no feature 'tokns' (did you mean 'tokens'?)"),
        ("E + exq(params) + @()", "no function 'exq' of 1 (did you mean 'exp'?)"),
        ("E + + @(", "must be a formula"),
        ("E + @(); b = 1", "has no constant 'b'"),
        ("E + @(); E in [2, 1]", "the lower first"),
        ("E + @(); E < 1", "is expected"),
        ("E + params[0] + @()", "cannot hold 'params[0]'"),
        ("E + __import__('os') + @()", "no function '__import__' of 1"),
    ],
)
def test_a_text_that_is_no_template_is_refused_with_the_rule(text: str, problem: str) -> None:
    with pytest.raises(EvolveError) as caught:
        template(text)
    assert problem in str(caught.value)
    assert str(caught.value).startswith("template: ")
