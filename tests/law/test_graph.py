"""The expression graph: compared by structure, evaluated on rows, stored and read back."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from random_laws import N_FEATURES, laws

from evolve.law.graph import (
    BINARY,
    UNARY,
    Law,
    call,
    const,
    constants_of,
    evaluate,
    feat,
    features_of,
    from_data,
    law_from_data,
    law_to_data,
    law_with_first_names,
    num,
    renumber,
    replace_leaves,
    size,
    to_data,
)

x, y = feat(0), feat(1)
ROWS = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def test_trees_compare_by_structure() -> None:
    assert call("add", x, num(1)) == call("add", feat(0), num(1.0))
    assert hash(call("add", x, y)) == hash(call("add", x, y))
    assert call("add", x, y) != call("add", y, x)
    assert feat(0) != const(0)


@pytest.mark.parametrize(("op", "n_args"), [("sine", 1), ("add", 1), ("exp", 2), ("feat", 1)])
def test_an_operation_that_is_not_known_is_refused(op: str, n_args: int) -> None:
    with pytest.raises(ValueError, match=f"'{op}'"):
        call(op, *[x] * n_args)


@pytest.mark.parametrize("op", [*UNARY, *BINARY])
def test_every_operation_evaluates_as_numpy_does(op: str) -> None:
    args = (x,) if op in UNARY else (x, y)
    function = UNARY.get(op) or BINARY[op]
    wanted = function(*(ROWS[:, i] for i in range(len(args))))
    np.testing.assert_allclose(evaluate(call(op, *args), ROWS, np.zeros(0)), wanted)


def test_many_sets_of_constants_are_evaluated_at_once() -> None:
    root = call("add", const(0), call("mul", const(1), x))
    table = np.array([[0.0, 1.0], [10.0, 2.0], [1.0, 1.0]])
    values = evaluate(root, ROWS, table)
    assert values.shape == (3, 2)
    np.testing.assert_array_equal(values[1], [12.0, 18.0])
    np.testing.assert_array_equal(evaluate(root, ROWS, table[1]), values[1])


def test_a_law_without_features_fills_the_rows() -> None:
    assert evaluate(const(0), ROWS, np.ones((3, 1))).shape == (3, 2)
    assert evaluate(num(2.0), ROWS, np.zeros(0)).tolist() == [2.0, 2.0]


def test_values_outside_the_domain_are_not_finite() -> None:
    assert np.isnan(evaluate(call("log", call("neg", x)), ROWS, np.zeros(0))).all()


def test_leaves_are_counted_found_and_exchanged() -> None:
    root = call("add", const(5), call("mul", const(2), call("log", y)))
    assert (size(root), constants_of(root), features_of(root)) == (6, {2, 5}, {1})
    assert renumber(root)[0] == call("add", const(0), call("mul", const(1), call("log", y)))
    assert features_of(replace_leaves(root, {y: x})) == {0}


def test_a_law_of_own_features_sees_its_own_first() -> None:
    law = Law(call("mul", const(0), x), 1, own_feature_first=True)
    predicted = law.predict(ROWS, np.array([[1.0], [10.0], [100.0]]))
    np.testing.assert_array_equal(predicted, ROWS * [1.0, 10.0, 100.0])


@settings(max_examples=50, deadline=None)
@given(laws())
def test_a_law_is_read_back_from_json(law: Law) -> None:
    assert law_from_data(json.loads(json.dumps(law_to_data(law)))) == law
    assert from_data(to_data(law.root)) == law.root
    assert max(features_of(law.root), default=0) < N_FEATURES


def test_a_stored_law_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="sine"):
        from_data(["sine", ["feat", 0]])


@pytest.mark.parametrize("name", ["own_feature_first", "rolled"])
def test_a_law_is_read_from_either_name_of_its_key(name: str) -> None:
    law = Law(call("mul", const(0), feat(0)), 1, own_feature_first=True)
    stored = {"root": to_data(law.root), "n_constants": 1, name: True}
    assert law_from_data(stored) == law
    assert law_with_first_names(stored) == law_to_data(law) | {"rolled": True}


def test_a_graph_that_another_process_pickled_equals_the_same_graph_made_here() -> None:
    make = "call('add', const(0), call('log', feat(1)))"
    program = f"import pickle, sys\nfrom evolve.law.graph import *\nroot = {make}\n"
    program += "sys.stdout.buffer.write(pickle.dumps(root))"
    here = call("add", const(0), call("log", feat(1)))
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        words = [sys.executable, "-c", program]
        sent = subprocess.run(words, env=environment, capture_output=True, check=True).stdout
        assert pickle.loads(sent) == here
        assert {here: 1}[pickle.loads(sent)] == 1


def test_a_feature_of_many_is_laid_side_by_side_before_its_logarithm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[np.ndarray] = []

    def log(values: np.ndarray) -> np.ndarray:
        seen.append(values)
        return np.log(values)

    monkeypatch.setitem(UNARY, "log", log)
    evaluate(call("log", feat(2)), np.ones((5, 4)), np.zeros(0))
    assert [values.strides for values in seen] == [(8,)]
