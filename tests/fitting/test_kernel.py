"""The kernel: derivatives of every operation, and the same numbers with and without numba."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from evolve.fitting.adjoint import RULES
from evolve.fitting.batch import BatchFitter
from evolve.fitting.compiled import COMPILED, jit
from evolve.fitting.cost import costs_at, normals_at
from evolve.fitting.fit import fit_many
from evolve.fitting.kernel import all_parts
from evolve.fitting.multistart import run
from evolve.fitting.primitives import BACKWARD, CODE, FORWARD, SLOPES, VALUES
from evolve.fitting.result import Problem
from evolve.fitting.robust import L2
from evolve.fitting.solve import solve_exact, solve_normal
from evolve.fitting.tape import compile_tape
from evolve.fitting.workspace import (
    CompiledLaw,
    Data,
    Parts,
    make_room,
    place_problem,
    workspace_of,
)
from evolve.law.graph import BINARY, UNARY, Law, Node, call, const, evaluate, feat
from evolve.law.recipe import Recipe
from evolve.scoring.objective import AGREEING_STARTS
from evolve.typing import Array

ROOT = Path(__file__).resolve().parents[2]
X = np.linspace(0.3, 2.1, 7)[:, None]
C = np.array([0.7, 1.3])
TWICE = call("mul", const(0), feat(0))  # each operation is tried on c0 x and c1


def a_law(op: str) -> Law:
    """An operation on constants, times a constant that it also holds, so that rows are joined."""
    inner = call(op, TWICE) if op in UNARY else call(op, TWICE, const(1))
    return Law(call("add", call("mul", inner, const(1)), const(0)), 2)


@jit
def swept(
    law: CompiledLaw,
    data: Data,
    n_columns: int,
    c: Array,
    room: Array,
    r: Array,
    jac: Array,
    parts: Parts,
) -> None:
    """Fill residuals `(n,)` and their derivatives `(p, n)` as the kernel has them."""
    work = workspace_of(room, law, n_columns, r.shape[0], 1)
    place_problem(data, 0, r.shape[0], 1.0, work, 0)
    for k in range(c.shape[0]):
        work.trial[0, k] = c[k]
    costs_at(law, n_columns, L2, work, parts)
    normals_at(law, L2, work, parts)
    for i in range(r.shape[0]):
        r[i] = work.r[i]
        for k in range(c.shape[0]):
            jac[k, i] = work.g[law.rows[k], i]


def jacobian(law: Law, target_scale: str = "linear") -> tuple[np.ndarray, np.ndarray]:
    """Values `(n,)` and derivatives `(p, n)` of a law by the kernel's sweeps."""
    tape = compile_tape(law, target_scale)
    compiled = CompiledLaw(
        tape.steps, tape.back, tape.rows, tape.n_rows, tape.literals, tape.kind, tape.role, False
    )
    n, p, n_columns = len(X), law.n_constants, len(tape.columns)
    data = Data(tape.column_values(X), np.zeros(n), np.ones(n))
    room = make_room(compiled, n_columns, n, n)
    values, slopes = np.zeros(n), np.zeros((p, n))
    swept(compiled, data, n_columns, C[:p].copy(), room, values, slopes, all_parts())
    return values, slopes


def differences(root: Node) -> np.ndarray:
    """Central differences `(p, n)` of a tree by its constants."""
    rows = []
    for k in range(2):
        step = np.zeros(2)
        step[k] = 1e-6
        rows.append((evaluate(root, X, C + step) - evaluate(root, X, C - step)) / 2e-6)
    return np.array(rows)


@pytest.mark.parametrize("op", [*UNARY, *BINARY])
def test_derivatives_of_every_operation_agree_with_differences(op: str) -> None:
    law = a_law(op)
    values, slopes = jacobian(law)
    assert np.allclose(values, evaluate(law.root, X, C), rtol=1e-12)
    assert np.allclose(slopes, differences(law.root), rtol=1e-7, atol=1e-8)


def test_a_power_of_a_feature_is_exact_where_the_feature_is_zero() -> None:
    root = call("add", const(0), call("pow", feat(0), const(1)))
    tape = compile_tape(Law(root, 2), "linear")
    assert CODE["powc"] in tape.steps[:, 0]
    x = np.array([[0.0], [1.0], [2.0]])
    fit = fit_many(Law(root, 2), [Problem(x, 3.0 + x[:, 0] ** 0.5)], Recipe())[0]
    assert np.allclose(fit.constants, [3.0, 0.5], rtol=1e-8)


def test_every_operation_has_loops_rows_and_rules() -> None:
    assert len(FORWARD) == len(VALUES) == len(set(FORWARD))
    assert len(BACKWARD) == len(SLOPES) == len(set(BACKWARD))
    assert set(RULES) == set(FORWARD)
    assert set(FORWARD) == {*UNARY, *BINARY, "powc"}


FITS = """
import hashlib
import numpy as np
from evolve.fitting.fit import fit_many
from evolve.fitting.result import Problem
from evolve.law.graph import Law, call, const, feat
from evolve.law.recipe import Recipe

x = np.linspace(1e3, 1e4, 40)[:, None]  # so that the law is not finite at most starts
law = Law(call("mul", const(0), call("exp", call("mul", call("exp", const(1)), feat(0)))), 2)
problems = [Problem(x, 1.0 + np.log1p(k * x[:, 0])) for k in range(1, 9)]
digest = hashlib.sha256()
for fit in fit_many(law, problems, Recipe()):
    digest.update(fit.constants.tobytes() + repr((fit.n_agree, fit.n_starts)).encode())
print(digest.hexdigest())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs glibc's MALLOC_PERTURB_")
def test_fits_do_not_depend_on_what_memory_held_before() -> None:
    outputs = set()
    for filler in ("0", "85", "170"):
        done = subprocess.run(
            [sys.executable, "-c", FITS],
            env={**os.environ, "PYTHONPATH": str(ROOT), "MALLOC_PERTURB_": filler},
            capture_output=True,
            text=True,
            check=True,
        )
        outputs.add(done.stdout)
    assert len(outputs) == 1


def test_both_solvers_agree_and_refuse_what_is_singular() -> None:
    rng = np.random.default_rng(0)
    jac, r = rng.normal(size=(3, 20)), rng.normal(size=20)
    normal, exact = np.empty(3), np.empty(3)
    none, low = np.zeros(3), np.zeros((3, 3))
    assert solve_normal(jac @ jac.T, jac @ r, none, low, normal, 1e-14)
    reflected = jit(solve_exact)  # of itself it is called by its address
    assert reflected(jac.copy(), -r.copy(), exact, 20)
    assert np.allclose(normal, exact, rtol=1e-10)
    jac[2] = 0.0
    assert not solve_normal(jac @ jac.T, jac @ r, none, low, normal, 1e-14)
    assert not reflected(jac.copy(), r.copy(), exact, 20)


def test_the_normal_matrix_is_left_alone_where_too_few_digits_would_be_right() -> None:
    rng = np.random.default_rng(0)
    jac, r = rng.normal(size=(2, 20)), rng.normal(size=20)
    jac[1] = jac[0] + 1e-6 * jac[1]
    step, none, low = np.empty(2), np.zeros(2), np.zeros((2, 2))
    assert solve_normal(jac @ jac.T, jac @ r, none, low, step, 1e-14)
    assert not solve_normal(jac @ jac.T, jac @ r, none, low, step, 1e-10)


CASES = """
import json, sys
import numpy as np
from evolve.fitting.batch import BatchFitter
from evolve.fitting.fit import fit_many
from evolve.fitting.result import Problem
from evolve.law.graph import Law, evaluate, law_from_data
from evolve.law.recipe import Recipe
predictions = []
rng = np.random.default_rng(1)
x = np.exp(rng.uniform(-2.0, 3.0, (40, 2)))
y = (1.5 + 0.8 * x[:, 0] ** -0.4 + 0.5 * x[:, 1] ** -0.3) * np.exp(0.02 * rng.normal(size=40))
for law in map(law_from_data, json.loads(sys.argv[1])):
    for recipe in (
        Recipe("linear", "l2"), Recipe("log", "l2"), Recipe("log", "cauchy", 0.1),
        Recipe("linear", "huber", 0.1), Recipe("log", "huber", 0.05, ridge=1e-3),
    ):
        fit = fit_many(law, [Problem(x, y)], recipe)[0]
        predictions.append(evaluate(law.root, x, fit.constants).tolist())
print(json.dumps(predictions))
"""


def laws() -> list[object]:
    """Laws whose best constants the rows fix."""
    from evolve.law.graph import law_to_data, num

    a, b = call("log", feat(0)), call("log", feat(1))

    def power(k: int, log: Node) -> Node:
        return call("exp", call("sub", const(k), call("mul", const(k + 1), log)))

    total = call("add", call("add", const(0), power(1, a)), power(3, b))
    product = call("exp", call("add", const(0), call("mul", const(1), call("add", a, b))))
    softer = call("add", const(0), call("mul", const(1), call("logaddexp", num(0.0), a)))
    chosen = [Law(total, 5), Law(product, 2), Law(softer, 2)]
    return [law_to_data(law) for law in chosen]


def predictions(**environment: str) -> np.ndarray:
    done = subprocess.run(
        [sys.executable, "-c", CASES, json.dumps(laws())],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return np.array(json.loads(done.stdout))


@pytest.mark.skipif(not COMPILED, reason="numba is not used here")
def test_the_plain_path_predicts_what_the_compiled_one_does() -> None:
    compiled, plain = predictions(), predictions(EVOLVE_NO_NUMBA="1")
    gap = np.abs(plain / compiled - 1.0)
    assert gap.max() < 1e-6
    assert np.mean(gap < 1e-9) > 0.9


def test_where_numba_is_told_to_compile_nothing_numpy_fits_instead() -> None:
    words = "from evolve.fitting.compiled import COMPILED; assert not COMPILED\n" + FITS
    done = subprocess.run(
        [sys.executable, "-c", words],
        env={**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_start_where_the_law_is_not_finite_leaves_no_trace_of_earlier_work() -> None:
    root = call("log", call("sub", const(0), feat(0)))  # undefined for small constants
    x = np.linspace(1.0, 2.0, 5)[:, None]
    fitter = BatchFitter(Law(root, 1), [Problem(x, x[:, 0])], Recipe(), ())
    batch = fitter.batch([None], fitter.box)
    ends = run(batch, np.array([[[-5.0], [9.0], [-5.0]]]), 0, keep_all=True)
    assert ends.normal[0, 0].tolist() == ends.normal[0, 2].tolist() == [[0.0]]
    assert ends.gradient[0, 0].tolist() == ends.gradient[0, 2].tolist() == [0.0]
    assert ends.normal[0, 1, 0, 0] > 0.0


def test_further_starts_are_left_once_enough_meet_at_the_lowest_cost() -> None:
    x = np.linspace(1.0, 2.0, 5)[:, None]
    fitter = BatchFitter(
        Law(call("mul", const(0), feat(0)), 1), [Problem(x, x[:, 0])], Recipe(), ()
    )
    batch, starts = fitter.batch([None], fitter.box), np.linspace(-3.0, 3.0, 6)[None, :, None]
    ones = np.ones((1, 6), dtype=np.int64)
    assert np.isfinite(run(batch, starts, 20).costs).sum() == 6
    assert np.isfinite(run(batch, starts, 20, stands_for=ones).costs).sum() == AGREEING_STARTS
    assert np.isfinite(run(batch, starts, 20, stands_for=9 * ones).costs).sum() == 1


def test_problems_of_any_size_are_refined_as_each_alone() -> None:
    rng = np.random.default_rng(3)
    sizes = [5, 9, 40, 6, 300, 8, 7]
    problems = []
    for n in sizes:
        x = rng.uniform(1.0, 20.0, (n, 1))
        problems.append(Problem(x, 1.0 + 2.0 * x[:, 0] ** -0.5 + 0.05 * rng.normal(size=n)))
    law = Law(call("add", const(0), call("mul", const(1), call("pow", feat(0), const(2)))), 3)
    for recipe in (Recipe(), Recipe("log", "cauchy", 0.1)):
        together = fit_many(law, problems, recipe)
        for fit, problem in zip(together, problems, strict=True):
            alone = fit_many(law, [problem], recipe)[0]
            np.testing.assert_array_equal(fit.constants, alone.constants)
            assert fit.n_agree == alone.n_agree
