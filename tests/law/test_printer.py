"""Printing: the text is readable, runs, and traces back to the law it came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_laws import N_FEATURES, UNITS, laws

from evolve.law.calls import read_fit_call
from evolve.law.canonical import canonical
from evolve.law.formula import read_named_formula
from evolve.law.graph import Law, Node, call, const, evaluate, feat, num
from evolve.law.latex import latex
from evolve.law.naming import identifiers
from evolve.law.printer import digits_of, formula, print_block, print_program
from evolve.law.recipe import Recipe
from evolve.law.trace import trace_law, trace_recipe

NAMES = ["tokens", "params", "unique_tokens"]
scaled = call("div", feat(0), num(1e9))
power = call("exp", call("sub", const(1), call("mul", const(2), call("log", scaled))))
LAW = Law(call("add", const(0), power), 3)
PROGRAM = '''"""One power law."""

import numpy as np
from evolve.fitting import fit_law

# EVOLVE-BLOCK-START
def scaling_law_func(data_points, params):
    """loss = c0 + exp(c1 - c2*log(tokens/1e9))"""
    X = np.atleast_2d(np.asarray(data_points, dtype=float))
    tokens = X[:, 0] / 1e9
    log_tokens = np.log(tokens)
    c0, c1, c2 = np.moveaxis(np.asarray(params, dtype=float)[..., None], -2, 0)
    return c0 + np.exp(c1 - c2 * log_tokens)


def fit_scaling_law(data_points, loss_values):
    return fit_law(
        scaling_law_func,
        data_points,
        loss_values,
        n_constants=3,
        target_scale="log",
        loss="cauchy",
        f_scale=0.03,
    )
# EVOLVE-BLOCK-END
'''
OWN_FEATURE_FIRST = '''def scaling_law_func(data_points, params):
    """each of a, b = c0 + c1*log(own) + c2*other_1, with its own constants"""
    X = np.atleast_2d(np.asarray(data_points, dtype=float))
    columns = []
    for t, constants in enumerate(np.atleast_2d(np.asarray(params, dtype=float))):
        rolled = np.roll(X, -t, axis=1)
        own = rolled[:, 0]
        other_1 = rolled[:, 1]
        log_own = np.log(own)
        c0, c1, c2 = constants
        column = c0 + c1 * log_own + c2 * other_1
        columns.append(column)
    return np.stack(columns, axis=1)


def fit_scaling_law(data_points, loss_values):
    return fit_law(
        scaling_law_func,
        data_points,
        loss_values,
        n_constants=3,
        target_scale="linear",
        loss="l2",
        n_starts=4,
    )
'''


def load(text: str) -> Callable[..., np.ndarray]:
    namespace: dict[str, object] = {"np": np}
    exec(text.replace("from evolve.fitting import fit_law", ""), namespace)
    return namespace["scaling_law_func"]  # type: ignore[return-value]


def test_a_program_reads_like_one_written_by_hand() -> None:
    recipe = Recipe("log", "cauchy", 0.03)
    assert print_program(LAW, recipe, NAMES, ["loss"], doc="One power law.") == PROGRAM


def test_a_law_of_many_targets_names_own_and_others() -> None:
    own = call("mul", const(1), call("log", feat(0)))
    root = call("add", call("add", const(0), own), call("mul", const(2), feat(1)))
    text = print_block(
        Law(root, 3, own_feature_first=True), Recipe(n_starts=4), ["p", "q"], ["a", "b"]
    )
    assert text == OWN_FEATURE_FIRST


@settings(max_examples=60, deadline=None)
@given(laws(), st.booleans())
def test_a_printed_law_traces_back_to_itself(law: Law, known_units: bool) -> None:
    units = UNITS if known_units else ()
    text = print_program(law, Recipe(), NAMES, ["loss"], units=units)
    traced = trace_law(text, N_FEATURES, 1)
    assert traced.n_constants == law.n_constants
    assert canonical(traced.root) == canonical(law.root)
    rows = np.random.default_rng(1).uniform(0.5, 3.0, (6, N_FEATURES)) * UNITS
    constants = np.random.default_rng(2).uniform(-1, 1, (4, law.n_constants))
    with np.errstate(all="ignore"):
        _close(evaluate(traced.root, rows, constants[0]), evaluate(law.root, rows, constants[0]))
        _close(load(text)(rows, constants[0]), evaluate(law.root, rows, constants[0]))
        _close(load(text)(rows, constants), evaluate(law.root, rows, constants))


@settings(max_examples=30, deadline=None)
@given(laws(), st.booleans())
def test_a_printed_law_of_many_targets_traces_back_to_itself(law: Law, own_first: bool) -> None:
    law = Law(law.root, law.n_constants, own_first)
    text = print_program(law, Recipe(), NAMES, ["a", "b", "c"])
    rows = np.random.default_rng(1).uniform(0.5, 3.0, (6, N_FEATURES)) * 1e3
    constants = np.random.default_rng(2).uniform(-1, 1, (3, law.n_constants))
    traced = trace_law(text, N_FEATURES, 3)
    with np.errstate(all="ignore"):
        _close(traced.predict(rows, constants), law.predict(rows, constants))
        _close(load(text)(rows, constants), law.predict(rows, constants))


def _close(left: np.ndarray, right: np.ndarray) -> None:
    assert left.shape == right.shape
    np.testing.assert_allclose(left, right, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("n_targets", [1, 2])
def test_a_law_without_features_predicts_every_row(n_targets: int) -> None:
    law = Law(const(0), 1)
    text = print_block(law, Recipe(), NAMES, ["loss", "other"][:n_targets])
    rows, constants = np.ones((5, 3)), np.full((n_targets, 1), 2.0)
    out = load(text)(rows, constants if n_targets > 1 else constants[0])
    assert out.shape == ((5, 2) if n_targets > 1 else (5,))
    assert trace_law("import numpy as np\n" + text, 3, n_targets) == law


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(),
        Recipe("log", "cauchy", 0.03, scale_weight=1.5, ridge=0.01, shrinkage=2.0, n_starts=32),
        Recipe(loss="huber", f_scale=1e-3),
    ],
)
def test_the_fit_call_reads_back(recipe: Recipe) -> None:
    prior = ([0.1, 2.0, -3.0], [1.0, 0.5, 0.25])
    text = print_block(LAW, recipe, NAMES, ["loss"], axes=(1, 2), prior=prior)
    read = read_fit_call(text)
    assert read is not None
    assert trace_recipe(text) == recipe
    assert read.n_constants == 3
    assert read.axes == ((1, 2) if recipe.scale_weight else ())
    assert read.prior == prior


def test_the_fit_call_of_a_law_in_the_spelling_of_its_author_names_its_constants() -> None:
    law = replace(LAW, names=("E", "A", "a"), as_written=True)
    text = print_block(law, Recipe(), NAMES, ["loss"])
    assert "constant_names=('E', 'A', 'a')," in text
    read = read_fit_call(text)
    assert read is not None
    assert (read.recipe, read.n_constants) == (Recipe(), 3)
    assert "constant_names" not in print_block(LAW, Recipe(), NAMES, ["loss"])


def test_awkward_names_become_identifiers() -> None:
    awkward = ["params", "np", "X", "c0", "lambda", "7B", "log flops", "log-flops", "", "len", "λ"]
    awkward += ["μ", "# tokens (B)", "__x"]
    words = identifiers(awkward)
    assert words[:7] == ["params_", "np_", "X_", "c0_", "lambda_", "x_7B", "log_flops"]
    assert len(set(words)) == len(words)
    assert all(w.isidentifier() and w.isascii() for w in words)
    assert not any(w.startswith("_") for w in words)


def test_hostile_names_cannot_leave_their_place() -> None:
    law = Law(call("mul", const(0), call("log", feat(0))), 1)
    text = print_program(law, Recipe(), ['x"""\nimport os\n'], ['y"""\n'], doc='"""\\\nimport os"')
    assert trace_law(text, 1, 1) == law
    assert "\nimport os\n" not in text.split("# EVOLVE")[1]


def test_names_of_logarithms_do_not_clash_with_features() -> None:
    root = call("add", call("log", feat(0)), call("mul", const(0), feat(1)))
    text = print_program(Law(root, 1), Recipe(), ["flops", "log_flops"], ["loss"])
    assert trace_law(text, 2, 1) == Law(root, 1)


def test_a_feature_may_stand_with_and_without_its_unit() -> None:
    root = call("add", call("mul", const(0), scaled), call("log", feat(0)))
    root = call("add", root, call("div", feat(0), num(10.0)))
    law = Law(root, 1)
    text = print_program(law, Recipe(), NAMES, ["loss"], units=[1e9, 1, 1])
    assert "tokens = X[:, 0] / 1e9" in text
    assert trace_law(text, 3, 1) == law


def test_repeated_parts_are_named_once() -> None:
    root = call("div", power, call("add", num(1.0), power))
    text = print_block(Law(root, 3), Recipe(), NAMES, ["loss"])
    assert "part_0 = np.exp(c1 - c2 * log_tokens)" in text
    assert "return part_0 / (1 + part_0)" in text


def test_long_laws_are_broken_into_lines() -> None:
    root = LAW.root
    for i in range(3, 12):
        root = call("sub", root, call("mul", const(i), call("log", call("add", feat(1), feat(2)))))
    law = Law(root, 12)
    text = print_program(law, Recipe(), NAMES, ["loss"])
    assert max(map(len, text.splitlines())) <= 99
    assert trace_law(text, 3, 1) == law


def test_a_literal_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot hold the literal"):
        print_block(Law(num(float("inf")), 0), Recipe(), NAMES, ["loss"])


FORMULAS: dict[str, tuple[Node, str]] = {
    "sum": (LAW.root, "c0 + exp(c1 - c2*log(tokens/1e9))"),
    "brackets": (
        call("mul", call("add", const(0), feat(1)), call("pow", scaled, call("neg", const(1)))),
        "(c0 + params)*(tokens/1e9)^-c1",
    ),
    "school notation": (
        call("add", call("square", feat(0)), call("log1p", feat(1))),
        "tokens^2 + log(1 + params)",
    ),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_formula_uses_the_tasks_own_names(name: str) -> None:
    root, text = FORMULAS[name]
    assert formula(Law(root, 3), NAMES) == text


def test_a_name_that_is_no_plain_word_stands_between_backticks_as_it_is_typed() -> None:
    law = Law(call("mul", const(0), call("mul", feat(0), feat(1))), 1)
    assert formula(law, ["year since 2019", "lambda"]) == "c0*`year since 2019`*`lambda`"


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("E + A*log10(params)", r"E + A\,\log_{10}\left(\mathrm{params}\right)"),
        ("E + A*log2(2*params)", r"E + A\,\log_{2}\left(2\,\mathrm{params}\right)"),
        ("E + log10(params)/A", r"E + \frac{\log_{10}\left(\mathrm{params}\right)}{A}"),
        ("E + A*log(params)/2.3", r"E + \frac{A\,\ln\left(\mathrm{params}\right)}{2.3}"),
    ],
)
def test_a_logarithm_to_another_base_is_shown_as_it_was_typed(text: str, tex: str) -> None:
    law, names = read_named_formula(text, {"tokens": feat(0), "params": feat(1)}, fixed=True)
    law = replace(law, names=names, as_written=True)
    assert formula(law, ["tokens", "params"]) == text
    assert latex(law, ["tokens", "params"]) == tex


def test_formula_with_values_shows_powers() -> None:
    values = [1.87, np.log(0.52), 0.31]
    assert formula(LAW, NAMES, values) == "1.87 + 0.52*(tokens/1e9)^-0.31"
    assert formula(LAW, NAMES, powers=True) == "c0 + exp(c1)*(tokens/1e9)^-c2"


def test_a_formula_with_values_has_as_many_digits_as_it_takes() -> None:
    x = np.column_stack([np.linspace(1.0, 9.0, 9), np.arange(1990.0, 2016.0, 3.0)[:9]])
    line = Law(call("add", const(0), call("mul", const(1), feat(1))), 2)
    for law, values, digits in (
        (line, np.array([-6503.456, 3.27412]), 6),  # 2,000 years of it cancel
        (LAW, np.array([1.87, np.log(0.52), 0.31]), 4),
    ):
        rows = x if law is line else x * 1e9
        assert digits_of(law, values, rows) == digits
    text = formula(line, NAMES, [-6503.456, 3.27412], digits=6)
    assert text == "3.27412*params - 6503.46"
    assert latex(line, NAMES, [-6503.456, 3.27412], digits=6).endswith("- 6503.46")


@pytest.mark.parametrize("slope", [2.44642323179284e-11, 0.0])
def test_a_law_that_says_one_value_of_all_rows_has_no_more_digits_than_others(
    slope: float,
) -> None:
    x = np.geomspace(1e7, 1e9, 9)[:, None]
    at_least = Law(call("max", const(0), call("mul", const(1), feat(0))), 2)
    assert digits_of(at_least, np.array([0.254234055201944, slope]), x) == 4
    line = Law(call("add", const(0), call("mul", const(1), feat(0))), 2)
    assert digits_of(line, np.array([0.254234055201944, slope * 1e-13]), x) == 4  # rounding
    with np.errstate(all="raise"):
        assert digits_of(line, np.array([1.23456, np.inf]), x) == 4


@pytest.mark.parametrize(
    ("values", "most", "text"),
    [
        ((-2047.318264, 3.125e-5), 25.0, "3.125e-05*params - 2047.318264"),
        ((9192631770.1234, 42.7), 25.0, "9.19263177e+09 + 42.7*params"),
        ((1712345678.9, 3e-6), 1e9, "1.71234568e+09 + 3e-6*params"),
        ((7.123456789012, 3e-11), 1000.0, "7.123456789 + 3e-11*params"),
    ],
)
def test_a_small_trend_beside_a_large_value_is_told(
    values: tuple[float, float], most: float, text: str
) -> None:
    line = Law(call("add", const(0), call("mul", const(1), feat(0))), 2)
    x = np.linspace(0.0, most, 12)[:, None]
    digits = digits_of(line, np.array(values), x)
    assert formula(line, ["params"], values, digits=digits) == text


def test_formula_with_values_shows_signs_and_four_digits() -> None:
    root = call("add", const(0), call("mul", const(1), call("log", feat(1))))
    assert formula(Law(root, 2), NAMES, [1.2345678, -0.1]) == "1.235 - 0.1*log(params)"
    assert formula(Law(root, 2), NAMES, [2.0, -0.1234567]) == "2 - 0.1235*log(params)"
    falling, rising = ([1.87, np.log(0.52), 0.3123456 * sign] for sign in (1.0, -1.0))
    assert formula(LAW, NAMES, falling) == "1.87 + 0.52*(tokens/1e9)^-0.3123"
    assert formula(LAW, NAMES, rising) == "1.87 + 0.52*(tokens/1e9)^0.3123"
    assert "nan" in formula(Law(root, 2), NAMES, [np.nan, 1.0])


def test_a_number_of_times_a_feature_over_its_unit_is_shown_as_the_feature() -> None:
    over = call("div", feat(0), num(49.23))
    raw = Law(call("mul", const(0), call("log", call("mul", num(49.23), over))), 1)
    assert formula(raw, NAMES) == "c0*log(tokens)"
    other = Law(call("mul", const(0), call("log", call("mul", num(0.04923), over))), 1)
    assert formula(other, NAMES) == "c0*log(tokens/1000)"
