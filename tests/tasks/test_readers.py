"""The same rows are read from every kind of file and of data frame."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from evolve.errors import TaskError
from evolve.tasks.labels import group_labels
from evolve.tasks.readers import RawTable, is_blank, raw_of, read_table

FRAME = pd.DataFrame(
    {
        "params": pd.array([10**7, 3 * 10**8], dtype="Int64"),
        "share": ["10%", "25%"],
        "done": [True, False],
        "loss": [Decimal("4.5"), Decimal("4.25")],
        "corpus": ["web", None],
    }
)


def arrow_table() -> Any:
    arrow = pytest.importorskip("pyarrow")
    return arrow.table(
        {
            "params": arrow.array([10**7, 3 * 10**8]),
            "share": ["10%", "25%"],
            "done": [True, False],
            "loss": arrow.array([Decimal("4.5"), Decimal("4.25")]),
            "corpus": ["web", None],
        }
    )


def polars_frame() -> Any:
    polars = pytest.importorskip("polars")
    frame = polars.from_arrow(arrow_table())
    return frame.with_columns(polars.col("params").cast(polars.Int128))


def duckdb_relation() -> Any:
    duckdb = pytest.importorskip("duckdb")
    pytest.importorskip("pyarrow")
    return duckdb.sql(
        "select * from (values (10000000::hugeint, '10%', true, 4.5::decimal(4, 2), 'web'), "
        "(300000000, '25%', false, 4.25, null)) as t(params, share, done, loss, corpus)"
    )


FRAMES: dict[str, Callable[[], Any]] = {
    "pandas": lambda: FRAME,
    "arrow": arrow_table,
    "polars": polars_frame,
    "a lazy frame": lambda: polars_frame().lazy(),
    "duckdb": duckdb_relation,
    "columns": lambda: FRAME.to_dict("list"),
    "series by name": lambda: dict(FRAME.items()),
    "records": lambda: [*FRAME.to_dict("records")],
    "records with gaps": lambda: [
        {k: v for k, v in row.items() if v is not None} for row in FRAME.to_dict("records")
    ],
}


def holds_the_rows(raw: RawTable) -> None:
    assert list(raw.columns) == ["params", "share", "done", "loss", "corpus"]
    assert raw.numbers("params") == [1e7, 3e8]
    assert raw.numbers("share") == [0.1, 0.25]
    assert raw.numbers("done") == [1.0, 0.0]
    assert raw.numbers("loss") == [4.5, 4.25]
    assert [None if is_blank(cell) else cell for cell in raw.columns["corpus"]] == ["web", None]


@pytest.mark.parametrize("library", FRAMES)
def test_every_library_gives_the_same_cells(library: str) -> None:
    holds_the_rows(raw_of(FRAMES[library]()))


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "parquet", "feather"])
def test_every_file_gives_the_same_cells(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"runs.{kind}"
    frame = FRAME.astype({"loss": float})
    if kind == "jsonl":
        lines = [json.dumps(row) for row in frame.to_dict("records")]
        path.write_text("\n\n".join(lines).replace('"corpus": null', '"corpus": ""') + "\n")
    elif kind in ("csv", "tsv"):
        frame.to_csv(path, index=False, sep="\t" if kind == "tsv" else ",")
    else:
        pytest.importorskip("pyarrow")
        {"parquet": frame.to_parquet, "feather": frame.to_feather}[kind](path)
    holds_the_rows(read_table(path))


SPACED = {" corpus\t": [" web", "web ", "\u00a0code", "web"], "loss ": ["1", " 2", "3 ", "4"]}


def spaced(kind: str, folder: Path) -> RawTable:
    """Cells and names with outer spaces, from every kind of table."""
    frame, path = pd.DataFrame(SPACED), folder / f"runs.{kind}"
    if kind == "frame":
        return raw_of(frame)
    if kind == "records":
        return raw_of(frame.to_dict("records"))
    if kind == "columns":
        return raw_of(SPACED)
    if kind in ("csv", "tsv"):
        frame.to_csv(path, index=False, sep="\t" if kind == "tsv" else ",", quoting=csv.QUOTE_ALL)
    elif kind == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        pytest.importorskip("pyarrow")
        {"parquet": frame.to_parquet, "feather": frame.to_feather}[kind](path)
    return read_table(path)


@pytest.mark.parametrize(
    "kind", ["csv", "tsv", "jsonl", "parquet", "feather", "frame", "records", "columns"]
)
def test_outer_spaces_are_no_part_of_a_name_or_a_text(kind: str, tmp_path: Path) -> None:
    raw = spaced(kind, tmp_path)
    assert list(raw.columns) == ["corpus", "loss"]
    assert list(raw.columns["corpus"]) == ["web", "web", "code", "web"]
    assert raw.numbers("loss") == [1.0, 2.0, 3.0, 4.0]
    assert group_labels(raw, ["corpus"]) == ["web", "web", "code", "web"]


def test_signs_that_nobody_sees_are_no_part_of_a_name_or_a_text(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("\u200bn\u200b,loss\n1\ufeff,2\n", encoding="utf-8")
    raw = read_table(tmp_path / "t.csv")
    assert raw.numbers("n") == [1.0]
    assert raw_of({"n\u2060": ["\u200bweb"]}).columns == {"n": ["web"]}


def test_bytes_are_the_text_that_they_hold() -> None:
    raw = raw_of({"n": [b"1e7", b" 2e7"], "corpus": [b"web", b"\xff"]})
    assert raw.numbers("n") == [1e7, 2e7]
    assert raw.columns["corpus"] == ["web", r"\xff"]


def test_two_keys_of_a_row_that_come_to_one_name_lose_no_cell() -> None:
    assert raw_of([{"lr": 1, "lr ": 1}]).columns == {"lr": [1]}
    with pytest.raises(TaskError, match=r"row 2 holds 'a\.b' twice"):
        raw_of([{"a.b": 1}, {"a": {"b": 1}, "a.b": 2}])


def test_objects_inside_lines_of_json_become_columns_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text('{"config": {"optim": {"lr": 0.1}}, "loss": 2}\n{"loss": 1, "tags": ["a"]}\n')
    raw = read_table(path)
    assert raw.columns == {"config.optim.lr": [0.1, None], "loss": [2, 1], "tags": [None, '["a"]']}
    assert raw.lines == (1, 2)


@pytest.mark.parametrize(
    ("name", "text", "rule"),
    [
        ("a.jsonl", '{"x": 1}\n[2]\n', "must hold one JSON object a line, line 2 is no object"),
        ("a.jsonl", '{"x": 1}\n{"x":\n', "must hold one JSON object a line, line 2 is none"),
        ("a.jsonl", "", "must have rows, it has none"),
        ("a.tsv", "x\ty\n1\n", r"rows must have 2 cells, row 1 has 1 \(line 2\)"),
        ("a.parquet", "x,y\n1,2\n", "must be Parquet"),
        ("a.feather", "x,y\n1,2\n", "must be Feather"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(
    name: str, text: str, rule: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(TaskError, match=f"{name}: {rule}"):
        read_table(tmp_path / name)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (3, "must be a data frame .* it is builtins.int"),
        ([], "must have rows"),
        ({}, "must have rows"),
        ({"x": 5, "y": [1]}, "column 'x' must be a list of cells"),
        ("runs.csv", "it is builtins.str; a file is read first, as by pandas.read_csv"),
        ({"x": [1, 2], "y": [1]}, "columns must be equally long"),
        ({"x": [1], "x ": [2]}, "columns must have different names, 'x' stands 2 times"),
        ({"x": [1], " ": [2]}, "columns must have names, column 2 has none"),
        (pd.Series([1, 2], name="x"), "must be a data frame .* it is pandas.*Series"),
    ],
)
def test_what_is_no_table_is_refused(data: Any, rule: str) -> None:
    with pytest.raises(TaskError, match=rule):
        raw_of(data)


def test_a_row_keeps_its_number_when_others_are_left_out() -> None:
    raw = RawTable(Path("t.csv"), {"x": ["1", "2", "big"]}, 3, (2, 3, 5)).take([0, 2]).take([1])
    with pytest.raises(TaskError, match=r"row 3 holds 'big' \(line 5\)"):
        raw.numbers("x")


def test_separators_at_the_ends_of_lines_make_no_column(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("n,loss,,\n1,2,, \n3,4,,\n")
    assert list(read_table(table).columns) == ["n", "loss"]
    table.write_text("n,loss,,\n1,2,,5\n")
    with pytest.raises(TaskError, match="column 3 has none; name it .* below it hold something"):
        read_table(table)


@pytest.mark.parametrize(
    ("names", "note"),
    [
        (["0", "1", "2"], "counts the rows"),
        (["1", "2", "3"], "counts the rows"),
        (["Mazda RX4", "Datsun 710", "Fiat 128"], "another text in each row"),
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_column_in_front_that_only_names_or_counts_the_rows_is_left_out_with_a_note(
    names: list[str], note: str, separator: str, tmp_path: Path
) -> None:
    lines = [["", "n", "loss"], *([name, f"{k}e6", f"{3 - k}"] for k, name in enumerate(names))]
    table = tmp_path / ("t.tsv" if separator == "\t" else "t.csv")
    table.write_text("\n".join(map(separator.join, lines)) + "\n")
    raw = read_table(table)
    assert list(raw.columns) == ["n", "loss"]
    assert raw.numbers("n") == [0.0, 1e6, 2e6]
    assert any(note in remark for remark in raw.remarks())


@pytest.mark.parametrize(
    "names", [["3", "1", "7"], ["1e6", "2e6", "4e6"], ["a", "b", "a"], ["a", "", "b"]]
)
def test_a_column_in_front_that_may_say_more_is_told_to_be_named(
    names: list[str], tmp_path: Path
) -> None:
    table = tmp_path / "t.csv"
    table.write_text("\n".join([",loss", *(f"{name},{k}" for k, name in enumerate(names))]) + "\n")
    with pytest.raises(TaskError, match="column 1 has none; name it or take it out"):
        read_table(table)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("n,loss\n1,2,\n", "row 1 has 3 .*; the row ends with a separator, the header does not"),
        (",n,loss\n7,1,2\n", "column 1 has none; .*pandas leaves its index out"),
        (",n,,loss\n0,1,2,3\n", "column 3 has none; .* of a header of two lines"),
        ("model,,results\nn,d,loss\n1,2,3\n", "column 2 has none; .* of a header of two lines"),
        ("n|loss\n1|2,5\n", r"by bars; by pandas: read_csv\('t.csv', sep='|'\).* decimal=','"),
    ],
)
def test_odd_forms_of_a_table_are_told_with_what_to_do(
    text: str, rule: str, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(TaskError, match=rule):
        read_table(tmp_path / "t.csv")


def test_a_row_of_units_below_the_header_is_told_apart_from_a_cell(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("n,loss\n-,nats\n1,2\n3,nats\n")
    raw, rule = read_table(tmp_path / "t.csv"), "of a header of two lines"
    with pytest.raises(TaskError, match=rf"row 1 holds 'nats' \(line 2\).*; {rule}"):
        raw.numbers("loss")
    with pytest.raises(TaskError, match="row 3 holds 'nats'") as refused:
        raw.take([1, 2]).numbers("loss")
    assert rule not in str(refused.value)


@pytest.mark.parametrize("end", ["", "\n"], ids=["no line end", "a line end"])
def test_a_quote_that_nothing_closes_takes_no_rows_with_it(tmp_path: Path, end: str) -> None:
    table = tmp_path / "t.csv"
    rows = ["params,note,loss", "1,a,3", '2,"b,2.5', "3,c,2", "4,d,1.5"]
    table.write_text("\n".join(rows) + end)
    with pytest.raises(TaskError, match="line 3 opens a quote that nothing closes"):
        read_table(table)
    table.write_text("\n".join(rows).replace('"b', '"b\nb"') + end)
    assert len(read_table(table).columns["note"]) == 4


def test_a_mapping_of_single_cells_is_one_row() -> None:
    raw = raw_of({"params": "7B", "tokens": 2e12, "corpus": "web"})
    assert raw.n_rows == 1
    assert raw.columns == {"params": ["7B"], "tokens": [2e12], "corpus": ["web"]}


def test_a_column_that_is_missing_is_told_with_the_one_of_its_role() -> None:
    with pytest.raises(TaskError, match="'params' is missing .did you mean 'N'.*holds N, D"):
        raw_of({"N": 7e9, "D": 2e12}).column("params")


def test_a_row_of_a_data_frame_is_one_row() -> None:
    frame = pd.DataFrame({"params": [1e9, 7e9], "corpus": ["web", "code"]})
    assert raw_of(frame.iloc[1]).columns == {"params": [7e9], "corpus": ["code"]}
