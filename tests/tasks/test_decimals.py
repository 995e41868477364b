"""Tables with semicolons are read with the decimal sign that their numbers show."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from evolve.cli.app import call
from evolve.errors import TaskError
from evolve.tasks.readers import read_table
from tests.own_tables import GOOD, table_of

EUROPEAN = (
    "params;tokens;loss;note\n"
    "1000000;1,5e9;4,123;a, b\n"
    "4.000.000;300,5B tokens;3,95;1,5 times\n"
    "8000000;;-0,5 %;c\n"
)


def test_decimal_commas_are_points_and_texts_stay_as_they_are() -> None:
    raw = table_of(EUROPEAN)
    assert list(raw.column("params")) == ["1000000", "4000000", "8000000"]
    assert list(raw.column("tokens")) == ["1.5e9", "300.5B tokens", ""]
    assert raw.numbers("loss") == [4.123, 3.95, -0.005]
    assert list(raw.column("note")) == ["a, b", "1,5 times", "c"]
    told = "columns separated by semicolons, numbers of params, tokens, loss read with decimal"
    assert raw.take([2]).remarks() == [f"{told} commas"]
    assert raw.complaint("loss", "must", 2, "3,95").endswith("(line 3)")


def test_a_file_with_semicolons_is_read_whatever_its_suffix_says(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text("n;loss\n1;2,5\n2;3,1\n")
    assert read_table(tmp_path / "t.tsv").numbers("loss") == [2.5, 3.1]


@pytest.mark.parametrize("first", ["sep=;\n", "# of a spreadsheet\n", ""])
def test_numbers_with_points_stay_as_they_are(first: str) -> None:
    raw = table_of(f"{first}n;loss\n1,000,000;2.5\n2,000,000;2.345\n")
    assert raw.numbers("loss") == [2.5, 2.345]
    assert list(raw.column("n")) == ["1,000,000", "2,000,000"]  # told with what to write
    assert raw.remarks()[-1] == "columns separated by semicolons"


def test_three_digits_behind_a_comma_are_decimals_where_another_number_shows_it() -> None:
    assert table_of("n;loss\n1;2,345\n2;3,1\n").numbers("loss") == [2.345, 3.1]
    assert table_of("lr;loss\n0,01;2,345\n0,02;3,123\n").numbers("loss") == [2.345, 3.123]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("1;2,345\n2;3,123", r"column 'loss' holds '2,345' .line 2., which may be 2345 or 2.345"),
        ("1.000;2,5\n2.000;3,1", r"column 'n' holds '1.000' .line 2., which may be 1000 or 1.000"),
        ("1;2,5\n2;3.25", r"holds '2,5' .line 2. with a decimal comma and '3.25' .line 3. with"),
        ("1;2,345\n1,000,000;3,123", "column 'loss' holds '2,345'"),
    ],
)
def test_what_may_be_read_two_ways_is_refused_with_its_line(rows: str, said: str) -> None:
    with pytest.raises(TaskError, match=said):
        table_of(f"n;loss\n{rows}\n")


def test_a_note_says_what_was_made_of_a_european_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    Path("t.csv").write_text(GOOD.replace(",", ";").replace(".", ","))
    assert call(["new-task", "t.csv", "--target", "loss"]) == 0
    told = r"columns separated by semicolons, numbers of .*loss read with decimal commas"
    assert re.search(f"note:  {told}", capfd.readouterr().out)
    assert call(["tasks", "t"]) == 0
    assert read_table(Path("tasks/t/train.csv")).numbers("loss") == table_of(GOOD).numbers("loss")
