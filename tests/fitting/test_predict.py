"""A law's tape predicts what its tree does, wherever that is defined."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.fitting.predict import BLOCK, predicted
from evolve.fitting.tape import compile_tape
from evolve.law.graph import BINARY, UNARY, Law, Node, call, const, evaluate, feat

N = BLOCK + 7  # more rows than are taken at a time
X = np.linspace(0.2, 3.0, 2 * N).reshape(N, 2)
AT = np.arange(N) % 3
C = np.array([[0.7, 1.3], [1.1, 0.4], [2.0, 0.9]])


def by_tape(root: Node, x: np.ndarray, constants: np.ndarray, scale: str = "linear") -> np.ndarray:
    tape = compile_tape(Law(root, constants.shape[1]), scale)
    return predicted(tape, x, AT[: len(x)] % len(constants), constants, {})


@pytest.mark.parametrize("op", [*UNARY, *BINARY])
@pytest.mark.parametrize("scale", ["linear", "log"])
def test_every_operation_is_predicted_as_its_tree_says(op: str, scale: str) -> None:
    first = call("mul", const(0), feat(0))
    root = call(op, first) if op in UNARY else call(op, first, call("mul", const(1), feat(1)))
    values = by_tape(root, X, C, scale)
    for k, constants in enumerate(C):
        expected = evaluate(root, X[k == AT], constants)
        assert np.allclose(values[k == AT], expected, rtol=1e-13, atol=0.0, equal_nan=True)


@pytest.mark.parametrize("op", ["max", "min"])
@pytest.mark.parametrize("undefined", [0, 1])
def test_what_is_undefined_is_neither_more_nor_less(op: str, undefined: int) -> None:
    root = call(op, call("log", const(0)), call("log", const(1)))
    c = np.ones((1, 2))
    c[0, undefined] = -1.0
    assert np.isnan(by_tape(root, X[:2], c)).all()


def test_two_powers_of_0_add_up_to_0_in_logs() -> None:
    terms = [call("mul", const(k), call("log", feat(k))) for k in (0, 1)]
    root = call("exp", call("logaddexp", *terms))
    assert by_tape(root, np.zeros((2, 2)), np.ones((1, 2))).tolist() == [0.0, 0.0]


def test_values_that_laws_have_in_common_are_computed_once() -> None:
    log = call("log", feat(0))
    kept: dict[Node, np.ndarray] = {}
    for root in (call("mul", const(0), log), call("add", const(0), log)):
        predicted(compile_tape(Law(root, 2), "linear"), X, AT, C, kept)
    assert list(kept) == [log]
