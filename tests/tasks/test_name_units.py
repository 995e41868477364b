"""A size in words is counted in the unit that the name of its column says."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.errors import EvolveError
from evolve.forecast.queries import read_values
from evolve.tasks.draft import Wishes, propose
from evolve.tasks.draft.condition import parse_condition
from evolve.tasks.draft.memory import task_in_memory
from evolve.tasks.name_units import as_column_counts, unit_in_name
from evolve.tasks.readers import raw_of
from evolve.tasks.task import Task


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("params (M)", ("params", 1e6)),
        ("tokens_B", ("tokens", 1e9)),
        ("tokens [billions]", ("tokens", 1e9)),
        ("model size (T)", ("model size", 1e12)),
        ("params", None),
        ("M", None),
        ("BPB", None),
        ("loss (nats)", None),
    ],
)
def test_a_name_says_its_unit(name: str, found: tuple[str, float] | None) -> None:
    assert unit_in_name(name, 100.0) == found


def test_large_values_are_in_ones_whatever_the_name_says() -> None:
    assert unit_in_name("params_B", 7e9) is None


@pytest.mark.parametrize(
    ("name", "text", "value", "counted"),
    [
        ("params (M)", "7B", 7e9, 7000.0),
        ("params (M)", "7000", 7000.0, 7000.0),
        ("params (M)", "2^10", 1024.0, 1024.0),
        ("params", "7B", 7e9, 7e9),
        ("rate", "10%", 0.1, 10.0),
    ],
)
def test_a_value_is_counted_as_its_column_is(
    name: str, text: str, value: float, counted: float
) -> None:
    assert as_column_counts(name, text, value, 100.0) == counted


def task_in_millions() -> Task:
    n = np.geomspace(10.0, 1e4, 24)
    raw = raw_of({"params (M)": n.tolist(), "loss": (2.0 + 3.0 * n**-0.3).tolist()})
    return task_in_memory(propose(raw, "t", Wishes(("loss",))))


def test_a_forecast_is_of_the_size_that_was_meant() -> None:
    task = task_in_millions()
    assert read_values(task, {"params (M)": "7B"}) == {"params (M)": 7000.0}
    assert read_values(task, {"params (M)": 7e3}) == {"params (M)": 7000.0}


def test_a_value_with_parted_thousands_is_told_with_the_number() -> None:
    with pytest.raises(EvolveError, match="it is '7,000,000'; write 7000000"):
        read_values(task_in_millions(), {"params (M)": "7,000,000"})


@pytest.mark.parametrize(
    ("where", "rows"),
    [("`params (M)` >= 1B", 2), ("`params (M)` >= 1000", 2), ("1000M <= `params (M)`", 2)],
)
def test_a_size_in_a_condition_is_counted_as_its_column_counts(where: str, rows: int) -> None:
    raw = raw_of({"params (M)": [125, 350, 1000, 7000], "loss": [4, 3, 2, 1]})
    condition = parse_condition(where, raw)
    assert (int(condition.rows.sum()), condition.thresholds) == (rows, {"params (M)": 1000.0})
