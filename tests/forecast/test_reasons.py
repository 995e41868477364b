"""What decides a verdict stands first among its reasons, with what it would take to hold."""

from __future__ import annotations

import pytest

from evolve.forecast.promise import Promise, promise_text
from evolve.forecast.reasons import Reasons, weigh
from evolve.forecast.verdict import CARE, HOLDS, NONE

UP_TO = "10 times"


@pytest.mark.parametrize(
    ("held_out", "promised", "physics", "first"),
    [
        (0.5, (0.95, 0.05), 0.0, ["said, where it takes 0.8 to hold"]),
        (
            0.9,
            (0.62, 0.05),
            0.0,
            ["an R2 of 0.62 and an error of 5 %, where it takes an R2 of 0.9"],
        ),
        (0.5, (0.62, 0.05), 0.0, ["said, where", "R2 of 0.62"]),
        (
            0.95,
            (0.95, 0.05),
            0.03,
            ["the champion breaks the physics of the task, declared or guessed, at 3 % of"],
        ),
    ],
)
def test_care_begins_with_what_keeps_a_law_from_holding(
    held_out: float, promised: tuple[float, float], physics: float, first: list[str]
) -> None:
    reasons = weigh("said", "against", (held_out, 0.05), 1.0, Promise(*promised, UP_TO), physics)
    assert reasons.verdict == CARE
    assert len(reasons.decided) == len(first)
    assert all(words in told for words, told in zip(first, reasons.in_order, strict=False))
    everything = "; ".join(reasons.in_order)
    assert [everything.count(words) for words in ("said", "against", "promises")] == [1, 1, 1]


def test_no_law_begins_with_the_rows_and_the_baseline() -> None:
    reasons = weigh("said", "against", (-1.0, 0.5), 0.0, Promise(0.5, 0.3, UP_TO), 0.0)
    assert (reasons.verdict, reasons.decided) == (NONE, ["said", "against"])


def test_a_forecast_that_explodes_on_some_fold_is_of_no_law_though_most_are_better() -> None:
    for held_out, baseline, verdict in [
        (-88_600.0, -15.6, NONE),
        (-88_600.0, -20_000.0, CARE),
        (-15.7, -15.6, CARE),
        (0.5, 0.96, CARE),
    ]:
        promised = Promise(0.5, 0.3, UP_TO)
        reasons = weigh("said", "against", (held_out, 0.5), 1.0, promised, 0.0, baseline)
        assert reasons.verdict == verdict
    reasons = weigh("said", "against", (-88_600.0, 0.5), 1.0, Promise(), 0.0, -15.6)
    assert reasons.decided[0] == "said"
    assert reasons.decided[1].startswith("far less than the baseline's -15.6")


def test_a_doubt_decides_where_nothing_else_did_and_is_told_beside_where_it_did() -> None:
    reasons = weigh("said", "against", (0.95, 0.005), 1.0, Promise(0.95, 0.005, UP_TO), 0.0)
    assert reasons.verdict == HOLDS
    reasons.doubt("first")
    reasons.doubt("second")
    assert (reasons.verdict, reasons.in_order[:3]) == (CARE, ("first", "second", "said"))
    known = Reasons(CARE, ["said"], ["against"])
    known.doubt("first")
    assert known.in_order == ("said", "against", "first")


def test_what_excuses_held_out_rows_decides() -> None:
    reasons = Reasons(NONE, ["said", "against"], ["more"])
    reasons.excuse("noise hides it")
    assert (reasons.verdict, reasons.in_order) == (
        CARE,
        ("noise hides it", "said", "against", "more"),
    )


def test_a_law_that_was_not_chosen_among_others_is_no_champion() -> None:
    near, promised = (0.95, 0.05), Promise(0.95, 0.05, UP_TO)
    reasons = weigh("said", "against", near, 1.0, promised, 0.03, who="the law")
    assert reasons.decided[0].startswith("the law breaks the physics of the task")
    assert "champion" not in "; ".join(reasons.in_order)


def test_where_the_promised_error_would_do_the_typical_one_on_held_out_rows_decides() -> None:
    reasons = weigh("said", "against", (0.9, 0.011), 1.0, Promise(0.4, 0.0095, UP_TO), 0.0)
    assert reasons.verdict == CARE
    typical = "on held-out rows the typical error is 1.1 %"
    assert reasons.decided == [f"{typical}, where it takes 1 % or a promised R2 of 0.9 to hold"]
    assert promise_text(Promise(0.4, 0.0095, UP_TO)) in reasons.others
