from __future__ import annotations

import os
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from store_service import BATCH, entries, new_store

import evolve.runs.database
from evolve.errors import StoreError
from evolve.runs.store import Store

NOBODY = 65534


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A finished run of some batches."""
    with new_store(tmp_path / "r") as store:
        for n in range(0, 10 * BATCH, BATCH):
            store.append(entries(n, BATCH))
    return tmp_path / "r"


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A finished run that an ordinary user may read but not write."""
    top = Path(tempfile.mkdtemp())
    top.chmod(0o755)
    new_store(top / "r", n=BATCH).close()
    (top / "r").chmod(0o555)
    yield top / "r"
    (top / "r").chmod(0o755)
    shutil.rmtree(top)


@pytest.fixture
def ordinary_user(public_folder: Path) -> Iterator[None]:
    """This process without root's right to write everywhere."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    yield
    os.seteuid(user)


def change(folder: Path, statement: str) -> None:
    database = sqlite3.connect(folder / "run.sqlite")
    with database:
        database.execute(statement)
    database.close()


def read_all(folder: Path) -> None:
    with Store.open(folder, write=False) as store:
        store.entries()


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("size", [0, 50, 5000, 30000])
def test_a_file_that_was_cut_short_is_damaged(folder: Path, size: int, write: bool) -> None:
    os.truncate(folder / "run.sqlite", size)
    with pytest.raises(StoreError, match=r"run.sqlite: (damaged|not the store of a run)"):
        Store.open(folder, write=write)


def test_a_file_of_something_else_is_damaged(folder: Path) -> None:
    (folder / "run.sqlite").write_text("a line of text\n" * 1000)
    with pytest.raises(StoreError, match="damaged or not a database"):
        Store.open(folder, write=True)


@pytest.mark.parametrize("seed", range(8))
def test_a_page_of_noise_is_noticed(folder: Path, seed: int) -> None:
    path = folder / "run.sqlite"
    noise = random.Random(seed)
    page = noise.randrange(1, path.stat().st_size // 4096)
    data = bytearray(path.read_bytes())
    data[4096 * page : 4096 * (page + 1)] = noise.randbytes(4096)
    path.write_bytes(data)
    with pytest.raises(StoreError, match="damaged"):
        read_all(folder)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE entries SET score = score + 1e-15 WHERE position = 3", "entry 3 does not match"),
        ("UPDATE entries SET status = 'ok' WHERE position = 2", "entry 2 does not match"),
        ("UPDATE programs SET text = text || ' ' WHERE id = (SELECT program_id FROM entries "
         "WHERE position = 4)", "the text of entry 4 has changed"),
        ("UPDATE entries SET message = CAST(x'ff' AS TEXT) WHERE position = 1", "damaged"),
        ("DELETE FROM entries WHERE position = 7", "entry 7 is missing"),
        ("DELETE FROM programs WHERE rowid = 1", "the text of entry 0 has changed"),
    ],
)  # fmt: skip
def test_a_changed_value_is_noticed(folder: Path, statement: str, message: str) -> None:
    change(folder, statement)
    with pytest.raises(StoreError, match=message):
        read_all(folder)


@pytest.mark.parametrize(
    ("statement", "words"),
    [("DELETE FROM meta", "is missing"), ("UPDATE meta SET value = '{'", "must be JSON")],
)
def test_lost_settings_are_noticed(folder: Path, statement: str, words: str) -> None:
    change(folder, statement)
    with pytest.raises(StoreError, match=f"run.sqlite: damaged: table meta: settings {words}"):
        read_all(folder)


def test_the_sqlite_file_of_another_program_is_refused(folder: Path) -> None:
    change(folder, "PRAGMA application_id = 0")
    with pytest.raises(StoreError, match="not the store of a run"):
        Store.open(folder, write=True)


def test_a_database_held_by_another_program_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evolve.runs.database, "BUSY_SECONDS", 0.01)
    other = sqlite3.connect(folder / "run.sqlite", isolation_level=None)
    with Store.open(folder, write=True) as store:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked by another program"):
            store.append(entries(10 * BATCH, 1))
        other.execute("ROLLBACK")
        store.append(entries(10 * BATCH, 1))
    other.close()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"file/r: cannot be made: Not a directory"):
        new_store(tmp_path / "file" / "r")


@pytest.mark.usefixtures("ordinary_user")
def test_a_run_in_a_read_only_folder_can_be_read(public_folder: Path) -> None:
    with Store.open(public_folder, write=False) as store:
        assert store.entries() == entries(0, BATCH)


def test_a_run_in_a_folder_closed_to_this_user_is_named(
    public_folder: Path, request: pytest.FixtureRequest
) -> None:
    public_folder.chmod(0o700 if os.geteuid() == 0 else 0o000)
    request.getfixturevalue("ordinary_user")
    with pytest.raises(StoreError, match=r"run.sqlite: Permission denied"):
        Store.open(public_folder, write=False)


@pytest.mark.usefixtures("ordinary_user")
def test_a_run_in_a_read_only_folder_cannot_be_written(public_folder: Path) -> None:
    with pytest.raises(StoreError, match="r: cannot be written: Permission denied"):
        Store.open(public_folder, write=True)
    with pytest.raises(StoreError, match="new: cannot be made: Permission denied"):
        new_store(public_folder / "new")
    with (
        Store.open(public_folder, write=False) as store,
        pytest.raises(StoreError, match="check the permissions"),
    ):
        store.record_test_opening("score", "p", "c")
