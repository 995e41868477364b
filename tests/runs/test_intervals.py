"""Constants in common have one interval, by the residuals of all groups."""

from __future__ import annotations

import pytest
from scipy.special import stdtrit

from evolve.runs.intervals import in_common, intervals_of

CONSTANTS = {"web": [[1.0, 0.3]], "code": [[2.0, 0.3 + 1e-8]], "math": [[4.0, 0.3]]}
ERRORS = {group: [[0.5, 0.1]] for group in CONSTANTS}
FREEDOM = {"web": 2.0, "code": 5.0, "math": 3.5}


def test_what_all_groups_have_in_common_is_told_by_the_residuals_of_all() -> None:
    rows = intervals_of(("E", "a"), CONSTANTS, ERRORS, FREEDOM, 0.9)
    assert in_common(rows) == ["a"]
    for row in rows:
        left = 10.5 if row.constant == "a" else FREEDOM[row.group]
        assert row.high - row.value == pytest.approx(stdtrit(left, 0.95) * row.error)
        assert row.value - row.low == pytest.approx(stdtrit(left, 0.95) * row.error)


def test_an_error_that_goes_partly_by_the_residuals_of_all_is_known_as_such_a_sum() -> None:
    """Satterthwaite 1946: squares of parts over their own degrees of freedom."""
    shared = {"web": [[0.8, 1.0]], "code": [[0.0, 1.0]], "math": [[1.0, 1.0]]}
    rows = intervals_of(("E", "a"), CONSTANTS, ERRORS, FREEDOM, 0.9, shared)
    mixed = 1.0 / (0.2**2 / 2.0 + 0.8**2 / 10.5)
    for row, left in zip(rows, (mixed, 10.5, 5.0, 10.5, 10.5, 10.5), strict=True):
        assert row.high - row.value == pytest.approx(stdtrit(left, 0.95) * row.error)
    known = intervals_of(("E", "a"), CONSTANTS, ERRORS, {}, 0.9, shared)
    assert [(row.high - row.value) / row.error for row in known] == pytest.approx(6 * [1.644854])


def test_a_constant_of_one_group_is_not_in_common() -> None:
    alone = {"web": CONSTANTS["web"]}
    rows = intervals_of(("E", "a"), alone, {"web": ERRORS["web"]}, FREEDOM, 0.9)
    assert in_common(rows) == []
    assert rows[1].high - rows[1].value == pytest.approx(stdtrit(2.0, 0.95) * 0.1)


def test_errors_of_which_nothing_tells_how_well_they_are_known_are_taken_to_be_known() -> None:
    some = intervals_of(("E", "a"), CONSTANTS, ERRORS, {"code": 5.0}, 0.9)
    for row in some:
        left = 5.0 if row.group == "code" else 1e9
        if row.constant == "a":  # to whose variance two groups of three add what is known
            left = 45.0
        assert row.high - row.value == pytest.approx(stdtrit(left, 0.95) * row.error)
    rows = intervals_of(("E", "a"), CONSTANTS, ERRORS, {}, 0.9)
    assert [(row.high - row.value) / row.error for row in rows] == pytest.approx(6 * [1.644854])


def test_one_group_of_few_rows_beside_known_ones_leaves_what_they_have_in_common_known() -> None:
    names = [f"g{i}" for i in range(6)]
    constants = {name: [[float(i), 0.3]] for i, name in enumerate(names)}
    errors = {name: [[0.5, 0.1]] for name in names}
    told: list[dict[str, float]] = [
        {},
        {"g5": 1.0},
        dict.fromkeys(names[1:], 8.0),
        dict.fromkeys(names, 8.0),
    ]
    rows = [intervals_of(("E", "a"), constants, errors, each, 0.9)[1] for each in told]
    assert {row.constant for row in rows} == {"a"}
    known, one, five, all_six = [(row.high - row.value) / row.error for row in rows]
    assert known < one < 1.05 * known
    assert known < five < all_six
