"""Texts that mean a number are told with the number, and texts that mean none are not."""

from __future__ import annotations

import pytest

from evolve.tasks.cells import is_meant, number, what_to_do
from evolve.tasks.meant import how_to_write, meant_number


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("10,000,000", "10000000"),
        ("-1,000.5", "-1000.5"),
        ("10 000 000", "10000000"),
        ("10'000", "10000"),
        ("1_000", "1000"),
        ("4,6057", "4.6057"),
        ("1,5e-3", "1.5e-3"),
        ("1.234.567,8", "1234567.8"),
        ("1 234,5", "1234.5"),
        ("-10'234\u202f567,25", "-10234567.25"),
        (",5", ".5"),
        ("-,75", "-.75"),
        ("~1e9", "1e9"),
        ("≈ 7", "7"),
        ("2.45 ± 0.01", "2.45"),
        ("2.45+/-0.01", "2.45"),
        ("2.45(3)", "2.45"),
        ("2,45 (0,01)", "2.45"),
        ("3.75*", "3.75"),
        ("**3.75**", "3.75"),
        ("$10^{9}$", "10^9"),
        (r"$1.5 \times 10^{9}$", "1.5 x 10^9"),
    ],
)
def test_a_text_that_means_a_number_is_told_with_it(text: str, meant: str) -> None:
    assert number(text) is None
    assert meant_number(text) == meant
    assert is_meant(text)
    assert what_to_do(text) == f"; {how_to_write(text)}"
    assert number(meant) is not None


@pytest.mark.parametrize(
    "text",
    ["web", "d512", "2025-01-01", "12:30:05", "1.2.3", "3, 4", "7 (small)", "~", "", "1e9", "007"],
)
def test_a_text_that_means_none_or_is_one_is_left_alone(text: str) -> None:
    assert meant_number(text) == ""


def test_a_comma_that_may_be_either_is_told_as_both() -> None:
    assert how_to_write("1,234") == "write 1234, or 1.234 if that is a decimal comma"
    assert how_to_write("1,234,567") == "write 1234567"


def test_a_minus_as_papers_print_it_is_one() -> None:
    assert number("\u22124.5") == -4.5
    assert number("1e\u22123") == 1e-3
    assert number("\u2212") is None
