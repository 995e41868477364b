"""A cell is read as a number, as a size or share in words, or as nothing."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evolve.tasks.cells import is_blank, label_key, number, what_to_do


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("125M", 1.25e8),
        ("1.3B", 1.3e9),
        ("10.1m", 1.01e7),
        ("300B tokens", 3e11),
        ("300 tokens", 300.0),
        ("1.5 trillion", 1.5e12),
        ("7B params", 7e9),
        ("2.5 EFLOPs", 2.5e18),
        ("6 mflops", 6e6),
        ("1e21 FLOPs", 1e21),
        ("10%", 0.1),
        ("26.6 %", 0.266),
        ("2^20", 2.0**20),
        ("2**-3", 0.125),
        ("3 x 10^18", 3e18),
        ("3×10^18", 3e18),
        ("True", 1.0),
        ("false", 0.0),
        (True, 1.0),
        (2**100, 2.0**100),
        (".5", 0.5),
    ],
)
def test_sizes_shares_and_truth_values_are_numbers(text: object, value: float) -> None:
    assert number(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "d512",
        "B",
        "7X",
        "1_000",
        "12345_00001",
        "1e999",
        "9^9999",
        "0^-1",
        "12h",
        "1,000",
        "%",
        "",
    ],
)
def test_other_texts_are_none(text: str) -> None:
    assert number(text) is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_written_out_is_read_as_it_was(value: float) -> None:
    assert number(repr(value)) == value
    if 1e-280 < abs(value) < 1e280:
        assert number(f"{value!r}k") == pytest.approx(1e3 * value, rel=1e-15)


@pytest.mark.parametrize(
    "cell", ["", "NaN", "nan", None, math.nan, "—", "-", "N/A", "<NA>", "null"]
)
def test_what_stands_for_nothing_is_blank(cell: object) -> None:
    assert is_blank(cell)
    assert what_to_do(cell) == "; fill it in or take the row out"


@pytest.mark.parametrize("cell", ["None", "0", 0, False, "inf", "na"])
def test_a_name_or_a_number_is_not_blank(cell: object) -> None:
    assert not is_blank(cell)


@pytest.mark.parametrize(
    ("one", "other"), [("12", "12.0"), ("1e3", "1000"), ("True", "true"), ("-0.50", "-0.5")]
)
def test_labels_that_mean_the_same_share_a_key(one: str, other: str) -> None:
    assert label_key(one) == label_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("007", "7"),
        ("18446744073709551615", "18446744073709551614"),
        ("7B", "7e9"),
        ("a", "A"),
        ("12345_00001", "1234500001"),
    ],
)
def test_names_that_only_look_alike_keep_their_keys(one: str, other: str) -> None:
    assert label_key(one) != label_key(other)
