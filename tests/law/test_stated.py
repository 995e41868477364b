"""A formula that is typed is told from a name, and a broken one by the place where it breaks."""

from __future__ import annotations

import pytest

from evolve.errors import EvolveError
from evolve.law.stated import columns_in, has_operators, in_words, require_formula, without_target

COLUMNS = ["params", "train/tokens", "a", "note"]


def test_only_a_formula_has_operators() -> None:
    assert has_operators("E + A/params^a")
    assert not has_operators("sum of powers, turned")


def test_columns_between_backticks_are_words_of_a_formula() -> None:
    assert in_words("E + `train/tokens`^-b", COLUMNS) == "E + train_tokens^-b"
    assert in_words("E + `tokens`", COLUMNS) == "E + `tokens`"


def test_what_a_formula_is_equal_to_is_no_part_of_it() -> None:
    assert without_target(" loss = E + A") == ("loss", "E + A")
    assert without_target("`val/loss` = E + A") == ("val/loss", "E + A")
    assert without_target("E + A") == ("", "E + A")


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("loss = E + A/params^a + B*`train/tokens`^-b", ("params", "train/tokens", "a")),
        ("np.log(params)*1e9", ("params",)),
        ("power of params", ()),
        ("E + A/(params", ()),
    ],
)
def test_the_columns_of_a_formula_are_those_that_it_names(
    text: str, columns: tuple[str, ...]
) -> None:
    assert columns_in(text, COLUMNS) == columns


def test_a_broken_formula_is_told_with_the_place_in_the_whole_text() -> None:
    require_formula("loss = E + A/params^a", COLUMNS)
    with pytest.raises(EvolveError, match=r"'\*' at character 12"):
        require_formula("loss = E + * A", COLUMNS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("E + A/`train/token`^a", r"no feature 'train/token' \(did you mean 'train/tokens'\?\)"),
        ("`val/loss` = E + `width`", "no feature 'width'$"),
        ("E + A/params^a" + " + A" * 500, "at most 2000 characters, it has 2014"),
    ],
)
def test_a_formula_that_holds_an_unknown_column_or_too_much_is_told_so(
    text: str, said: str
) -> None:
    with pytest.raises(EvolveError, match=said):
        require_formula(text, COLUMNS)
