"""Features of a typed law stand over units only where its constants make up for them."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.law.graph import Law, call, evaluate, feat, num, replace_leaves
from evolve.law.printer import formula
from evolve.law.template import Template, parse_template

UNITS = (1e8, 1e10)
NAMES = {n: call("div", feat(j), num(UNITS[j])) for j, n in enumerate(("params", "tokens"))}
ROWS = np.array([[3e7, 2e9], [4e8, 5e9], [7e9, 1e11]])


def template(text: str) -> Template:
    return parse_template(text, NAMES)


def fixed(text: str) -> str:
    """What stands for a template's fixed part, with its free part called `free`."""
    made = template(text)
    return formula(Law(made.root, made.n_constants), ["params", "tokens", "free"])


@pytest.mark.parametrize(
    ("text", "constants"),
    [
        ("E + A/log10(params)^a + @(tokens)", (1.5, 40.0, 2.0)),
        ("E - A*log2(params)*log1p(tokens) + @()", (5.0, 0.3)),
        ("E + A*tanh(a*(log(params) - m)) + @()", (3.0, 1.0, 0.5, 19.0)),
        ("E + params^-a + @(tokens)", (1.5, 0.1)),
        ("E + A*params^-a + @(tokens); A = 400", (1.5, 0.3)),
        ("E + A*exp(-params) + @(tokens)", (1.5, 2.0)),
        ("E + A/(params + tokens)^a + @()", (1.5, 90.0, 0.3)),
        ("A/params^a + A/tokens^b + @()", (90.0, 0.3, 0.4)),
        ("E + A*log(params + N)^a + @()", (1.5, 2.0, 3e8, 0.3)),
    ],
)
def test_a_unit_changes_no_part_of_a_template_that_it_would_change_the_meaning_of(
    text: str, constants: tuple[float, ...]
) -> None:
    bare = parse_template(text, {"params": feat(0), "tokens": feat(1)}).root
    typed = evaluate(replace_leaves(bare, {feat(2): num(0.25)}), ROWS, np.array(constants))
    taken = replace_leaves(template(text).root, {feat(2): num(0.25)})
    values = np.array([c / UNITS[0] if c == 3e8 else c for c in constants])  # N is in its unit
    np.testing.assert_allclose(evaluate(taken, ROWS, values), typed, rtol=1e-12)


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("E + A*params^-a + @()", "c0 + c1*(params/1e8)^-c2 + free"),
        ("E + A/(1 + params/N)^a + @()", "c0 + c1/(1 + params/1e8/c2)^c3 + free"),
        ("E + A*log(1 + params/N) + @()", "c0 + c1*log(1 + params/1e8/c2) + free"),
        ("E + A*exp(-k*params) + @()", "c0 + c1*exp(-c2*params/1e8) + free"),
        (
            "E + A/params^a + B*log(params)^b + C/tokens^g + @()",
            "c0 + c1/(params/1e8)^c2 + c3*log(params)^c4 + c5/(tokens/1e10)^c6 + free",
        ),
    ],
)
def test_a_unit_stands_where_constants_make_up_for_it(text: str, stands: str) -> None:
    assert fixed(text) == stands


def test_a_constant_between_bounds_makes_up_for_no_unit() -> None:
    assert "params/1e8" in fixed("E + A*params^-a + @()")
    assert "params/1e8" not in fixed("E + A*params^-a + @(); A in [300, 500]")
