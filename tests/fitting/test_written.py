"""A law in the spelling of its author is fitted as well as its canonical form, or better."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.fitting.eased import eased
from evolve.fitting.hierarchical import fit_pooled
from evolve.fitting.result import Fit, Problem
from evolve.fitting.written import fit_as_written
from evolve.law.canonical import simplify
from evolve.law.formula import read_named_formula
from evolve.law.graph import Law, call, const, evaluate, feat
from evolve.law.printer import formula
from evolve.law.recipe import Recipe
from evolve.law.slopes import slopes
from evolve.scoring.frame import TargetFrame
from evolve.scoring.row_weights import weights_from_sigma
from evolve.typing import Array

RECIPE = Recipe("log", "huber", 0.05, n_starts=32)
RNG = np.random.default_rng(1)
X = np.column_stack([10 ** RNG.uniform(7.5, 10.5, 60), 10 ** RNG.uniform(9, 12, 60)])


def stated(text: str) -> Law:
    law, names = read_named_formula(text, {"N": feat(0), "D": feat(1)}, fixed=True)
    return Law(law.root, law.n_constants, names=names)


def problem_of(x: Array, y: Array, noise: float, seed: int = 0) -> Problem:
    y = y * np.exp(np.random.default_rng(seed).normal(0.0, noise, len(y)))
    return Problem(x, y, frame=TargetFrame(0.0, float(np.std(y))))


def fitted(text: str, true: list[float], noise: float = 0.003) -> tuple[Law, Problem, Fit]:
    law = stated(text)
    problem = problem_of(X, evaluate(law.root, X, np.array(true)), noise)
    return law, problem, fit_as_written(law, [problem], RECIPE)[0]


LAWS = {
    "E + A/N^a": [1.7, 400, 0.34],
    "E - A*N^-a + B*D^-b": [1.7, -400, 0.34, 410, 0.28],
    "E*(1 + A/N^a)": [1.7, 240, 0.34],
    "E + A/(1 + (N/N0)^k)": [1.7, 2.0, 1e9, 0.8],
    "L0 + (L1 - L0)/(1 + exp(k*(log(N) - m)))": [1.7, 3.2, 1.5, 20],
    "A*N^a*exp(-N/N0)": [0.02, 0.25, 3e10],
    "E + A*(1 + N/N0)^-a": [1.7, 2.0, 3e8, 0.4],
}


@pytest.mark.parametrize("text", LAWS)
def test_it_is_fitted_no_worse_than_its_canonical_form(text: str) -> None:
    law, problem, fit = fitted(text, LAWS[text])
    (other,) = fit_pooled(simplify(law), [problem], RECIPE)
    assert fit.cost < 1.001 * other.cost


@pytest.mark.parametrize(
    ("text", "true"),
    [
        ("(N0/N)^a", [8.8e13, 0.076]),
        ("E + (N0/N)^a", [1.7, 4.7e7, 0.34]),
        ("E + (N/N0)^-a", [1.7, 4.7e7, 0.34]),
        ("E + A*exp(-N/N0)", [1.7, 2.0, 3e9]),
        ("E + A*2^(-N/half)", [1.7, 2.0, 3e9]),
    ],
)
def test_a_size_that_columns_are_measured_in_is_found_however_large(
    text: str, true: list[float]
) -> None:
    _, _, fit = fitted(text, true, 1e-5)
    assert fit.constants == pytest.approx(true, rel=0.02)


@pytest.mark.parametrize("text", ["E + (N0/N)^a", "E + A*exp(-N/N0)", "E + A*N^-a"])
def test_the_normal_matrix_is_that_of_the_constants_as_written(text: str) -> None:
    true = {"E + (N0/N)^a": [1.7, 4.7e7, 0.34], "E + A*exp(-N/N0)": [1.7, 2.0, 3e9]}
    law, _, fit = fitted(text, true.get(text, [1.7, 400, 0.34]), 1e-4)
    tilted = slopes(law.root, X, fit.constants) / evaluate(law.root, X, fit.constants)[:, None]
    assert fit.normal == pytest.approx(tilted.T @ tilted, rel=1e-3)


@pytest.mark.parametrize(
    ("text", "easy"),
    [
        ("E + (N0/N)^a", "E + exp(a*(N0 - log(N)))"),
        ("E + A*N^-a", "E + A*N^a"),
        ("E + A*exp(-N/N0)", "E + A*exp(N0*(-N))"),
        ("E + A*log(N/N0)^-k", "E + A*(log(N) - N0)^k"),
        ("E + N0/N", "E + N0/N"),  # an amplitude
        ("E + (N/N0)^a + exp(-N/N0)", "E + (N/N0)^a + exp(-N/N0)"),  # of either kind
    ],
)
def test_what_is_hard_to_find_is_exchanged(text: str, easy: str) -> None:
    assert formula(eased(stated(text), X).law, ["N", "D"]) == easy


def test_a_column_with_a_zero_has_no_logarithm() -> None:
    law = stated("E + (N/N0)^a")
    assert eased(law, np.array([[0.0, 1.0], [2.0, 1.0]])).law == law


@pytest.mark.parametrize(
    ("text", "true"),
    [
        ("sqrt(E^2 + A/N^a)", [1.7, 400, 0.34]),
        ("E + abs(A)/N^a", [1.7, 400, 0.34]),
        ("E + A*tanh(k*log(N))", [1.0, 0.9, 0.05]),
    ],
)
def test_constants_whose_signs_change_nothing_are_positive(text: str, true: list[float]) -> None:
    assert (fitted(text, true)[2].constants > 0.0).all()


def errors_beyond(law: Law, fits: list[Fit], held: list[tuple[Array, Array]]) -> Array:
    """Errors of logarithms on the largest runs, of each of several fits of the others."""
    pairs = zip(fits, held, strict=True)
    logs = [(evaluate(law.root, x, fit.constants), y) for fit, (x, y) in pairs]
    return np.array([np.sqrt(np.mean(np.log(np.abs(p) / y) ** 2)) for p, y in logs])


def test_signs_that_few_rows_do_not_tell_are_as_typed_and_forecast_no_worse_than_chinchilla() -> (
    None
):
    law, amplitudes = stated("E + A/N^a + B/D^b"), [1, 3]
    above = stated("E + exp(A - a*log(N/1e9)) + exp(B - b*log(D/1e10))")
    problems, held = [], []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        n = np.sort(10 ** rng.uniform(7.5, 10.2, 12))
        x = np.column_stack([n, n * 10 ** rng.uniform(0.7, 2.2, 12)])
        y = evaluate(law.root, x, np.array([1.69, 406.4, 0.34, 410.7, 0.28]))
        problem = problem_of(x, y, 0.01, seed)
        problems.append(Problem(x[:8], problem.y[:8], frame=problem.frame))
        held.append((x[8:], problem.y[8:]))
    fits = fit_as_written(law, problems, RECIPE)
    ours = errors_beyond(law, fits, held)
    theirs = errors_beyond(above, fit_pooled(simplify(above), problems, RECIPE), held)
    assert np.mean(np.log(ours)) < np.mean(np.log(theirs)) + 0.05
    assert ours.max() < 2.0 * theirs.max()
    assert sum((fit.constants[amplitudes] > 0).all() for fit in fits) >= 36


def test_an_amplitude_is_negative_where_rows_say_so() -> None:
    fit = fitted("E + A/N^a", [3.0, -40.0, 0.2])[2]
    assert fit.constants == pytest.approx([3.0, -40.0, 0.2], rel=0.2)


def test_a_slope_near_0_has_the_sign_of_least_squares() -> None:
    x = np.column_stack([np.linspace(1.0, 2.0, 12), np.ones(12)])
    y = 5.0 - 0.001 * x[:, 0] + 0.01 * np.random.default_rng(3).normal(size=12)
    (fit,) = fit_as_written(stated("a + b*N"), [Problem(x, y)], Recipe(n_starts=4))
    assert fit.constants == pytest.approx(np.polyfit(x[:, 0], y, 1)[::-1], rel=1e-6)


ROOFS = {
    "t + max(m, a*N*D)": [0.5, 6.0, 4e-4],
    "t + min(m, a*N*D)": [0.5, 6.0, 4e-4],
    "t + max(m + c*N, a*N*D)": [0.5, 2.0, 0.3, 4e-4],
    "t + A*log(1 + a*N*D)": [0.5, 2.0, 4e-4],
    "t + A*log(1 + N*D/c)": [0.5, 2.0, 2500],
    "t + A*exp(-a*N*D)": [0.5, 2.0, 4e-5],
    "t + A*exp(-a/N/D)": [0.5, 2.0, 2000],
    "t + A*exp(-a/D)": [0.5, 2.0, 200],
    "t + log(exp(m) + exp(a*N*D))": [0.5, 6.0, 4e-4],
    "A*D/(K + D)": [7, 600],
    "A*D^h/(K^h + D^h)": [7, 1.4, 600],
    "t + A/(K + D)": [0.5, 900, 300],
    "t + A*log(D + K)": [0.5, 2.0, 300],
    "exp(A - B/(K + D))": [3.0, 900, 500],
    "t + A/(1 + exp(-(D - K)/W))": [0.5, 2.0, 700, 300],
    "A*D/(K*(1 + N/J) + D)": [7, 600, 12],
}
GRID = np.array([[n, d] for n in (1, 2, 4, 8, 16, 32, 64) for d in (128, 512, 2048)], dtype=float)


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3, 1e6])
@pytest.mark.parametrize("text", ROOFS)
def test_a_column_within_a_function_may_be_measured_in_any_unit(text: str, size: float) -> None:
    law = stated(text)
    y = evaluate(law.root, GRID, np.array(ROOFS[text]))
    (fit,) = fit_as_written(law, [Problem(GRID * [1.0, size], y)], Recipe())
    assert evaluate(law.root, GRID * [1.0, size], fit.constants) == pytest.approx(y, rel=1e-3)


@pytest.mark.parametrize("is_framed", [True, False])
@pytest.mark.parametrize("size", [1e-6, 1e-3, 1.0, 1e3, 1e6, 1e9])
@pytest.mark.parametrize("text", ["t + max(m, a*N*D)", "t + min(m, a*N*D)", "max(m, a*N*D)"])
def test_a_target_of_a_maximum_may_be_measured_in_any_unit(
    text: str, size: float, is_framed: bool
) -> None:
    law = stated(text)
    y = size * evaluate(law.root, GRID, np.array(ROOFS.get(text, [2.0, 4e-4])))
    recipe = RECIPE if is_framed else Recipe()
    frame = TargetFrame(0.0, float(np.std(y))) if is_framed else None
    (fit,) = fit_as_written(law, [Problem(GRID, y, frame=frame)], recipe)
    assert evaluate(law.root, GRID, fit.constants) == pytest.approx(y, rel=1e-3)


def test_a_base_of_a_power_is_positive_whatever_rows_count() -> None:
    law = stated("t + A*D^h/(K^h + D^h)")
    x = np.column_stack([np.ones(24), np.repeat(np.geomspace(0.1, 300, 8), 3)])
    true = evaluate(law.root, x, np.array([3.0, 95.0, 1.0, 8.0]))
    y = true + np.random.default_rng(99).normal(size=24)
    frame, weights = TargetFrame(0.0, float(np.std(y))), weights_from_sigma(np.ones(24))
    (fit,) = fit_as_written(law, [Problem(x, y, frame=frame, weights=weights)], RECIPE)
    assert evaluate(law.root, x, fit.constants) == pytest.approx(true, abs=1.0)
    assert fit.constants[3] == pytest.approx(8.0, rel=0.1)


ARRHENIUS = {
    "A*exp(-B/D)": [3e9, 9600],
    "A*exp(-B/8.314/D)": [3e9, 80000],
    "A*exp(-B/8.314*(1/D - 1/350))": [0.004, 80000],
    "A/exp(B/D)": [3e9, 9600],
}


@pytest.mark.parametrize("text", ARRHENIUS)
def test_amplitude_and_rate_of_an_exponential_are_found_together_by_logarithms(text: str) -> None:
    law, true = stated(text), np.array(ARRHENIUS[text])
    x = np.column_stack([np.ones(14), np.linspace(290.0, 420.0, 14)])
    y = evaluate(law.root, x, true) * np.exp(0.05 * np.random.default_rng(0).normal(size=14))
    problem = Problem(x, y, frame=TargetFrame(0.0, float(np.std(y))))
    for recipe in (RECIPE, Recipe("log")):
        (fit,) = fit_as_written(law, [problem], recipe)
        assert fit.constants[1] == pytest.approx(true[1], rel=0.02)
        assert fit.constants[0] == pytest.approx(true[0], rel=0.4)
        assert fit.errors[1] < 0.01 * true[1]


def test_a_power_that_is_cut_off_is_found_in_raw_units() -> None:
    law, true = stated("A*N^a*exp(-N/S)"), np.array([5e8, -1.1, 2e10])
    x = np.column_stack([np.geomspace(1e8, 1e11, 20), np.ones(20)])
    y = evaluate(law.root, x, true) * np.exp(0.03 * np.random.default_rng(0).normal(size=20))
    problem = Problem(x, y, frame=TargetFrame(0.0, float(np.std(y))))
    (fit,) = fit_as_written(law, [problem], RECIPE)
    assert fit.constants[1:] == pytest.approx(true[1:], rel=0.05)


def test_a_fit_goes_on_from_where_that_of_the_other_scale_ends() -> None:
    law = stated("exp(A - B/(C + D))")
    x = np.column_stack([np.ones(40), np.linspace(0.3, 12.0, 40)])
    y = evaluate(law.root, x, np.array([1.6, 14.0, 3.0]))
    y = np.maximum(y + 0.012 * np.random.default_rng(1).normal(size=40), 0.001)
    problem = Problem(x, y, frame=TargetFrame(0.0, float(np.std(y))))
    for scale in ("linear", "log"):
        (fit,) = fit_as_written(law, [problem], Recipe(scale, n_starts=32))
        assert evaluate(law.root, x, fit.constants) == pytest.approx(y, abs=0.06)


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_a_fit_goes_on_from_there_in_whatever_unit_the_target_is_measured(size: float) -> None:
    law = stated("A*exp(B/(D - C))")
    x = np.column_stack([np.ones(12), np.linspace(290.0, 420.0, 12)])
    y = evaluate(law.root, x, np.array([1e-4 * size, 1500.0, 200.0]))
    y = y * np.exp(0.02 * np.random.default_rng(0).normal(size=12))
    problem = Problem(x, y, frame=TargetFrame(0.0, float(np.std(y))))
    (fit,) = fit_as_written(law, [problem], Recipe("linear", "huber", 0.05, n_starts=32))
    assert fit.constants[1:] == pytest.approx([1500.0, 200.0], rel=0.1)


@pytest.mark.parametrize("scale", ["log", "linear"])
@pytest.mark.parametrize("offset", [1e6, 1e8, 9192631770.0])
def test_a_small_range_beside_a_large_offset_is_fitted_on_either_scale(
    offset: float, scale: str
) -> None:
    square = call("mul", feat(0), feat(0))
    law = Law(call("add", const(0), call("mul", const(1), square)), 2, ("f0", "k"), True)
    x = np.linspace(0.0, 5.0, 12)
    y = offset + 42.7 * x**2 + 0.5 * np.random.default_rng(0).normal(size=12)
    frame = TargetFrame(float(np.mean(y)), float(np.std(y)))
    (fit,) = fit_as_written(law, [Problem(x[:, None], y, frame=frame)], Recipe(scale))
    best = np.linalg.lstsq(np.column_stack([np.ones(12), x**2]), y - offset)[0]
    tolerance = 0.2 * fit.errors
    assert abs(fit.constants[0] - offset - best[0]) < tolerance[0]
    assert abs(fit.constants[1] - best[1]) < tolerance[1]
    assert fit.errors[1] < 0.03
