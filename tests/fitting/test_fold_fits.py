"""Folds are laid out once for all laws, and each law is fitted and predicted by its own groups."""

from __future__ import annotations

import numpy as np

from evolve.fitting.fold_fits import Rows, fit_folds
from evolve.law.graph import Law, call, const, evaluate, feat
from evolve.law.recipe import Recipe
from evolve.scoring.constraints import (
    Constraints,
    broken,
    extrapolation_lines,
    worst,
)
from evolve.scoring.fold import Fold

X = np.tile(np.linspace(1.0, 4.0, 8)[:, None], (3, 1))
GROUP = np.repeat([0, 1, 2], 8)
Y = ((1.0 + GROUP) * X[:, 0] + 0.5)[:, None]
LINE = Law(call("add", const(0), call("mul", const(1), feat(0))), 2)
CURVE = Law(call("add", const(0), call("mul", const(1), call("log", feat(0)))), 2)
FALLING = Constraints((True,), falling=(0,))
# The rows of the last group are all held out, so that nothing says how to predict them.
FOLDS = [
    Fold("few", np.arange(14), np.arange(14, 24)),
    Fold("most", np.r_[0:6, 8:14], np.r_[6:8, 14:24]),
]


def rows() -> Rows:
    return Rows(X, Y, GROUP, (0,), FALLING)


def test_rows_are_predicted_by_the_constants_of_their_group() -> None:
    for fold, fit in zip(FOLDS, fit_folds(rows(), FOLDS, LINE, Recipe()), strict=True):
        is_fitted = GROUP[fold.held] < 2
        assert np.allclose(fit.predictions[is_fitted], Y[fold.held][is_fitted])
        assert np.isnan(fit.predictions[~is_fitted]).all()
        assert np.allclose(fit.fitted, Y[fold.fit])
        assert fit.groups == (0, 1)


def test_what_is_beyond_the_rows_is_checked_group_by_group() -> None:
    fold = FOLDS[1]
    (fit,) = fit_folds(rows(), [fold], CURVE, Recipe())
    each = []
    for g, f in zip(fit.groups, fit.fits, strict=True):
        lines = extrapolation_lines(X[fold.fit[GROUP[fold.fit] == g]], FALLING)
        values = evaluate(CURVE.root, lines.reshape(-1, 1), f.constants)
        each.append(broken(values.reshape(lines.shape[:-1]), FALLING))
    assert fit.beyond == worst(each)
    assert fit.beyond[1] > 0.9


def test_what_other_laws_were_fitted_to_before_changes_nothing() -> None:
    one, other = rows(), rows()
    fit_folds(one, FOLDS, CURVE, Recipe("log"))
    for recipe in (Recipe(), Recipe("linear", "huber")):
        pairs = zip(
            fit_folds(one, FOLDS, LINE, recipe), fit_folds(other, FOLDS, LINE, recipe), strict=True
        )
        for before, after in pairs:
            assert np.array_equal(before.predictions, after.predictions, equal_nan=True)
            assert np.array_equal(before.fitted, after.fitted)


def test_folds_are_laid_out_once() -> None:
    table = rows()
    fit_folds(table, FOLDS, LINE, Recipe())
    plan, problems = table.plan(FOLDS), table.problems(FOLDS, LINE)
    fit_folds(table, FOLDS, CURVE, Recipe())
    assert table.plan(list(FOLDS)) is plan
    assert table.problems(FOLDS, CURVE) is problems


def test_groups_with_fewer_rows_than_lines_begin_at_are_checked_like_others() -> None:
    small = Fold("small", np.r_[0:4, 8:16], np.r_[4:8, 16:20])
    (alone,) = fit_folds(rows(), [small], CURVE, Recipe())
    few, beside = fit_folds(rows(), [FOLDS[0], small], CURVE, Recipe())
    assert alone.beyond == beside.beyond
    assert few.beyond == fit_folds(rows(), FOLDS[:1], CURVE, Recipe())[0].beyond
    lines = [extrapolation_lines(X[at], FALLING) for at in (np.arange(4), np.arange(8, 16))]
    assert lines[0].shape != lines[1].shape
    values = [
        evaluate(CURVE.root, at.reshape(-1, 1), f.constants)
        for at, f in zip(lines, alone.fits, strict=True)
    ]
    each = [broken(v.reshape(at.shape[:-1]), FALLING) for v, at in zip(values, lines, strict=True)]
    assert alone.beyond == worst(each)
