"""Many starts of a fit: those that meet stand for one, and many take no more room than few."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from evolve.fitting import leaders
from evolve.fitting.fit import fit_many
from evolve.fitting.result import Problem
from evolve.law.graph import Law, call, const, feat
from evolve.law.recipe import Recipe

X = np.geomspace(1.0, 100.0, 12)[:, None]
LAW = Law(
    call("add", const(0), call("exp", call("sub", const(1), call("mul", const(2), feat(0))))), 3
)
ROWS = Problem(X, 2.0 + np.exp(0.5 - 0.3 * X[:, 0]))


def test_starts_that_meet_are_found_however_many_are_looked_at_in_one_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recipe = Recipe("linear", "l2", n_starts=40)
    (at_once,) = fit_many(LAW, [ROWS], recipe)
    monkeypatch.setattr(leaders, "COMPILED", False)
    monkeypatch.setattr(leaders, "MET_AT_ONCE", 3)
    (by_three,) = fit_many(LAW, [ROWS], recipe)
    assert by_three.n_agree == at_once.n_agree > 1
    np.testing.assert_array_equal(by_three.constants, at_once.constants)


def test_ten_thousand_starts_are_not_all_held_against_each_other_at_once() -> None:
    tracemalloc.start()
    try:
        fit_many(LAW, [ROWS], Recipe("linear", "l2", n_starts=10_000))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 400e6  # a table of all pairs alone would take 800 MB
