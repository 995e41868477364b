"""Tables for a terminal: whatever the width, each number of a cell stands in the text whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

import evolve.cli
from evolve.cli.output import print_table, shown
from evolve.cli.runs import LEAST_ASKED
from evolve.cli.table import lay_out, shortened, wrapped
from evolve.tasks.symbols import symbols_of

NUMBER = re.compile(r"(?<![\w.])[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])")
numbers = st.floats(allow_nan=False, allow_infinity=False).map(lambda x: f"{x:.6g}")
texts = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=70)
tables = st.integers(1, 7).flatmap(
    lambda n: st.tuples(
        st.lists(texts, min_size=n, max_size=n),
        st.lists(st.lists(st.one_of(numbers, texts), min_size=n, max_size=n), max_size=4),
    )
)


@given(tables, st.integers(60, 220), st.booleans())
def test_no_line_is_longer_than_the_terminal_and_every_number_is_whole(
    table: tuple[list[str], list[list[str]]], width: int, columns_below: bool
) -> None:
    headings, rows = table
    lines = lay_out(headings, rows, width, below=headings[1:][::-1] if columns_below else ())
    assert all(cell_len(line) <= width for line in lines)
    words = re.split(r"[\s,]+", " ".join(lines))
    for cell in (cell for row in rows for cell in row):
        assert not re.fullmatch(NUMBER, cell) or cell in words


def test_a_table_that_is_too_wide_is_stacked_and_no_cell_is_lost() -> None:
    headings = [f"a heading of {k}" for k in range(9)]
    lines = lay_out(headings, [[f"{k}.123456" for k in range(9)]] * 2, 60)
    assert lines[0].split() == ["a", "heading", "of", "0", "0.123456"]
    assert lines.count("") == 1
    assert len(lines) == 2 * 9 + 1


def test_columns_that_are_asked_for_least_stand_below_their_record() -> None:
    asked = (*("run", "task", "seed", "evaluations", "budget", "state", "test opened"),)
    headings = (*asked, "verdict", "law", "held-out R2", "train R2", "formula")
    law = "c0 + exp(c1)*(params/1e9)^-c2 + exp(c3)*(tokens/1e10)^-c4 + exp(c5)*(lr/1e-3)^c6"
    scores = ("handle with care", "champion", "0.9962", "0.9994", law)
    rows = [
        (
            "a_sweep_of_many_more_runs-0-1",
            "a_sweep_of_many_more_runs",
            "7",
            "3000",
            "6000",
            "done",
            "2",
            *scores,
        )
    ]
    names = ("run", "task")
    first, second, rule, record, *under = lay_out(headings, rows, 80, names, below=LEAST_ASKED)
    heads = set(f"{first} {second}".split())
    assert heads >= {"run", "task", "evaluations", "verdict", "held-out"}
    assert set(rule) == {"─"}
    assert record.split()[2:] == ["3000", "handle", "with", "care", "0.9962"]
    below = " ".join(" ".join(under).split())
    assert "seed 7, budget 6000, state done, test opened 2, law champion, train R2 0.9994" in below
    assert f"formula: {law}" in below
    assert lay_out(headings, rows, 240, names, below=LEAST_ASKED) == lay_out(
        headings, rows, 240, names
    )


def test_a_name_is_shortened_in_the_middle_unless_two_become_the_same() -> None:
    assert shortened("data_constrained-0-1", 11) == "data_…d-0-1"
    assert shortened("1: grouped_runs-0-1, web", 16) == "1: grou…0-1, web"
    assert shortened("1: a_long_run-0-1, a_long_group", 16) == "1: a_…-1, a_l…up"
    long = ["a" * 30 + "b" + "c" * 30, "a" * 30 + "d" + "c" * 30]
    for names, apart in ((["x" * 70, "y" * 70], False), (long, True)):
        lines = lay_out(["run", "value"], [[name, "1.5"] for name in names], 60, names=["run"])
        assert any("…" in line for line in lines) is not apart
    assert "b" in "".join(lines)
    assert "d" in "".join(lines)


def test_a_formula_is_broken_between_its_terms_and_in_no_number() -> None:
    formula = "c0 + exp(c1 - 0.123456*log(parameters/1e+09))*(c2*tokens^-0.5)"
    for width in range(24, 70):
        lines = wrapped(formula, width)
        assert NUMBER.findall(" ".join(lines)) == NUMBER.findall(formula)
        assert "".join("".join(lines).split()) == formula.replace(" ", "")


def test_no_exponent_is_broken_off_its_base_or_its_sign() -> None:
    formula = "exp(c1)*(S/512)^-c6*params^-0.34*(N+c2)^(-c3)*tokens^(c4*2)"
    powers = [")^-c6", "params^-0.34", ")^(-c3", "tokens^(c4"]
    for width in range(24, 60):
        lines = wrapped(f"loss = {formula}", width)
        assert "".join("".join(lines).split()) == f"loss={formula}"
        assert all(any(power in line for line in lines) for power in powers)


def test_symbols_stand_for_names_where_room_is_short_and_a_line_says_which() -> None:
    symbols = symbols_of(["unique_tokens", "params", "tokens", "epochs", "D", "é"])
    assert symbols == {"unique_tokens": "U", "params": "N", "tokens": "T", "epochs": "P"}
    formula = "c0 + c1*params^c2 + c3*unique_tokens^c4"
    wide = lay_out(["law"], [[formula]], 80, symbols=symbols)
    assert wide[-1] == formula
    narrow = lay_out(["R2", "law"], [["0.9876", formula * 2]], 60, symbols=symbols)
    assert "c0 + c1*N^c2 + c3*U^c4c0" in " ".join(" ".join(narrow).split())
    assert narrow[-1] == "U: unique_tokens, N: params"


def test_a_tiny_number_keeps_its_digits() -> None:
    assert [shown(x) for x in (3.2e-6, -4.56789e-4, 0.0, 0.25, 1e5)] == [
        *("3.2e-06", "-0.000457", "0.0000", "0.2500", "1e+05")
    ]


@pytest.mark.parametrize("columns", [60, 200])
def test_columns_decides_the_width_of_what_goes_to_a_pipe(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    print_table(("a", "b"), [("word " * 60, 1.0)])
    assert max(map(len, capsys.readouterr().out.splitlines())) in range(columns - 6, columns + 1)


def test_nothing_else_of_the_command_line_draws_tables() -> None:
    files = sorted(Path(evolve.cli.__path__[0]).glob("*.py"))
    assert files
    assert not [path.name for path in files if "rich.table" in path.read_text()]


def test_a_heading_of_several_words_is_wrapped_beside_stacked_cells() -> None:
    lines = lay_out(["laws differ by a lot", "b", "c"], [["1.5", "x " * 30, "y " * 30]], 40)
    heads = " ".join(line[:15].strip() for line in lines).split()
    assert heads == ["laws", "differ", "by", "a", "lot", "b", "c"]
