"""Texts that hold a number or a date each say how numbers are made of them."""

from __future__ import annotations

import pytest
from own_tables import table_of

from evolve.errors import EvolveError
from evolve.tasks.draft.condition import parse_condition
from evolve.tasks.draft.draft import propose
from evolve.tasks.draft.roles import Wishes
from evolve.tasks.raw import RawTable


def prices(first: str = "2018", last: str = "2025") -> RawTable:
    days = [f"{first}-03-01", *(f"{first}-0{k}-11" for k in range(4, 10)), f"{last}-02-01"]
    rows = [
        f"{day},{2**k},${0.3 * 2**k + k % 3 / 50:.4f},{k % 5 + k}" for k, day in enumerate(days)
    ]
    return table_of("\n".join(["release day,size,price,score", *rows]) + "\n")


@pytest.mark.parametrize(
    ("wishes", "hint"),
    [
        (Wishes(("price",), ("size",)), "derive '`price number` = number(price)'"),
        (Wishes(("score",), ("price",)), "derive '`price number` = number(price)'"),
        (Wishes(("score",), ("release day",)), "derive 'year = years(`release day`)'"),
    ],
)
def test_a_feature_or_target_of_texts_is_told_how_its_numbers_are_made(
    wishes: Wishes, hint: str
) -> None:
    with pytest.raises(EvolveError, match="must hold numbers, row 1 holds ") as told:
        propose(prices(), "x", wishes)
    assert str(told.value).endswith(f"; a column of numbers is made of it by {hint}")


def test_rows_with_a_few_words_for_numbers_are_left_out_by_a_condition_that_is_offered() -> None:
    results = ["3.5", "diverged", "3.2", "3.1", "OOM", "2.9", "2.8", "2.7", "", "2.6", "2.5"]
    rows = [f"{2**k},{7 * k % 11 + 1},{cell}" for k, cell in enumerate(results)]
    raw = table_of("\n".join(["size,lr,val loss", *rows]) + "\n")
    condition = '`val loss` != "diverged" and `val loss` != "OOM"'
    with pytest.raises(EvolveError, match="or leave out such rows \\(2 of 10\\) by where") as told:
        propose(raw, "x", Wishes(("val loss",), ("size",)))
    assert str(told.value).endswith(f" '{condition}'")
    wishes = Wishes(("val loss",), ("size",), where=condition)
    assert len(propose(raw, "x", wishes).train) == 8
    blank = '`val loss` != "diverged" and `val loss` != "OOM" and `val loss` != ""'
    with pytest.raises(EvolveError) as told:
        propose(raw, "x", Wishes(("size",), ("val loss",)))
    assert str(told.value).endswith(f" '{blank}'")
    with pytest.raises(EvolveError) as told:
        propose(raw, "x", Wishes(("val loss",), ("size",), where="lr > 1"))
    assert f"'(lr > 1) and {condition}'" in str(told.value)


def test_dates_over_years_of_which_no_input_is_made_are_told_and_others_not() -> None:
    def notes(raw: RawTable, *derive: str) -> list[str]:
        found = propose(raw, "x", Wishes(("score",), derive=derive)).notes
        return [note for note in found if "release day" in note]

    assert notes(prices()) == [
        "column release day holds dates over 7 years and is not used: years become a feature by "
        "derive 'year = years(`release day`)'"
    ]
    assert notes(prices(), "t = years(`release day`)") == []
    assert notes(prices(), "since = years(`release day`) - 2018") == []
    assert notes(prices("2024", "2025")) == []


def test_a_date_in_a_condition_is_told_how_dates_are_compared() -> None:
    with pytest.raises(EvolveError, match=r"!=; dates are .*'year = years\(`release day`"):
        parse_condition('`release day` >= "2021-01-01"', prices())
    with pytest.raises(EvolveError, match="'9' by == or !=$"):
        parse_condition('price >= "9"', prices())


def test_years_far_from_0_are_told_how_to_count_from_their_beginning() -> None:
    def notes(first: float, step: float) -> list[str]:
        rows = [f"{first + step * k},{2 + k % 3 + k}" for k in range(9)]
        told = propose(table_of("\n".join(["year,score", *rows]) + "\n"), "x", Wishes(("score",)))
        return [note for note in told.notes if "far from 0" in note]

    (note,) = notes(2012.5, 1.25)
    assert note == (
        "year lies far from 0, where fits hardly find a logistic or exponential law of it: it "
        "counts from its beginning by derive '`year since 2010` = year - 2010', named as the "
        "feature in its place"
    )
    (below,) = notes(-2012.5, 1.25)
    assert "'`year since -2020` = year + 2020'" in below
    assert notes(0.5, 1.25) == []


def test_a_feature_that_counts_from_its_beginning_already_needs_no_advice() -> None:
    rows = [f"{2012.5 + 1.25 * k},{2 + k % 3 + k}" for k in range(9)]
    derive = ("`year since 2010` = year - 2010",)
    raw = table_of("\n".join(["year,score", *rows]) + "\n")
    told = propose(raw, "x", Wishes(("score",), ("year", "year since 2010"), derive=derive))
    assert not [note for note in told.notes if "far from 0" in note]
