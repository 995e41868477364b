"""A size in words is counted in the unit that the name of its column says."""

from __future__ import annotations

import numpy as np
import pytest

from evolve.errors import EvolveError
from evolve.forecast.queries import read_values
from evolve.tasks.draft import Wishes, propose
from evolve.tasks.draft.condition import parse_condition
from evolve.tasks.draft.memory import task_in_memory
from evolve.tasks.name_units import as_column_counts, cells_as_column_counts, unit_in_name
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


@pytest.mark.parametrize(
    ("name", "largest", "counted"),
    [
        ("kept (%)", 4.0, 200.0),
        ("kept_pct", 4.0, 200.0),
        ("kept (%)", 1.0, 2.0),
        ("kept", 80.0, 200.0),
        ("overtrained", 4.0, 2.0),
    ],
)
def test_a_column_counts_percents_by_its_name_or_by_numbers_that_no_factor_is(
    name: str, largest: float, counted: float
) -> None:
    assert as_column_counts(name, "200%", 2.0, largest) == counted


def test_cells_in_words_are_counted_as_their_column_is() -> None:
    cells, values = ["7B", "350", 125.0], np.array([7e9, 350.0, 125.0])
    counted = cells_as_column_counts("params (M)", cells, values, 100.0)
    assert counted.tolist() == [7000.0, 350.0, 125.0]


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


@pytest.mark.parametrize(
    ("where", "rows", "threshold"),
    [
        ("`kept (%)` >= 50%", 3, 50.0),
        ("`kept (%)` >= 0.5", 4, 0.5),
        ("`kept (%)` >= 0.5 and dropout <= 50%", 2, 0.5),
        ("`kept (%)` >= 50% and 0.5 <= heat", 2, 50.0),
        ("`kept (%)` >= -50%", 5, -50.0),
    ],
)
def test_a_share_in_a_condition_is_counted_as_its_column_counts(
    where: str, rows: int, threshold: float
) -> None:
    columns = {"kept (%)": [0.1, 10, 50, 60, 80], "dropout": [0.5, 0.4, 0.8, 0.9, 0.1]}
    raw = raw_of({**columns, "heat": [0.2, 0.6, 0.7, 40, 0.4], "loss": [5, 4, 3, 2, 1]})
    if rows == raw.n_rows:
        with pytest.raises(EvolveError, match="it selects all 5 rows"):
            parse_condition(where, raw)
        return
    condition = parse_condition(where, raw)
    assert int(condition.rows.sum()) == rows
    assert condition.thresholds["kept (%)"] == threshold
