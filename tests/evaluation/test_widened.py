"""Errors of a fitted law know which rows are points of one run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import curve_fit
from scipy.special import stdtrit

from evolve.evaluation.fitted import FittedLaw, fit_rows
from evolve.law.candidate import Candidate
from evolve.law.graph import Law, call, const, feat
from evolve.law.recipe import Recipe
from evolve.runs.tabulate import freedom_of
from evolve.scoring.row_weights import weights_from, weights_from_sigma
from evolve.tasks.task import Feature, FoldSpec, Table, Target, Task, TaskSpec
from tests.small_tasks import task_of

# c0 * size ** c1, fitted to logarithms: the size is fixed within a run.
POWER = Candidate(Law(call("mul", const(0), call("pow", feat(0), const(1))), 2), Recipe("log"))

MIRRORED = Candidate(Law(call("neg", POWER.law.root), 2), Recipe("log"))


def spec_of(runs: str = "") -> TaskSpec:
    """Losses by one size at several places."""
    return TaskSpec(
        title="t",
        source="s",
        licence="l",
        groups=["place"],
        features=[Feature(name="size")],
        targets=[Target(name="loss")],
        folds=FoldSpec(axes=["size"], runs=runs),
    )


def fitted(*, runs: bool, shift: float = 0.0, sign: float = 1.0) -> FittedLaw:
    """The law fitted to 8 runs of 10 points in each of two groups, each run with an offset."""
    rng, run = np.random.default_rng(0), np.repeat(np.arange(8), 10)
    group, run = np.repeat([0, 1], 80), np.tile(run, 2)
    offset = np.where(group == 0, 0.02, shift) * rng.normal(size=16)[run + 8 * group]
    size = 2.0**run
    y = 3.0 * size**-0.1 * np.exp(offset + 0.005 * rng.normal(size=160))
    table = Table(size[:, None], sign * y[:, None], group, run if runs else None)
    task = Task("t", Path(), spec_of("run" if runs else ""), ("a", "b"), table)
    return fit_rows(task, POWER if sign > 0 else MIRRORED)


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


def held(noise: str, n: int, draws: int = 150) -> np.ndarray:
    """Share of draws of `b + A * x`, fitted to logarithms, whose intervals of 90 % hold each."""
    law = Law(call("add", const(0), call("mul", const(1), feat(0))), 2)
    rng, x = np.random.default_rng(1), np.geomspace(1.0, 100.0, n)
    truth, inside = np.array([1.0, 2.0]), []
    for _ in range(draws):
        mean, random = truth[0] + truth[1] * x, rng.normal(size=n)
        y = mean + 0.3 * random if noise == "added" else mean * np.exp(0.03 * random)
        fit = fit_rows(task_of(x, y), Candidate(law, Recipe("log", "huber", 0.05)))
        errors = stdtrit(n - 2, 0.95) * fit.errors["all"][0]
        inside.append(np.abs(fit.constants["all"][0] - truth) <= errors)
    return np.mean(inside, axis=0)


@pytest.mark.parametrize("noise", ["added", "multiplied"])
def test_errors_of_a_fit_of_logarithms_hold_whether_noise_is_added_or_multiplies(
    noise: str,
) -> None:
    assert np.all(held(noise, 40) > 0.8)  # of added noise 0.62 where all are taken to err alike


def test_errors_of_a_table_with_deviations_go_by_them_as_its_fit_does() -> None:
    rng, x = np.random.default_rng(0), np.geomspace(1.0, 100.0, 40)
    sigma = np.where(np.arange(40) % 4 == 3, 0.5, 0.05)
    task = task_of(x, 3.0 * x**0.5 + sigma * rng.normal(size=40))
    known = replace(task, train=replace(task.train, weights=weights_from_sigma(sigma)))
    one, other = fit_rows(task, POWER).errors["all"], fit_rows(known, POWER).errors["all"]
    assert np.all(other < 0.5 * one)


def test_an_exponent_that_all_groups_have_in_common_has_one_error() -> None:
    """It is that of a fit of all rows together, though groups differ in noise and in rows."""
    law = Law(
        call("add", const(0), call("mul", const(1), call("pow", feat(0), call("neg", const(2))))),
        3,
    )
    rng, counts = np.random.default_rng(0), np.array([12, 9, 8, 14])
    group = np.repeat(np.arange(4), counts)
    x = np.concatenate([np.geomspace(1.0, 100.0, n) for n in counts])
    noise = np.array([0.01, 0.002, 0.002, 0.003])[group]
    y = 1.0 + group + 2.0 * x**-0.4 + noise * rng.normal(size=len(x))
    spec = spec_of()
    task = Task("t", Path(), spec, tuple("abcd"), Table(x[:, None], y[:, None], group, None))
    fit = fit_rows(task, Candidate(law, Recipe("linear", tied="shape")))
    errors = np.array([fit.errors[name][0, 2] for name in "abcd"])
    np.testing.assert_allclose(errors, errors[0], rtol=1e-6)
    own, x = np.eye(4)[task.train.group], task.train.X[:, 0]
    slopes = np.column_stack([own, own * x[:, None] ** -0.4, -2.0 * np.log(x) * x**-0.4])
    left = task.train.Y[:, 0] - fit.predictions[:, 0]
    inverse = np.linalg.inv(slopes.T @ slopes)
    joint = np.sqrt(inverse[-1, -1] * (left @ left) / (len(x) - 9))
    assert 0.98 * joint < errors[0] < 1.2 * joint


@pytest.mark.parametrize("shrinkage", [0.0, 1.0])
def test_errors_of_a_group_with_as_many_rows_as_constants_are_those_of_a_joint_fit(
    shrinkage: float,
) -> None:
    counts = np.array([2, 2, 6, 6, 6, 6])
    rng, group = np.random.default_rng(5), np.repeat(np.arange(6), counts)
    x = np.concatenate([np.geomspace(1.0, 100.0, n) for n in counts])
    y = 1.0 + 0.2 * group + 2.0 * x**-0.3 + 0.02 * rng.normal(size=len(x))
    recipe = Recipe("linear", tied="shape", shrinkage=shrinkage)
    fit = fit_rows(task_of(x, y, group), Candidate(FLOORED, recipe))
    errors = np.array([fit.errors[f"g{i}"][0] for i in range(6)])
    own = np.eye(6)[group]
    power = x**-0.3
    slopes = np.column_stack([own, own * power[:, None], 2.0 * np.log(x) * power])
    joint = 0.02 * np.sqrt(np.diag(np.linalg.inv(slopes.T @ slopes)))
    expected = np.column_stack([joint[:6], joint[6:12], np.full(6, joint[12])])
    assert np.all(errors < 2.0 * expected)
    assert np.all(errors[:, 2] > 0.5 * expected[:, 2])
    assert np.all(errors[:2] > (0.1 if shrinkage else 0.5) * expected[:2])


def floored(n, e, a, b):  # type: ignore[no-untyped-def]
    return e + a * n**b


FLOORED = Law(
    call("add", const(0), call("mul", const(1), call("pow", feat(0), const(2)))),
    3,
)


def known_unequally(times: float | None) -> Task:
    """18 rows in noise of 1, 3 and 6 %, told as so many times that, or in weights alone."""
    rng, x = np.random.default_rng(0), np.repeat([1.0, 3.0, 7.0, 13.0, 34.0, 70.0], 3)
    sigma = np.tile([0.01, 0.03, 0.06], 6) * floored(x, 0.4, 0.18, 0.88)
    task = task_of(x, floored(x, 0.4, 0.18, 0.88) + sigma * rng.normal(size=18))
    sigma = sigma[np.argsort(x, kind="stable")]
    weights = weights_from(sigma**-2) if times is None else weights_from_sigma(times * sigma)
    return replace(task, train=replace(task.train, weights=weights))


@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize("times", [0.1, 1.5, 10.0])
def test_errors_go_by_given_deviations_unless_residuals_are_larger(
    scale: str, times: float
) -> None:
    task = known_unequally(times)
    fit = fit_rows(task, Candidate(FLOORED, Recipe(scale)))
    errors, sigma = fit.errors["all"][0], task.train.weights.noise / np.sqrt(task.train.counts)
    if times < 1.0:  # the rows miss the law by more than they were said to
        # Weights are those of logarithms where these are fitted, other deviations are not.
        other = known_unequally(None if scale == "linear" else 0.01)
        same = fit_rows(other, Candidate(FLOORED, Recipe(scale))).errors["all"][0]
        np.testing.assert_allclose(errors, same, rtol=1e-3)
        assert freedom_of(task, fit) == {"all": 15.0}
        return
    x, y = task.train.X[:, 0], task.train.Y[:, 0]
    _, covariance = curve_fit(floored, x, y, (0.4, 0.18, 0.88), sigma, absolute_sigma=True)
    np.testing.assert_allclose(errors, np.sqrt(np.diag(covariance)), rtol=0.03)
    assert freedom_of(task, fit) == {}


def test_errors_of_an_exponent_in_common_go_by_given_deviations() -> None:
    rng, group = np.random.default_rng(0), np.repeat([0, 1, 2], 10)
    x = np.tile(np.geomspace(1.0, 100.0, 10), 3)
    sigma = 0.01 * np.array([1.0, 3.0, 2.0])[group]
    y = (1.0 + group) * x**0.4 + 0.3 * sigma * rng.normal(size=30)
    law = Law(call("mul", const(0), call("pow", feat(0), const(1))), 2)
    task = task_of(x, y, group)
    np.testing.assert_array_equal(task.train.Y[:, 0], y)  # in this order
    told = replace(task, train=replace(task.train, weights=weights_from_sigma(sigma)))
    fit = fit_rows(told, Candidate(law, Recipe("linear", tied="shape")))
    assert fit.given == {"g0", "g1", "g2"}
    errors = np.array([each[0, 1] for each in fit.errors.values()])
    train = told.train
    of_each = np.eye(3)[train.group] * train.X**0.4
    predicted = fit.predictions[:, 0]
    slopes = np.column_stack([of_each, predicted * np.log(train.X[:, 0])])
    inverse = np.linalg.inv((slopes.T * train.weights.values) @ slopes)
    np.testing.assert_allclose(
        errors, np.sqrt(inverse[-1, -1] * train.weights.variance), rtol=1e-2
    )


def decay(t, n, rate, b):  # type: ignore[no-untyped-def]
    return n * np.exp(-t * rate) + b


DECAY = Law(
    call(
        "add",
        call("mul", const(0), call("exp", call("neg", call("mul", feat(0), const(1))))),
        const(2),
    ),
    3,
)


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize(("loss", "f_scale"), [("huber", 0.05), ("cauchy", 0.05)])
def test_errors_of_a_robust_fit_with_a_row_of_high_leverage_are_near_those_of_least_squares(
    loss: str, f_scale: float, told: bool
) -> None:
    """The leverage is that of the robust fit, in which such a row may hardly count."""
    t, rng, times = np.arange(1.0, 41.0, 1.5), np.random.default_rng(11), []
    for _ in range(20):
        mean = decay(t, 2800.0, 1 / 6.1, 31.0)
        sigma = np.sqrt(mean) if told else np.full(len(t), 30.0)
        y = mean + sigma * rng.normal(size=len(t))
        task = task_of(t, y)
        if told:
            task = replace(task, train=replace(task.train, weights=weights_from_sigma(sigma)))
        errors = fit_rows(task, Candidate(DECAY, Recipe("linear", loss, f_scale))).errors["all"][0]
        _, best = curve_fit(decay, t, y, (2000.0, 0.2, 20.0), sigma, absolute_sigma=True)
        times.append(errors / np.sqrt(np.diag(best)))
    assert np.all(np.median(times, axis=0) > 0.8)
    assert np.max(times) < 3.5


SATURATED = Law(
    call("div", call("mul", const(0), feat(0)), call("add", call("exp", const(1)), feat(0))), 2
)


def saturated(n: int, seed: int, times: float) -> tuple[np.ndarray, np.ndarray]:
    """Constants and errors of a robust fit where some rows are so many times too large."""
    x, rng = np.geomspace(1.0, 300.0, n), np.random.default_rng(seed)
    noise = 0.03 * rng.normal(size=n)
    noise[rng.choice(n, 3 if n > 20 else 1, replace=False)] += np.log(times)
    task = task_of(x, 5.0 * x / (30.0 + x) * np.exp(noise))
    fit = fit_rows(task, Candidate(SATURATED, Recipe("log", "huber", 0.05)))
    return fit.constants["all"][0], fit.errors["all"][0]


def test_errors_of_a_robust_fit_do_not_grow_with_how_far_off_a_row_is() -> None:
    clean, near, far = (saturated(40, 4, times)[1] for times in (1.0, 2.7, 100.0))
    assert np.all(near < 1.5 * clean)
    assert np.all(far < 1.1 * near)


@pytest.mark.parametrize(("n", "times"), [(14, 1.0), (14, 2.7), (40, 2.7), (40, 100.0)])
def test_intervals_of_a_robust_fit_hold_what_they_say(n: int, times: float) -> None:
    truth, inside = np.array([5.0, np.log(30.0)]), []
    for seed in range(60):
        constants, errors = saturated(n, seed, times)
        inside.append(np.abs(constants - truth) <= stdtrit(n - 2, 0.95) * errors)
    assert 0.82 < np.mean(inside) < 0.97
