"""What holds up to a horizon is told with care of rows further out."""

from __future__ import annotations

import numpy as np
import pytest
from small_tasks import task_of

from evolve.forecast.promise import reach_text
from evolve.forecast.there import beyond_reach, verdict_there
from evolve.forecast.verdict import CARE, HOLDS, Verdict
from evolve.tasks.task import Task

SIZES = np.geomspace(1e7, 1e9, 12)


def table(**folds: object) -> Task:
    return task_of(SIZES, 2.0 + SIZES**-0.3, folds={"axes": ["a"], **folds}, max_constants=3)


@pytest.mark.parametrize(("size", "is_far"), [(1e10, False), (1.2e10, True), (9e5, True)])
def test_a_row_lies_further_out_than_ten_times_or_within(size: float, is_far: bool) -> None:
    assert beyond_reach(table(), "all", np.array([[5e8], [size]])) == is_far


def test_a_declared_horizon_reaches_further() -> None:
    far = np.array([[9e10]])
    assert beyond_reach(table(), "all", far)
    assert not beyond_reach(table(horizon=[100.0]), "all", far)


@pytest.mark.parametrize(("year", "is_far"), [(2027, False), (2028, True), (1980, False)])
def test_along_a_linear_axis_nothing_is_promised_beyond_half_of_its_range(
    year: float, is_far: bool
) -> None:
    x = np.linspace(1990.0, 2015.0, 12)
    axis = [{"name": "year", "scale": "linear"}]
    task = task_of(x, x - 1980.0, features=axis, folds={"axes": ["year"]}, max_constants=3)
    assert beyond_reach(task, "all", np.array([[year]])) == is_far
    assert reach_text(task) == "half a range"
    wide = task_of(
        x, x - 1980.0, features=axis, folds={"axes": ["year"], "horizon": [100.0]}, max_constants=3
    )
    assert reach_text(wide) == "a whole range"


@pytest.mark.parametrize(
    ("scales", "horizon", "said"),
    [
        (("log", "linear"), [], "10 times or half a range"),
        (("linear", "linear"), [10.0, 1e4], "the horizon"),
        (("log", "log"), [100.0, 100.0], "100 times"),
    ],
)
def test_axes_that_reach_unlike_far_are_told_by_kind_or_as_the_horizon(
    scales: tuple[str, str], horizon: list[float], said: str
) -> None:
    features = [{"name": n, "scale": s} for n, s in zip("ab", scales, strict=True)]
    x = np.column_stack([SIZES, SIZES[::-1]])
    folds = {"axes": ["a", "b"], "horizon": horizon}
    assert reach_text(task_of(x, SIZES**-0.3, features=features, folds=folds)) == said


def test_a_product_of_sizes_is_promised_as_far_as_each_of_them() -> None:
    x = np.column_stack([SIZES, SIZES[::-1]])
    both = [{"name": "a"}, {"name": "b"}]
    task = task_of(x, x[:, 0] ** -0.3, features=both, folds={"axes": ["a*b"], "horizon": [30.0]})
    assert reach_text(task) == "30 times"
    at = float(np.sqrt(1e7 * 1e9))
    assert not beyond_reach(task, "all", np.array([[at * 5, at * 5]]))
    assert beyond_reach(task, "all", np.array([[at * 6, at * 6]]))


def test_the_verdict_for_rows_beyond_all_promises_is_care_and_says_how_far_they_reach() -> None:
    held = Verdict(HOLDS, ("R2 is high",), 0.9, "mean", 0.1, 1.0, 0.95, 0.005, 0.0)
    assert verdict_there(table(), held, [("all", np.array([[5e9]]))]) is held
    assert verdict_there(table(), None, []) is None
    there = verdict_there(table(), held, [("all", np.array([[1e12]]))])
    assert there is not None
    assert there.verdict == CARE
    assert "than 10 times, where nothing is promised; elsewhere it holds" in there.reasons[0]
