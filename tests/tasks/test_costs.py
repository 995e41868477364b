"""Costs, durations and memory are known by their names, so that intervals of them end at 0."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from evolve.tasks.costs import costs_above_0, is_cost
from evolve.tasks.spec import Feature, PhysicsSpec, Target, TaskSpec
from evolve.tasks.task import Table, Task


@pytest.mark.parametrize(
    "name",
    [
        "hours",
        "gpu_hours",
        "latency_ms",
        "cost (USD)",
        "seconds",
        "peak memory",
        "mem_gb",
        "runtime",
    ],
)
def test_costs_are_known_by_their_names(name: str) -> None:
    assert is_cost(name)


@pytest.mark.parametrize(
    "name",
    [
        *("loss", "score", "reward min", "log latency", "latency change", "hours saved", "items"),
        *("time_log10", "log10_time", "step_time_log2", "cost (log 10)", "hours_ln", "log2 ms"),
    ],
)
def test_other_targets_are_no_costs(name: str) -> None:
    assert not is_cost(name)


def cost_task(y: np.ndarray, target: Target, floor: float | None = None) -> Task:
    spec = TaskSpec(
        title="t",
        source="",
        licence="",
        features=[Feature(name="x", scale="log")],
        targets=[target],
        physics=PhysicsSpec(floor=floor),
    )
    x = np.geomspace(1.0, 10.0, len(y))[:, None]
    return Task("t", Path(), spec, ("all",), Table(x, y[:, None], np.zeros(len(y), int)))


def test_intervals_of_a_cost_end_at_0_and_laws_are_not_bound_to_it() -> None:
    y = 20.0 + 3.0 * np.linspace(0.0, 1.0, 12)
    free = cost_task(y, Target(name="y"))
    hours = cost_task(y, Target(name="hours"))
    assert free.forecast_bounds.tolist() == [[-math.inf, math.inf]]
    assert hours.forecast_bounds.tolist() == [[0.0, math.inf]]
    assert hours.bounds.tolist() == free.bounds.tolist()
    assert hours.constraints == free.constraints
    assert hours.frame == free.frame


def test_what_is_said_of_a_cost_goes_before_its_name() -> None:
    y = 20.0 + 3.0 * np.linspace(0.0, 1.0, 12)
    assert not costs_above_0(cost_task(y - 21.0, Target(name="hours"))).any()
    assert not costs_above_0(cost_task(y, Target(name="hours"), floor=-1.0)).any()
    any_number = Target(name="hours", bounds=[-math.inf, math.inf])
    assert not costs_above_0(cost_task(y, any_number)).any()
