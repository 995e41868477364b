"""A verdict says whether a law holds, from held-out rows, intervals and declared physics."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_tasks import power_task, task_of

from evolve.forecast.by_group import GroupError
from evolve.forecast.calibration import make_forecast_model
from evolve.forecast.heldout import forecast_errors, held_forecasts, held_share
from evolve.forecast.hidden import is_hidden, is_known
from evolve.forecast.judge import (
    _by_fold,
    _is_line,
    _of_champion,
    against_baseline,
    best_baseline,
    verdict_of,
)
from evolve.forecast.members import contenders_of
from evolve.forecast.promise import Promise, expected_errors, horizons_of
from evolve.forecast.reasons import FAR_BEHIND, weigh
from evolve.forecast.telling import telling_folds
from evolve.forecast.verdict import CARE, HOLDS, NONE, Verdict, verdict_from_data
from evolve.scoring.objective import (
    HOLDS_HELD_R2,
    HOLDS_R2,
    HOLDS_RELATIVE,
    HORIZONS,
    NONE_GAIN,
    NONE_R2,
)
from evolve.scoring.row_weights import weights_from
from evolve.search.champion import Choice
from evolve.search.memory import search_in_memory
from evolve.search.problem import make_search_problem
from evolve.tasks.task import Task

UP_TO = "10 times"


def searched(y_of: str) -> tuple[Task, Choice, Verdict]:
    """A small table of a power law in noise, or of noise alone; its choice and verdict."""
    rng = np.random.default_rng(4)
    x = np.repeat(2.0 ** np.arange(12), 2)
    noise = rng.normal(size=len(x))
    y = {
        "law": 1.0 + 3.0 * x**-0.4 + 0.002 * noise,
        "power": 3.0 * x**-0.6 * np.exp(0.05 * noise),
        "noise": 5.0 + noise,
    }[y_of]
    return judged(task_of(x, y, folds={"axes": ["a"]}, max_constants=4))


def judged(task: Task) -> tuple[Task, Choice, Verdict]:
    """A short search of a task."""
    choice = search_in_memory(make_search_problem(task, 0), 64, 0)
    assert choice is not None
    forecast_model = make_forecast_model(task, contenders_of(choice), chosen=True)
    return task, choice, verdict_of(task, choice, forecast_model)


@pytest.fixture(scope="module")
def lawful() -> tuple[Task, Choice, Verdict]:
    return searched("law")


@pytest.fixture(scope="module")
def noisy() -> tuple[Task, Choice, Verdict]:
    return searched("noise")


def test_intervals_are_read_up_to_the_horizon_that_is_declared() -> None:
    task = power_task()
    assert horizons_of(task) == list(HORIZONS)
    far = power_task(folds={"axes": ["a"], "horizon": [100.0]})
    np.testing.assert_allclose(np.ravel(horizons_of(far)), np.array(HORIZONS) ** 2)
    near = power_task(folds={"axes": ["a"], "horizon": [2.0]})
    np.testing.assert_allclose(np.ravel(horizons_of(near)), HORIZONS)


def test_a_power_law_in_little_noise_holds(lawful: tuple[Task, Choice, Verdict]) -> None:
    verdict = lawful[2]
    assert verdict.verdict == HOLDS
    assert verdict.held_out_r2 > 0.9 > verdict.baseline_r2
    assert verdict.expected_error is not None
    assert verdict.expected_error < 0.01


@pytest.mark.parametrize(
    ("held_out", "promised", "told"),
    [(-1.5, (0.86, 0.007), True), (0.95, (0.5, 0.007), True), (0.95, (0.95, 0.007), False)],
)
def test_a_verdict_that_rests_on_a_small_error_alone_says_so(
    held_out: float, promised: tuple[float, float], told: bool
) -> None:
    reasons = weigh("said", "against", (held_out, 0.008), 1.0, Promise(*promised, UP_TO), 0.0)
    assert reasons.verdict == HOLDS
    words = "it holds as that error and the typical one on held-out rows are at most 1 %"
    assert reasons.in_order[-1].startswith(words) == told


def test_a_small_error_alone_does_not_hold_where_held_out_rows_were_missed_by_more() -> None:
    reasons = weigh("said", "against", (-1.3, 0.047), 3.0, Promise(0.97, 0.005, UP_TO), 0.0)
    assert reasons.verdict == CARE
    assert reasons.in_order[-1] == "on held-out rows the typical error is 4.7 %"
    assert weigh("", "", (0.95, 0.047), 3.0, Promise(0.97, 0.005, UP_TO), 0.0).verdict == HOLDS


def test_the_typical_error_of_held_out_rows_is_a_share_of_each_and_weighed_by_fold(
    lawful: tuple[Task, Choice, Verdict],
) -> None:
    task, choice, _ = lawful
    share = held_share(task, choice, range(len(choice.folds)))
    assert 0.0 < share < HOLDS_RELATIVE
    off = tuple(replace(f, held=(1.5 * f.held[0], *f.held[1:])) for f in choice.finalists)
    weights = np.array([fold.weight for fold in choice.folds])
    missed = held_share(task, replace(choice, finalists=off), range(len(choice.folds)))
    assert missed == pytest.approx(0.5 * weights[0] / weights.sum(), abs=0.01)


def test_the_typical_error_of_held_out_rows_goes_by_their_weights(
    lawful: tuple[Task, Choice, Verdict],
) -> None:
    task, choice, _ = lawful
    held = choice.folds[0].held
    weights = np.ones(task.train.n_rows)
    weights[held[0]] = 1e3
    heavy = replace(task, train=replace(task.train, weights=weights_from(weights)))
    share = held_share(heavy, choice, [0])
    (table, said), *_ = held_forecasts(task, choice)
    assert share == pytest.approx(abs(float(said[0, 0] / table.Y[0, 0]) - 1.0))
    assert share != pytest.approx(held_share(task, choice, [0]))


def test_a_forecast_that_leaves_the_range_of_the_targets_is_not_known_by_that_range() -> None:
    x, rng = np.geomspace(1.0, 30.0, 16), np.random.default_rng(2)
    y = 500.0 + x**2 + 20.0 * rng.normal(size=16)
    task = task_of(x, y, folds={"axes": ["a"]}, max_constants=4)
    task, choice, _ = judged(task)
    forecast_model = make_forecast_model(task, contenders_of(choice), chosen=True)
    assert not forecast_model.relative
    spreads = {
        g: replace(s, covariance=1e6 * s.covariance) for g, s in forecast_model.spreads.items()
    }
    loose = expected_errors(task, choice, replace(forecast_model, spreads=spreads))
    looser = {g: replace(s, covariance=100 * s.covariance) for g, s in spreads.items()}
    loosest = expected_errors(task, choice, replace(forecast_model, spreads=looser))
    assert loose[1] is not None
    assert loosest[1] == pytest.approx(10.0 * loose[1], rel=0.1)


def test_the_page_on_reports_says_what_a_verdict_asks() -> None:
    page = (Path(__file__).parents[2] / "docs" / "report.md").read_text("utf-8")
    rules = page.partition("## What a verdict asks")[2].partition("\n## ")[0]
    assert f"at most {100 * HOLDS_RELATIVE:g} % of the forecast" in rules
    assert f"an R² of at least {HOLDS_R2:g} there" in rules
    assert f"on held-out rows is at least {HOLDS_HELD_R2:g}" in rules
    times = np.exp(0.5 * NONE_GAIN)
    assert f"below {NONE_R2:g}, and the best baseline errs less than {times:.2f} times" in rules
    assert f"at least {FAR_BEHIND:g} times the baseline's" in rules


def test_in_noise_alone_there_is_no_law(noisy: tuple[Task, Choice, Verdict]) -> None:
    verdict = noisy[2]
    assert verdict.verdict == NONE
    assert verdict.gain < 0.7
    assert verdict.baseline in verdict.line()
    assert "take the forecast" not in verdict.line()


@pytest.mark.parametrize("seed", [0, 1, 6])
def test_a_law_that_noise_hides_between_the_held_out_rows_is_not_told_to_be_none(
    seed: int,
) -> None:
    x, rng = np.arange(1.0, 41.0), np.random.default_rng(seed)
    y = 46.0 * x**-0.15 * np.exp(0.05 * rng.normal(size=len(x)))
    task, choice, verdict = judged(task_of(x, y, folds={"axes": ["a"]}, max_constants=4))
    assert verdict.held_out_r2 < NONE_R2
    assert verdict.gain < NONE_GAIN
    assert verdict.verdict == CARE
    assert "noise hides what the target does" in verdict.line()


def test_rows_that_differ_along_an_axis_of_no_effect_are_not_said_to_have_no_law() -> None:
    tokens, params = np.geomspace(1e9, 6e10, 5), np.geomspace(6e7, 1e9, 4)
    x = np.array([(d, n) for d in tokens for n in params])
    noise = np.random.default_rng(3).normal(size=len(x))
    y = 0.6 * x[:, 0] ** 0.47 * x[:, 1] ** 0.02 * np.exp(0.07 * noise)
    _, _, verdict = judged(task_of(x, y, folds={"axes": ["a", "b"]}, max_constants=4))
    assert max(verdict.held_out_r2, verdict.gain) < NONE_R2
    assert verdict.verdict == CARE
    assert "the features tell what the target is" in verdict.line()


@pytest.mark.parametrize("y_of", ["noise", "wave"])
def test_noise_hides_nothing_where_there_is_no_law_or_forecasts_miss(y_of: str) -> None:
    x, rng = np.geomspace(1.0, 1e3, 40), np.random.default_rng(1)
    y = {"noise": np.zeros(40), "wave": 12.0 * np.sin(1.7 * np.log(x))}[y_of]
    task = task_of(x, 50.0 + y + rng.normal(size=40), folds={"axes": ["a"]}, max_constants=4)
    task, choice, verdict = judged(task)
    assert verdict.verdict == NONE
    told = telling_folds(task, choice.folds)
    errors = forecast_errors(task, choice)[told]
    assert not is_hidden(task, choice, told, errors)
    assert not is_known(choice, told, errors)


def test_a_champion_whose_formula_a_baseline_beats_is_not_to_be_read_alone(
    lawful: tuple[Task, Choice, Verdict],
) -> None:
    task, choice, verdict = lawful
    assert "formula" not in verdict.line()
    forecast_model = make_forecast_model(task, contenders_of(choice), chosen=True)
    worst = max(choice.finalists, key=lambda f: f.nmse)
    assert 1.0 - worst.nmse < verdict.baseline_r2
    verdict = verdict_of(task, replace(choice, champion=worst), forecast_model)
    assert verdict.verdict == CARE
    assert "take the forecast, not its formula" in verdict.reasons[0]
    assert "on held-out rows of the search's folds and further ones" in verdict.reasons[0]


def test_the_forecast_is_advised_in_place_of_a_formula_only_where_it_is_better(
    lawful: tuple[Task, Choice, Verdict],
) -> None:
    task, choice, _ = lawful
    worst = max(choice.finalists, key=lambda f: f.nmse)
    told, every = replace(choice, champion=worst), range(len(choice.folds))
    for share, baseline, advice in [
        (0.1, 0.5, ": take the forecast, not its formula"),
        (0.1, 0.01, ", and so has the forecast"),
        (0.99, 0.01, ", and the forecast is hardly better"),
        (1.5, 0.01, ", and the forecast has less still"),
    ]:
        others = (1.0 - share * worst.nmse, 1.0 - baseline * worst.nmse)
        assert _of_champion(task, told, every, others).endswith(advice)


def test_what_nothing_tests_is_told_of_features_of_laws_that_the_forecast_hears() -> None:
    x, c = np.meshgrid(2.0 ** np.arange(10), [1.0, 2.0, 3.0])
    noise = np.random.default_rng(0).normal(size=x.size)
    rows = np.stack([x.ravel(), c.ravel()], axis=1)
    y = 1.0 + 3.0 * rows[:, 0] ** -0.4 + 0.002 * noise
    task, choice, _ = judged(task_of(rows, y, folds={"axes": ["a"]}, max_constants=4))
    alone = [f for f in choice.finalists if f.fitted.candidate.law.root.features == {0}]
    other = next(f for f in choice.finalists if 1 in f.fitted.candidate.law.root.features)
    forecast_model = make_forecast_model(task, contenders_of(choice), chosen=True)
    for weight, is_told in [(0.01, False), (0.5, True)]:
        two = (replace(alone[0], weight=1.0 - weight), replace(other, weight=weight))
        told = replace(choice, champion=two[0], finalists=two)
        line = verdict_of(task, told, forecast_model).line()
        assert ("beyond the rows in b" in line) == is_told


def test_a_verdict_of_care_does_not_say_that_it_holds(
    lawful: tuple[Task, Choice, Verdict], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evolve.forecast.reasons.HOLDS_HELD_R2", 2.0)
    task, choice, _ = lawful
    worst = max(choice.finalists, key=lambda f: f.nmse)
    forecast_model = make_forecast_model(task, contenders_of(choice), chosen=True)
    assert "it holds as that error" in verdict_of(task, choice, forecast_model).line()
    verdict = verdict_of(task, replace(choice, champion=worst), forecast_model)
    assert verdict.verdict == CARE
    assert "it holds" not in verdict.line()


def test_a_straight_line_is_no_worse_than_the_baseline_that_is_one() -> None:
    task, choice, _ = searched("power")
    line = next(f for f in choice.finalists if f.entry.operator == "product of powers")
    forecast_model = make_forecast_model(task, contenders_of(choice), chosen=True)
    worse = replace(line, fitted=replace(line.fitted, folds=choice.finalists[-1].fitted.folds))
    verdict = verdict_of(task, replace(choice, champion=worse), forecast_model)
    assert 1.0 - worse.nmse < verdict.baseline_r2
    assert "formula" not in verdict.line()
    assert "the best baseline (straight line, as the champion is) errs" in verdict.line()


def test_a_power_of_what_is_left_to_a_ceiling_is_no_straight_line() -> None:
    x, rng = np.repeat(2.0 ** np.arange(12), 2), np.random.default_rng(4)
    y = 1.0 - 0.5 * x**-0.3 * np.exp(0.02 * rng.normal(size=24))
    bounded = [{"name": "y0", "bounds": [0.0, 1.0]}]
    task = task_of(x, y, targets=bounded, folds={"axes": ["a"]}, max_constants=4)
    _, choice, _ = judged(task)
    made = {f.entry.operator: f for f in choice.finalists}
    assert not _is_line(task, made["product of powers"])
    assert _is_line(task, made["linear"])


def test_folds_that_differ_are_told_one_by_one(lawful: tuple[Task, Choice, Verdict]) -> None:
    task, choice, verdict = lawful
    assert "fold by fold" not in verdict.line()
    off = tuple(replace(f, held=(f.held[0] + 9.0, *f.held[1:])) for f in choice.finalists)
    forecast_model = make_forecast_model(task, contenders_of(choice), chosen=True)
    line = verdict_of(task, replace(choice, finalists=off), forecast_model).line()
    assert re.search(r"with R2 -[\d,]+ \(-\d+(, 0\.9\d*|, 1)+ fold by fold; ", line)
    each = re.search(r"\((.*) fold by fold; (.*) on further folds\)[,;] ", line)
    assert each is not None
    assert [len(part.split(", ")) for part in each.groups()] == [
        len(task.folds),
        len(choice.folds) - len(task.folds),
    ]
    assert ", where one fold alone decides the mean and the median is 0.9" in line
    assert "times as much, on a typical fold; " in line
    assert "their own mean" not in line
    assert line.startswith(f"{NONE}: ")
    assert "explodes on some" in line


def test_a_low_r2_beside_a_worse_baseline_says_what_it_is_against(
    lawful: tuple[Task, Choice, Verdict],
) -> None:
    task, choice, verdict = lawful
    assert "their own mean" not in verdict.line()
    assert re.search(rf"\({verdict.baseline}\) errs [\d.]+ times as much", verdict.line())
    forecast_model = make_forecast_model(task, contenders_of(choice), chosen=True)
    off = tuple(replace(f, held=_at_means(task, choice)) for f in choice.finalists)
    line = verdict_of(task, replace(choice, finalists=off), forecast_model).line()
    assert "no better than their own mean, which nobody knows beforehand" in line
    assert re.search(r"the best baseline \(.*\) errs [\d.]+ times as much;", line)
    better = {name: errors / 1e4 for name, errors in choice.baselines.items()}
    told = replace(choice, finalists=off, baselines=better)
    line = verdict_of(task, told, forecast_model).line()
    assert re.search(r"the best baseline \(.*\) errs less, 0\.\d+ times as much;", line)


def _at_means(task: Task, choice: Choice) -> tuple[np.ndarray, ...]:
    """For the rows that each fold holds out, no more than their mean, or a little off it."""
    held = [task.train.Y[fold.held] for fold in choice.folds]
    return tuple(np.full_like(y, y.mean() + 0.1 * y.std()) for y in held)


def test_an_interval_as_wide_as_runs_equally_far_out_differ_is_said_to_be_so(
    lawful: tuple[Task, Choice, Verdict],
) -> None:
    task, choice, verdict = lawful
    assert "promises an R2 of" in verdict.line()
    forecast_model = make_forecast_model(task, contenders_of(choice), chosen=True)
    wide = replace(forecast_model, ratios=forecast_model.ratios * 50.0)
    line = verdict_of(task, choice, wide).line()
    assert "no less than runs equally far out differ by" in line
    assert "R2 of 0 " not in line


def test_an_error_is_told_as_no_share_where_values_lie_on_both_sides_of_0(
    lawful: tuple[Task, Choice, Verdict],
) -> None:
    task, choice, verdict = lawful
    assert "and an error of" in verdict.line()
    y = task.train.Y.copy()
    y[np.argmin(task.train.X[:, 0])] = -1.0  # no fold holds it out
    signed = replace(task, train=replace(task.train, Y=y))
    forecast_model = make_forecast_model(task, contenders_of(choice), chosen=True)
    told = verdict_of(signed, choice, forecast_model)
    assert (told.expected_r2, told.expected_error) == (verdict.expected_r2, None)
    promised = f"R2 of {verdict.expected_r2:.2g} and an error that is no share of the forecast"
    assert promised in told.line()
    assert "%" not in told.line().replace("or an error of 1 % to hold", "")
    wide = replace(forecast_model, ratios=forecast_model.ratios * 50.0)
    assert "promises an error that is no share" in verdict_of(signed, choice, wide).line()


def test_a_law_that_half_of_the_groups_can_do_without_is_to_be_handled_with_care(
    lawful: tuple[Task, Choice, Verdict],
) -> None:
    task, choice, _ = lawful
    forecast_model = make_forecast_model(task, contenders_of(choice), chosen=True)
    own = [
        GroupError(name, 4, error, 0.1, "mean", 1.0) for name, error in [("a", 2.0), ("b", 0.5)]
    ]
    verdict = verdict_of(task, choice, forecast_model, own)
    assert verdict.verdict == CARE
    assert verdict.reasons[0].startswith("in 1 of 2 groups")
    assert verdict_of(task, choice, forecast_model, own[1:]).verdict == HOLDS


def test_a_law_that_breaks_declared_physics_is_to_be_handled_with_care(
    lawful: tuple[Task, Choice, Verdict],
) -> None:
    task, choice, _ = lawful
    broken = replace(choice, champion=replace(choice.champion, against_physics=0.3))
    forecast_model = make_forecast_model(task, contenders_of(choice), chosen=True)
    verdict = verdict_of(task, broken, forecast_model)
    assert verdict.verdict == CARE
    assert any("physics" in reason for reason in verdict.reasons)


def test_wider_intervals_promise_less(lawful: tuple[Task, Choice, Verdict]) -> None:
    task, choice, _ = lawful
    forecast_model = make_forecast_model(task, contenders_of(choice), chosen=True)
    wide = replace(forecast_model, ratios=forecast_model.ratios * 50.0)
    (r2, error, reach, _), (less, more, *_) = (
        expected_errors(task, choice, b) for b in (forecast_model, wide)
    )
    assert reach == UP_TO
    assert r2 is not None
    assert less is not None
    assert less < r2
    assert error is not None
    assert more is not None
    assert more > error


def test_what_is_promised_is_the_worst_of_all_distances_and_what_is_nearer_is_told(
    lawful: tuple[Task, Choice, Verdict], monkeypatch: pytest.MonkeyPatch
) -> None:
    task, choice, _ = lawful
    forecast_model = make_forecast_model(task, contenders_of(choice), chosen=True)
    each = []
    for factor in HORIZONS:
        monkeypatch.setattr("evolve.forecast.promise.horizons_of", lambda _, f=factor: [f])
        each.append(expected_errors(task, choice, forecast_model))
    monkeypatch.undo()
    whole = expected_errors(task, choice, forecast_model)
    assert whole.r2 == min(p.r2 for p in each if p.r2 is not None)
    assert whole.relative == max(p.relative for p in each if p.relative is not None)
    assert [p.reach for p in each] == ["1.5 times", "3 times", "10 times"]
    assert whole.nearer is None  # it is enough


def test_a_verdict_says_how_far_out_the_promise_would_be_enough() -> None:
    nearer = Promise(0.96, 0.02, "3 times")
    promise = Promise(0.4, 0.09, UP_TO, nearer)
    reasons = weigh("said", "against", (0.95, 0.05), 3.0, promise, 0.0)
    assert reasons.verdict == CARE
    decided, *others = reasons.in_order
    assert decided.startswith(f"up to {UP_TO} beyond the data the interval promises an R2 of 0.4")
    said = "beyond the data the interval promises an R2 of 0.96 and an error of 2 %"
    assert f"up to 3 times {said}" in others


@pytest.mark.parametrize(
    ("promise", "enough"),
    [
        (Promise(0.9, 0.5, UP_TO), True),
        (Promise(-1.0, 0.01, UP_TO), True),
        (Promise(), True),
        (Promise(0.89, 0.011, UP_TO), False),
        (Promise(0.89, None, UP_TO), False),
    ],
)
def test_a_promise_is_enough_by_its_r2_or_its_error(promise: Promise, enough: bool) -> None:
    assert promise.is_enough == enough


def test_the_forecast_of_each_fold_is_held_against_the_best_baseline(
    lawful: tuple[Task, Choice, Verdict],
) -> None:
    task, choice, _ = lawful
    errors = forecast_errors(task, choice)
    name, baseline = best_baseline(choice, [*range(len(choice.folds))], np.ones(len(choice.folds)))
    assert errors.shape == baseline.shape == (len(choice.folds),)
    others = [np.log(e).mean() for n, e in choice.baselines.items() if n != name]
    assert np.log(baseline).mean() <= min(others) + 1e-9


def test_a_verdict_survives_as_data(noisy: tuple[Task, Choice, Verdict]) -> None:
    assert verdict_from_data(noisy[2].to_data()) == noisy[2]


@pytest.mark.parametrize(
    ("times", "said"),
    [
        *((5.9, "errs 5.9 times as much"), (0.5, "errs less, 0.5 times as much")),
        *((1.001, "errs as much"), (0.999, "errs as much"), (218.2, "errs 218 times as much")),
        (12345.0, "errs 12,300 times as much"),
        (6e12, "errs more than a million times as much"),
        (2e-12, "errs less, less than 0.000001 times as much"),
    ],
)
def test_a_baseline_errs_a_number_of_times_as_much(times: float, said: str) -> None:
    words = against_baseline(2.0 * float(np.log(times)), "last value")
    assert words == f"the best baseline (last value) {said}"


def test_runs_that_repeat_one_another_say_nothing_against_a_law() -> None:
    x = np.repeat(2.0 ** np.arange(6), 5)
    y = 1.0 + 16.0 * np.log2(x) + 2.0 * np.random.default_rng(3).normal(size=len(x))
    task, choice, verdict = judged(task_of(x, y, folds={"axes": ["a"]}, max_constants=4))
    told = telling_folds(task, choice.folds)
    repeats = [f for i, f in enumerate(choice.folds) if i not in told]
    assert repeats
    assert all(np.ptp(task.train.X[fold.held]) == 0 for fold in repeats)
    assert forecast_errors(task, choice)[0] > 0.9  # whatever is forecast there
    assert verdict.verdict != NONE
    assert verdict.held_out_r2 > HOLDS_HELD_R2
    assert verdict.expected_r2 is not None
    assert verdict.expected_r2 > -1.0


def test_where_every_fold_holds_out_repeats_all_of_them_are_asked() -> None:
    x = np.repeat(2.0 ** np.arange(3), 4)
    task = task_of(x, np.arange(12.0), folds={"axes": ["a"]})
    assert telling_folds(task, task.folds) == [*range(len(task.folds))]


def test_a_fold_decides_a_mean_by_what_it_adds_to_it() -> None:
    errors = np.array([0.01, 0.08, 0.14, 0.56])
    assert "one fold alone" in _by_fold(errors, np.ones(4), 3)
    assert "one fold alone" not in _by_fold(errors, np.array([54.0, 4.0, 2.0, 1.0]), 3)
    assert "one fold alone" in _by_fold(errors, np.array([1.0, 90.0, 1.0, 1.0]), 3)
