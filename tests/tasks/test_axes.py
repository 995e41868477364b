"""Axes are features or products of features, and folds hold out their far end."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from evolve.search.consensus import further
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
    assert axis_steps(["params*tokens"], NAMES) == {0: 0.5, 1: 0.5}
    assert axis_steps(["params*tokens", "tokens"], NAMES) == {0: 0.5, 1: 1.0}


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


def test_rows_move_on_along_compute_by_the_factor(by_compute: Task) -> None:
    axes, names, x = ["params*tokens"], by_compute.feature_names, by_compute.train.X[:3]
    moved = axis_values(further(by_compute, x, 9.0), axes, names)
    np.testing.assert_allclose(moved, 9.0 * axis_values(x, axes, names))
