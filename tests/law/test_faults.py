"""A text that is no formula is answered with the place and what is wrong there."""

from __future__ import annotations

import pytest

from evolve.law.faults import because, fault_in, in_backticks, unquoted


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "it is empty"),
        ("6*params*(tokens", "'(' at character 10 is never closed"),
        ("6*params*tokens)", "')' at character 16 closes nothing"),
        ("6*[params)", "')' at character 10 closes nothing"),
        ("6*params*", "a number or a name is missing behind '*' at character 9"),
        ("*params", "a number or a name is missing before '*' at character 1"),
        ("6*(params*)", "a number or a name is missing between '*' at character 10 and ')' at"),
        ("a ** ** b", "a number or a name is missing before '**' at character 6"),
        ("f(a,,b)", "a number or a name is missing before ',' at character 5"),
        ("6params", "an operator is missing before 'params' at character 2"),
        ("3(a + b)", "an operator is missing before '(' at character 2"),
        ("params >3 adn tokens > 2", "an operator is missing before 'adn' at character 11"),
        ("`model, size` `tokens`", "an operator is missing before '`tokens`' at character 15"),
        ("6*params=tokens", "'=' at character 9 has no meaning there"),
        ("6*lambda", "'lambda' at character 3 is a word of Python; a column of that name stands"),
        ("1_000*params*", "a number or a name is missing behind '*' at character 13"),
        ("1_*params", "an operator is missing before '_' at character 2"),
        ("`model * 2", "'`' at character 1 has no meaning there"),
    ],
)
def test_the_first_word_out_of_turn_is_named_with_its_place(text: str, fault: str) -> None:
    assert fault_in(text).startswith(fault)
    assert because(text) == f": {fault_in(text)}"


@pytest.mark.parametrize(
    "text",
    [
        "6*params*tokens",
        "1_000*params + 1_0.5",
        "-2^-3 · `model, size` × np.log(a + 1.5e-3)",
        "max(a, b)/(c - -d)",
        "not a == 'x y' and b not in (1B, 10%) or c <= 3",
    ],
)
def test_of_a_formula_nothing_is_wrong(text: str) -> None:
    assert fault_in(text) == because(text) == ""


def test_names_of_several_words_are_to_stand_in_backticks() -> None:
    names = ["model size", "tokens", "val-loss"]
    assert unquoted("6*model size*tokens", names) == (
        "; write `model size`, as it is no plain word"
        "; in a shell the whole stands in single quotes"
    )
    assert unquoted("6*`model size`*tokens", names) == ""


def test_a_shell_takes_backticks_for_a_command_unless_the_whole_is_in_single_quotes() -> None:
    assert "in a shell the whole in single quotes" in in_backticks(["model size", "tokens"])
    assert in_backticks(["params", "tokens"]) == ""
