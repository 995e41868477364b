"""What forecasts are made from knows which points go together, and what no fold can tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from evolve.bench.curves import LAW, make_curves
from evolve.forecast.calibration import make_forecast_model
from evolve.forecast.interval import forecast, interval_at
from evolve.forecast.judge import verdict_of
from evolve.forecast.members import contenders_of, fit_contenders
from evolve.forecast.spread import is_unbounded
from evolve.law.candidate import Candidate
from evolve.law.graph import Law, call, const, feat
from evolve.law.recipe import Recipe
from evolve.runs.picks import forecast_model_of_law
from evolve.search.memory import search_in_memory
from evolve.search.named import named_entry
from evolve.search.problem import make_search_problem
from tests.small_tasks import task_of

POWER = Candidate(Law(call("mul", const(0), call("pow", feat(0), const(1))), 2), Recipe())


def test_forecasts_are_less_sure_where_points_of_a_run_go_together() -> None:
    task, test = make_curves("offset", 0.9, 0)
    alone = replace(task, train=replace(task.train, run=None))
    models = [forecast_model_of_law(each, named_entry(each, LAW)) for each in (alone, task)]
    one, two = (model.spreads["all"] for model in models)
    assert np.all(two.noise > one.noise)
    open_of = [
        interval_at(each, model, "all", test.X).parts.constants
        for each, model in zip((alone, task), models, strict=True)
    ]
    assert np.median(open_of[1] / open_of[0]) > 2.0


def test_folds_of_equal_targets_leave_intervals_open_far_out_and_nothing_overflows() -> None:
    x = np.array([[n, d] for n in np.geomspace(1e7, 3e9, 6) for d in np.geomspace(1e9, 6e10, 4)])
    y = np.full(len(x), 3.0)
    y[-1] = 2.5
    task = task_of(x, y, folds={"axes": ["a", "b"]}, max_constants=8)
    choice = search_in_memory(make_search_problem(task, 0), 90, 0)
    assert choice is not None
    with np.errstate(over="raise"):
        model = make_forecast_model(task, contenders_of(choice), chosen=True)
        verdict_of(task, choice, model)
    far = forecast(task, model, "all", np.array([[2e11, 2e12]]))
    assert far.is_open.all()
    assert far.high.max() < 1e15


def test_a_group_of_equal_targets_leaves_the_noise_of_others_as_it_is() -> None:
    x = np.tile(np.geomspace(1e6, 3.2e7, 6), 2)
    falls = 2.0 + 300.0 * x[:6] ** -0.4 + 0.002 * np.random.default_rng(1).normal(size=6)
    y = np.append(falls, np.full(6, 2.0))
    task = task_of(x, y, [0] * 6 + [1] * 6, folds={"axes": ["a"]}, max_constants=3)
    choice = search_in_memory(make_search_problem(task, 0), 90, 0)
    assert choice is not None
    model = make_forecast_model(task, contenders_of(choice), chosen=True)
    assert not model.relative
    for name in task.group_names:
        there = forecast(task, model, name, np.array([[3e6], [1e8]]))
        assert (there.high - there.low < 1.0).all()
        assert not there.is_open.any()


def test_a_group_of_equal_targets_is_open_by_the_range_of_all_targets() -> None:
    seen, span, capped = (np.array([0.1]), np.array([4.0])), np.array([1e-300]), np.array([[True]])

    def is_open(point: float, half: float) -> bool:
        at, width = np.array([[point]]), np.array([[half]])
        return bool(is_unbounded(at, width, capped, seen, span)[0, 0])

    assert not is_open(2.0, 0.03)
    assert not is_open(4.0 + 1e-11, 0.03)
    assert is_open(2.0, 50.0)
    assert is_open(5.0, 0.03)


def test_a_forecast_of_the_other_sign_counts_where_noise_multiplies() -> None:
    x = np.geomspace(1.0, 1e4, 30)
    y = 5.0 * x**-0.5 * np.exp(0.05 * np.random.default_rng(2).normal(size=30))
    task = task_of(x, y, folds={"axes": ["a"]}, max_constants=4)
    contenders = fit_contenders(task, [(0, POWER, 1.0)])
    (law,) = contenders.laws
    held = tuple(values.copy() for values in law.held)
    for values in held:
        values[:] = -1.0
    missed = replace(contenders, laws=(replace(law, held=held),))
    model, other = (make_forecast_model(task, c, chosen=True) for c in (contenders, missed))
    assert model.relative
    assert other.relative
    assert len(other.ratios) == len(model.ratios) == sum(len(fold.held) for fold in task.folds)
    assert np.median(other.ratios) > np.median(model.ratios)


def test_a_fold_whose_rows_a_law_passes_through_claims_the_noise_of_all_rows() -> None:
    rng = np.random.default_rng(3)
    group = np.repeat(np.arange(4), 4)
    x = np.tile(np.geomspace(1e6, 3e8, 4), 4)
    y = (2.0 + group) * (x / 1e6) ** -0.4 * np.exp(0.02 * rng.normal(size=16))
    task = task_of(x, y, group.tolist(), folds={"axes": ["a"]}, max_constants=2)
    assert any(len(fold.fit) == 2 * 4 for fold in task.folds)
    model = forecast_model_of_law(task, named_entry(task, "product of powers"))
    ahead = forecast(task, model, "g1", np.array([[1e9]]))
    assert 1.0 < ahead.high.item() / ahead.low.item() < 2.0
