"""Next runs narrow the forecast that is asked for; what they leave is what a refit would leave."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evolve.errors import EvolveError
from evolve.forecast.model import ForecastModel, GroupUncertainty
from evolve.forecast.plan import NextRun, Question, next_runs
from evolve.forecast.plan.greedy import cheapest_of_best, taken_off, without
from evolve.forecast.plan.narrowing import forecast_at, interval_of, open_of, point_of
from tests.forecast.test_plan import CHINCHILLA, CONSTANTS, make_forecast_model, question

FAR = {"params": 7e9, "tokens": 2e12}
NOISE = 0.01


ROWS = np.array([[n, d] for n in np.geomspace(1e8, 1e9, 4) for d in np.geomspace(1e9, 1e10, 4)])


def with_rows(x: np.ndarray) -> ForecastModel:
    """The law with the covariance that rows of the same noise leave its constants."""
    model = make_forecast_model((CHINCHILLA, CONSTANTS))
    slopes = np.array(
        [
            (CHINCHILLA.predict(x, CONSTANTS + step) - CHINCHILLA.predict(x, CONSTANTS - step))[
                :, 0
            ]
            / 2e-6
            for step in 1e-6 * np.eye(5)[:, None]
        ]
    )
    covariance = np.linalg.inv(slopes @ slopes.T) * NOISE**2
    spread = GroupUncertainty(covariance[None], np.array([NOISE]), np.array([2.0]))
    return replace(model, spreads={"all": spread})


def runs_for(where: Question, at: dict[str, float], budget: float) -> list[NextRun]:
    return next_runs(where, forecast_at(where, at), budget)


def width(ends: tuple[float, float]) -> float:
    return ends[1] - ends[0]


def test_what_a_run_leaves_open_is_what_its_row_leaves_in_the_fit() -> None:
    before = question(with_rows(ROWS))
    wanted, run = forecast_at(before, FAR), np.array([[3e9, 5e10]])
    is_open = open_of(before, before.forecast(run))
    off = taken_off(is_open.along, is_open.noise, open_of(before, wanted).along[0])[0]
    after = forecast_at(question(with_rows(np.vstack([ROWS, run]))), FAR)
    assert np.sqrt(wanted.parts.total[0, 0] ** 2 - off) == pytest.approx(
        after.parts.total[0, 0], rel=1e-3
    )
    assert interval_of(before, wanted, after.parts.total[0, 0]) == pytest.approx(
        (after.low[0, 0], after.high[0, 0]), rel=1e-3
    )


def test_two_runs_one_after_the_other_leave_what_both_rows_leave() -> None:
    before, two = question(with_rows(ROWS)), np.array([[3e9, 5e10], [5e8, 8e10]])
    is_open, point = (
        open_of(before, before.forecast(two)),
        open_of(before, forecast_at(before, FAR)),
    )
    rows = np.vstack([is_open.along, point.along])
    for i in range(2):
        rows = without(rows, rows[i], is_open.noise[i])
    after = forecast_at(question(with_rows(np.vstack([ROWS, two]))), FAR)
    assert np.linalg.norm(rows[2]) == pytest.approx(after.parts.constants[0, 0], rel=1e-3)


def test_next_runs_narrow_the_interval_one_after_the_other_within_the_budget() -> None:
    where = question(with_rows(ROWS))
    now = forecast_at(where, FAR)
    found = runs_for(where, FAR, 1e21)
    widths = [float(now.high[0, 0] - now.low[0, 0]), *(width(run.then) for run in found)]
    assert len(found) > 1
    assert (np.diff(widths) < 0).all()
    assert all(run.cost <= 1e21 for run in found)
    cheap = runs_for(where, FAR, 1e20)
    assert width(cheap[0].then) > width(found[0].then)


def test_the_runs_that_are_worth_making_depend_on_the_forecast_that_is_asked_for() -> None:
    where = question(with_rows(ROWS))
    of_data, of_size = ({"params": 1e8, "tokens": 1e13}, {"params": 1e12, "tokens": 1e10})
    first = [runs_for(where, at, 1e20)[0].values for at in (of_data, of_size)]
    ratios = [values["tokens"] / values["params"] for values in first]
    assert ratios[0] > 10 * ratios[1]


def test_rivals_that_part_at_the_point_are_told_apart_where_they_part_elsewhere_too() -> None:
    rival = CONSTANTS * [1.0, 1.0, 1.0, 1.0, 0.8]  # the same law for 1e9 tokens
    where = question(make_forecast_model((CHINCHILLA, CONSTANTS), (CHINCHILLA, rival)))
    now, (first, *_) = forecast_at(where, FAR), runs_for(where, FAR, 1e22)
    assert first.disagreement > 2 * first.noise
    assert set(first.predictions) == {0, 1}
    assert width(first.then) < 0.5 * float(now.high[0, 0] - now.low[0, 0])


def test_what_each_law_says_of_a_next_run_is_its_own_prediction() -> None:
    each = [CONSTANTS * [1.0, 1.0, 1.0, 1.0, factor] for factor in (1.0, 0.8, 0.85, 0.9)]
    where = question(make_forecast_model(*((CHINCHILLA, constants) for constants in each)))
    runs = runs_for(where, FAR, 1e22)
    assert runs
    for run in runs:
        x = np.array([[run.values["params"], run.values["tokens"]]])
        said = {k: float(CHINCHILLA.predict(x, c)[0, 0]) for k, c in enumerate(each)}
        assert run.predictions == pytest.approx(said)
        assert run.disagreement <= abs(said[0] - said[1])


def test_no_run_is_named_where_nothing_is_open() -> None:
    assert runs_for(question(make_forecast_model((CHINCHILLA, CONSTANTS))), FAR, 1e22) == []


def test_of_runs_that_take_off_about_as_much_the_cheapest_is_made() -> None:
    taken = np.array([0.0, 0.95, 1.0, 0.5])
    assert cheapest_of_best(taken, np.array([1.0, 2.0, 9.0, 1.0])) == 1
    assert cheapest_of_best(np.zeros(3), np.ones(3)) is None
    assert cheapest_of_best(np.zeros(0), np.zeros(0)) is None


def test_the_point_takes_what_it_leaves_out_from_what_is_fixed() -> None:
    model = make_forecast_model((CHINCHILLA, CONSTANTS))
    fixed = question(model, "6*params", fixed={"tokens": 2e10})
    assert point_of(fixed, {"params": "7B"}) == {"params": 7e9, "tokens": 2e10}
    assert point_of(fixed, {"params": 7e9, "tokens": "2T"}) == FAR


@pytest.mark.parametrize(
    ("narrow", "rule"),
    [
        ({"params": 7e9}, "narrow: needs a value for tokens"),
        ({**FAR, "token": 1.0}, "narrow: no feature 'token' .did you mean 'tokens'"),
        ({**FAR, "params": -1.0}, "narrow params: must be above 0, it is -1"),
        ({**FAR, "params": np.inf}, "narrow params: must be finite"),
        ({**FAR, "params": "7Q"}, "narrow params: must be a number, it is '7Q'"),
    ],
)
def test_a_point_that_is_none_is_refused(narrow: dict[str, object], rule: str) -> None:
    with pytest.raises(EvolveError, match=rule):
        point_of(question(make_forecast_model((CHINCHILLA, CONSTANTS))), narrow)
