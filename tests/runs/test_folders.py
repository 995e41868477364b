"""A new run's folder: a name of its own, and nothing left where no run came of it."""

from __future__ import annotations

import errno
import fcntl
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from store_service import BATCH, entries, new_store, start_python

from evolve.errors import EvolveError, StoreError
from evolve.runs import database
from evolve.runs.database import has_log
from evolve.runs.folders import find_run, list_cut_short, new_folder
from evolve.runs.listing import listed
from evolve.runs.lock import LOCK_NAME, WriterLock
from evolve.runs.store import STORE_NAME, Store

KIB = 1024


def make(runs: Path, name: str | None = None, n: int = 0) -> Path:
    """Make a run as the verbs do, and return its folder."""
    with new_folder(runs, name, "t", 0) as folder, new_store(folder, n):
        return folder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for the tables of a run, and for nothing else."""
    disk = tmp_path / "disk"
    disk.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(words, capture_output=True).returncode:
        pytest.skip("needs the right to mount a disk of memory")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.fixture
def most_bytes() -> Iterator[None]:
    """A limit on the size of files, as a quota is."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20 * KIB, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def no_shared_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite on a file system that maps no shared memory: it refuses every use of a log."""

    class Connection(sqlite3.Connection):
        alone = False

        def execute(self, words: str, *values: Any) -> sqlite3.Cursor:
            self.alone |= "EXCLUSIVE" in words
            mode = super().execute("PRAGMA journal_mode").fetchone()[0] if " " in words else ""
            if mode == "wal" and not self.alone and "PRAGMA" not in words:
                error = sqlite3.OperationalError("disk I/O error")
                error.sqlite_errorname = "SQLITE_IOERR_SHMMAP"
                raise error
            return super().execute(words, *values)

    connect = sqlite3.connect
    monkeypatch.setattr(
        database.sqlite3, "connect", lambda *a, **k: connect(*a, factory=Connection, **k)
    )


@pytest.fixture
def no_file_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system with `flock` and without `fcntl`."""

    def refuse(fd: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "lockf", refuse)


def test_runs_without_a_name_count_up(tmp_path: Path) -> None:
    assert [make(tmp_path / "runs").name for _ in range(3)] == ["t-0-1", "t-0-2", "t-0-3"]


def test_six_starts_at_once_get_a_number_each(tmp_path: Path) -> None:
    code = """
import os, sys
from pathlib import Path
from evolve.runs.folders import new_folder
from store_service import new_store
reading, writing = os.pipe()
for _ in range(6):
    if os.fork() == 0:
        os.close(writing)
        os.read(reading, 1)  # until all are there
        with new_folder(Path(sys.argv[1]), None, "t", 0) as folder, new_store(folder):
            os.write(1, f"{folder.name}\\n".encode())
        os._exit(0)
os.close(writing)
for _ in range(6):
    os.wait()
"""
    names, errors = start_python(code, str(tmp_path)).communicate()
    assert errors == ""
    assert sorted(names.split()) == [f"t-0-{number}" for number in range(1, 7)]


def test_a_number_taken_in_between_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = iter(["t-0-1", "t-0-1", "t-0-2"])
    monkeypatch.setattr("evolve.runs.folders.free_name", lambda *_: next(numbers))
    assert [make(tmp_path).name, make(tmp_path).name] == ["t-0-1", "t-0-2"]


def test_a_run_that_fails_before_its_first_entry_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(EvolveError, match="no task"), new_folder(tmp_path, "r", "t", 0) as folder:
        raise EvolveError(f"no task {folder}")
    with (
        pytest.raises(EvolveError, match="no"),
        new_folder(tmp_path / "a" / "runs", "r", "t", 0) as folder,
        new_store(folder),
    ):
        raise EvolveError("no")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_before_the_first_entry_leaves_nothing_and_the_name_is_free(
    tmp_path: Path,
) -> None:
    with pytest.raises(KeyboardInterrupt), new_folder(tmp_path / "runs", None, "t", 0):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
    with (
        pytest.raises(KeyboardInterrupt),
        new_folder(tmp_path, None, "t", 0) as folder,
        new_store(folder, BATCH),
    ):
        raise KeyboardInterrupt
    assert make(tmp_path).name == "t-0-2"


def test_what_is_left_of_a_run_that_was_killed_while_it_was_made_is_said_to_be_that(
    tmp_path: Path,
) -> None:
    killed, empty, own = (tmp_path / name for name in ("r", "t-0-1", "notes"))
    for folder in (killed, empty, own):
        folder.mkdir()
    (killed / LOCK_NAME).write_text("")
    (killed / f"{STORE_NAME}.new").write_text("")
    (empty / "mine").mkdir()
    (empty / "mine" / "task.toml").write_text("")
    (tmp_path / "tasks" / "mine").mkdir(parents=True)
    (tmp_path / "tasks" / "mine" / "task.toml").write_text("")
    assert list_cut_short(tmp_path) == ["r", "t-0-1"]
    with pytest.raises(StoreError, match=r"no run 'r': .*whose making was cut short"):
        find_run("r", tmp_path)
    assert listed(killed)["state"] == "not made"
    assert make(tmp_path, "r").name == "r"
    assert list_cut_short(tmp_path) == ["t-0-1"]


def test_a_run_that_fails_later_is_kept(tmp_path: Path) -> None:
    with (
        pytest.raises(EvolveError, match="no"),
        new_folder(tmp_path, "r", "t", 0) as folder,
        new_store(folder, BATCH),
    ):
        raise EvolveError("no")
    with Store.open(tmp_path / "r", write=False) as store:
        assert len(store) == BATCH


def test_a_folder_that_was_there_keeps_what_else_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "notes.txt").write_text("mine")
    with (
        pytest.raises(EvolveError, match="no"),
        new_folder(tmp_path, "r", "t", 0) as folder,
        new_store(folder),
    ):
        raise EvolveError("no")
    assert [path.name for path in (tmp_path / "r").iterdir()] == ["notes.txt"]


def test_a_refused_second_run_of_a_name_leaves_the_first_alone(tmp_path: Path) -> None:
    make(tmp_path, "r")
    before = (tmp_path / "r" / STORE_NAME).read_bytes()
    with pytest.raises(StoreError, match="run 'r' exists"):
        make(tmp_path, "r")
    assert (tmp_path / "r" / STORE_NAME).read_bytes() == before


def test_a_folder_that_another_process_writes_is_not_taken_away(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    held = WriterLock(tmp_path / "r")
    with pytest.raises(StoreError, match="is being written by"):
        make(tmp_path, "r")
    assert (tmp_path / "r" / LOCK_NAME).exists()
    held.release()


def test_a_lock_file_that_was_taken_away_gives_no_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flock = fcntl.flock

    def remove_first(fd: int, operation: int) -> None:
        (tmp_path / LOCK_NAME).unlink()
        flock(fd, operation)

    monkeypatch.setattr(fcntl, "flock", remove_first)
    with pytest.raises(StoreError, match="is being written by another process"):
        WriterLock(tmp_path)


def test_a_new_run_on_a_full_disk_is_one_line_and_leaves_nothing(small_disk: Path) -> None:
    with pytest.raises(StoreError, match=r"run.sqlite: the disk is full; no run was made"):
        make(small_disk / "runs")
    assert list(small_disk.iterdir()) == []
    (small_disk / "filled").write_bytes(bytes(64 * KIB))
    with pytest.raises(StoreError, match="No space left on device"):
        make(small_disk / "runs")
    assert [path.name for path in small_disk.iterdir()] == ["filled"]


@pytest.mark.usefixtures("most_bytes")
def test_a_new_run_above_a_quota_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"or a quota is used up; no run was made"):
        make(tmp_path / "runs")
    assert list(tmp_path.iterdir()) == []


def test_a_batch_that_no_longer_fits_is_said_to_leave_the_others(tmp_path: Path) -> None:
    with new_store(tmp_path / "r", BATCH) as store:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        size = (tmp_path / "r" / f"{STORE_NAME}-wal").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + KIB, before[1]))
        try:
            with pytest.raises(
                StoreError, match=r"quota is used up; every finished batch is kept"
            ):
                store.append(entries(BATCH, BATCH))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert len(store) == BATCH
        store.append(entries(BATCH, BATCH))


@pytest.mark.usefixtures("no_shared_memory")
def test_without_shared_memory_a_run_has_a_journal_and_no_log(tmp_path: Path) -> None:
    make(tmp_path, "r", BATCH)
    assert not has_log(tmp_path / "r" / STORE_NAME)
    assert sorted(path.name for path in (tmp_path / "r").iterdir()) == [LOCK_NAME, STORE_NAME]
    with Store.open(tmp_path / "r", write=True) as store:
        store.append(entries(BATCH, BATCH))
        assert store.entries() == entries(0, 2 * BATCH)


def test_a_run_moved_to_where_no_shared_memory_is_goes_on(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    make(tmp_path, "r", BATCH)
    assert has_log(tmp_path / "r" / STORE_NAME)
    request.getfixturevalue("no_shared_memory")
    with Store.open(tmp_path / "r", write=False) as store:
        assert store.entries() == entries(0, BATCH)
    with Store.open(tmp_path / "r", write=True) as store:
        store.append(entries(BATCH, BATCH))
    assert not has_log(tmp_path / "r" / STORE_NAME)


@pytest.mark.usefixtures("no_shared_memory")
def test_half_a_batch_of_a_dead_writer_is_never_read(tmp_path: Path) -> None:
    path = make(tmp_path, "r", 10 * BATCH) / STORE_NAME
    dying = sqlite3.connect(path, isolation_level=None)
    dying.execute("PRAGMA cache_size = 1")  # writes pages before the end of a transaction
    dying.execute("BEGIN")
    dying.execute("UPDATE entries SET operator = 'half'")
    shutil.copytree(tmp_path / "r", tmp_path / "left")
    dying.close()
    with pytest.raises(StoreError, match="died while it wrote a batch; resume the run"):
        Store.open(tmp_path / "left", write=False)
    with Store.open(tmp_path / "left", write=True) as store:
        assert store.entries() == entries(0, 10 * BATCH)


@pytest.mark.usefixtures("no_file_locks")
def test_without_file_locks_a_run_is_refused_and_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"has no fcntl locks \(No locks available\)"):
        make(tmp_path / "runs")
    assert list(tmp_path.iterdir()) == []


def test_a_reader_without_file_locks_does_not_wait(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    make(tmp_path, "r", BATCH)
    request.getfixturevalue("no_file_locks")
    with pytest.raises(StoreError, match="has no fcntl locks"):
        Store.open(tmp_path / "r", write=False)


def test_where_no_run_is_it_is_said_where_was_looked_and_how_one_is_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as told:
        find_run("parallel-0-1", tmp_path)
    assert f"there are no runs in {tmp_path.resolve()}" in str(told.value)
    assert str(told.value).endswith("a search makes one: python -m evolve --task parallel")
    with pytest.raises(StoreError, match="python -m evolve --task TASK"):
        find_run("mine-0-1", tmp_path)


def test_a_path_is_that_run_and_no_other_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    for place in (tmp_path / "runs", here / "runs", here):
        make(place, "r", BATCH)
    make(tmp_path / "runs", "other-0-1", BATCH)
    monkeypatch.chdir(here)
    runs = Path("runs")
    assert find_run("../runs/r", runs).resolve() == tmp_path / "runs" / "r"
    assert find_run("./r", runs).resolve() == here / "r"
    assert find_run("r", runs).resolve() == here / "runs" / "r"
    assert find_run("r/", runs).resolve() == here / "r"
    monkeypatch.chdir(here / "r")
    for word in (".", "../r"):
        assert find_run(word, here / "runs").resolve() == here / "r"


def test_no_run_of_the_same_name_stands_in_for_a_path_that_leads_to_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "runs", "r", BATCH)
    make(tmp_path / "there", "parallel-0-1", BATCH)
    monkeypatch.chdir(tmp_path)
    for path in ("./r", "../runs/r", "there/../r"):
        with pytest.raises(StoreError, match="no run 'r' in "):
            find_run(path, Path("runs"))
    named = r"no run 'paralel-0-1' in there \(did you mean 'parallel-0-1'\?\)"
    with pytest.raises(StoreError, match=named):
        find_run("there/paralel-0-1", Path("runs"))
