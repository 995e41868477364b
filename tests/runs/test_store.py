from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from store_service import (
    BATCH,
    entries,
    entry,
    most_held,
    new_store,
    start_python,
    start_writer,
)

from evolve.errors import StoreError
from evolve.runs.lock import WriterLock
from evolve.runs.store import STORE_NAME, Store
from evolve.scoring.fold import FoldScore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with new_store(tmp_path / "r", n=BATCH) as made:
        yield made


def open_to_read(store: Store) -> Store:
    return Store.open(store.folder, write=False)


def append_for_ever(store: Store) -> None:
    while True:
        store.append(entries(len(store), BATCH))


def test_a_new_run_holds_what_it_was_made_with(tmp_path: Path) -> None:
    task = {"name": "t", "fingerprint": "f", "folder": "tasks/t"}
    folder = tmp_path / "runs" / "first"
    Store.create(folder, settings={"seed": 7}, task=task, versions={"evolve": "0.1"}).close()
    with Store.open(folder, write=False) as store:
        assert (store.settings, store.task) == ({"seed": 7}, task)
        assert store.versions == {"evolve": "0.1"}
        assert len(store) == 0
        assert store.entries() == []


def test_a_run_never_overwrites_another(store: Store) -> None:
    message = "run 'r' exists; resume it with: python -m evolve resume r"
    with pytest.raises(StoreError, match=message):
        new_store(store.folder)
    assert len(store) == BATCH


def test_what_a_killed_creation_left_is_no_run(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    folder.mkdir()
    for name in ("run.sqlite.new", "run.sqlite.new-journal", "run.sqlite-wal"):
        (folder / name).write_bytes(b"half")
    with pytest.raises(StoreError, match=r"no run here \(run.sqlite is missing\)"):
        Store.open(folder, write=True)
    with new_store(folder, n=2) as store:
        assert len(store) == 2
    assert not (folder / "run.sqlite.new").exists()


def test_entries_come_back_as_they_went_in(store: Store) -> None:
    store.append(entries(BATCH, 3))
    store.append([])
    with open_to_read(store) as reader:
        assert reader.entries() == entries(0, BATCH + 3)
        assert reader.entries(start=BATCH) == entries(BATCH, 3)
        assert reader.entry(2) == entry(2)
        assert reader.text(entry(2).program_id) == entry(2).text
        assert len(reader) == BATCH + 3


def test_a_part_of_the_entries_can_be_read_and_how_they_ended_be_counted(store: Store) -> None:
    store.append(entries(BATCH, BATCH))
    assert list(store.each(2, 7)) == store.entries(2, 7) == entries(2, 5)
    assert store.entries(stop=3) == entries(0, 3)
    assert store.summary().statuses == {"ok": 7, "timeout": 3}


def test_reading_each_entry_holds_one_at_a_time(store: Store) -> None:
    with most_held() as held:
        assert sum(1 for _ in store.each()) == BATCH
    assert held.most <= 2  # the next one is made before the last one is let go
    with most_held() as held:
        assert len(store.entries()) == BATCH
    assert held.most == BATCH


def test_a_text_is_kept_once_however_often_it_came(store: Store) -> None:
    text = entry(0).text
    store.append([entry(BATCH, text=text, law=None, recipe=None)])
    assert store.entry(BATCH).text == text
    database = sqlite3.connect(store.path)
    assert database.execute("SELECT count(*) FROM programs").fetchone() == (BATCH,)
    database.close()


def test_an_entry_or_a_program_that_is_not_there_is_named(store: Store) -> None:
    with pytest.raises(StoreError, match="no entry 99; there are 5"):
        store.entry(99)
    with pytest.raises(StoreError, match="no entry -1"):
        store.entry(-1)
    with pytest.raises(StoreError, match="no entry 1000000"):
        store.entry(10**30)
    with pytest.raises(StoreError, match="no program 'abc'"):
        store.text("abc")


@pytest.mark.parametrize("start", [0, BATCH - 1, BATCH + 1])
def test_a_batch_goes_on_exactly_where_the_store_ends(store: Store, start: int) -> None:
    with pytest.raises(ValueError, match="Expected indices to go on from 5"):
        store.append(entries(start, 2))
    assert len(store) == BATCH


def test_a_batch_is_kept_whole_or_not_at_all(store: Store) -> None:
    digest = store.digest()
    with pytest.raises(TypeError):
        store.append([entry(BATCH), entry(BATCH + 1, facts={"a": object()})])
    assert store.digest() == digest
    store.append(entries(BATCH, 2))
    assert len(store) == BATCH + 2


def test_a_note_is_replaced_by_the_next_of_its_key(store: Store) -> None:
    assert store.note("sandbox") is None
    store.set_note("sandbox", {"level": "strong"})
    store.set_note("sandbox", {"level": "weak", "missing": ["landlock"]})
    with open_to_read(store) as reader:
        assert reader.note("sandbox") == {"level": "weak", "missing": ["landlock"]}


def test_a_reader_cannot_write(store: Store) -> None:
    with open_to_read(store) as reader:
        with pytest.raises(StoreError, match="cannot be written"):
            reader.append([entry(BATCH)])
        with pytest.raises(StoreError, match="cannot be written"):
            reader.set_note("a", 1)


def test_a_run_that_somebody_made_while_the_lock_was_awaited_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(folder: Path) -> WriterLock:
        (folder / STORE_NAME).write_bytes(b"theirs")
        return WriterLock(folder)

    monkeypatch.setattr("evolve.runs.store.WriterLock", late)
    with pytest.raises(StoreError, match="run 'r' exists"):
        new_store(tmp_path / "r")
    assert (tmp_path / "r" / STORE_NAME).read_bytes() == b"theirs"


def test_every_opening_of_the_test_rows_is_recorded(store: Store) -> None:
    store.record_test_opening("score", "a" * 16, "python -m evolve score r --split test")
    with open_to_read(store) as reader:  # also by a reader, while the writer is at work
        reader.record_test_opening("report", "b" * 16, "python -m evolve report r --reveal-test")
        found = reader.test_openings()
    assert [(one["what"], one["program_id"]) for one in found] == [
        ("score", "a" * 16),
        ("report", "b" * 16),
    ]
    assert all(one["at"].endswith("+00:00") for one in found)


def test_more_openings_than_a_run_may_have_are_refused_and_none_is_left_out(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        store.record_test_opening("score", "a" * 16, "")
    monkeypatch.setattr("evolve.runs.openings.OPENINGS", 3)
    assert len(store.test_openings()) == 3
    monkeypatch.setattr("evolve.runs.openings.OPENINGS", 2)
    with pytest.raises(StoreError, match="at most 2 rows, it has more"):
        store.test_openings()


def test_a_reader_sees_each_batch_as_soon_as_it_is_kept(store: Store) -> None:
    with open_to_read(store) as reader:
        for n in range(BATCH, 4 * BATCH, BATCH):
            store.append(entries(n, BATCH))
            assert reader.entries() == entries(0, n + BATCH)


def test_closing_twice_is_harmless(tmp_path: Path) -> None:
    store = new_store(tmp_path / "r")
    store.close()
    store.close()
    Store.open(store.folder, write=True).close()


@pytest.mark.parametrize(
    "change",
    [
        {"text": "another"},
        {"key": "another"},
        {"parents": (1,)},
        {"operator": "another"},
        {"status": "crash"},
        {"score": -1.0000000000000002},
        {"stage": 3},
        {"folds": (FoldScore("a", 1, 0.5, 0.5),)},
        {"n_constants": 6},
    ],
)
def test_the_digest_sees_what_must_repeat(tmp_path: Path, change: dict[str, object]) -> None:
    digests = set()
    for name, changes in (("a", {"score": -1.0}), ("b", {"score": -1.0, **change})):
        with new_store(tmp_path / name) as store:
            store.append([entry(0), entry(1), entry(2), entry(3, **changes)])
            digests.add(store.digest())
    assert len(digests) == 2


def test_the_digest_leaves_out_clocks_and_the_cut_into_batches(tmp_path: Path) -> None:
    with new_store(tmp_path / "a", n=4) as store:
        expected = store.digest()
    with new_store(tmp_path / "b", n=3) as store:
        store.set_note("a", 1)
        store.record_test_opening("score", "p", "c")
        store.append([entry(3, seconds=9.0, message="slower", facts={"ms": 9})])
        assert store.digest() == expected


def test_a_killed_writer_leaves_whole_batches_and_a_lock_to_take_over(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    new_store(folder).close()
    moments = random.Random(4)
    for _ in range(4):
        writer = start_writer(folder)
        assert writer.stdout is not None
        told = [int(writer.stdout.readline()) for _ in range(moments.randrange(1, 30))]
        with Store.open(folder, write=False) as reader:
            assert len(reader.entries()) % BATCH == 0
        writer.kill()
        rest, _ = writer.communicate()
        told += [int(line) for line in rest.splitlines(keepends=True) if line.endswith("\n")]
        with Store.open(folder, write=True) as store:
            n = len(store)
            assert n >= told[-1]
            assert n % BATCH == 0
            assert store.entries() == entries(0, n)


def test_an_unfinished_batch_is_forgotten_by_the_next_opening(store: Store) -> None:
    code = """
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA cache_spill = 1")
database.execute("BEGIN IMMEDIATE")
database.execute("INSERT INTO programs SELECT 'x', hex(zeroblob(20000000))")
database.execute("DELETE FROM entries")
os.kill(os.getpid(), 9)
"""
    assert start_python(code, str(store.path)).wait() == -9
    assert store.entries() == entries(0, BATCH)
    store.append(entries(BATCH, 1))


def test_a_power_cut_that_tears_the_log_leaves_whole_batches(tmp_path: Path) -> None:
    with new_store(tmp_path / "r") as store:
        for n in range(0, 20 * BATCH, BATCH):
            store.append(entries(n, BATCH))
        log = (tmp_path / "r" / "run.sqlite-wal").read_bytes()
        database = (tmp_path / "r" / "run.sqlite").read_bytes()
    cuts = random.Random(6)
    lengths = set()
    for number in range(12):
        folder = tmp_path / f"cut {number}"
        folder.mkdir()
        (folder / "run.sqlite").write_bytes(database)
        (folder / "run.sqlite-wal").write_bytes(log[: cuts.randrange(len(log))])
        with Store.open(folder, write=True) as store:
            lengths.add(len(store))
            assert store.entries() == entries(0, len(store))
    assert len(lengths) > 1
    assert {n % BATCH for n in lengths} == {0}


def test_a_full_disk_costs_only_the_batch_in_flight(small_disk: Path) -> None:
    folder = small_disk / "r"
    with new_store(folder) as store:
        with pytest.raises(StoreError, match=r"the disk is full; every finished batch is kept"):
            append_for_ever(store)
        n = len(store)
        assert n > 0
        assert n % BATCH == 0
        assert store.entries() == entries(0, n)
        with open_to_read(store) as reader:
            assert len(reader) == n
    with Store.open(folder, write=True) as store:
        assert store.entries() == entries(0, n)
    (small_disk / "ballast").unlink()
    with Store.open(folder, write=True) as store:
        store.append(entries(n, BATCH))
        assert store.entries() == entries(0, n + BATCH)


def test_a_run_that_a_full_disk_had_no_room_for_can_be_made_later(small_disk: Path) -> None:
    rest = small_disk / "rest"
    with rest.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass
    with pytest.raises(StoreError, match="the disk is full|No space left"):
        new_store(small_disk / "r")
    rest.unlink()
    with new_store(small_disk / "r", n=2) as store:
        assert store.entries() == entries(0, 2)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system with some ballast, where this process may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=768k", "tmpfs", str(disk)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("needs the right to mount a small file system")
    (disk / "ballast").write_bytes(bytes(256 * 1024))
    yield disk
    subprocess.run(["umount", str(disk)], check=True)
