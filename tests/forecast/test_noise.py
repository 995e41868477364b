"""Noise comes from residuals, or from what rows say of it themselves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evolve.evaluation.fitted import fit_folds_of
from evolve.forecast.calibration import _covariances, make_forecast_model
from evolve.forecast.members import fit_contenders
from evolve.forecast.noise import noise_of, replicate_noise, shape_of
from evolve.law.candidate import Candidate
from evolve.law.graph import Law, call, const, feat
from evolve.law.recipe import Recipe
from evolve.scoring.fold import all_rows
from evolve.scoring.noise_kind import gaps_of, is_relative
from evolve.scoring.row_weights import weights_from, weights_from_sigma
from evolve.tasks.task import Table, Task
from tests.small_tasks import task_of

RNG = np.random.default_rng(4)


def replicated(n: int = 40, noise: float = 0.1) -> Table:
    """`n` points with two runs each."""
    x = np.repeat(np.geomspace(1.0, 1e3, n), 2)[:, None]
    y = 5.0 + np.log(x) + noise * RNG.normal(size=x.shape)
    return Table(x, y, np.zeros(2 * n, dtype=np.int64))


def test_runs_of_the_same_features_show_the_noise_without_a_law() -> None:
    noise, free = replicate_noise(replicated(), relative=False)
    assert free == 40
    assert noise[0] == pytest.approx(0.1, rel=0.35)


def test_rows_that_are_the_same_in_all_columns_are_no_replicates() -> None:
    table = replicated(noise=0.0)
    assert replicate_noise(table, relative=False)[1] == 0


def test_evaluations_of_one_run_are_no_replicates() -> None:
    table = replicated()
    of_one_run = replace(table, run=np.repeat(np.arange(40), 2))
    assert replicate_noise(of_one_run, relative=False)[1] == 0
    of_two = replace(table, run=np.arange(80))
    assert replicate_noise(of_two, relative=False)[1] == 40
    mixed = replace(table, run=np.where(np.arange(80) < 20, np.arange(80) // 2, np.arange(80)))
    assert replicate_noise(mixed, relative=False)[1] == 30


def test_replicates_say_the_noise_where_a_law_misses_the_rows() -> None:
    table = replicated()
    gaps = np.full(table.Y.shape, 2.0)  # of a law that is far off
    noise, _ = noise_of(table, gaps, 2, None, relative=False)
    assert 0.1 < noise[0] < 1.0
    single = table.at(np.arange(0, 80, 2))
    assert noise_of(single, gaps[::2], 2, None, relative=False)[0][0] > 2.0


def test_deviations_that_are_given_are_the_noise() -> None:
    sigma = np.where(np.arange(80) % 2, 0.3, 0.1)
    table = replace(replicated(), weights=weights_from_sigma(sigma))
    shape = shape_of(table, relative=False)
    assert shape is not None
    noise, _ = noise_of(table, np.zeros(table.Y.shape), 2, shape, relative=False)
    np.testing.assert_allclose(noise * shape[:, 0], sigma)
    relative = shape_of(table, relative=True)
    assert relative is not None
    np.testing.assert_allclose((noise * relative)[:, 0], sigma / table.Y[:, 0])


def test_noise_of_mirrored_targets_is_the_noise_of_the_targets() -> None:
    table = replicated()
    other = replace(table, Y=-table.Y)
    multiplied = table.Y * np.exp(0.5 * RNG.normal(size=table.Y.shape))
    for y in (table.Y, multiplied):
        assert is_relative(-y, [other.Y]) == is_relative(y, [table.Y])
    np.testing.assert_allclose(
        gaps_of(-multiplied, other.Y, relative=True), -gaps_of(multiplied, table.Y, relative=True)
    )
    seen, there = (replicate_noise(each, relative=True)[0] for each in (table, other))
    np.testing.assert_allclose(there, seen)


def weighed_task(sigma: np.ndarray) -> Task:
    """A noisy line in the logarithm, each row with a deviation."""
    x = np.geomspace(1.0, 1e3, len(sigma))
    y = 20.0 - np.log(x) + sigma * RNG.normal(size=len(sigma))
    task = task_of(x, y, folds={"axes": ["a"]})
    order = np.argsort(task.train.X[:, 0])
    placed = np.empty_like(sigma)
    placed[order] = sigma
    return replace(task, train=replace(task.train, weights=weights_from_sigma(placed)))


LINE = Candidate(
    Law(call("add", const(0), call("mul", const(1), call("log", feat(0)))), 2), Recipe()
)


def test_an_interval_takes_the_middle_deviation_for_the_noise_of_a_run() -> None:
    task = weighed_task(np.tile([0.1, 0.1, 0.4], 10))
    forecast_model = make_forecast_model(task, fit_contenders(task, [(0, LINE, 1.0)]), chosen=True)
    assert forecast_model.spreads["all"].noise[0] == pytest.approx(0.1)
    # Errors over spreads are those of rows of the usual kind: each has its own noise.
    assert 0.3 < np.median(forecast_model.ratios) < 1.5


def test_weights_make_noise_that_of_a_row_of_middle_weight() -> None:
    task = weighed_task(np.tile([0.1, 0.1, 0.4], 20))
    counts = np.asarray(task.train.counts)
    given = replace(task, train=replace(task.train, weights=weights_from(counts)))
    forecast_model = make_forecast_model(
        given, fit_contenders(given, [(0, LINE, 1.0)]), chosen=True
    )
    assert forecast_model.spreads["all"].noise[0] == pytest.approx(0.1, rel=0.4)


def test_constants_of_a_program_are_as_uncertain_as_given_deviations_leave_them() -> None:
    """A program states no covariances; those of its slopes are those of the same law's fit."""
    task = weighed_task(np.tile([0.1, 0.1, 0.4], 10))
    assert task.train.weights is not None
    told = replace(task.train.weights, noise=5.0 * (task.train.weights.noise or 0.0))
    task = replace(task, train=replace(task.train, weights=told))
    every = all_rows(task.train.n_rows)
    (fit,) = fit_folds_of(task, LINE, [every])
    silent = replace(fit, covariances=np.zeros((0, 2, 2)))
    found = _covariances(task, every, LINE.law, silent)
    np.testing.assert_allclose(found, fit.covariances[None], rtol=1e-6)
