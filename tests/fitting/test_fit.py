"""A fit finds the constants that made the rows, says how far to trust them, and never raises."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from evolve.errors import ProgramError
from evolve.fitting import batch, multistart
from evolve.fitting.batch import BatchFitter
from evolve.fitting.fit import fit_law, fit_many
from evolve.fitting.fit_batch import SAMPLE_ROWS
from evolve.fitting.frames import Frames
from evolve.fitting.multistart import screen
from evolve.fitting.reframe import Moves
from evolve.fitting.result import Prior, Problem
from evolve.fitting.starts import spread_of, uniforms
from evolve.fitting.weights import row_weights, rows_weighed, standard_errors
from evolve.law.graph import Law, Node, call, const, evaluate, feat, num
from evolve.law.recipe import LOSSES, TARGET_SCALES, Recipe
from evolve.scoring.frame import TargetFrame
from evolve.scoring.row_weights import weights_from, weights_from_sigma
from evolve.typing import Array

TRUE = np.array([1.7, 0.4, 0.5])


def floor_and_power() -> Law:
    inside = call("sub", const(1), call("mul", const(2), call("log", feat(0))))
    return Law(call("add", const(0), call("exp", inside)), 3)


LAW = floor_and_power()


def rows(n: int = 30, noise: float = 0.0, seed: int = 0) -> Problem:
    rng = np.random.default_rng(seed)
    x = np.geomspace(0.05, 20.0, n)[:, None]
    y = evaluate(LAW.root, x, TRUE) * np.exp(noise * rng.normal(size=n))
    return Problem(x, y)


CEILING = 100.0


def fitted_law(target_scale: str) -> Law:
    """The law, or what is left of a ceiling by it where a scale asks for one."""
    return replace(LAW, root=call("sub", num(CEILING), LAW.root)) if "gap" in target_scale else LAW


def targets_of(target_scale: str, y: Array) -> Array:
    """The targets of that law."""
    return CEILING - y if "gap" in target_scale else y


@pytest.mark.parametrize("target_scale", TARGET_SCALES)
@pytest.mark.parametrize("loss", LOSSES)
def test_every_recipe_finds_the_constants_of_rows_without_noise(
    target_scale: str, loss: str
) -> None:
    problem = Problem(rows().x, targets_of(target_scale, rows().y))
    fit = fit_many(fitted_law(target_scale), [problem], Recipe(target_scale, loss, 0.1))[0]
    assert np.allclose(fit.constants, TRUE, rtol=1e-6)
    assert fit.status == "converged"
    assert fit.n_agree >= 1


@pytest.mark.parametrize("target_scale", TARGET_SCALES)
def test_a_row_of_weight_2_is_fitted_as_two_rows_are(target_scale: str) -> None:
    noisy, law = rows(noise=0.05), fitted_law(target_scale)
    noisy = Problem(noisy.x, targets_of(target_scale, noisy.y))
    counts = 1.0 + np.arange(30) % 3
    weighed = Problem(noisy.x, noisy.y, weights=weights_from(counts))
    at = np.repeat(np.arange(30), counts.astype(int))
    repeated = Problem(noisy.x[at], noisy.y[at])
    recipe = Recipe(target_scale, "l2")
    one, other, plain = (fit_many(law, [p], recipe)[0] for p in (weighed, repeated, noisy))
    np.testing.assert_allclose(one.constants, other.constants, rtol=1e-5)
    assert np.abs(one.constants - plain.constants).max() > 1e-3


def test_a_row_whose_deviation_is_large_hardly_counts() -> None:
    spoilt = rows()
    y = spoilt.y.copy()
    y[3] *= 3.0
    sigma = np.where(np.arange(30) == 3, 1e3, 1e-2)
    for target_scale in TARGET_SCALES:
        told = targets_of(target_scale, y)
        problem = Problem(spoilt.x, told, weights=weights_from_sigma(sigma))
        fit = fit_many(fitted_law(target_scale), [problem], Recipe(target_scale, "l2"))[0]
        np.testing.assert_allclose(fit.constants, TRUE, rtol=1e-4)


def test_fit_law_weighs_rows_as_the_run_does_that_calls_it() -> None:
    x = np.linspace(1.0, 2.0, 6)

    def line(data_points: Any, params: Any) -> Any:
        return params[0] + params[1] * data_points[:, 0]

    def fitted(n: int) -> Any:
        return fit_law(line, x[:n, None], y[:n], n_constants=2)

    y = np.where(x > 1.9, 9.0, 2.0 * x)
    before = rows_weighed.set(weights_from(np.where(x > 1.9, 1e-9, 1.0)))
    try:
        np.testing.assert_allclose(fitted(6), [0.0, 2.0], atol=1e-5)
        np.testing.assert_allclose(fitted(5), [0.0, 2.0], atol=1e-5)  # other rows: all alike
    finally:
        rows_weighed.reset(before)
    assert abs(fitted(6)[0]) > 0.1


@pytest.mark.parametrize("loss", ["huber", "cauchy"])
def test_robust_losses_shrug_off_rows_that_least_squares_follows(loss: str) -> None:
    clean = rows(noise=0.001)
    y = clean.y.copy()
    y[::7] *= 1.5
    spoilt = Problem(clean.x, y)
    robust = fit_many(LAW, [spoilt], Recipe("log", loss, 0.02))[0]
    plain = fit_many(LAW, [spoilt], Recipe("log", "l2"))[0]
    assert np.abs(robust.constants - TRUE).max() < 0.05
    assert np.abs(plain.constants - TRUE).max() > 0.05


def test_a_law_that_is_no_formula_is_told_to_bring_a_fit_of_its_own() -> None:
    def law(data_points: Any, params: Any) -> Any:
        return params[0] if data_points[0, 0] > 1.0 else params[1]

    with pytest.raises(
        ProgramError, match=r"cannot be traced: .*; a law that is no formula needs"
    ):
        fit_law(law, np.ones((4, 1)), np.ones(4), n_constants=2)  # type: ignore[arg-type]


def test_a_problem_is_fitted_the_same_alone_and_among_others() -> None:
    problems = [rows(20, 0.01, seed) for seed in range(3)]
    together = fit_many(LAW, problems, Recipe())
    for problem, fit in zip(problems, together, strict=True):
        alone = fit_many(LAW, [problem], Recipe())[0]
        assert np.array_equal(alone.constants, fit.constants)


def test_a_problem_of_few_rows_is_fitted_the_same_beside_one_of_many() -> None:
    problems = [rows(20, 0.01), rows(3 * SAMPLE_ROWS, 0.01, 1), rows(SAMPLE_ROWS, 0.01, 2)]
    together = fit_many(LAW, problems, Recipe())
    for problem, fit in zip(problems, together, strict=True):
        alone = fit_many(LAW, [problem], Recipe())[0]
        assert np.array_equal(alone.constants, fit.constants)
        assert (alone.n_agree, alone.n_starts) == (fit.n_agree, fit.n_starts)


@pytest.mark.parametrize("loss", LOSSES)
def test_many_rows_are_fitted_to_the_same_minimum_as_without_thinning(
    loss: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem, recipe = rows(4 * SAMPLE_ROWS, 0.02), Recipe("log", loss, 0.05)
    quick = fit_many(LAW, [problem], recipe)[0]
    monkeypatch.setattr(multistart, "SAMPLE_ROWS", len(problem.y))
    whole = fit_many(LAW, [problem], recipe)[0]
    assert quick.cost == pytest.approx(whole.cost, rel=1e-9)
    assert np.allclose(quick.constants, whole.constants, rtol=1e-5)
    assert quick.status == whole.status == "converged"


def test_of_very_many_rows_the_start_that_is_best_on_some_ends_at_the_same_minimum(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problems = [rows(4 * SAMPLE_ROWS, 0.02), rows(30, 0.02, 1)]
    whole = fit_many(LAW, problems, Recipe())
    monkeypatch.setattr(multistart, "MIDDLE_ROWS", 2 * SAMPLE_ROWS)
    for quick, fit in zip(fit_many(LAW, problems, Recipe()), whole, strict=True):
        assert quick.cost == pytest.approx(fit.cost, rel=1e-9)
        assert quick.status == fit.status == "converged"


def test_standard_errors_are_those_of_repeated_draws() -> None:
    fits = [fit_many(LAW, [rows(40, 0.01, s)], Recipe("log", "l2"))[0] for s in range(40)]
    spread = np.std([f.constants for f in fits], axis=0)
    stated = np.mean([f.errors for f in fits], axis=0)
    assert np.all(np.abs(np.log(stated / spread)) < 0.5)


def test_constants_that_no_row_fixes_have_infinite_errors() -> None:
    twice = Law(call("add", const(0), const(1)), 2)
    fit = fit_many(twice, [rows(10, 0.01)], Recipe())[0]
    assert np.all(np.isinf(fit.errors))


def test_a_prior_draws_constants_to_its_centre() -> None:
    strong = Prior(np.array([1.0, 0.0, 0.1]), np.full(3, 1e9))
    fit = fit_many(LAW, [rows()], Recipe(), priors=[strong])[0]
    assert np.allclose(fit.constants, strong.mean, atol=1e-3)
    assert fit.prior is strong


def test_a_law_that_is_nowhere_finite_comes_back_with_a_status() -> None:
    law = Law(call("mul", const(0), call("log", call("sub", feat(0), num(1e6)))), 1)
    fit = fit_many(law, [rows()], Recipe())[0]
    assert fit.status == "not finite"
    assert not np.isfinite(fit.cost)
    assert fit.n_starts == 0


def test_screened_starts_are_judged_by_the_cost_that_they_have() -> None:
    fitter = BatchFitter(LAW, [rows(30, 0.01)], Recipe(), ())
    batch = fitter.batch([None], np.full(3, 60.0))
    pool, costs = screen(batch, spread_of(16, 3))
    for constants, cost in zip(pool[0], costs[0], strict=True):
        gap = evaluate(LAW.root, batch.data.columns.T * 0 + rows(30, 0.01).x, constants)
        assert 0.5 * np.sum((gap - rows(30, 0.01).y) ** 2) == pytest.approx(cost, rel=1e-6)


def test_normal_matrices_are_stated_for_the_targets_once_they_are_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []
    turned = batch.inverse_slopes_each

    def counted(moves: Moves, frames: Frames, constants: Array) -> Array:
        asked.append(len(frames))
        return turned(moves, frames, constants)

    monkeypatch.setattr(batch, "inverse_slopes_each", counted)
    framed = replace(rows(30, 0.01), frame=TargetFrame(0.5, 2.0))
    (fit,), (plain,) = (fit_many(LAW, [each], Recipe()) for each in (framed, rows(30, 0.01)))
    assert not asked
    assert fit.errors == pytest.approx(plain.errors, rel=1e-3)
    assert np.isfinite(fit.covariance).all()
    assert asked == [1]


def test_a_given_start_is_refined_as_it_is() -> None:
    fitter = BatchFitter(LAW, [rows()], Recipe(), ())
    fit = fitter.fit([None], np.array([[[1.0, 0.0, 0.3]]]), n_starts=0)[0]
    assert np.allclose(fit.constants, TRUE, rtol=1e-6)
    assert fit.n_starts == 1


def test_uniforms_fill_the_cube_evenly_and_always_the_same() -> None:
    points = uniforms(512, 3)
    assert points.shape == (512, 3)
    assert np.all((points > 0.0) & (points < 1.0))
    counts = np.histogramdd(points, bins=2, range=[(0, 1)] * 3)[0]
    assert counts.min() > 48
    assert np.array_equal(points, uniforms(512, 3))


def test_row_weights_favour_the_far_end_and_average_to_one() -> None:
    x = np.array([[1.0, 5.0], [2.0, 5.0], [4.0, 5.0]])
    weight = row_weights(x, [0], 0.5)
    assert weight.mean() == pytest.approx(1.0)
    assert np.allclose(weight[1:] / weight[:-1], 2.0**0.5)
    assert np.array_equal(row_weights(x, [0], 0.0), np.ones(3))


def test_the_condition_of_orthogonal_constants_is_one() -> None:
    errors, condition = standard_errors(np.diag([4.0, 9.0]), 1.0)
    assert np.allclose(errors, [0.5, 1.0 / 3.0])
    assert condition == pytest.approx(1.0)


def test_a_written_law_is_fitted_by_one_call() -> None:
    def scaling_law_func(data_points, params):  # type: ignore[no-untyped-def]
        return params[0] + np.exp(params[1] - params[2] * np.log(data_points[:, 0]))

    problem = rows()
    one = fit_law(scaling_law_func, problem.x, problem.y, n_constants=3)
    assert np.allclose(one, TRUE, rtol=1e-6)


def test_the_first_names_of_a_recipe_still_fit_and_are_called_deprecated() -> None:
    def scaling_law_func(data_points, params):  # type: ignore[no-untyped-def]
        return params[0] + np.exp(params[1] - params[2] * np.log(data_points[:, 0]))

    problem = rows(noise=0.01)
    options: dict[str, Any] = {
        "target_scale": "log",
        "loss": "huber",
        "f_scale": 0.05,
        "n_starts": 4,
    }
    present = fit_law(scaling_law_func, problem.x, problem.y, n_constants=3, **options)
    options = {"residual": "log", "loss": "huber", "width": 0.05, "starts": 4}
    with pytest.warns(DeprecationWarning, match="width is now f_scale") as warned:
        first = fit_law(scaling_law_func, problem.x, problem.y, n_constants=3, **options)
    assert warned[0].filename == __file__
    assert np.array_equal(first, present)


def test_a_keyword_that_no_recipe_has_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"'n_start' \(did you mean 'n_starts'\?\)"):
        fit_law(lambda x, c: c[0] * x[:, 0], np.ones((4, 1)), np.ones(4), n_constants=1, n_start=1)


def test_loss_values_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="loss_values has shape"):
        fit_law(lambda x, c: c[0] * x[:, 0], np.ones((4, 1)), np.ones(3), n_constants=1)


def random_tree(node: Node) -> Node:
    return call("add", node, num(0.0))


def test_the_spelling_of_a_law_hardly_changes_its_fit() -> None:
    other = Law(random_tree(LAW.root), 3)
    first = fit_many(LAW, [rows(30, 0.01)], Recipe())[0]
    second = fit_many(other, [rows(30, 0.01)], Recipe())[0]
    assert np.allclose(first.constants, second.constants, rtol=1e-9)


def test_a_law_without_constants_is_refused_in_words() -> None:
    x = np.linspace(1.0, 2.0, 5)[:, None]
    with pytest.raises(ValueError, match="the law must have a constant, it has none"):
        fit_many(Law(call("log", feat(0)), 0), [Problem(x, x[:, 0])], Recipe())
    with pytest.raises(ValueError, match="n_constants must be 1 or more, it is 0; .* no fit"):
        fit_law(lambda X, p: np.log(X[:, 0]), x, x[:, 0], n_constants=0)


def test_constant_names_that_do_not_fit_the_law_are_refused() -> None:
    def line(X: Array, p: Array) -> Array:
        return p[0] + p[1] * X[:, 0]

    x = np.arange(1.0, 9.0)[:, None]
    with pytest.raises(ValueError, match="2 constants have 1 constant_names"):
        fit_law(line, x, x[:, 0], n_constants=2, constant_names=("a",))
    prior = {"prior_mean": [0.0, 0.0], "prior_weight": [1.0, 1.0]}
    with pytest.raises(ValueError, match="takes no prior_mean, prior_weight"):
        fit_law(line, x, x[:, 0], n_constants=2, constant_names=("a", "b"), **prior)
