"""What a run names to be called next can be read and typed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_tasks import task_of

from evolve.cli.next_commands import _further, next_commands, print_commands
from evolve.forecast.there import beyond_reach
from evolve.runs.settings import RunConfig


def test_a_row_to_forecast_is_of_numbers_that_a_user_would_write() -> None:
    x = np.array([[w, b, lr] for w in (128, 768) for b in (32, 128, 512) for lr in (3e-4, 1e-3)])
    features = [{"name": "width"}, {"name": "batch size"}, {"name": "lr"}]
    task = task_of(x, x.sum(axis=1), features=features, folds={"axes": ["width"]})
    assert _further(task) == "width=7600 'batch size=128' lr=0.00065"
    x[:, 0] *= 1e6
    task = task_of(x, x.sum(axis=1), features=features, folds={"axes": ["width"]})
    assert _further(task).startswith("width=7.6e+09 ")


def test_a_row_to_forecast_lies_half_a_range_beyond_those_of_a_linear_axis() -> None:
    x = np.linspace(2.0, 5.0, 12)
    axis = [{"name": "depth", "scale": "linear"}]
    task = task_of(x, 1.0 / x, features=axis, folds={"axes": ["depth"]})
    assert _further(task) == "depth=6.5"
    x = np.column_stack([np.arange(2012.0, 2024.0), 290.0 + 2.5 * np.arange(12) ** 2])
    both = [{"name": name, "scale": "linear"} for name in ("year", "kelvin")]
    task = task_of(x, 1.0 / x[:, 0], features=both, folds={"axes": ["year"]})
    assert _further(task) == "year=2028 kelvin=366"
    task = task_of(x, 1.0 / x[:, 0], features=both, folds={"axes": ["kelvin"]})
    assert _further(task) == "year=2017.5 kelvin=740"


def test_the_verdict_of_a_run_is_of_the_row_that_it_names() -> None:
    for column, scale in (
        (np.geomspace(1.0, 37.9, 12), "log"),
        (np.linspace(2.3, 9.2, 12), "linear"),
    ):
        axis = [{"name": "x", "scale": scale}]
        task = task_of(column, 1.0 / column, features=axis, folds={"axes": ["x"]})
        row = np.array([[float(_further(task).removeprefix("x="))]])
        assert not beyond_reach(task, "all", row)
        assert beyond_reach(task, "all", row * 1.1)


SIZES, TOKENS = (a.ravel() for a in np.meshgrid(np.geomspace(1e7, 1e9, 6), np.geomspace(1, 70, 5)))


@pytest.mark.parametrize("axes", [["n*d"], ["n", "d"], ["n", "n*d"], ["d", "n*d"]])
@pytest.mark.parametrize("equal_cost", [False, True])
@pytest.mark.parametrize("grouped", [False, True])
def test_the_row_of_products_and_of_groups_of_unlike_range_lies_within_the_verdict(
    axes: list[str], equal_cost: bool, grouped: bool
) -> None:
    tokens = 1e18 * TOKENS / SIZES if equal_cost else 1e9 * TOKENS
    group = (SIZES * tokens > np.median(SIZES * tokens)).astype(int) if grouped else None
    task = task_of(
        np.column_stack([SIZES, tokens]),
        SIZES**-0.3 + tokens**-0.3,
        group,
        features=[{"name": "n"}, {"name": "d"}],
        folds={"axes": axes},
    )
    row = np.array([[float(word.partition("=")[2]) for word in _further(task).split()]])
    assert not any(beyond_reach(task, name, row) for name in task.group_names)
    assert any(beyond_reach(task, name, row * 1.2) for name in task.group_names)


def test_the_row_of_a_linear_axis_lies_within_the_verdict_of_every_group() -> None:
    x = np.concatenate([np.linspace(2000.0, 2050.0, 10), np.linspace(2100.0, 2150.0, 10)])
    axis = [{"name": "year", "scale": "linear"}]
    group = np.repeat([0, 1], 10)
    task = task_of(x, 1.0 / x, group, features=axis, folds={"axes": ["year"]})
    row = np.array([[float(_further(task).removeprefix("year="))]])
    assert not any(beyond_reach(task, name, row) for name in task.group_names)


def test_a_run_is_resumed_to_its_budget_and_then_to_twice_that() -> None:
    def resume(n_done: int) -> str:
        return next_commands(Path("runs/x-0-1"), RunConfig(evaluations=9), n_done)["resume"]

    assert resume(8) == "python -m evolve resume x-0-1"
    assert resume(9) == "python -m evolve resume x-0-1 --evaluations 18"


def test_a_median_that_rounding_took_from_0_is_written_as_0() -> None:
    x = np.linspace(-5.0, 5.0, 20)
    x[9:11] = -4e-16, 3e-17
    task = task_of(x, (x - 1.0) ** 2, features=[{"name": "offset", "scale": "linear"}])
    assert _further(task) == "offset=0"


def test_commands_stand_below_each_other(capfd: pytest.CaptureFixture[str]) -> None:
    print_commands({"show": "python -m evolve show a", "predict": "python -m evolve predict a"})
    shown, predicted = capfd.readouterr().out.splitlines()
    assert shown == "show:    python -m evolve show a"
    assert shown.index("python") == predicted.index("python")
