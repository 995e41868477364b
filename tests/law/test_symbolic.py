"""Symbolic forms: sympy, LaTeX, and whether two laws are one form."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import sympy
from hypothesis import assume, given, settings
from random_laws import N_FEATURES, laws

from evolve.law.graph import BINARY, UNARY, Law, call, const, evaluate, feat
from evolve.law.latex import latex
from evolve.law.symbolic import same_form, to_sympy
from evolve.law.trace import trace_law

NAMES = ["tokens", "params", "unique_tokens"]
ROWS = np.random.default_rng(0).uniform(0.5, 3.0, (7, N_FEATURES)) * [1e9, 1e3, 1.0]


def law(expression: str) -> Law:
    """The law that a numpy expression in x, y and p[0], p[1], … states."""
    text = (
        "import numpy as np\nfrom numpy import exp, log, log1p, sqrt, tanh, logaddexp\n"
        "def scaling_law_func(data_points, params):\n"
        f"    x, y = data_points.T\n    p = params\n    return {expression}\n"
    )
    return trace_law(text, 2, 1)


@settings(max_examples=40, deadline=None)
@given(laws())
def test_a_sympy_expression_has_the_laws_values(drawn: Law) -> None:
    constants = np.linspace(0.2, 0.9, drawn.n_constants)
    wanted = evaluate(drawn.root, ROWS, constants)
    assume(np.isfinite(wanted).all())
    assume(np.abs(wanted).max() < 1e8)
    expression = to_sympy(drawn, NAMES, constants)
    symbols = {s.name: s for s in expression.free_symbols}
    used = [n for n in NAMES if n in symbols]
    function = sympy.lambdify([symbols[n] for n in used], expression, "numpy")
    values = function(*(ROWS[:, NAMES.index(n)] for n in used))
    np.testing.assert_allclose(np.broadcast_to(values, wanted.shape), wanted, rtol=1e-9)


SAME = [
    ("p[0] * x ** -p[1]", "exp(p[0] - p[1] * log(x))"),
    ("p[0] * x ** -p[1]", "exp(p[0] - p[1] * log(x / 1e9))"),
    ("p[0] + p[1] * x ** p[2]", "p[2] + exp(p[0] + p[1] * log(x / 1e9))"),
    ("p[0] + p[1] * log(x)", "p[0] - p[1] * log(x / 1e6)"),
    ("p[0] + p[1] * log(x)", "p[0] + p[1] * np.log10(x)"),
    ("p[0] + p[1] * log(x)", "p[0] * log(p[1] * x)"),
    ("p[0] / (p[1] + x ** p[2])", "1 / (p[0] + p[1] * x ** p[2])"),
    ("(p[0] + p[1] * log(x)) ** 2", "p[0] ** 2 + 2 * p[0] * p[1] * log(x) + p[1]**2 * log(x)**2"),
    ("p[0] / (1 + exp(-p[1] * (log(x) - p[2])))", "p[0] / (1 + exp(p[2] - p[1] * log(x)))"),
    ("p[0] * tanh(p[1] * x)", "p[0] * (1 - 2 / (1 + exp(2 * p[1] * x)))"),
    ("p[2] + (p[0] / x + p[1] / y) ** p[3]", "p[3] + exp(p[0] * log(p[1] / x + p[2] / y))"),
    ("p[0] * x * y + p[1] * x", "x * (p[0] + p[1] * y)"),
]
OTHER = [
    ("p[0] * x", "p[0] * y"),
    ("p[0] + p[1] * x", "p[0] * x"),
    ("p[0] * x + p[1]", "p[0] * log(x) + p[1]"),
    ("p[0] + log(x)", "p[0] + log(x) ** 2"),
    ("1 + p[0] * log(x)", "1 + p[0] * log(x / 1e3)"),
    ("p[0] * x ** p[1] + p[2]", "p[0] * exp(p[1] * x) + p[2]"),
    ("p[0] * x + p[0] * y", "p[0] * x + p[1] * y"),
    ("p[0] + p[1] * x + p[2] * x ** 2", "p[0] + p[1] * x ** p[2]"),
]


@pytest.mark.parametrize(("left", "right"), SAME)
def test_laws_of_one_form_are_recognised(left: str, right: str) -> None:
    assert same_form(law(left), law(right), 2)


@pytest.mark.parametrize(("left", "right"), OTHER)
def test_laws_of_two_forms_are_told_apart(left: str, right: str) -> None:
    assert not same_form(law(left), law(right), 2)


def test_a_redundant_constant_does_not_make_another_form() -> None:
    assert same_form(law("p[0] * p[2] * x + p[1]"), law("p[0] * x + p[1]"), 2)


TYPESET: dict[str, tuple[str, str]] = {
    "power": (
        "p[0] + exp(p[1] - p[2] * log(x / 1e9))",
        r"c_{0} + e^{c_{1}}\,\left(\frac{N}{10^{9}}\right)^{-c_{2}}",
    ),
    "long name": ("p[0] * sqrt(y)", r"c_{0}\,\sqrt{\mathrm{unique\_tokens}}"),
    "fraction": ("p[0] / (1 + p[1] * x)", r"\frac{c_{0}}{1 + c_{1}\,N}"),
    "log": ("p[0] - p[1] * log(x)", r"c_{0} - c_{1}\,\ln\left(N\right)"),
}


@pytest.mark.parametrize("name", TYPESET)
def test_laws_are_typeset(name: str) -> None:
    expression, text = TYPESET[name]
    assert latex(law(expression), ["N", "unique_tokens"]) == text


def test_laws_are_typeset_with_values() -> None:
    text = latex(law("p[0] + exp(p[1] - p[2] * log(x))"), ["N", "D"], [1.87, np.log(0.52), 0.31])
    assert text == r"1.87 + 0.52\,N^{-0.31}"


@settings(max_examples=40, deadline=None)
@given(laws())
def test_latex_brackets_balance(drawn: Law) -> None:
    text = latex(drawn, ["a_b", "50%", "x"])
    assert text.count("{") == text.count("}")
    assert text.count(r"\left") == text.count(r"\right")


def test_sympy_is_not_loaded_until_it_is_needed() -> None:
    code = (
        "import sys, evolve.law.symbolic, evolve.law.printer, evolve.law.trace;"
        "sys.exit('sympy' in sys.modules or 'scipy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_function_that_a_formula_may_hold_is_drawn() -> None:
    for op in UNARY:
        assert latex(Law(call("mul", const(0), call(op, feat(0))), 1), ["x"])
    for op in BINARY:
        assert latex(Law(call(op, call("mul", const(0), feat(0)), feat(1)), 1), ["x", "y"])
    cosine = Law(call("mul", const(0), call("cos", feat(0))), 1)
    assert latex(cosine, ["x"]) == r"c_{0}\,\cos\left(x\right)"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        *(("c0", "c_{0}"), ("E", "E"), ("alpha", r"\alpha"), ("beta2", r"\beta_{2}")),
        *(("N_c", "N_{c}"), ("L_inf", r"L_{\mathrm{inf}}"), ("floor", r"\mathrm{floor}")),
        *(("a_b_c", r"\mathrm{a\_b\_c}"), ("_x", r"\mathrm{\_x}")),
    ],
)
def test_a_constant_is_drawn_as_its_author_calls_it(name: str, shown: str) -> None:
    stated = replace(law("p[0] * x"), names=(name,))
    assert latex(stated, ["x", "y"]) == rf"{shown}\,x"
