"""A law becomes a tape: what is computed once, and how each constant enters."""

from __future__ import annotations

import numpy as np

from evolve.fitting.primitives import CODE
from evolve.fitting.tape import (
    FREE,
    LINEAR,
    LOG_SCALE,
    NONLINEAR,
    SHIFT,
    SLOPE,
    compile_tape,
    kinds,
)
from evolve.law.graph import Law, Node, call, const, feat, num

LOG = call("log", call("div", feat(0), num(1e9)))


def power(k: int) -> Node:
    return call("exp", call("sub", const(k), call("mul", const(k + 1), LOG)))


def test_parts_without_constants_become_columns_once() -> None:
    root = call("add", call("mul", const(0), LOG), call("mul", const(1), LOG))
    tape = compile_tape(Law(root, 2), "linear")
    assert tape.columns == (LOG,)
    x = np.array([[1e9], [np.e * 1e9]])
    assert np.allclose(tape.column_values(x), [[0.0, 1.0]])


def test_a_floor_is_linear_an_amplitude_a_log_scale_and_an_exponent_neither() -> None:
    root = call("add", const(0), power(1))
    assert kinds(root, 3).tolist() == [LINEAR, LOG_SCALE, NONLINEAR]


def test_a_constant_used_twice_is_no_amplitude() -> None:
    root = call("add", power(0), call("mul", const(0), power(2)))
    assert kinds(root, 4)[0] == NONLINEAR


def test_constants_that_multiply_each_other_are_not_linear_together() -> None:
    root = call("mul", const(0), call("add", const(1), LOG))
    assert sorted(kinds(root, 2).tolist()) == [NONLINEAR, LINEAR]


def test_log_residuals_of_an_exponential_fit_its_inside() -> None:
    law = Law(call("exp", call("add", const(0), call("mul", const(1), LOG))), 2)
    tape = compile_tape(law, "log")
    assert tape.log_output
    assert tape.kind.tolist() == [LINEAR, LINEAR]
    assert CODE["exp"] not in tape.steps[:, 0]
    assert not compile_tape(law, "linear").log_output


def test_a_power_of_a_feature_becomes_one_step_over_its_logarithm() -> None:
    law = Law(call("mul", const(0), call("pow", feat(0), const(1))), 2)
    tape = compile_tape(law, "linear")
    assert tape.columns == (call("log", feat(0)),)
    assert tape.role[1].tolist() == [SLOPE, 0]


def test_roles_say_what_a_constant_is_measured_against() -> None:
    inside = call("sub", LOG, const(1))
    root = call("add", call("mul", const(0), LOG), call("square", inside))
    assert compile_tape(Law(root, 2), "linear").role.tolist() == [[SLOPE, 0], [SHIFT, 0]]
    free = Law(call("exp", const(0)), 1)
    assert compile_tape(free, "linear").role.tolist() == [[FREE, -1]]


def test_summands_share_the_row_of_their_sum() -> None:
    root = call("add", call("add", const(0), call("mul", const(1), LOG)), const(2))
    tape = compile_tape(Law(root, 3), "linear")
    assert tape.rows[0] == tape.rows[2] == 0
    assert len(tape.back) == 1


def test_a_law_that_is_one_constant_has_a_step() -> None:
    assert len(compile_tape(Law(const(0), 1), "linear").steps) == 1
