"""What folds held out is said of a verdict, and of rows that lie where no fold tests a law."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
from small_tasks import task_of

from evolve.forecast.tested import AT_RANDOM, TOGETHER, reach_of, rests_on, untested, untested_rows
from evolve.forecast.verdict import CARE, HOLDS, NONE, Verdict
from evolve.scoring.fold import Fold
from evolve.tasks.task import Task

LEVELS = 10.0 ** np.arange(0, 3, 0.5)


def table(*columns: np.ndarray, rows: np.ndarray | None = None, **spec: object) -> Task:
    """A task of a grid, or of rows; the target does not matter."""
    x = np.array(list(product(*columns)), dtype=float) if rows is None else rows
    return task_of(x, 1.0 + x.sum(axis=1) ** -0.3, **spec)


def repeated(least: float = 0.25) -> Task:
    """Sizes, tokens seen and unique tokens, each of which is seen at most 4 times."""
    x = np.array([r for r in product(LEVELS, LEVELS, LEVELS) if least * r[1] <= r[2] <= r[1]])
    return table(rows=x, folds={"axes": ["a", "b"]})


def test_a_verdict_says_along_which_axes_rows_were_held_out_and_along_which_none() -> None:
    epochs = np.array([1.0, 2.0, 4.0])
    task = table(LEVELS, LEVELS, epochs, folds={"axes": ["a", "b"]})
    words = rests_on(task)
    assert "reach 10 times the fitted a and 10 times the fitted b;" in words
    assert words.endswith("; nothing tests forecasts beyond the rows in c")
    alone = table(np.geomspace(1.0, 1e3, 20), folds={"axes": ["a"]})
    assert rests_on(alone).startswith("held-out rows reach")
    assert "nothing" not in rests_on(alone)


def test_a_verdict_and_rows_to_forecast_go_by_the_folds_that_tell_a_law(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[list[str]] = []

    def noted(task: Task, folds: Sequence[Fold]) -> np.ndarray:
        asked.append([fold.name for fold in folds])
        return reach_of(task, folds)

    monkeypatch.setattr("evolve.forecast.tested.reach_of", noted)
    monkeypatch.setattr("evolve.forecast.tested.telling_folds", lambda *_: [1, 2])
    task = table(LEVELS, LEVELS, folds={"axes": ["a"]})
    rests_on(task)
    untested(task, [("all", np.array([[1e3, 2.0]]))])
    folds = (*task.folds, *task.selection_folds)
    assert asked == [[fold.name for fold in folds[1:3]]]


def test_random_folds_are_said_to_test_nothing_beyond_the_data() -> None:
    task = table(LEVELS, LEVELS, folds={"axes": []})
    assert rests_on(task) == AT_RANDOM
    assert not reach_of(task, task.folds).any()


def test_rows_that_are_far_out_on_all_axes_at_once_are_said_to_be_so() -> None:
    task = table(LEVELS, LEVELS, folds={"axes": ["a", "b"], "together": "all"})
    assert rests_on(task) == TOGETHER


def test_of_many_features_that_nothing_tests_the_first_are_named() -> None:
    rng = np.random.default_rng(0)
    rows = np.column_stack([np.tile(LEVELS, 6), rng.uniform(1.0, 9.0, (36, 5))])
    task = table(rows=rows, folds={"axes": ["a"]})
    assert rests_on(task).endswith("beyond the rows in b, c, d and 2 more")


def test_of_features_that_no_law_holds_it_is_not_said_that_nothing_tests_them() -> None:
    task = table(LEVELS, LEVELS, np.array([1.0, 2.0, 4.0]), folds={"axes": ["a", "b"]})
    assert rests_on(task, {0, 1, 2}) == rests_on(task)
    assert "nothing" not in rests_on(task, {0, 1})


def test_a_linear_axis_is_reached_in_ranges() -> None:
    years = np.arange(2000.0, 2020.0)
    features = [{"name": "year", "scale": "linear"}]
    task = table(years, features=features, folds={"axes": ["year"]})
    assert " ranges beyond the fitted year" in rests_on(task)


@pytest.mark.parametrize(
    ("row", "ends"),
    [
        *(((10.0, 10.0, 2.0), ()), ((1e4, 1e4, 4.0), ()), ((0.98, 10.0, 4.1), ())),
        *(((10.0, 10.0, 40.0), ("high end of c",)), ((0.1, 10.0, 2.0), ("low end of a",))),
    ],
)
def test_rows_beyond_a_feature_that_no_fold_holds_out_are_named(
    row: tuple[float, ...], ends: tuple[str, ...]
) -> None:
    task = table(LEVELS, LEVELS, np.array([1.0, 2.0, 4.0]), folds={"axes": ["a", "b"]})
    assert untested(task, [("all", np.array([row]))]) == ends


def test_a_feature_that_grows_with_an_axis_is_tested_with_it() -> None:
    rng = np.random.default_rng(1)
    a = np.repeat(LEVELS, 4)
    along = np.column_stack([a, a * rng.uniform(0.95, 1.05, len(a))])
    apart = np.column_stack([a, rng.permutation(a)])
    row = np.array([[1e3, 1e3]])
    for rows, ends in ((along, ()), (apart, ("high end of b",))):
        task = table(rows=rows, folds={"axes": ["a"]})
        assert untested(task, [("all", row)]) == ends


def test_many_more_epochs_than_in_any_row_are_told_though_tokens_and_unique_ones_are_not() -> None:
    task, row = repeated(), np.array([10.0, LEVELS[-1], LEVELS[0]])
    assert untested(task, [("all", row[None])]) == ("high end of b / c",)
    assert untested(task, [("all", np.array([[10.0, LEVELS[-1], LEVELS[-1]]]))]) == ()


def test_a_ratio_is_not_named_where_its_features_lie_as_far_out() -> None:
    task = repeated()
    for row in ([1e4, 1e4, 1e4], [10.0, 1e4, LEVELS[-1]]):
        assert not any(
            "/" in end or "*" in end for end in untested(task, [("all", np.array([row]))])
        )


def test_each_row_has_its_own_ends_and_all_rows_have_each_once() -> None:
    task = table(LEVELS, np.array([1.0, 2.0, 4.0]), folds={"axes": ["a"]})
    rows = np.array([[10.0, 2.0], [10.0, 40.0], [0.1, 40.0]])
    each = untested_rows(task, "all", rows)
    assert each[0] == ()
    assert each[1] == ("high end of b",)
    assert each[2][:2] == ("low end of a", "high end of b")
    all_ends = untested(task, [("all", rows), ("all", rows[:1])])
    assert sorted(all_ends) == sorted({end for ends in each for end in ends})


def test_what_holds_is_to_be_handled_with_care_beyond_what_folds_test() -> None:
    said = ("R2 is high", "it holds as that error is at most 1 %, whatever these R2 are")
    verdict = Verdict(HOLDS, said, 0.9, "mean", 0.1, 1.0, 0.95, 0.005, 0.0)
    assert verdict.beyond(()) is verdict
    told = verdict.beyond(("high end of epochs",))
    assert told.verdict == CARE
    assert "beyond the high end of epochs, where no fold tests the law" in told.reasons[0]
    assert told.reasons[1:] == said[:1]
    unlike = verdict.beyond((), unlike=True)
    assert (unlike.verdict, unlike.reasons[1:]) == (CARE, said[:1])
    assert "these rows are unlike every training row" in unlike.reasons[0]
    both = verdict.beyond(("low end of a",), unlike=True).reasons[0]
    assert "the low end of a, where no fold tests the law, and are unlike every" in both
    some = verdict.beyond((), unlike=True, of="web and code").reasons[0]
    assert some.startswith("the rows of web and code are unlike every training row")
    far = verdict.beyond((), reach="10 times").reasons[0]
    assert "these rows lie further beyond the data than 10 times, where nothing is promised" in far
    none = Verdict(NONE, said[:1], 0.0, "mean", 0.1, 0.0, None, None, 0.0)
    assert none.beyond((), unlike=True) is none
    assert none.beyond(("high end of epochs",)) is none


def test_axes_that_rise_together_in_all_rows_test_nothing_of_one_without_the_other() -> None:
    sizes, noise = np.geomspace(1e7, 1e10, 14), np.random.default_rng(0).uniform(0.9, 1.1, 14)
    axes = {"axes": ["a", "b"]}
    task = table(rows=np.column_stack([sizes, 20.0 * sizes * noise]), folds=axes)
    x = np.array([[1e11, 2e12], [1e11, 2e11], [1e9, 1e11], [1e9, 3e10]])
    ends = [(), ("low end of b / a",), ("high end of b / a",), ()]
    assert untested_rows(task, "all", x) == ends
    steeper = table(rows=np.column_stack([sizes, sizes**0.5 * noise]), folds=axes)
    assert untested(steeper, [("all", np.array([[1e11, 1e6]]))]) == ("high end of b / a^0.5",)
    grid = table(LEVELS, LEVELS, folds=axes)
    assert untested(grid, [("all", np.array([[1.0, 1e5]]))]) == ()


def test_what_the_folds_reach_is_worked_out_once_for_rows_of_all_groups(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def counted(task: Task, folds: Sequence[Fold]) -> np.ndarray:
        asked.append(task)
        return reach_of(task, folds)

    monkeypatch.setattr("evolve.forecast.tested.reach_of", counted)
    x = np.tile(np.geomspace(1e6, 1e9, 8), 5)
    groups = np.repeat(np.arange(5), 8).tolist()
    task = task_of(x, 2.0 + 50.0 * x**-0.3, groups, folds={"axes": ["a"]})
    for name in task.group_names:
        assert untested_rows(task, name, np.array([[1e10]])) == [()]
    assert asked == [task]
