"""A database from a stranger is a regular file with the tables of a run and nothing else."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from store_service import BATCH, entries, new_store

from evolve.errors import StoreError
from evolve.runs import limits
from evolve.runs.migrations import SCHEMA, VERSION, tables_of
from evolve.runs.store import SUMMARY, Store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A finished run, and a file elsewhere."""
    new_store(tmp_path / "r", n=BATCH).close()
    (tmp_path / "precious").write_text("precious")
    return tmp_path / "r"


def refused(folder: Path, words: str, *, write: bool = False) -> None:
    with pytest.raises(StoreError, match=words):
        Store.open(folder, write=write)
    assert (folder.parent / "precious").read_text() == "precious"


@pytest.mark.parametrize("name", ["run.sqlite", "run.sqlite-wal", "run.sqlite-shm"])
@pytest.mark.parametrize("make", [os.symlink, os.link])
def test_a_file_of_the_database_that_leads_elsewhere_is_not_opened(
    name: str, make: Callable[[Path, Path], None], folder: Path
) -> None:
    (folder / name).unlink(missing_ok=True)
    make(folder.parent / "precious", folder / name)
    refused(folder, f"{name}: .*(symbolic link|second name)", write=True)


def test_a_log_that_is_a_pipe_keeps_nobody_waiting(folder: Path) -> None:
    os.mkfifo(folder / "run.sqlite-wal")
    refused(folder, "run.sqlite-wal: cannot be opened: it is a pipe")


def test_a_journal_that_names_another_file_is_not_played_back(folder: Path) -> None:
    name = bytes(folder.parent / "precious")
    end = len(name).to_bytes(4, "big") + sum(name).to_bytes(4, "big")
    data = bytes(512) + name + end + bytes.fromhex("d9d505f920a163d7")
    (folder / "run.sqlite-journal").write_bytes(data)
    refused(folder, "is not the journal of a run, it names other files")


def test_a_database_beyond_the_limit_is_not_read(folder: Path) -> None:
    with (folder / "run.sqlite").open("ab") as file:
        file.truncate(limits.FILE_BYTES + 1)
    refused(folder, f"more than {limits.FILE_BYTES}")


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("CREATE VIEW v AS SELECT 1", "it holds the view 'v'"),
        ("CREATE TRIGGER t AFTER INSERT ON notes BEGIN DELETE FROM entries; END", "the trigger"),
        ("CREATE TABLE more (x)", "it holds the table 'more'"),
        ("CREATE INDEX i ON entries (score)", "it holds the index 'i'"),
        ("DROP TABLE notes", "it has no table 'notes'"),
        ("ALTER TABLE notes ADD COLUMN more", "table 'notes' is not that of schema"),
        ("PRAGMA user_version = 1", "table 'entries' is not that of schema 1"),
        ("PRAGMA user_version = 0", "no run has schema 0"),
    ],
)
def test_a_schema_that_is_not_a_runs_is_refused(statement: str, words: str, folder: Path) -> None:
    database = sqlite3.connect(folder / "run.sqlite")
    database.execute(statement)
    database.close()
    for write in (False, True):
        refused(folder, words, write=write)


def test_a_value_beyond_the_limit_is_not_read(folder: Path) -> None:
    database = sqlite3.connect(folder / "run.sqlite")
    size = limits.VALUE_BYTES + 1
    with database:
        database.execute(f"INSERT INTO notes VALUES ('a', zeroblob({size}))")
    database.close()
    with (
        Store.open(folder, write=False) as store,
        pytest.raises(StoreError, match="damaged: a value is larger than"),
    ):
        store.note("a")


def test_a_version_keeps_the_tables_and_the_columns_of_the_one_before() -> None:
    assert set(tables_of(1)) < set(tables_of(VERSION))
    assert len(tables_of(VERSION)) == len(SCHEMA)
    entries = [tables_of(version)["entries"] for version in range(1, VERSION + 1)]
    assert all(
        old.removesuffix(")") in new for old, new in zip(entries, entries[1:], strict=False)
    )


def test_the_bound_on_reading_a_schema_does_not_end_a_long_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evolve.runs.vetting.SCHEMA_STEPS", 1000)
    with new_store(tmp_path / "r") as made:
        for first in range(0, 320, 32):
            made.append(entries(first, 32))
        assert len(made) == 320


def test_the_bound_on_reading_a_schema_holds_nothing_back_that_a_reader_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with new_store(tmp_path / "r") as made:
        for first in range(0, 2560, 512):
            made.append(entries(first, 512))
        whole = made.summary()
        made.set_note(SUMMARY, None)
    with Store.open(tmp_path / "r", write=False) as reader:
        monkeypatch.setattr("evolve.runs.vetting.SCHEMA_STEPS", 200)
        for number in range(40):
            reader.record_test_opening("score", "p", str(number))
        assert reader.summary() == whole
        assert reader.note(SUMMARY) == whole.to_data()
        assert len(reader.test_openings()) == 40
