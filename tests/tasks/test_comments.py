"""Comments above the header of a text table are passed over, and a header is never one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evolve.cli.app import call
from evolve.errors import TaskError
from evolve.tasks.readers import read_table
from tests.own_tables import GOOD, table_of

ABOVE = '# exported by "tracker\n#\n# 2026-11-29, all runs\n'


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", ["", "\ufeff"], ids=["", "with a mark of its order"])
def test_comments_above_a_header_are_passed_over(start: str, end: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    text = f"{start}{ABOVE}\nparams,loss\n1,2\n3,4\n"
    path.write_bytes(text.replace("\n", end).encode())
    raw = read_table(path)
    assert raw.numbers("loss") == [2.0, 4.0]
    assert raw.n_comments == 3
    assert list(raw.lines) == [6, 7]
    assert raw.take([1]).remarks() == ["3 comment lines above the header passed over"]


def test_comments_of_a_tsv_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text("# of\ttwo cells\nparams\tloss\n1\t2\n")
    raw = read_table(tmp_path / "t.tsv")
    assert raw.numbers("params") == [1.0]
    assert raw.remarks() == ["1 comment line above the header passed over"]


@pytest.mark.parametrize(
    ("text", "names", "n_comments", "lines"),
    [
        ("#run,params,loss\nr1,1,2\n", ["#run", "params", "loss"], 0, [2]),
        ("#run,params,loss\n\n\nr1,1,2\n", ["#run", "params", "loss"], 0, [4]),
        ("#run,corpus,loss\nr1,web,\nr2,web,2\n", ["#run", "corpus", "loss"], 0, [2, 3]),
        (
            "## made, by hand, today\n#run,params,loss\nr1,1,2\n",
            ["#run", "params", "loss"],
            1,
            [3],
        ),
        ("# params,loss\n1,2\n", ["params", "loss"], 0, [2]),
        ('# "params, in all",loss\n1,2\n3,4\n', ["params, in all", "loss"], 0, [2, 3]),
        (f"# {'-' * 200_000}\nparams,loss\n1,2\n", ["params", "loss"], 1, [3]),
        ("# two, cells\nparams,loss\n1,2\n", ["params", "loss"], 1, [3]),
        ('# one\n"#run",loss\nr1,2\n', ["#run", "loss"], 1, [3]),
        ("sep=,\nrun,loss\nr1,2\n", ["run", "loss"], 0, [3]),
        ('"sep=,"\r\n# by a sheet\r\nrun,loss\r\nr1,2\r\n', ["run", "loss"], 1, [4]),
        ("run,loss\n#1,2\n#2,3\n", ["run", "loss"], 0, [2, 3]),
    ],
)
def test_a_header_is_known_by_its_cells_and_by_the_row_below(
    text: str, names: list[str], n_comments: int, lines: list[int]
) -> None:
    raw = table_of(text)
    assert list(raw.columns) == names
    assert raw.n_comments == n_comments
    assert list(raw.lines) == lines


def test_a_comment_among_the_rows_is_refused_with_its_line() -> None:
    rule = r"row 2 has 1 \(line 5\); a comment may stand above the header alone"
    with pytest.raises(TaskError, match=rule):
        table_of("# a comment\n\nparams,loss\n1,2\n# another\n3,4\n")


def test_errors_below_comments_name_the_line_of_the_file() -> None:
    raw = table_of(f"{ABOVE}params,loss\n1,2\nbig,4\n")
    with pytest.raises(TaskError, match=r"row 2 holds 'big' \(line 6\)"):
        raw.numbers("params")
    with pytest.raises(TaskError, match="line 6 opens a quote that nothing closes"):
        table_of(f'{ABOVE}params,loss\n1,2\n"3,4\n')


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("# a\n# b\n", "the file holds comments alone"),
        ("", "the file is empty"),
        ("# a\nparams|loss\n1|2\n", "separated by bars"),
    ],
)
def test_a_file_without_a_header_says_what_it_holds(text: str, rule: str) -> None:
    with pytest.raises(TaskError, match=rule):
        table_of(text)


def test_a_note_says_how_many_comments_were_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    Path("t.csv").write_text(f"# exported\n{GOOD}")
    told = "1 comment line above the header passed over"
    assert call(["new-task", "t.csv", "--target", "loss"]) == 0
    assert f"note:  {told}" in capfd.readouterr().out
    words = ["--law", "hoffmann_2022", "--features", "params", "tokens"]
    assert call(["fit", "t.csv", "--target", "loss", *words]) == 0
    assert f"fit: {told}" in capfd.readouterr().err
