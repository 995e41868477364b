"""Amplitudes are found together with the rates and powers that they go up and down with."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.fitting.centred import centred, raised
from evolve.fitting.result import Fit, Problem
from evolve.fitting.written import fit_as_written
from evolve.law.formula import read_named_formula
from evolve.law.graph import Law, evaluate, feat
from evolve.law.printer import formula
from evolve.law.recipe import Recipe
from evolve.law.slopes import slopes
from evolve.scoring.frame import TargetFrame
from evolve.typing import Array

SCALES = ("log", "linear")
NOISE = np.random.default_rng(0).normal(size=40)
T = np.linspace(290.0, 420.0, 14)
X = np.linspace(1.0, 20.0, 14)
P = np.geomspace(1e-4, 0.9, 14)
Z = np.geomspace(1.0, 100.0, 14)[np.random.default_rng(5).permutation(14)]
N = np.geomspace(1e9, 1e11, 14)
HEATED = np.array([[t, s] for t in (300, 320, 340, 360) for s in (10, 100, 1000, 1e4)])


def stated(text: str) -> Law:
    law, names = read_named_formula(text, {"x": feat(0), "z": feat(1)}, fixed=True)
    return Law(law.root, law.n_constants, names=names)


def rows_of(*columns: Array) -> Array:
    return np.column_stack(columns if len(columns) > 1 else (*columns, np.ones(len(columns[0]))))


def fitted(law: Law, x: Array, y: Array, scale: str) -> Fit:
    problem = Problem(x, y, frame=TargetFrame(0.0, float(np.std(y))))
    return fit_as_written(law, [problem], Recipe(scale, "huber", 0.05, n_starts=32))[0]


def cost_of(law: Law, x: Array, y: Array, constants: Array, scale: str) -> float:
    """Cost of a fit by `fitted`."""
    with np.errstate(all="ignore"):
        p = evaluate(law.root, x, constants)
        gaps, spread = (np.log(p / y), np.log(y)) if scale == "log" else (p - y, y)
    bend, size = 0.05 * float(np.std(spread)), np.abs(gaps)
    core = np.minimum(size, bend)
    return float(np.sum(core * (size - 0.5 * core)))


PRODUCTS = {
    "m*(x - x0)": (rows_of(X), [-2.0, 25.0]),
    "A*log(x)": (rows_of(P), [-2.0]),
    "A*log(x)*z^b": (rows_of(P, Z), [-2.0, 0.4]),
    "A*log(x)^2*z^b": (rows_of(P, Z), [2.0, 0.4]),
    "A*(x - 30)*(x - b)": (rows_of(X), [2.0, 40.0]),
    "A*(x - x0)^2": (rows_of(X), [3.0, 8.3]),
    "A*(x - x0)^4": (rows_of(X), [0.03, 33.0]),
    "A*log(x/x0)": (rows_of(X), [-2.0, 30.0]),
    "A*(log(x) - b)*z^c": (rows_of(X, Z), [-3.0, 3.6, -0.7]),
    "A*(x^a - b)": (rows_of(X), [-2.0, 0.4, 5.0]),
    "A*(x - x0)/(k + x)": (rows_of(X), [-2.0, 25.0, 4.0]),
    "A*(1 - exp(k*x))": (rows_of(X), [-2.0, 0.11]),
    "A*exp(-x/s)/(1 + B*exp(-x/s))^2": (rows_of(X), [45.0, 9.0, 9.0]),
    "A*exp(-z/s)/(1 + B*exp(-z/s))^2": (rows_of(X, 1e6 * X), [45.0, 9e6, 9.0]),
}
ARRHENIUS = {
    "A*exp(-B/(8.314*x)) + b": (rows_of(T), [1e11, 8e4, 1.0]),
    "b - A*exp(-B/(8.314*x))": (rows_of(T), [35.0, 1e11, 8e4]),
    "A*exp(-B/8.314*(1/x - 1/350)) + b": (rows_of(T), [0.4, 8e4, 0.1]),
    "exp(-B/x)/A + b": (rows_of(T), [9600.0, 1e-11, 1.0]),
    "b + A*exp(-B/(x - C))": (rows_of(T), [1.0, 1e6, 3000.0, 100.0]),
    "1/(1/k + 1/(A*exp(-B/(8.314*x))))": (rows_of(T), [4.0, 1e11, 8e4]),
    "1 - exp(-A*exp(-B/(8.314*x))*z)": (HEATED, [1e7, 7e4]),
    "A*exp(-B/x) + C*exp(-D/x)": (rows_of(np.linspace(250, 500, 26)), [1e11, 9600.0, 1e3, 2400]),
    "A*exp(-B/x)*z/(K*exp(-C/x) + z)": (HEATED, [1e9, 6000.0, 1e10, 6000.0]),
    "L/(1 + A*exp(-k*x))": (rows_of(np.linspace(1990, 2020, 16)), [5.0, np.exp(601.2), 0.3]),
    "A*exp(k*x) + b": (rows_of(np.linspace(1990, 2020, 16)), [np.exp(-400.0), 0.2, 3.0]),
    "I*(exp(x/n) - 1) + x/R": (rows_of(np.linspace(0.2, 0.7, 14)), [1e-12, 0.028, 1e5]),
    "A*x^a + B*x^b": (rows_of(N), [1e-8, 0.9, 1e19, -2.0]),
    "A*(x + K)^-a": (rows_of(N), [1e20, 8e9, 2.0]),
}


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("text", [*PRODUCTS, *ARRHENIUS])
def test_no_fit_is_further_from_its_rows_than_the_truth(text: str, scale: str) -> None:
    law, (x, true) = stated(text), {**PRODUCTS, **ARRHENIUS}[text]
    y = evaluate(law.root, x, np.array(true)) * np.exp(0.01 * NOISE[: len(x)])
    fit = fitted(law, x, y, scale)
    assert fit.status == "converged"
    assert cost_of(law, x, y, fit.constants, scale) < cost_of(law, x, y, np.array(true), scale)


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e9])
@pytest.mark.parametrize("scale", SCALES)
def test_amplitude_and_rate_in_a_sum_are_those_of_least_squares_in_any_unit(
    scale: str, size: float
) -> None:
    law, true = stated("A*exp(-B/(8.314*x)) + b"), np.array([1e11 * size, 8e4, size])
    y = evaluate(law.root, rows_of(T), true) * np.exp(0.02 * NOISE[:14])
    fit = fitted(law, rows_of(T), y, scale)
    assert fit.constants[1:] == pytest.approx(true[1:], rel=0.05)
    assert abs(fit.constants[1] - 8e4) < 3.0 * fit.errors[1] < 6e3


def test_a_group_is_fitted_as_well_beside_one_that_has_a_0() -> None:
    law, x = stated("A*exp(-B/(8.314*x))"), rows_of(T)
    y = [evaluate(law.root, x, np.array(true)) for true in ([1e11, 8e4], [3e9, 6e4])]
    y = [each * np.exp(0.03 * NOISE[:14]) for each in y]
    y[1][0] = 0.0
    problems = [Problem(x, each, frame=TargetFrame(0.0, float(np.std(y[0])))) for each in y]
    fits = fit_as_written(law, problems, Recipe("linear", "huber", 0.05, n_starts=32))
    assert [fit.constants[1] for fit in fits] == pytest.approx([8e4, 6e4], rel=0.04)


def test_a_power_far_from_1_is_found_where_a_target_is_negative() -> None:
    law, true = stated("A*x^-a"), np.array([1e19, 2.0])
    y = evaluate(law.root, rows_of(N), true)
    y = y + 0.01 * np.ptp(y) * NOISE[:14]
    y[-1] = -abs(y[-1])
    assert fitted(law, rows_of(N), y, "linear").constants[1] == pytest.approx(2.0, rel=0.03)


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_a_power_beside_the_same_power_of_a_size_is_found_in_any_unit(size: float) -> None:
    x = np.geomspace(0.5, 200.0, 40)
    y = 7.0 / (1.0 + (12.0 / x) ** 1.8) + 0.02 * np.random.default_rng(3).normal(size=40)
    fit = fitted(stated("A*x^h/(K^h + x^h)"), rows_of(size * x), y, "linear")
    assert fit.constants == pytest.approx([7.0, 1.8, 12.0 * size], rel=0.02)


def test_errors_are_those_of_the_constants_as_written() -> None:
    law, true = stated("A*exp(-B/x) + b"), np.array([1e11, 9600.0, 1.0])
    y = evaluate(law.root, rows_of(T), true) * np.exp(1e-3 * NOISE[:14])
    fit = fitted(law, rows_of(T), y, "log")
    tilted = slopes(law.root, rows_of(T), fit.constants) / y[:, None]
    errors = np.sqrt(np.diag(np.linalg.inv(tilted.T @ tilted / np.outer(true, true))))
    ratio = fit.errors / np.sqrt(fit.variance) / true / errors
    assert ratio * true**2 == pytest.approx(1.0, rel=0.2)


MIDDLE = {"x": 2.0, "1/x": 0.5, "log(x)": 0.0, "abs(x)": 2.0}


@pytest.mark.parametrize(
    ("text", "told", "logs"),
    [
        ("A*exp(-B*x)", "A*exp(-B*(x - 2))", {0: "-B*2"}),
        ("b + exp(B/x)/A", "b + exp(B*(1/x - 0.5))/A", {2: "-(B*0.5)"}),
        ("A*x^a", "A*(x/1)^a", {0: "a*0"}),
        ("A*2^(B*x)", "A*2^(B*(x - 2))", {0: "0.693147*B*2"}),
        ("A*exp(B/(x - C))", "A*exp(B/(x - C) - B/(2 - C))", {0: "B/(2 - C)"}),
        ("A*exp(-((x - m)/s)^2)", "A*exp(-((x - m)/s)^2)", {}),
        ("A*exp(B*x) + A", "A*exp(B*x) + A", {}),
        ("A*x^a/(K^a + x^a)", "A*x^a/(K^a + x^a)", {}),
        ("A*(1 + x)", "A*(1 + x)", {}),
    ],
)
def test_what_amplitudes_stand_for(text: str, told: str, logs: dict[int, str]) -> None:
    law = stated(text)

    def mean(column) -> float:  # type: ignore[no-untyped-def]
        return MIDDLE.get(formula(Law(column, 0), ["x", "z"]), np.nan)

    root, found = centred(law.root, mean)
    assert formula(Law(root, law.n_constants, names=law.names), ["x", "z"]) == told
    shown = {
        k: formula(Law(log, law.n_constants, names=law.names), ["x", "z"])
        for k, log in found.items()
    }
    assert shown == logs


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("A*exp(-B/x)", "exp(A + (-B/x))"),
        ("A*x^a/(1 + exp(b*x))", "exp(A + a*log(x) - log(1 + exp(b*x)))"),
        ("A*(1 + b*x)^2", "exp(A + 2*log(abs(1 + b*x)))"),
        ("A*(x - x0)", "A*(x - x0)"),
        ("A*log(x)", "A*log(x)"),  # below 0 in some rows
        ("A*x/(K + x)", "A*x/(K + x)"),
    ],
)
def test_products_are_sums_of_logarithms_where_these_are_defined(text: str, told: str) -> None:
    law = stated(text)
    root, scales = raised(law.root, rows_of(np.array([0.5, 2.0])), frozenset())
    assert bool(scales) == (root != law.root)
    assert formula(Law(root, law.n_constants, names=law.names), ["x", "z"]) == told
