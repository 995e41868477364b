"""Fits that end at their limit of steps are taken further, and told from those at a minimum."""

from __future__ import annotations

import numpy as np

from evolve.fitting.batch import BatchFitter
from evolve.fitting.result import Problem
from evolve.fitting.settled import gone_on, judged
from evolve.law.formula import read_named_formula
from evolve.law.graph import Law, evaluate, feat
from evolve.law.recipe import Recipe
from evolve.scoring.frame import TargetFrame

LAW = Law(read_named_formula("E + A*x^a", {"x": feat(0)}, fixed=True)[0].root, 3)
X = np.geomspace(1.0, 100.0, 20)[:, None]
Y = evaluate(LAW.root, X, np.array([1.7, 3.0, -0.4]))
Y = Y + 0.02 * np.random.default_rng(0).normal(size=20)


def fitter() -> BatchFitter:
    frame = TargetFrame(0.0, 50.0)
    return BatchFitter(LAW, [Problem(X, Y, frame=frame)] * 2, Recipe(n_starts=4), ())


def test_a_fit_that_was_stopped_early_goes_on_from_where_it_ended() -> None:
    begin = np.tile([0.3, 0.3, -0.8], (2, 1, 1))
    short = fitter().fit([None] * 2, begin, 0, max_steps=2, polish_steps=0, boxed=False)
    assert [fit.status for fit in short] == ["iteration limit"] * 2
    assert [fit.status for fit in judged(fitter(), short)] == ["iteration limit"] * 2
    whole = fitter().fit([None] * 2, boxed=False)
    for fit, best, first in zip(gone_on(fitter(), short), whole, short, strict=True):
        assert fit.status == "converged"
        np.testing.assert_allclose(fit.constants, best.constants, rtol=1e-6)
        assert (fit.n_agree, fit.n_starts) == (first.n_agree, first.n_starts)


def test_a_fit_that_was_stopped_at_a_minimum_has_converged() -> None:
    whole = fitter().fit([None] * 2, boxed=False)
    begin = fitter().inside(np.array([fit.constants for fit in whole]))[:, None]
    there = fitter().fit([None] * 2, begin, 0, max_steps=0, polish_steps=0, boxed=False)
    assert [fit.status for fit in there] == ["iteration limit"] * 2
    assert [fit.status for fit in judged(fitter(), there)] == ["converged"] * 2
    assert gone_on(fitter(), whole) == whole == judged(fitter(), whole)
