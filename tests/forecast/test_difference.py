"""Two runs are compared at one point: same or not, where they cross, what the one saves."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.errors import EvolveError
from evolve.forecast.difference import Difference, differ
from evolve.forecast.plan import parse_cost
from evolve.forecast.queries import checked_point
from evolve.forecast.sides import make_sides
from tests.forecast.test_plan import (
    CHINCHILLA,
    CONSTANTS,
    NAMES,
    line_task,
    make_forecast_model,
    make_task,
)

AT = {"params": 1e9, "tokens": 1e10}
CHEAPER = np.array([[1.7, 0.8 * 2**-0.34, 0.34, 1.1 * 2**-0.28, 0.28]])
STEEPER = np.array([[1.7, 0.6, 0.5, 1.1, 0.28]])


def difference(first: np.ndarray, second: np.ndarray, compute: str | None = None) -> Difference:
    task = make_task()
    bases = [make_forecast_model((CHINCHILLA, constants)) for constants in (first, second)]
    sides = make_sides([task, task], bases, group=None, target=None, level=0.9)
    return differ(*sides, AT, None if compute is None else parse_cost(compute, NAMES))


def test_a_run_is_the_same_as_itself_and_needs_as_much() -> None:
    same = difference(CONSTANTS, CONSTANTS, "6*params*tokens")
    assert same.same
    assert same.difference[0] == 0.0
    assert [saving.along for saving in same.savings] == ["params", "tokens", "6*params*tokens"]
    assert all(saving.crossing is None for saving in same.savings)
    assert [saving.factor for saving in same.savings] == pytest.approx([1.0, 1.0, 1.0])


def test_half_the_parameters_and_tokens_are_a_quarter_of_the_compute() -> None:
    *_, compute = difference(CONSTANTS, CHEAPER, "6*params*tokens").savings
    assert compute.at == pytest.approx(6e19)
    assert compute.factor == pytest.approx(0.25, rel=1e-6)
    assert compute.low is not None
    assert compute.high is not None
    assert compute.low < 0.25 < compute.high


def test_laws_cross_where_their_terms_are_equal() -> None:
    params = difference(CONSTANTS, STEEPER).savings[0]
    where = 1e9 * (0.6 / 0.8) ** (1 / (0.5 - 0.34))
    assert params.crossing == pytest.approx(where, rel=1e-6)
    assert params.searched[0] < where < params.searched[1]


def test_what_is_far_apart_is_not_the_same_and_never_reached() -> None:
    far = difference(CONSTANTS, CONSTANTS + np.array([[1.0, 0, 0, 0, 0]]))
    assert not far.same
    assert far.difference[2] < 0.0
    assert [saving.factor for saving in far.savings] == [None, None]


def test_what_a_point_breaks_of_the_rows_is_told() -> None:
    task = line_task()
    sides = make_sides(
        [task, task],
        [make_forecast_model((CHINCHILLA, CONSTANTS))] * 2,
        group=None,
        target=None,
        level=0.9,
    )
    assert differ(*sides, {"params": 1e9, "tokens": 2e10}).departures == ()
    (words,) = differ(*sides, {"params": 1e9, "tokens": 9e11}).departures
    assert words.startswith("tokens is 45 times what it is in every training row")
    models = [make_forecast_model((CHINCHILLA, CONSTANTS))] * 2
    one = make_sides([make_task(), task], models, group=None, target=None, level=0.9)
    (words,) = differ(*one, {"params": 1e9, "tokens": 9e11}).departures
    assert words.startswith("of 2, tokens is 45 times what it is in every training row")


def test_the_interval_of_a_difference_is_the_root_of_the_squares() -> None:
    result = difference(CONSTANTS, CHEAPER)
    below = np.hypot(result.first[0] - result.first[1], result.second[2] - result.second[0])
    assert result.difference[0] - result.difference[1] == pytest.approx(below)


WRONG: list[tuple[dict[str, object], str]] = [
    ({"params": 1e9}, "needs a value for tokens"),
    ({**AT, "token": 1.0}, "no feature 'token' .did you mean 'tokens'"),
    ({**AT, "params": -1.0}, "params: must be above 0"),
    ({**AT, "params": np.nan}, "params: must be finite"),
    ({**AT, "params": "7Q"}, "params: must be a number, it is '7Q'"),
]


@pytest.mark.parametrize(("at", "words"), WRONG)
def test_a_point_that_is_none_is_refused(at: dict[str, object], words: str) -> None:
    with pytest.raises(EvolveError, match=words):
        checked_point(make_task(), at)


def test_compute_must_grow_with_its_features() -> None:
    with pytest.raises(EvolveError, match="must be above 0 and grow"):
        difference(CONSTANTS, CONSTANTS, "params/tokens")
    task = make_task("linear")
    bases = [make_forecast_model((CHINCHILLA, CONSTANTS))] * 2
    sides = make_sides([task, task], bases, group=None, target=None, level=0.9)
    with pytest.raises(EvolveError, match="tokens acts as it is"):
        differ(*sides, AT, parse_cost("params*tokens", NAMES))
