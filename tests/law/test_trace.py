"""Tracing: the law of a program, whatever numpy it is written in, or a clear refusal."""

from __future__ import annotations

import functools
import tomllib
import types
from pathlib import Path

import numpy as np
import pytest

from evolve.errors import ProgramError
from evolve.law.canonical import canonical
from evolve.law.graph import Law, call, const, constants_of, feat, features_of, num
from evolve.law.recipe import Recipe
from evolve.law.trace import trace_function, trace_law, trace_recipe

HEAD = "import math\nimport numpy as np\ndef scaling_law_func(data_points, params):\n"


def program(body: str) -> str:
    return HEAD + "\n".join(f"    {line}" for line in body.strip().splitlines())


def load(text: str) -> types.FunctionType:
    namespace: dict[str, object] = {}
    exec(text, namespace)
    function = namespace["scaling_law_func"]
    assert isinstance(function, types.FunctionType)
    return function


WAYS = {
    "unpacking": """
x, y = np.asarray(data_points, dtype=float).T
a, b, c = np.asarray(params, dtype=float)
return a + b * np.log(x / 1e9) + c * y
""",
    "columns": """
X = np.atleast_2d(np.asarray(data_points))
x, y = X[:, 0], X[..., 1]
return params[0] + params[1] * np.log(x / 1e9) + params[2] * y
""",
    "in place": """
X = np.array(data_points, dtype=np.float64)
out = np.zeros(X.shape[0])
out += params[0]
out += np.multiply(params[1], np.log(X[:, 0] / 1e9))
out[:] = out + params[2] * X[:, [1]].ravel()
return out
""",
    "floats and math": """
a, b, c = float(params[0]), float(params[1]), float(params[2])
out = []
for row in np.asarray(data_points):
    out.append(a + b * math.log(row[0] / 1e9) + c * row[1])
return np.array(out)
""",
    "two-dimensional constants": """
params = np.asarray(params, dtype=float)
if params.ndim == 1:
    params = params[None, :]
X = np.asarray(data_points, dtype=float)
log = np.log(X[:, 0] / 1e9)[None, :]
out = params[:, 0:1] + params[:, 1:2] * log + params[:, 2:3] * X[None, :, 1]
return out[0] if out.shape[0] == 1 else out
""",
    "moved axis": """
X = np.atleast_2d(np.asarray(data_points, dtype=float))
a, b, c = np.moveaxis(np.asarray(params, dtype=float)[..., None], -2, 0)
return a + b * np.log(X[:, 0] / 1e9) + c * X[:, 1]
""",
    "matrix product": """
X = np.asarray(data_points, dtype=float)
design = np.column_stack([np.ones(len(X)), np.log(X[:, 0] / 1e9), X[:, 1]])
return design @ params
""",
    "sum over features": """
X = np.asarray(data_points, dtype=float)
terms = np.stack([np.log(X[:, 0] / 1e9), X[:, 1]], axis=1) * params[1:]
return params[0] + np.sum(terms, axis=1)
""",
    "full": """
X = np.asarray(data_points, dtype=float)
base = np.full_like(X[:, 0], params[0])
return base + np.dot(np.stack([np.log(X[:, 0] / 1e9), X[:, 1]]).T, params[1:])
""",
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_writing_a_law_gives_the_same_graph(way: str) -> None:
    log = call("log", call("div", feat(0), num(1e9)))
    terms = [call("mul", const(1), log), call("mul", const(2), feat(1))]
    wanted = call("add", call("add", const(0), terms[0]), terms[1])
    text = program(WAYS[way])
    for law in (trace_law(text, 2, 1, 3), trace_function(load(text), 2, 1, 3)):
        assert canonical(law.root) == canonical(wanted)


FUNCTIONS = {
    "np.exp(x)": np.exp,
    "np.log2(x)": np.log2,
    "np.log10(x)": np.log10,
    "np.log1p(x)": np.log1p,
    "np.expm1(x)": np.expm1,
    "np.sqrt(x)": np.sqrt,
    "np.cbrt(x)": np.cbrt,
    "np.tanh(x)": np.tanh,
    "np.abs(-x)": np.abs,
    "np.square(x)": np.square,
    "np.reciprocal(x)": np.reciprocal,
    "np.exp2(x)": np.exp2,
    "np.logaddexp(x, 0.0)": lambda x: np.logaddexp(x, 0.0),
    "np.clip(x, 1.0, 1.5)": lambda x: np.clip(x, 1.0, 1.5),
    "np.clip(x, 1e-9, None)": lambda x: x,
    "np.maximum(x, 1.2) + np.minimum(x, 1.3)": lambda x: x + np.clip(x, 1.2, 1.3) * 0 + _kink(x),
    "x ** 1.5 + 2 ** x + np.power(x, -0.5)": lambda x: x**1.5 + 2**x + x**-0.5,
    "np.prod([x, x], axis=0)": lambda x: x * x,
    "np.mean(np.stack([x, 3 * x], axis=1), axis=1)": lambda x: 2 * x,
    "np.stack([x, 3 * x], axis=1).mean(axis=1)": lambda x: 2 * x,
    "np.max(np.stack([x, 0 * x + 1.2]), axis=0)": lambda x: np.maximum(x, 1.2),
    "np.roll(np.stack([x, 3 * x]), 1, axis=0)[0]": lambda x: 3 * x,
    "np.broadcast_to(x, (2, len(x)))[1]": lambda x: x,
    "np.concatenate([x[:1], x[1:]])": lambda x: x,
}


def _kink(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 1.2) + np.minimum(x, 1.3) - x


@pytest.mark.parametrize("expression", FUNCTIONS)
def test_functions_are_traced_to_what_they_compute(expression: str) -> None:
    text = program(f"x = np.asarray(data_points, dtype=float)[:, 0]\nreturn {expression}")
    rows = np.linspace(0.5, 2.0, 7)[:, None]
    law = trace_law(text, 1, 1, 0)
    predicted = law.predict(rows, np.zeros((1, 0)))[:, 0]
    np.testing.assert_allclose(predicted, FUNCTIONS[expression](rows[:, 0]), rtol=1e-12)
    np.testing.assert_allclose(predicted, load(text)(rows, np.zeros(0)), rtol=1e-12)


REFUSED = {
    "return np.where(data_points[:, 0] > 0, params[0], 0.0)": "compares values",
    "return params[0] if data_points[0, 0] > 1 else params[0] * data_points[:, 0]": "compares",
    "x = data_points[:, 0]\nreturn params[0] * (x - x.mean())": "depends on other rows",
    "return params[0] * data_points[::-1, 0]": "depends on other rows",
    "x = params[0] * data_points[:, 0]\nif not np.all(np.isfinite(x)):\n    x = 0 * x\nreturn x": (
        "a test of its values"
    ),
    "return params[0] * np.arcsin(data_points[:, 0])": "np.arcsin",
    "return params[0] * data_points[:, 0] / len(data_points)": "number of rows",
    "return params[0] * data_points[:, 0] * np.arange(len(data_points))": "row to row",
    "return params[0] * int(data_points[0, 0])": "plain number",
    "return data_points * params[0]": "shape",
    "return 'loss'": "shape",
    "while True: pass": "more than",
    "x = params[0] * data_points[:, 0]\nfor _ in range(60): x = x * x\nreturn x": "operations",
    "return params[0] * data_points[:, 5]": "IndexError",
    "return params[0] * data_points[:, 0] * float('nan')": "not finite",
    "raise ValueError('no')": "ValueError: no",
    "return scaling_law_func(data_points, params)": "RecursionError",
}


@pytest.mark.parametrize("body", REFUSED)
def test_a_law_that_is_no_formula_is_refused_with_a_reason(body: str) -> None:
    with pytest.raises(ProgramError, match=f"cannot be traced: .*{REFUSED[body]}"):
        trace_law(program(body), 2, 1, 1)


def test_a_refusal_cannot_be_swallowed() -> None:
    body = """
x = data_points[:, 0] * params[0]
try:
    return x if np.all(x > 0) else -x
except Exception:
    return x
"""
    with pytest.raises(ProgramError, match="compares values"):
        trace_law(program(body), 1, 1, 1)


def test_a_text_without_the_function_is_refused() -> None:
    with pytest.raises(ProgramError, match="no function scaling_law_func"):
        trace_law("x = 1", 1, 1)
    with pytest.raises(ProgramError, match="SyntaxError"):
        trace_law("def", 1, 1)


@pytest.mark.parametrize(
    ("body", "n_constants"),
    [
        ("a, b = params\nreturn a + b * data_points[:, 0]", 2),
        ("return params[0] + params[4] * params[1] * params[2] ** params[3]", 0),
        ("return params[0] + data_points @ params[1:3]", 3),
        ("p = params\nreturn p[0] + (p[1:3] * data_points ** p[3:5]).sum(axis=1)", 5),
    ],
)
def test_the_number_of_constants_is_found(body: str, n_constants: int) -> None:
    if n_constants == 0:
        with pytest.raises(ProgramError):
            trace_law(program(body), 2, 1)
    else:
        assert trace_law(program(body), 2, 1).n_constants == n_constants


def test_the_fit_call_states_the_number_of_constants() -> None:
    text = program("return params[0] * data_points[:, 0]") + (
        "\ndef fit_scaling_law(data_points, loss_values):\n"
        "    return fit_law(scaling_law_func, data_points, loss_values, n_constants=4)\n"
    )
    assert trace_law(text, 1, 1) == Law(call("mul", const(0), feat(0)), 4)


def test_helpers_constants_and_names_of_the_module_are_followed() -> None:
    text = """
import numpy as np
from math import log
from numpy import asarray, maximum

SCALE = np.array([2.0, 3.0])

def floor(x, low=0.5):
    return maximum(x, low)

def scaling_law_func(data_points, params):
    X = asarray(data_points, dtype=float) * SCALE
    return floor(X[:, 0]) * params[0] + log(params[1]) * inner(X)

def inner(X):
    return np.exp(X[:, 1])
"""
    low = call("max", call("mul", feat(0), num(2.0)), num(0.5))
    right = call("exp", call("mul", feat(1), num(3.0)))
    wanted = call("add", call("mul", low, const(0)), call("mul", call("log", const(1)), right))
    function = load(text)
    before = dict(function.__globals__)
    assert trace_law(text, 2, 1) == Law(wanted, 2)
    assert trace_function(function, 2, 1, 2) == Law(wanted, 2)
    assert function.__globals__ == before


def test_closures_are_followed() -> None:
    def make_law(numpy: types.ModuleType, power: float) -> types.FunctionType:
        def law(x: np.ndarray, p: np.ndarray) -> np.ndarray:
            return p[0] * numpy.asarray(x, dtype=float)[:, 0] ** power

        return law

    wanted = call("mul", const(0), call("pow", feat(0), num(0.5)))
    assert trace_function(make_law(np, 0.5), 1, 1, 1).root == wanted


def test_what_is_no_function_is_refused() -> None:
    with pytest.raises(ProgramError, match="plain Python function"):
        trace_law(functools.partial(np.power), 1, 1, 1)


MANY = """
X = np.asarray(data_points, dtype=float)
out = np.zeros((len(X), 3))
for t in range(3):
    a, b = params[t]
    out[:, t] = {value}
return out
"""


def test_targets_with_one_tree_give_one_law() -> None:
    law = trace_law(program(MANY.format(value="a + b * X[:, 0]")), 3, 3, 2)
    assert law == Law(call("add", const(0), call("mul", const(1), feat(0))), 2)


def test_targets_with_rotated_features_give_a_law_that_sees_its_own_first() -> None:
    value = "a * X[:, t] + b * (X[:, (t + 1) % 3] - X[:, (t + 2) % 3])"
    law = trace_law(program(MANY.format(value=value)), 3, 3, 2)
    assert law.own_feature_first
    rows = np.random.default_rng(0).uniform(1, 2, (5, 3))
    constants = np.arange(6.0).reshape(3, 2)
    function = load(program(MANY.format(value=value)))
    np.testing.assert_allclose(law.predict(rows, constants), function(rows, constants))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("a * X[:, t] ** (t + 1) * b", "targets have different laws"),
        ("a * X[:, 0] + b * params[0, 0]", "constants of another"),
    ],
)
def test_targets_that_differ_are_refused(value: str, reason: str) -> None:
    with pytest.raises(ProgramError, match=reason):
        trace_law(program(MANY.format(value=value)), 3, 3, 2)


CALL = """
def fit_scaling_law(data_points, loss_values):
    return fit_law(
        scaling_law_func, data_points, loss_values, n_constants=3, {rest}
    )
"""


def test_a_literal_fit_call_gives_the_recipe() -> None:
    rest = 'target_scale="log", loss="cauchy", f_scale=0.03, axes=(0,), prior_mean=[1]'
    rest += ", prior_weight=[2]"
    assert trace_recipe(CALL.format(rest=rest)) == Recipe("log", "cauchy", 0.03)


def test_a_call_by_the_first_names_gives_the_same_recipe() -> None:
    present = 'target_scale="log", loss="huber", f_scale=0.03, scale_weight=0.5, shrinkage=2.0'
    first = 'residual="log", loss="huber", width=0.03, far=0.5, pool=2.0'
    recipe = trace_recipe(CALL.format(rest=first))
    assert recipe is not None
    assert recipe == trace_recipe(CALL.format(rest=present))


@pytest.mark.parametrize(
    "text",
    [
        "def",
        "x = 1",
        CALL.format(rest="target_scale=choose()"),
        CALL.format(rest='target_scale="cubic"'),
        CALL.format(rest="colour=1"),
        CALL.format(rest="**options"),
        "def fit_scaling_law(x, y):\n    return minimize(x, y)",
        "def fit_scaling_law(x, y):\n    y = 2 * y\n"
        "    return fit_law(scaling_law_func, x, y, n_constants=1)",
    ],
)
def test_any_other_fitting_code_has_no_recipe(text: str) -> None:
    assert trace_recipe(text) is None


ROOT = Path(__file__).parents[2]
SEEDS = sorted(p for p in ROOT.glob("seeds/*/*.py") if (ROOT / "tasks" / p.parent.name).exists())


@pytest.mark.parametrize("path", SEEDS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_every_starting_program_is_traced(path: Path) -> None:
    spec = tomllib.loads((ROOT / "tasks" / path.parent.name / "task.toml").read_text())
    n_features, n_targets = len(spec["features"]), len(spec["targets"])
    law = trace_law(path.read_text(), n_features, n_targets)
    assert features_of(law.root) <= set(range(n_features))
    assert constants_of(law.root) == set(range(law.n_constants))
