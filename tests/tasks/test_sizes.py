"""A stranger's file is read up to a size, and refused beyond it with one line that says which."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from evolve.errors import TaskError
from evolve.tasks import sizes
from evolve.tasks.importers import import_from, logs
from evolve.tasks.readers import read_table

TEXTS = {
    "table.csv": "a,b\n1,2\n3,4\n5,6\n",
    "table.tsv": "a\tb\n1\t2\n3\t4\n5\t6\n",
    "table.jsonl": '{"a": 1, "b": 2}\n{"a": 3, "b": 4}\n{"a": 5, "b": 6}\n',
}


@pytest.fixture(params=TEXTS)
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / request.param
    path.write_text(TEXTS[request.param])
    return path


def test_a_table_of_too_many_bytes_is_refused(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_table(table).n_rows == 3
    monkeypatch.setattr(sizes, "TABLE_BYTES", 10)
    with pytest.raises(TaskError, match=r"must have at most .* GiB, it has .*; take the rows"):
        read_table(table)


def test_a_table_of_too_many_cells_is_refused(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sizes, "CELLS", 5)
    with pytest.raises(TaskError, match="must have at most 5 cells, it has more"):
        read_table(table)


def test_a_line_without_an_end_is_refused(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizes, "LINE_CHARS", 17)
    table.write_text(TEXTS[table.name] + " " * 18)
    with pytest.raises(
        TaskError, match="lines must have at most 17 characters, line [45] has more"
    ):
        read_table(table)


@pytest.mark.parametrize("suffix", ["parquet", "feather"])
def test_the_cells_of_an_arrow_file_are_counted_before_they_are_read(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import feather, parquet

    rows = pyarrow.table({"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, 3.0]})
    path = tmp_path / f"table.{suffix}"
    (parquet.write_table if suffix == "parquet" else feather.write_feather)(rows, str(path))
    assert read_table(path).n_rows == 3
    monkeypatch.setattr(sizes, "CELLS", 5)
    with pytest.raises(TaskError, match="must have at most 5 cells"):
        read_table(path)


def test_json_that_is_read_whole_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "trainer_state.json"
    path.write_text(json.dumps({"log_history": [{"step": 1, "loss": 2.0}]}))
    assert import_from("trainer_state", path).n_rows == 1
    monkeypatch.setattr(sizes, "TEXT_BYTES", 20)
    with pytest.raises(TaskError, match="it has more than 20 bytes"):
        import_from("trainer_state", path)


def test_a_folder_of_logs_is_bounded_in_files_and_in_points(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for k in range(4):
        (tmp_path / f"{k}").mkdir()
        (tmp_path / f"{k}" / "result.json").write_text('{"loss": 1.0}\n')
    assert import_from("ray", tmp_path).n_rows == 4
    monkeypatch.setattr(sizes, "CELLS", 5)
    with pytest.raises(TaskError, match="must have at most 5 cells"):
        import_from("ray", tmp_path)
    monkeypatch.setattr(sizes, "FILES", 3)
    with pytest.raises(TaskError, match="must hold at most 3 files called result.json"):
        import_from("ray", tmp_path)


TABLES = ("studies", "trial_params", "trial_values")


def storage(path: Path, trials: str) -> Path:
    with sqlite3.connect(path) as database:
        for name in TABLES:
            database.execute(f"create table {name} (study_id, study_name)")
        database.execute(trials)
    return path


def test_a_view_in_place_of_a_table_is_not_run(tmp_path: Path) -> None:
    endless = "with recursive r(n) as (select 1 union all select n from r) select n from r"
    path = storage(tmp_path / "a.db", f"create view trials as {endless}")
    with pytest.raises(TaskError, match="must have the tables trials"):
        import_from("optuna", path)


def test_a_database_that_takes_without_end_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MOST_STEPS", 2)
    path = storage(tmp_path / "a.db", "create table trials (number, study_id)")
    endless = (
        "with recursive r(n) as (select 1 union all select n + 1 from r) select max(n) from r"
    )
    with pytest.raises(TaskError, match="interrupted"):
        list(logs.query(path, ["trials"], endless))
