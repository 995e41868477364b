"""Forecasts give a point of all laws, an interval that holds, and how far out a row lies."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

from evolve.bench.coverage import measure
from evolve.bench.known import KNOWN_LAWS, make_case
from evolve.errors import EvolveError
from evolve.forecast.box import page_data
from evolve.forecast.calibration import make_forecast_model
from evolve.forecast.interval import (
    ends_of,
    factors_at,
    forecast,
    half_widths,
    noise_times,
    t_quantile,
)
from evolve.forecast.members import contenders_without_choice, fit_contenders
from evolve.forecast.model import ForecastModel, GroupUncertainty, forecast_model_from_data
from evolve.forecast.queries import from_table, from_words
from evolve.forecast.rows import rows_of
from evolve.forecast.spread import (
    delta,
    distance_of,
    extrapolation_distance,
    open_constants,
    parts_of,
    predictions_of,
)
from evolve.law.candidate import Candidate
from evolve.law.graph import Law, call, const, feat, num
from evolve.law.recipe import Recipe
from evolve.runs.forecasts import load_forecast_model, save_forecast_model
from evolve.scoring.noise_kind import is_relative
from evolve.scoring.objective import CALIBRATION_LEAST
from evolve.search.archive import Archive
from evolve.tasks.spec import PhysicsSpec
from evolve.tasks.task import Table, Task, load_task
from evolve.typing import Array
from tests.run_of_literature import store_of
from tests.small_tasks import task_of


def power(*, floor: bool) -> Candidate:
    x = call("log", call("div", feat(0), num(1e9)))
    root = call("exp", call("sub", const(0), call("mul", const(1), x)))
    law = Law(call("add", root, const(2)) if floor else root, 3 if floor else 2)
    return Candidate(law, Recipe("log", "l2"))


@pytest.fixture(scope="module")
def case() -> tuple[Task, Table]:
    return make_case(next(k for k in KNOWN_LAWS if k.name == "power and floor"), 3)


@pytest.fixture(scope="module")
def forecast_model(case: tuple[Task, Table]) -> ForecastModel:
    laws = [(0, power(floor=True), 0.8), (1, power(floor=False), 0.2)]
    return make_forecast_model(case[0], fit_contenders(case[0], laws), chosen=True)


def test_the_point_is_what_all_laws_say_beside_what_the_champion_says(
    case: tuple[Task, Table], forecast_model: ForecastModel
) -> None:
    task, test = case
    told = forecast(task, forecast_model, "all", test.X)
    laws = [m.law.predict(test.X, m.constants["all"]) for m in forecast_model.members]
    assert np.array_equal(told.champion, laws[0])
    assert (told.point >= np.min(laws, axis=0)).all()
    assert (told.point <= np.max(laws, axis=0)).all()
    assert (told.low < told.point).all()
    assert (told.point < told.high).all()
    assert told.champion_inside().all()


def test_no_end_of_an_interval_lies_where_a_target_cannot_be(
    case: tuple[Task, Table], forecast_model: ForecastModel
) -> None:
    task, test = case
    most = float(task.train.Y.max()) + 0.01
    spec = task.spec.model_copy(update={"physics": PhysicsSpec(floor=1.0, ceiling=most)})
    told = forecast(replace(task, spec=spec), forecast_model, "all", test.X, 0.9999)
    assert told.low.min() >= 1.0
    assert told.high.max() <= most
    above_0 = task.spec.model_copy(update={"physics": PhysicsSpec(floor=0.0)})
    far, task = np.array([[1e25]]), replace(task, spec=above_0)
    assert (forecast(task, forecast_model, "all", far, 0.9999).low >= 0.0).all()


def test_noise_that_multiplies_is_told_from_noise_that_adds() -> None:
    rng = np.random.default_rng(3)
    law = np.geomspace(1.0, 1000.0, 60)[:, None]
    noise = rng.normal(size=law.shape)
    assert is_relative(law * np.exp(0.1 * noise), [law])
    assert not is_relative(law + 0.1 * noise, [law])
    assert not is_relative(law - 2.0, [law])


def test_an_interval_around_multiplied_noise_is_as_many_times_more_and_less(
    case: tuple[Task, Table], forecast_model: ForecastModel
) -> None:
    told = forecast(case[0], replace(forecast_model, relative=True), "all", case[1].X)
    np.testing.assert_allclose(told.high / told.point, told.point / told.low)


def test_a_forecast_below_what_a_positive_target_can_be_is_no_certain_zero(
    case: tuple[Task, Table],
) -> None:
    point, half = np.array([[-0.2], [-0.2], [2.0]]), np.array([[0.9], [0.1], [0.9]])
    above_0 = case[0].spec.model_copy(update={"physics": PhysicsSpec(floor=0.0)})
    task = replace(case[0], spec=above_0)
    point, low, high = ends_of(task, point, half, 0.1 * half, relative=True)
    np.testing.assert_allclose(point, [[0.0], [0.0], [2.0]])
    np.testing.assert_allclose(low[:, 0], [0.0, 0.0, 2.0 / np.exp(0.45)])
    np.testing.assert_allclose(high[:, 0], [0.7, 0.0, 2.0 * np.exp(0.45)])


def test_laws_that_part_near_0_are_an_amount_apart_and_no_number_of_times(
    case: tuple[Task, Table],
) -> None:
    point = np.array([[1e-9], [0.1], [1.0], [2.0]])
    half = np.full((4, 1), 1.0)
    _, low, high = ends_of(case[0], point, half, 0.0 * half, relative=True)
    np.testing.assert_allclose(high[:3, 0], 1.0 + (np.e - 1.0) * point[:3, 0])
    np.testing.assert_allclose(high[3, 0], 2.0 * np.exp(0.5))
    np.testing.assert_allclose(low[:, 0], point[:, 0] * np.exp(-np.minimum(1 / point[:, 0], 50)))
    # Noise that multiplies is any number of times, however little that is.
    _, _, noisy = ends_of(case[0], point, 3.0 * point, 3.0 * point, relative=True)
    np.testing.assert_allclose(noisy[:, 0], point[:, 0] * np.exp(3.0))


def mirrored(task: Task) -> Task:
    """The same rows with the sign of their targets changed."""
    names, rows = task.given
    return Task(task.name, task.folder, task.spec, names, replace(rows, Y=-rows.Y))


@pytest.mark.parametrize("relative", [False, True])
def test_an_interval_of_mirrored_targets_is_the_mirrored_interval(
    case: tuple[Task, Table], relative: bool
) -> None:
    point = np.array([[-0.2], [1e-9], [0.1], [1.0], [2.0], [20.0]])
    half, noise = np.full((6, 1), 1.0), np.full((6, 1), 0.1)
    ends = ends_of(case[0], point, half, noise, relative=relative)
    other = ends_of(mirrored(case[0]), -point, half, noise, relative=relative)
    for seen, there in zip(ends, (other[0], other[2], other[1]), strict=True):
        np.testing.assert_allclose(-there, seen)


def test_the_sign_of_targets_bounds_intervals_only_where_their_0_means_something() -> None:
    x = np.geomspace(1e6, 1e9, 24)[:, None]
    for y, positive in ((400 * x**-0.34, True), (20.0 + 3.0 * np.log10(x), False)):
        task = task_of(x, y, folds={"axes": ["a"]})
        assert task.frame.natural_zero == positive
        low = ends_of(task, np.full((1, 1), 2.0), *[np.full((1, 1), 9.0)] * 2, relative=False)[1]
        assert low[0, 0] == (0.0 if positive else -7.0)
        assert page_bounds(task) == [0.0 if positive else -np.inf, np.inf]
        assert page_bounds(mirrored(task)) == [-np.inf, 0.0 if positive else np.inf]


def page_bounds(task: Task) -> list[float]:
    """What a page holds its forecasts within."""
    data = page_data(task, make_line(task))
    assert data is not None
    bounds: list[float] = data["bounds"][0]
    return bounds


def make_line(task: Task) -> ForecastModel:
    root = call("add", const(0), call("mul", const(1), call("log", feat(0))))
    laws = [(0, Candidate(Law(root, 2), Recipe()), 1.0)]
    return make_forecast_model(task, fit_contenders(task, laws), chosen=True)


def test_a_run_larger_in_all_axes_at_once_lies_beyond_though_each_is_in_range() -> None:
    known = np.array([[1e3, 1e6], [1e6, 1e3], [1e3, 1e3]])
    x = np.array([[1e6, 1e6], [1e3, 1e4], [1e7, 1e3]])
    away = distance_of(x, known, (True, True), (0, 1))
    np.testing.assert_allclose(away, [1.5, 0.0, 1.0])
    np.testing.assert_allclose(distance_of(x, known, (True, True), (0,)), [0.0, 0.0, 1.0])


def test_an_interval_holds_runs_ten_times_further_and_widens_with_level_and_distance(
    case: tuple[Task, Table], forecast_model: ForecastModel
) -> None:
    task, test = case
    assert measure(task, test, forecast_model, "synthetic", 3).inside[1] == 1.0
    near, far = np.array([[1e10]]), np.array([[1e11]])

    def width(x: np.ndarray, level: float = 0.9) -> float:
        told = forecast(task, forecast_model, "all", x, level)
        return float((told.high - told.low)[0, 0])

    assert width(near) < width(far)
    assert width(far, 0.5) < width(far, 0.9) < width(far, 0.99)


def test_rivals_that_lie_outside_the_interval_are_told(
    case: tuple[Task, Table], forecast_model: ForecastModel
) -> None:
    told = forecast(case[0], forecast_model, "all", np.array([[1e10], [1e15]]), 0.05)
    assert told.rivals == (1,)
    assert not told.agrees()[0, 1, 0]
    row = rows_of(case[0], told)[1]
    assert row["extrapolation_distance"]["x0"] == pytest.approx(5.0)
    assert row["beyond"] == row["extrapolation_distance"]
    assert row["predictions"]["loss"]["elites"][0]["inside"] is False


def test_extrapolation_distances_count_factors_of_ten_or_ranges() -> None:
    known = np.array([[1.0, 0.0], [10.0, 4.0]])
    x = np.array([[100.0, 6.0], [0.1, -1.0], [5.0, 2.0]])
    found = extrapolation_distance(x, known, (True, False))
    np.testing.assert_allclose(found, [[1.0, 0.5], [-1.0, -0.25], [0.0, 0.0]])


def test_the_delta_method_is_exact_for_a_law_linear_in_its_constants() -> None:
    law = Law(call("add", const(0), call("mul", const(1), feat(0))), 2)
    covariance = np.array([[0.5, -0.1], [-0.1, 0.2]])
    x = np.array([[0.0], [3.0]])
    wanted = np.sqrt([0.5, 0.5 - 6 * 0.1 + 9 * 0.2])
    np.testing.assert_allclose(delta(law, 0, np.array([[1.0, 2.0]]), covariance, x), wanted)


def test_the_folds_that_reach_as_far_set_the_factor() -> None:
    distances = np.repeat([0.1, 1.0], 200)
    ratios = np.concatenate([np.linspace(0, 4, 200), np.linspace(0, 12, 200)])
    near, far, further = factors_at(distances, ratios, np.array([0.1, 1.0, 3.0]))
    assert near < far / 2
    assert further == far


def test_spreads_that_folds_show_to_be_too_wide_are_narrowed_to_a_limit() -> None:
    wide, far_too_wide = (
        factors_at(np.zeros(200), np.full(200, share * t_quantile(0.9)), np.zeros(1))[0]
        for share in (0.6, 0.01)
    )
    assert wide == pytest.approx(0.6)
    assert far_too_wide == CALIBRATION_LEAST


def test_noise_of_single_runs_is_not_narrowed_whatever_folds_show(
    case: tuple[Task, Table], forecast_model: ForecastModel
) -> None:
    task, x = case[0], case[0].train.X
    flattered = replace(forecast_model, ratios=np.full_like(forecast_model.ratios, 1e-3))
    for level in (0.5, 0.9, 0.99):
        told = forecast(task, flattered, "all", x, level)
        half = forecast_half(task, flattered, x, level)
        noise = told.parts.noise / (told.point if flattered.relative else 1.0)
        assert (half >= NormalDist().inv_cdf(0.5 + level / 2) * noise).all()
        assert (half < forecast_half(task, forecast_model, x, level)).all()


def forecast_half(task: Task, model: ForecastModel, x: Array, level: float) -> Array:
    told = forecast(task, model, "all", x, level)
    return 0.5 * np.log(told.high / told.low) if model.relative else told.high - told.point


def test_half_widths_are_those_of_the_spread_where_nothing_is_narrowed() -> None:
    total, noise, times = np.array([[2.0, 5.0]]), np.array([[1.0, 3.0]]), np.array([[4.0]])
    half, of_noise = half_widths(total, noise, times, 0.9)
    np.testing.assert_allclose(half, 4.0 * total)
    np.testing.assert_allclose(of_noise, 4.0 * noise)
    narrowed, _ = half_widths(total, noise, 0.1 * times, 0.9)
    loose = 0.4 * np.sqrt(total**2 - noise**2)
    np.testing.assert_allclose(narrowed, np.hypot(loose, noise_times(0.9) * noise))


def test_spreads_are_narrowed_as_far_out_as_folds_reach_and_hardly_beyond() -> None:
    ratios, reach = np.full(200, 0.5 * t_quantile(0.9)), np.linspace(0.0, 0.4, 200)
    at = factors_at(reach, ratios, np.array([0.2, 0.4, 0.6, 2.0]))
    assert at[:2] == pytest.approx([0.5, 0.5])
    assert 0.7 < at[2] < at[3] < 1.0
    assert at[3] == pytest.approx(1.0, abs=1e-4)


def test_a_model_survives_the_store(forecast_model: ForecastModel, tmp_path: Path) -> None:
    task = load_task("parallel")
    again = forecast_model_from_data(json.loads(json.dumps(forecast_model.to_data())))
    np.testing.assert_array_equal(again.ratios, forecast_model.ratios)
    with store_of(task, tmp_path / "run") as store:
        assert load_forecast_model(store) is None
        save_forecast_model(store, forecast_model)
        found = load_forecast_model(store)
        assert found is not None
        assert found.members[0].law == forecast_model.members[0].law
        archive = Archive()
        archive.tell(store.entries())
        assert contenders_without_choice(task, archive, 1).laws[0].index == 1


def test_words_name_every_feature_once() -> None:
    task = load_task("parallel")
    queries = from_words(task, ["num_params=1e10", "parallel_size=8"], None)
    assert [q.group for q in queries] == list(task.group_names)
    assert queries[0].x.tolist() == [[1e10, 8.0]]


@pytest.mark.parametrize(
    ("words", "group", "part"),
    [
        (["num_params=1e10"], None, "needs a value for parallel_size"),
        (["num_parms=1e10"], None, "did you mean 'num_params'?"),
        (["num_params"], None, "must be like feature=value"),
        (["num_params=much", "parallel_size=1"], None, "must be a number"),
        (["num_params=nan", "parallel_size=1"], None, "must be finite"),
        (["num_params=0", "parallel_size=1"], None, "must be above 0"),
        (["num_params=1", "num_params=2"], None, "given twice"),
        (["num_params=1e10", "parallel_size=1"], "piel", "did you mean 'pile'?"),
    ],
)
def test_wrong_words_are_refused(words: list[str], group: str | None, part: str) -> None:
    with pytest.raises(EvolveError) as refusal:
        from_words(load_task("parallel"), words, group)
    assert part in str(refusal.value)


def test_a_table_keeps_its_order_and_its_groups(tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_text("corpus,parallel_size,num_params\nstack,8,1e10\npile,4,2e10\nstack,2,3e10\n")
    task = load_task("parallel")
    raw, queries = from_table(task, path, None)
    found = {q.group: (q.at.tolist(), q.x[:, 0].tolist()) for q in queries}
    assert raw.n_rows == 3
    assert found == {"pile": ([1], [2e10]), "stack": ([0, 2], [1e10, 3e10])}
    path.write_text("group,parallel_size\nstack,8\n")
    with pytest.raises(EvolveError, match="column 'num_params' is missing"):
        from_table(task, path, None)


@pytest.mark.parametrize("level", [0.0, 1.0, 90.0])
def test_a_level_that_is_no_share_is_refused(
    level: float, case: tuple[Task, Table], forecast_model: ForecastModel
) -> None:
    with pytest.raises(EvolveError, match="must be between 0 and 1"):
        forecast(case[0], forecast_model, "all", np.array([[1e10]]), level)


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9, 0.99])
def test_levels_are_those_of_students_t(level: float) -> None:
    from scipy.stats import t

    assert t_quantile(level) == pytest.approx(float(t.ppf((1 + level) / 2, 5)), rel=1e-9)


def test_constants_that_nothing_fixes_leave_the_range_of_the_targets_open() -> None:
    law, constants, x = (
        Law(call("mul", const(0), feat(0)), 1),
        np.array([[2.0]]),
        np.array([[3.0]]),
    )
    spread = GroupUncertainty(np.full((1, 1, 1), np.nan), np.array([0.1]), np.array([7.0]))
    loose = open_constants(law, constants, spread.covariance, x)
    values = predictions_of([law], [constants], x)
    parts = parts_of(values, np.ones(1), loose, spread, relative=False)
    assert parts.constants.tolist() == [[7.0]]
    assert parts.form.tolist() == [[0.0]]
