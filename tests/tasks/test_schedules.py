"""The rate at every point of a run gives what it has had of it, in whatever order rows stand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evolve.errors import TaskError
from evolve.tasks.raw import RawTable
from evolve.tasks.schedules import ANNEALED, MEMORY, SUM, sums_of, with_sums
from evolve.typing import Array


def step_by_step(rates: Array) -> tuple[float, float]:
    """Both sums as Tissue et al. write them, of a rate for each step from 0 on."""
    momentum = annealed = 0.0
    for before, after in zip(rates[:-1], rates[1:], strict=True):
        momentum = MEMORY * momentum + max(before - after, 0.0)
        annealed += momentum
    return float(np.sum((rates[1:] + rates[:-1]) / 2)), annealed


def table(**columns: list[object]) -> RawTable:
    return RawTable(Path("t.csv"), columns, len(columns["step"]))


def test_sums_of_few_points_are_those_of_every_step() -> None:
    knots, heights = np.array([0, 500, 3000, 6000]), np.array([0.0, 3e-3, 3e-3, 1e-4])
    rates = np.interp(np.arange(6001), knots, heights)
    sums, annealed = sums_of(knots.astype(float), heights)
    assert (sums[-1], annealed[-1]) == pytest.approx(step_by_step(rates), rel=1e-9)
    assert annealed[:3].tolist() == [0.0, 0.0, 0.0]  # a rise anneals nothing


def test_each_run_has_sums_of_its_own_whatever_the_order_of_rows() -> None:
    runs: list[object] = ["a", "b", "a", "b", "a", "a"]
    steps: list[object] = [30, 10, 10, 20, 20, 10]
    rates: list[object] = [1.0, 5.0, 2.0, 5.0, None, 2.0]
    groups: list[object] = ["x", "x", "x", "x", "x", "y"]
    found = with_sums(
        table(run=runs, step=steps, lr=rates, place=groups), "lr", "step", "run", ["place"]
    )
    assert found.columns[SUM] == [50.0, 50.0, 20.0, 100.0, 37.5, 20.0]
    assert [value != 0.0 for value in found.columns[ANNEALED]] == [True, *[False] * 3, True, False]


@pytest.mark.parametrize(
    ("column", "cell", "rule"),
    [
        ("run", "", "column 'run' must name the run of each row, row 2 holds nothing"),
        ("lr", "inf", "column 'lr' must hold finite rates, row 2 holds 'inf'"),
        ("lr", "warm", "column 'lr' must hold finite rates, row 2 holds 'warm'"),
        ("lr", "-1", "column 'lr' must be at least 0, row 2 holds -1"),
        ("step", "-1", "column 'step' must be at least 0, row 2 holds -1"),
        ("step", "1", "must hold one rate at each step of a run, row 2 holds 2, another one"),
        ("run", "b", "must hold a rate in a row of every run, 'c' has none"),
    ],
)
def test_what_is_no_schedule_is_refused(column: str, cell: str, rule: str) -> None:
    columns: dict[str, list[object]] = {
        "run": ["a", "a", "c"], "step": ["1", "2", "3"], "lr": ["1", "2", ""],
    }  # fmt: skip
    if column != "run" or cell != "b":
        columns["run"][2] = "a"
    columns[column][1] = cell
    with pytest.raises(TaskError, match=rule):
        with_sums(table(**columns), "lr", "step", "run")
