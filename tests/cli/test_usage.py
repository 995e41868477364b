"""A call that is wrong is told in one line: option, rule and value, and what to call next."""

from __future__ import annotations

import pytest
from own_tables import said

WRONG = [
    (("--task", "x", "--evaluations", "3k"), "--evaluations: must be a whole number in digits"),
    (("--task", "x", "--evaluations", "3k"), "it is '3k'; see: python -m evolve run --help"),
    (("--task", "x", "--seed", "-1"), "--seed: must be 0 or more, it is '-1'"),
    (("score", "x", "--split", "tset"), "--split: 'tset' is not one of 'train', 'test' (did you"),
    (
        ("plan", "x", "--reach", "low"),
        "--reach: must be a number, such as 1e21 or 7B, it is 'low'",
    ),
    (("plan", "x", "--budget", "1e22"), "no option '--budget' (did you mean '--budget-flops'?)"),
    (("report", "x", "--o", "y"), "no option '--o' (did you mean '--output'?)"),
    (("predic", "x"), "no verb 'predic' (did you mean 'predict'?); see: python -m evolve --help"),
    (("data", "pul"), "no verb 'pul' (did you mean 'pull'?); see: python -m evolve data --help"),
    (("my.csv",), "python -m evolve new-task my.csv --target COLUMN"),
]


@pytest.mark.parametrize(("words", "part"), WRONG)
def test_what_is_wrong_is_told_with_option_rule_and_value(
    words: tuple[str, ...], part: str, capfd: pytest.CaptureFixture[str]
) -> None:
    code, out, err = said(capfd, *words)
    assert (code, out) == (2, "")
    assert part in " ".join(err.split())
    assert "Input should" not in err
    assert "Value error" not in err


@pytest.mark.parametrize("verb", ["data", "bench"])
def test_a_verb_with_verbs_of_its_own_lists_them_line_by_line(
    verb: str, capfd: pytest.CaptureFixture[str]
) -> None:
    code, out, err = said(capfd, verb)
    assert (code, err) == (2, "")
    assert out.startswith(f"Usage: evolve {verb} ")
    assert "\nCommands:\n" in out
