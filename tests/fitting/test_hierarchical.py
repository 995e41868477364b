"""Small groups that share a shape lend each other strength; those that cannot are left alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import least_squares

from evolve.fitting.fit import fit_many
from evolve.fitting.hierarchical import fit_pooled
from evolve.fitting.result import Problem
from evolve.law.graph import Law, call, const, evaluate, feat
from evolve.law.recipe import Recipe

LAW = Law(
    call(
        "add",
        const(0),
        call("exp", call("sub", const(1), call("mul", const(2), call("log", feat(0))))),
    ),
    3,
)
CENTRE = np.array([1.0, 0.0, 0.3])
FAR = np.array([[300.0]])


def groups(n: int, seed: int = 0, pool: int = 0) -> tuple[list[Problem], np.ndarray]:
    """Problems of six noisy rows each, and the constants that made them."""
    rng = np.random.default_rng(seed)
    truth = CENTRE + rng.normal(size=(n, 3)) * (0.1, 0.2, 0.02)
    x = np.geomspace(0.5, 16.0, 6)[:, None]
    problems = []
    for constants in truth:
        y = evaluate(LAW.root, x, constants) + rng.normal(0.0, 0.02, len(x))
        problems.append(Problem(x, y, pool))
    return problems, truth


def errors(problems: list[Problem], truth: np.ndarray, strength: float) -> np.ndarray:
    """`(n,)` errors far beyond the rows."""
    fits = fit_pooled(LAW, problems, Recipe(shrinkage=strength))
    predicted = [evaluate(LAW.root, FAR, f.constants)[0] for f in fits]
    true = [evaluate(LAW.root, FAR, c)[0] for c in truth]
    return np.abs(np.array(predicted) - np.array(true))


def test_learnt_priors_steady_forecasts_of_small_groups() -> None:
    problems, truth = groups(12)
    pooled, alone = errors(problems, truth, 1.0), errors(problems, truth, 0.0)
    assert np.median(pooled) < np.median(alone)
    assert pooled.max() < alone.max()


def test_without_strength_each_group_is_fitted_alone() -> None:
    problems, _ = groups(4)
    for pooled, alone in zip(
        fit_pooled(LAW, problems, Recipe()), fit_many(LAW, problems, Recipe()), strict=True
    ):
        assert np.array_equal(pooled.constants, alone.constants)
        assert pooled.prior is None


def test_fewer_than_three_groups_learn_nothing() -> None:
    problems, _ = groups(2)
    assert all(f.prior is None for f in fit_pooled(LAW, problems, Recipe(shrinkage=1.0)))


@pytest.mark.parametrize("tied", ["none", "slopes", "shape"])
def test_what_a_label_learns_does_not_depend_on_labels_of_other_sizes_beside_it(tied: str) -> None:
    labels = [groups(n, seed=n, pool=n)[0] for n in (4, 6, 4, 3)]
    labels[2] = [replace(problem, pool=9) for problem in groups(4, seed=9)[0]]
    recipe = Recipe(shrinkage=1.0, tied=tied)
    together = iter(fit_pooled(LAW, [p for own in labels for p in own], recipe))
    for own in labels:
        for alone in fit_pooled(LAW, own, recipe):
            beside = next(together)
            assert np.array_equal(beside.constants, alone.constants)
            assert beside.prior is not None
            assert alone.prior is not None
            assert np.array_equal(beside.prior.weight, alone.prior.weight)
            assert beside.n_free == alone.n_free


def test_groups_of_one_label_share_a_prior_and_labels_do_not_mix() -> None:
    first, _ = groups(4, seed=1, pool=0)
    second, _ = groups(4, seed=2, pool=1)
    fits = fit_pooled(LAW, [*first, *second], Recipe(shrinkage=1.0))
    priors = [f.prior for f in fits]
    assert all(p is not None for p in priors)
    means = np.array([p.mean for p in priors if p is not None])
    assert np.all(means[:4] == means[0])
    assert np.all(means[4:] == means[4])
    assert not np.array_equal(means[0], means[4])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("recipe", [Recipe("log"), Recipe()])
@pytest.mark.parametrize("factor", [-1.0, 1e200])
@pytest.mark.parametrize("tied", ["none", "slopes"])
@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_a_group_that_no_constants_fit_is_told_by_its_status_alone(
    recipe: Recipe, factor: float, tied: str, strength: float
) -> None:
    problems, _ = groups(4)
    odd = [*problems[:3], replace(problems[3], y=factor * problems[3].y)]
    fits = fit_pooled(LAW, odd, replace(recipe, tied=tied, shrinkage=strength))
    assert len(fits) == 4
    if recipe.target_scale == "log" and factor < 0.0:
        assert fits[3].status == "not finite"


def test_a_stronger_prior_draws_groups_closer_together() -> None:
    problems, _ = groups(8)

    def spread(strength: float) -> float:
        fits = fit_pooled(LAW, problems, Recipe(shrinkage=strength))
        return float(np.std([f.constants[2] for f in fits]))

    assert spread(30.0) < spread(1.0) < spread(0.0)


@pytest.mark.parametrize("tied", ["slopes", "shape"])
def test_a_constant_in_common_is_that_of_the_joint_least_squares_fit(tied: str) -> None:
    problems, _ = groups(6)
    fits = fit_pooled(LAW, problems, Recipe(tied=tied))

    def residuals(v: np.ndarray) -> np.ndarray:
        own = v[1:].reshape(-1, 2)
        gaps = [
            evaluate(LAW.root, p.x, np.array([floor, size, v[0]])) - p.y
            for p, (floor, size) in zip(problems, own, strict=True)
        ]
        return np.concatenate(gaps)

    joint = least_squares(residuals, [0.3, *[1.0, 0.0] * 6], xtol=1e-14, ftol=1e-14)
    assert [f.constants[2] for f in fits] == pytest.approx([joint.x[0]] * 6, rel=1e-5)
    assert sum(f.cost for f in fits) == pytest.approx(joint.cost, rel=1e-4)


def test_constants_in_common_leave_the_others_free() -> None:
    problems, _ = groups(6)
    fits = fit_pooled(LAW, problems, Recipe(tied="slopes"))
    assert np.std([f.constants[0] for f in fits]) > 0.01


def test_a_program_with_the_prior_of_a_constant_in_common_finds_it_alone() -> None:
    problems, _ = groups(5)
    fits = fit_pooled(LAW, problems, Recipe(tied="slopes"))
    alone = fit_many(LAW, problems, Recipe(tied="slopes"), priors=[f.prior for f in fits])
    for together, single in zip(fits, alone, strict=True):
        assert single.constants == pytest.approx(together.constants, rel=1e-12)


def test_what_groups_have_in_common_is_one_constant_of_theirs_together() -> None:
    problems, _ = groups(6)
    alone = fit_pooled(LAW, problems, Recipe())
    tied = fit_pooled(LAW, problems, Recipe(tied="slopes"))
    assert sum(f.n_free for f in alone) == 3 * 6
    assert sum(f.n_free for f in tied) == pytest.approx(2 * 6 + 1, abs=1e-3)


def test_the_stronger_a_prior_the_fewer_constants_the_rows_of_a_group_decide() -> None:
    problems, _ = groups(6)
    numbers = [
        sum(f.n_free for f in fit_pooled(LAW, problems, Recipe(shrinkage=strength)))
        for strength in (0.0, 0.3, 3.0, 1e6)
    ]
    assert numbers == sorted(numbers, reverse=True)
    assert numbers[0] == 18
    assert numbers[-1] == pytest.approx(3.0, abs=0.1)


def test_noise_of_groups_rests_on_the_rows_that_constants_in_common_leave() -> None:
    problems, _ = groups(40)
    fits = fit_pooled(LAW, problems, Recipe(tied="slopes"))
    assert np.mean([f.variance for f in fits]) == pytest.approx(0.02**2, rel=0.25)


def test_an_exponent_in_common_is_as_uncertain_as_all_rows_together_leave_it() -> None:
    """Its error is that of one fit of all groups with one exponent, as are the groups' own."""
    problems, _ = groups(6)
    fits = fit_pooled(LAW, problems, Recipe(tied="shape"))
    x = np.array([problem.x for problem in problems])[:, :, 0]
    y = np.array([problem.y for problem in problems])

    def residuals(c: np.ndarray) -> np.ndarray:
        own = c[:-1].reshape(6, 2)
        return np.asarray(own[:, :1] + np.exp(own[:, 1:] - c[-1] * np.log(x)) - y).ravel()

    begin = np.append(np.array([fit.constants[:2] for fit in fits]), fits[0].constants[2])
    joint = least_squares(residuals, begin, xtol=1e-12)
    inverse = np.linalg.inv(joint.jac.T @ joint.jac)
    noise = 2.0 * joint.cost / (y.size - len(begin))
    for k, fit in enumerate(fits):
        own = np.linalg.inv((joint.jac.T @ joint.jac)[2 * k : 2 * k + 2, 2 * k : 2 * k + 2])
        of_exponent = np.diag(inverse)[2 * k : 2 * k + 2] - np.diag(own)
        expected = np.sqrt(np.diag(own) * fit.variance + of_exponent * noise)
        np.testing.assert_allclose(fit.errors, [*expected, np.sqrt(inverse[-1, -1] * noise)], 1e-2)


def test_a_group_that_its_own_constants_pass_through_has_the_noise_of_all() -> None:
    """Its error of the exponent in common is that of the others; those of its own are not 0."""
    (first, *others), _ = groups(6)
    fits = fit_pooled(
        LAW, [replace(first, x=first.x[:2], y=first.y[:2]), *others], Recipe(tied="shape")
    )
    for fit in fits:
        assert fit.errors[2] == pytest.approx(fits[1].errors[2], rel=1e-6)
    median = np.median([fit.errors for fit in fits[1:]], axis=0)
    assert np.all(fits[0].errors > 0.5 * median)
    assert np.all(fits[0].errors < 10.0 * median)
    assert fits[0].variance == pytest.approx(np.mean([fit.variance for fit in fits[1:]]), rel=0.5)
