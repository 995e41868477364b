"""Errors of a fitted law know which rows are points of one run."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from evolve.evaluation.fitted import FittedLaw, fit_rows
from evolve.law.candidate import Candidate
from evolve.law.graph import Law, call, const, feat
from evolve.law.recipe import Recipe
from evolve.tasks.task import Feature, FoldSpec, Table, Target, Task, TaskSpec

# c0 * size ** c1, fitted to logarithms: the size is fixed within a run.
POWER = Candidate(Law(call("mul", const(0), call("pow", feat(0), const(1))), 2), Recipe("log"))

MIRRORED = Candidate(Law(call("neg", POWER.law.root), 2), Recipe("log"))


def fitted(*, runs: bool, shift: float = 0.0, sign: float = 1.0) -> FittedLaw:
    """The law fitted to 8 runs of 10 points in each of two groups, each run with an offset."""
    rng, run = np.random.default_rng(0), np.repeat(np.arange(8), 10)
    group, run = np.repeat([0, 1], 80), np.tile(run, 2)
    offset = np.where(group == 0, 0.02, shift) * rng.normal(size=16)[run + 8 * group]
    size = 2.0**run
    y = 3.0 * size**-0.1 * np.exp(offset + 0.005 * rng.normal(size=160))
    table = Table(size[:, None], sign * y[:, None], group, run if runs else None)
    spec = TaskSpec(
        title="t",
        source="s",
        licence="l",
        groups=["place"],
        features=[Feature(name="size")],
        targets=[Target(name="loss")],
        folds=FoldSpec(axes=["size"], runs="run" if runs else ""),
    )
    return fit_rows(Task("t", Path(), spec, ("a", "b"), table), POWER if sign > 0 else MIRRORED)


def test_errors_are_wider_where_points_of_a_run_go_together() -> None:
    alone, together = fitted(runs=False), fitted(runs=True)
    for name in ("a", "b"):
        np.testing.assert_array_equal(alone.constants[name], together.constants[name])
    times = together.errors["a"] / alone.errors["a"]
    assert np.all(times > 2.0)
    assert np.all(together.errors["b"] / alone.errors["b"] < 1.6)  # no offsets there
    variances = np.diagonal(together.covariance["a"], axis1=1, axis2=2)
    np.testing.assert_allclose(together.errors["a"], np.sqrt(variances), rtol=1e-6)


def test_runs_of_one_name_in_two_groups_do_not_go_together() -> None:
    one, two = fitted(runs=True), fitted(runs=True, shift=0.02)
    np.testing.assert_allclose(one.errors["a"], two.errors["a"], rtol=1e-6)
    assert np.all(two.errors["b"] > 2.0 * one.errors["b"])


def test_errors_of_a_law_of_mirrored_targets_are_those_of_the_law() -> None:
    one, other = fitted(runs=True), fitted(runs=True, sign=-1.0)
    np.testing.assert_allclose(one.constants["a"], other.constants["a"], rtol=1e-6)
    np.testing.assert_allclose(one.errors["a"], other.errors["a"], rtol=1e-6)
