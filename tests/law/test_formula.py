"""A formula as people write it is read to a law, and a law is written as such a formula."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.errors import ProgramError
from evolve.law.canonical import key
from evolve.law.formula import formula_words, label_of, lettered, read_formula, read_named_formula
from evolve.law.graph import Law, call, const, evaluate, feat, num
from evolve.law.recipe import Recipe

VARIABLES = {"params": feat(0), "tokens": feat(1)}
POWER = read_formula("E + A*params^-a", VARIABLES)


def same(law: Law, other: Law) -> bool:
    return key(law, Recipe()) == key(other, Recipe())


@pytest.mark.parametrize(
    "text",
    [
        *("E + A * params**-a", "E + A/params^a", "1.69 + 406.4 / params ** 0.34"),
        *("E + A*np.exp(-a*np.log(params))", "E + A*exp(-a*ln(params))", "E + A*pow(params, -a)"),
        "E + A×params^\N{MINUS SIGN}a",
    ],
)
def test_one_law_in_many_spellings(text: str) -> None:
    assert same(read_formula(text, VARIABLES), POWER)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A*log10(params)", 4.0),
        ("A*np.log10(100*params)", 8.0),
        ("A*log2(params)", 2.0 * np.log2(100.0)),
        ("A*ln(params)", 2.0 * np.log(100.0)),
        ("A*cbrt(params)", 2.0 * np.cbrt(100.0)),
        ("A*sigmoid(tokens)", 2.0 / (1.0 + np.exp(-3.0))),
    ],
)
def test_a_function_that_is_made_of_others_is_read_and_adds_no_constant(
    text: str, value: float
) -> None:
    law = read_formula(text, VARIABLES)
    assert law.n_constants == 1
    x, constants = np.array([[100.0, 3.0]]), np.array([2.0])
    np.testing.assert_allclose(evaluate(law.root, x, constants), [value])


def test_a_number_that_stands_twice_is_one_constant_and_a_plain_one_is_none() -> None:
    law = read_formula("(1 + params)^-0.28 + 2*tokens^-0.28", VARIABLES)
    assert law.n_constants == 1
    assert read_formula("sqrt(2*params)", VARIABLES).n_constants == 0


def test_the_constants_of_a_formula_go_by_their_names_and_values() -> None:
    law, names = read_named_formula("E + 406.4*params^-a", VARIABLES)
    assert names == ("E", "406.4", "a")
    assert same(law, POWER)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("E + A", "must have a feature (params, tokens)"),
        ("", "must be a formula"),
        ("the loss falls", "must be a formula"),
        ("E = A*params", "must be a formula"),
        ("params[0]", "cannot hold 'params[0]'"),
        (f"{9 * 10**399}*params", "must have numbers below 1e+300"),
        ("1e999*params", "must have numbers below 1e+300"),
        ("lambda params: params", "cannot hold"),
        ("__import__('os').system('x')", "cannot hold"),
        ("sum(params)", "has no function 'sum' of 1"),
        ("exp(params, tokens)", "has no function 'exp' of 2, it takes 1"),
        ("log(params, 10)", "has no function 'log' of 2, it takes 1"),
        ("lgo10(params)", "has no function 'lgo10' of 1 (did you mean 'log10'?)"),
        ("params*unif()", "has no function 'unif' of 0"),
        ("+".join(f"c{k}*params" for k in range(65)), "must have at most 64 constants"),
        ("-" * 500 + "params", "formula: "),
        ("(" * 900 + "params", "must be a formula"),
        ("params+" * 290 + "params", "formula: "),
        ("params" * 1000, "must be a formula"),
    ],
)
def test_what_is_no_formula_says_the_rule(text: str, problem: str) -> None:
    with pytest.raises(ProgramError) as caught:
        read_formula(text, VARIABLES)
    assert problem in str(caught.value)


def test_a_law_is_written_with_letters_and_read_back_as_it_was() -> None:
    amplitude = call("exp", call("sub", const(1), call("mul", const(2), call("log", feat(0)))))
    law = Law(call("add", const(0), amplitude), 3)
    assert lettered(law, list(VARIABLES)) == "E + A*params^-a"
    assert lettered(law, ["A", "E"]) == "B + C*A^-a"
    assert same(read_formula(lettered(law, list(VARIABLES)), VARIABLES), POWER)


def test_a_constant_that_stands_elsewhere_too_stays_an_exponent() -> None:
    both = call("mul", call("exp", const(0)), call("add", feat(0), const(0)))
    assert lettered(Law(both, 1), ["x"]) == "exp(E)*(E + x)"


def test_features_are_called_by_their_names_where_these_are_words() -> None:
    assert formula_words(["params", "batch size", "lambda"]) == ["params", "batch_size", "lambda_"]
    assert len(set(formula_words(["a b", "a_b", "a.b"]))) == 3
    assert formula_words(["web", "code"], own_first=True) == ["own", "other_1"]
    assert [label_of(names) for names in (["loss"], ["val loss"], ["a", "b"])] == [
        "loss",
        "y",
        "y",
    ]


def test_a_feature_over_its_unit_is_one_variable() -> None:
    over = {"tokens": call("div", feat(1), num(1e9))}
    assert same(read_formula("E + A*tokens^-a", over), read_formula("E + A*(tokens)^-a", over))
