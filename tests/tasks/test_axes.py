"""Axes are features or products of features, and folds hold out their far end."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from evolve.search.consensus import consensus_points, further
from evolve.tasks.axes import axis_features, axis_steps, axis_values, factors_of
from evolve.tasks.spec import FoldSpec
from evolve.tasks.task import Task, load_task

NAMES = ("params", "tokens", "lr")
X = np.array([(1e6, 1e9, 1e-3), (1e7, 1e8, 1e-2)])


def test_an_axis_is_a_feature_or_a_product_of_features() -> None:
    assert factors_of("tokens", NAMES) == ("tokens",)
    assert factors_of("params * tokens", NAMES) == ("params", "tokens")
    assert factors_of("a*b", ("a*b", "a", "b")) == ("a*b",)


@pytest.mark.parametrize(
    ("axis", "rule"),
    [("token", "did you mean 'tokens'"), ("params*params", "once"), ("params*", "holds ''")],
)
def test_any_other_axis_is_refused_with_the_rule(axis: str, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        factors_of(axis, NAMES)


def test_values_along_a_product_are_products() -> None:
    values = axis_values(X, ["params*tokens", "lr"], NAMES)
    np.testing.assert_allclose(values, [[1e15, 1e-3], [1e15, 1e-2]])
    assert axis_values(X, [], NAMES).shape == (2, 0)
    assert axis_features(["params*tokens", "params"], NAMES) == (0, 1)


def test_the_factors_of_a_product_share_a_step() -> None:
    assert axis_steps(["params*tokens"], NAMES, 9.0) == {0: 3.0, 1: 3.0}
    assert axis_steps(["params*tokens", "tokens"], NAMES, 9.0) == {0: 3.0, 1: 9.0}


def test_each_axis_may_move_by_a_factor_of_its_own() -> None:
    assert axis_steps(["params", "tokens"], NAMES, (24.0, 1.0)) == {0: 24.0, 1: 1.0}
    assert axis_steps(["params*tokens", "tokens"], NAMES, (100.0, 2.0)) == {0: 10.0, 1: 10.0}


@pytest.fixture(scope="module")
def by_compute() -> Task:
    task = load_task("data_constrained")
    axes = FoldSpec(axes=["params*tokens"])
    spec = task.spec.model_copy(update={"folds": axes})
    return dataclasses.replace(task, spec=spec)


def test_folds_along_compute_hold_out_the_most_compute(by_compute: Task) -> None:
    compute = by_compute.axis_values[:, 0]
    fold = by_compute.folds[0]
    assert compute[fold.held].min() > compute[fold.fit].max()


def test_finalists_are_compared_at_the_horizon_that_is_declared(by_compute: Task) -> None:
    def compared(**folds: object) -> np.ndarray:
        axes = FoldSpec(axes=["params", "tokens"], **folds)  # type: ignore[arg-type]
        spec = by_compute.spec.model_copy(update={"folds": axes})
        task = dataclasses.replace(by_compute, spec=spec)
        x, _ = consensus_points(task)
        names = task.feature_names
        both = [names.index("params"), names.index("tokens")]
        return np.asarray(x[:, both] / task.train.X[task.folds[0].held][:, both])

    np.testing.assert_allclose(compared(), 3.0)
    np.testing.assert_allclose(compared(horizon=[24.0]), 24.0)
    np.testing.assert_allclose(compared(horizon=[24.0, 1.0]), [[24.0, 1.0]] * len(compared()))


@pytest.mark.parametrize(
    ("folds", "rule"),
    [
        ({"axes": [], "horizon": [3.0]}, "for each of the 0 axes"),
        ({"axes": ["a", "b", "c"], "horizon": [3.0, 2.0]}, "for each of the 3 axes"),
        ({"axes": ["a"], "horizon": [1.0]}, "above 1 along an axis"),
        ({"axes": ["a"], "horizon": [0.5]}, "greater than or equal to 1"),
    ],
)
def test_a_horizon_lies_beyond_the_data_along_axes(folds: dict[str, object], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        FoldSpec.model_validate(folds)


def test_rows_move_on_along_compute_by_the_factor(by_compute: Task) -> None:
    axes, names, x = ["params*tokens"], by_compute.feature_names, by_compute.train.X[:3]
    moved = axis_values(further(by_compute, x, 9.0), axes, names)
    np.testing.assert_allclose(moved, 9.0 * axis_values(x, axes, names))
