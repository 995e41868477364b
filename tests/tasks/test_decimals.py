"""Tables with semicolons are read with the decimal sign that their numbers show."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from evolve.cli.app import call
from evolve.errors import TaskError
from evolve.tasks.readers import RawTable, read_table
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


@pytest.mark.parametrize(
    "text",
    [
        "params,all;loss\n1;2,5\n2;3,1\n",
        "params,all;loss\n1;2.5\n2;3.1\n",
        "params,all;loss\n1,0;2,5\n2,0;3,1\n",
        '# of "a sheet"\nparams,all;loss\n1;2,5\n2;3,1\n',
    ],
)
def test_a_name_may_hold_a_comma_where_semicolons_part_columns(text: str) -> None:
    raw = table_of(text)
    assert raw.numbers("params,all") == [1.0, 2.0]
    assert raw.numbers("loss") == [2.5, 3.1]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("run;id,loss\na;b,2.5\nc;d,3.1\n", ["run;id", "loss"]),
        ("params;all,loss\n1,2.5\n2,3.1\n", ["params;all", "loss"]),
        ('params,loss,"note; date"\n1,2.5,"good; new"\n', ["params", "loss", "note; date"]),
    ],
)
def test_names_and_texts_may_hold_semicolons_where_commas_part_columns(
    text: str, names: list[str]
) -> None:
    raw = table_of(text)
    assert list(raw.columns) == names
    assert raw.remarks() == []


def test_a_name_with_a_comma_among_semicolons_leaves_short_rows_told() -> None:
    with pytest.raises(TaskError, match="rows must have 2 cells, row 1 has 3"):
        table_of("params,all;loss\n1;2;3\n")


def tabs(rows: str, folder: Path) -> RawTable:
    (folder / "t.tsv").write_text(rows.replace(";", "\t"))
    return read_table(folder / "t.tsv")


def test_decimal_commas_between_tabs_are_points_with_a_note(tmp_path: Path) -> None:
    raw = tabs("n;loss;note\n1.000.000;2,5;a, b\n2.000.000;3,125;c\n", tmp_path)
    assert raw.numbers("n") == [1e6, 2e6]
    assert raw.numbers("loss") == [2.5, 3.125]
    assert list(raw.column("note")) == ["a, b", "c"]
    assert raw.remarks() == ["numbers of n, loss read with decimal commas"]
    with pytest.raises(TaskError, match=r"column 'n' holds '1.000' .line 2., which may be 1000"):
        tabs("n;loss\n1.000;2,5\n2.000;3,1\n", tmp_path)


@pytest.mark.parametrize(
    "rows", ["n;loss\n1,000;2,345\n", "n;loss\n1,000,000;2.5\n", "gpus;loss;lr\n0,1;2.345;0.1\n"]
)
def test_tabs_leave_numbers_as_they_are_where_none_shows_a_decimal_comma(
    rows: str, tmp_path: Path
) -> None:
    raw = tabs(rows, tmp_path)
    assert [cells[0] for cells in raw.columns.values()] == rows.split("\n")[1].split(";")
    assert raw.remarks() == []


def test_a_note_says_how_points_are_read_that_no_number_tells_from_thousands() -> None:
    told = "no number shows whether points part thousands: 1.000 of n is read as 1"
    raw = table_of("n;loss\n1.000;7\n1.500;5\n")
    assert raw.numbers("n") == [1.0, 1.5]
    assert raw.remarks() == [f"columns separated by semicolons, {told}"]
    assert "thousands" not in table_of("n;loss\n1.000;0.7\n").remarks()[0]
    assert "thousands" not in table_of("n;loss\n1.000.000;7\n").remarks()[0]


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
