"""Values with names are read one a word, or several in a word parted by commas."""

from __future__ import annotations

import pytest

from evolve.errors import EvolveError
from evolve.forecast.assigned import assigned, pairs
from evolve.forecast.queries import read_words
from tests.forecast.test_plan import make_task

WANTED = [("params", "1B"), ("tokens", "10B")]


@pytest.mark.parametrize(
    "words",
    [
        ["params=1B", "tokens=10B"],
        ["params=1B,tokens=10B"],
        ["params=1B, tokens=10B"],
        ["params = 1B", "tokens= 10B"],
        ["params=1B;tokens=10B"],
        ["params=1B tokens=10B"],
        ["params=1B,", "tokens=10B"],
    ],
)
def test_several_values_may_stand_in_one_word(words: list[str]) -> None:
    assert pairs(words, ("params", "tokens"), "at") == WANTED
    assert list(assigned(words, "constants").items()) == WANTED
    assert read_words(make_task(), words) == {"params": 1e9, "tokens": 1e10}


def test_a_name_that_holds_commas_and_signs_is_one_name() -> None:
    names = ("acc,norm", "width=base", "a=1,b")
    words = ["acc,norm=0.5", "width=base=8", "a=1,b=3"]
    assert pairs(words, names, "at") == [("acc,norm", "0.5"), ("width=base", "8"), ("a=1,b", "3")]


@pytest.mark.parametrize(
    "word", ["params, all=1B,tokens seen=10B", "tokens seen = 10B; params, all = 1B"]
)
def test_names_of_several_words_may_stand_in_one_word(word: str) -> None:
    names = ("params, all", "tokens seen")
    assert dict(pairs([word], names, "at")) == {"params, all": "1B", "tokens seen": "10B"}


def test_signs_between_spaces_part_names_and_values_too() -> None:
    assert pairs(["params = 1B, tokens = 10B"], ("params", "tokens"), "at") == WANTED


def test_a_size_with_what_it_counts_is_one_value() -> None:
    assert pairs(["tokens=300B tokens"], ("tokens",), "at") == [("tokens", "300B tokens")]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("params=1B,tokns=10B", "at: no feature 'tokns' .did you mean 'tokens'"),
        ("params=1,000,tokens=10B", "at params: must be a number, it is '1,000'; write 1000"),
        ("params=1,000,tokns=10B", "at params: must be a number, .* such as params=7B tokens=2T"),
        ("params=1B,params=2B", "at: params is given twice"),
        ("params", "at: must be like feature=value, it is 'params'"),
    ],
)
def test_what_is_no_value_with_a_name_is_told_with_the_form(word: str, said: str) -> None:
    with pytest.raises(EvolveError, match=said):
        read_words(make_task(), [word])
