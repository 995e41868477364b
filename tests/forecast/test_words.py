"""Errors in words: no percentage or factor that nobody can read."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evolve.forecast.words import counted, r2_text, share_text, times_text


@pytest.mark.parametrize(
    ("share", "said"),
    [
        *((0.0, "0 %"), (0.0037, "0.37 %"), (0.0563, "5.6 %"), (1.0, "100 %"), (4.567, "460 %")),
        *((12.34, "12 times the forecast"), (56789.0, "57,000 times the forecast")),
        *((4e7, "more than a million times the forecast"), (1e-9, "less than 0.0001 %")),
        *((math.inf, "more than a million times the forecast"),),
    ],
)
def test_a_share_is_said_in_percent_or_as_a_factor(share: float, said: str) -> None:
    assert share_text(share, "the forecast") == said


def test_a_share_that_is_no_number_is_more_than_can_be_said() -> None:
    assert share_text(math.nan) == "more than a million times"


@pytest.mark.parametrize(
    ("r2", "said", "short"),
    [
        *((0.98765, "0.9877", "0.99"), (-9.5, "-9.5000", "-9.5"), (-1234.5, "-1,230", "-1,200")),
        (-6e12, "below -1,000,000", "below -1,000,000"),
    ],
)
def test_an_r2_far_below_zero_has_few_digits_or_none(r2: float, said: str, short: str) -> None:
    assert r2_text(r2) == said
    assert r2_text(r2, 2) == short


def test_a_number_short_of_what_it_takes_is_not_rounded_to_that() -> None:
    for r2, said in ((0.8963, "0.896"), (0.9004, "0.9004"), (0.9, "0.9"), (0.95, "0.95")):
        assert r2_text(r2, 2, bound=0.9) == said
    assert (r2_text(0.79996, bound=0.8), r2_text(0.8123, bound=0.8)) == ("0.79996", "0.8123")
    for share, said in ((0.0104, "1.04 %"), (0.00996, "0.996 %"), (0.01, "1 %"), (0.02, "2 %")):
        assert share_text(share, bound=0.01) == said


@given(st.floats(min_value=0.0, allow_nan=False))
def test_whatever_is_said_can_be_read_without_powers_of_ten(value: float) -> None:
    for text in (share_text(value), times_text(value), times_text(value, 3)):
        assert not re.search(r"\de[+-]?\d|inf|nan", text)
        assert len(text) < 30


def test_one_of_a_thing_is_one() -> None:
    words = ["0 constants", "1 constant", "2 constants"]
    assert [counted(n, "constant") for n in (0, 1, 2)] == words


def test_no_r2_is_a_dash() -> None:
    assert r2_text(None) == "-"
