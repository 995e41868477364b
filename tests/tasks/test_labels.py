"""Groups are told apart by what their labels mean; a missing label is none."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from evolve.errors import TaskError
from evolve.tasks.labels import (
    as_spelled,
    curve_labels,
    group_labels,
    known_labels,
    shared_columns,
)
from evolve.tasks.raw import RawTable


def labels(*cells: object) -> list[str]:
    return group_labels(RawTable(Path("t.csv"), {"g": list(cells)}, len(cells)), ["g"])


def test_labels_of_one_meaning_are_one_group() -> None:
    assert labels("12", "12.0", 12, "12.5", "a") == ["12", "12", "12", "12.5", "a"]
    assert labels(True, "true", "TRUE") == ["True"] * 3


def test_a_label_that_no_training_row_has_is_told_with_its_row_and_the_nearest() -> None:
    raw = RawTable(Path("t.csv"), {"g": ["web", "wbe"], "h": ["a", "a"]}, 2, (2, 4))
    assert known_labels(raw.take([0]), ["g"], ["web", "code"]) == ["web"]
    with pytest.raises(TaskError) as refused:
        known_labels(raw, ["g", "h"], ["web | a", "code | a"])
    assert str(refused.value) == (
        "t.csv: row 2 (line 4), g and h: no group 'wbe | a' (did you mean 'web | a'?) is in the "
        "training rows"
    )


def test_joined_labels_are_compared_part_by_part() -> None:
    raw = RawTable(Path("t.csv"), {"g": ["1", "1.0"], "h": ["a", "a"]}, 2)
    assert group_labels(raw, ["g", "h"]) == ["1 | a", "1 | a"]
    assert as_spelled(["1.0 | a", "2 | b"], ["1 | a"]) == ["1 | a", "2 | b"]


@pytest.mark.parametrize("cell", ["", None, math.nan, "nan", "NaN", "<NA>"])
def test_a_missing_label_is_no_group(cell: object) -> None:
    with pytest.raises(
        TaskError, match="'g' must name a group, row 2 holds nothing, and 1 others"
    ):
        labels("a", cell, cell, "b")


def test_runs_of_one_name_in_two_groups_have_two_labels() -> None:
    columns = {"run": ["1", "1.0", "2", "1"], "g": ["a", "a", "a", "b"]}
    raw = RawTable(Path("t.csv"), columns, 4)
    one, same, other, elsewhere = curve_labels(raw, "run", ["g"])
    assert one == same
    assert len({one, other, elsewhere}) == 3
    assert len(set(curve_labels(raw, "run"))) == 2


def test_columns_whose_values_most_runs_have_are_those_that_they_share() -> None:
    runs = [f"run {i}" for i in range(6) for _ in range(4)]
    columns: dict[str, list[object]] = {
        "run": [*runs],
        "test_set": ["web", "code", "books", "web"] * 6,
        "size": [i for i in range(6) for _ in range(4)],
        "of_two": ["a", "b"] * 12,
        "own": [*range(24)],
        "blank": ["x", "y", "z", None] * 6,
    }
    raw = RawTable(Path("t.csv"), columns, 24)
    assert shared_columns(raw, runs, {"run"}) == ["test_set"]
    assert shared_columns(raw, runs, {"run", "test_set"}) == []
