"""Open and check a run's SQLite database; say what to do about SQLite's errors in one line."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evolve.errors import Kept, StoreError
from evolve.files import flush_folder
from evolve.jsontext import compact_json
from evolve.runs import checks, limits
from evolve.runs.lock import require_file_locks
from evolve.runs.migrations import VERSION, make_schema, migrate
from evolve.runs.notes import check_meta
from evolve.runs.summary import Summary
from evolve.runs.usual import run_words
from evolve.runs.vetting import TAILS, require_files, require_schema, restrain

BUSY_SECONDS = 30.0

_FULL = "the disk is full"
_NO_SHARED_MEMORY = "its file system maps no shared memory; read a copy on a local disk"
_NO_LOCKS = "its file system has no fcntl locks; keep runs on a local disk (--runs-dir)"

_ADVICE = {
    "SQLITE_FULL": _FULL,
    "SQLITE_IOERR_SHMSIZE": _FULL,
    "SQLITE_IOERR_SHMMAP": _NO_SHARED_MEMORY,
    "SQLITE_IOERR_SHMOPEN": _NO_SHARED_MEMORY,
    "SQLITE_IOERR_SHMLOCK": _NO_SHARED_MEMORY,
    "SQLITE_IOERR_LOCK": _NO_LOCKS,
    "SQLITE_IOERR_RDLOCK": _NO_LOCKS,
    "SQLITE_BUSY": f"locked by another program for {BUSY_SECONDS:.0f} s; close it and resume",
    "SQLITE_LOCKED": "locked by another program; close it and resume",
    "SQLITE_READONLY": "cannot be written; check the permissions of the file and its folder",
    "SQLITE_READONLY_ROLLBACK": "its writer died while it wrote a batch; resume the run, which "
    "takes the half of it back",
    "SQLITE_PERM": "cannot be opened; check the permissions of the file and its folder",
    "SQLITE_CANTOPEN": "cannot be opened; check the permissions of the file and its folder",
    "SQLITE_CORRUPT": "damaged; put a copy in its place or start a new run",
    "SQLITE_NOTADB": "damaged or not a database; put a copy in its place or start a new run",
    "SQLITE_IOERR": "the disk failed, or a quota is used up",
    "SQLITE_INTERRUPT": "damaged: its schema is none that a run has",
    "SQLITE_TOOBIG": f"damaged: a value is larger than {limits.VALUE_BYTES} bytes",
}
_META = ("settings", "task", "versions")
_KEPT = {
    "SQLITE_FULL": "every finished batch is kept; free some space and resume",
    "SQLITE_IOERR_SHMSIZE": "every finished batch is kept; free some space and resume",
    "SQLITE_IOERR": "every finished batch is kept",
}


@contextlib.contextmanager
def translated_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors about a file into a `StoreError` that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        key = _name(error) if _name(error) in _ADVICE else _kind(error)
        advice, kept = _ADVICE.get(key), _KEPT.get(key)
        more = (Kept(f"; {kept}"),) if kept else ()
        end = f" ({error})" if advice else ""
        raise StoreError(f"{path}: {advice or error}", *more, end) from error
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from error


def _name(error: sqlite3.Error) -> str:
    return str(getattr(error, "sqlite_errorname", ""))


def _kind(error: sqlite3.Error) -> str:
    """Name of SQLite's error, less what is special to the place: `SQLITE_IOERR`."""
    if isinstance(error, sqlite3.OperationalError) and "decode" in str(error):
        return "SQLITE_CORRUPT"  # text that is no longer UTF-8
    return "_".join(_name(error).split("_")[:2])


@contextlib.contextmanager
def refused_values(path: Path, what: str = "") -> Iterator[None]:
    """Turn a `ValueError` about a stored value into a `StoreError` with file and place."""
    try:
        yield
    except ValueError as error:
        place = f"{what}: " if what else ""
        raise StoreError(f"{path}: damaged: {place}{error}") from None


@contextlib.contextmanager
def transaction(path: Path, connection: sqlite3.Connection) -> Iterator[None]:
    """One transaction: committed at the end, taken back on any error."""
    with translated_errors(path):
        connection.execute("BEGIN IMMEDIATE")
        with connection:
            yield


def connect(path: Path, *, write: bool) -> sqlite3.Connection:
    """Open an existing database file in autocommit mode.

    A reader of a folder that it cannot write to reads the file as it stands, if no batch waits in
    the log beside it: without a log of its own to make, SQLite would refuse. A writer whose file
    system maps no shared memory goes on without the log.
    """
    require_files(path, write=write)
    require_file_locks(path.parent)
    try:
        return _connected(path, write=write)
    except sqlite3.OperationalError as error:
        if write and refuses_shared_memory(error):
            leave_log(path)
            return _connected(path, write=True)
        if write or _kind(error) == "SQLITE_BUSY" or _is_unfinished(path):
            raise
        return _open(path, "mode=ro&immutable=1")


def _connected(path: Path, *, write: bool) -> sqlite3.Connection:
    connection = _open(path, "mode=rw" if write else "mode=ro")
    with contextlib.ExitStack() as undo:
        undo.callback(connection.close)
        connection.execute("SELECT count(*) FROM sqlite_master")
        if write:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
        undo.pop_all()
    return connection


def _is_unfinished(path: Path) -> bool:
    """Whether a batch waits in the log, or is to be taken back by the journal."""
    beside = (path.with_name(path.name + tail) for tail in ("-wal", "-journal"))
    return any(one.exists() and one.stat().st_size for one in beside)


def refuses_shared_memory(error: sqlite3.Error) -> bool:
    """Whether SQLite failed for want of shared memory, which its log (WAL) needs."""
    return _ADVICE.get(_name(error)) == _NO_SHARED_MEMORY


def leave_log(path: Path) -> None:
    """Turn a database with a log (WAL) into one with a rollback journal, alone with the file.

    Nobody else reads or writes meanwhile, so that SQLite needs no shared memory for the last time.
    """
    with contextlib.closing(_open(path, "mode=rw")) as connection:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = DELETE")
    path.with_name(path.name + "-shm").unlink(missing_ok=True)


def has_log(path: Path) -> bool:
    """Whether readers of a database do not wait for its writer, as with a log (WAL)."""
    with translated_errors(path), contextlib.closing(connect(path, write=False)) as connection:
        return bool(connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal")


def _open(path: Path, query: str) -> sqlite3.Connection:
    uri = f"{path.resolve().as_uri()}?{query}"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    restrain(connection, write=query == "mode=rw")
    return connection


def read_meta(path: Path, connection: sqlite3.Connection) -> dict[str, dict[str, Any]]:
    """What was written when the run was made: settings, task and versions."""
    select = "SELECT value FROM meta WHERE key = ?"
    with translated_errors(path), refused_values(path, "table meta"):
        rows = {key: connection.execute(select, (key,)).fetchone() for key in _META}
        for key, row in rows.items():
            if row is None:
                raise ValueError(f"{key} is missing")
        meta = {k: checks.parsed(k, row[0], limits.VALUE_BYTES) for k, row in rows.items()}
        check_meta(meta)
    return meta


def make_file(path: Path, meta: Mapping[str, Any]) -> None:
    """Make an empty database; it appears under its name whole, or not at all.

    It has a log (WAL) where the file system maps shared memory, else a rollback journal, with
    which readers and the writer wait for each other.
    """
    new = path.with_name(path.name + ".new")
    for stem in (path, new):
        for tail in TAILS:
            stem.with_name(stem.name + tail).unlink(missing_ok=True)
    connection = sqlite3.connect(new, isolation_level=None)
    try:
        connection.execute("BEGIN")
        make_schema(connection)
        rows = [(key, compact_json(value)) for key, value in meta.items()]
        connection.executemany("INSERT INTO meta VALUES (?, ?)", rows)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()
    connect(new, write=True).close()
    os.replace(new, path)
    flush_folder(path.parent)


def open_checked(path: Path, *, write: bool) -> sqlite3.Connection:
    """Open a database, bring it to the current schema and check that it is whole."""
    connection = connect(path, write=write)
    with contextlib.ExitStack() as undo:
        undo.callback(connection.close)
        version = require_schema(connection, path)
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise StoreError(f"{path}: {_ADVICE['SQLITE_CORRUPT']} ({verdict})")
        if write:
            migrate(connection, str(path))
        elif version < VERSION:
            connection = _migrated_copy(connection, str(path))
            undo.callback(connection.close)
        _require_numbers(connection, path)
        undo.pop_all()
    return connection


def copy_database(path: Path, copy: Path) -> None:
    """Copy a database as it stands to a new file, also while another process writes it."""
    with (
        translated_errors(path),
        contextlib.closing(connect(path, write=False)) as source,
        contextlib.closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)


def exists(path: Path) -> bool:
    """Whether a database is there.

    Raises:
        StoreError: Nobody may look.
    """
    with translated_errors(path):
        return path.exists()


def name_taken(folder: Path) -> StoreError:
    """The refusal to make a run anew."""
    command = f"python -m evolve resume {run_words(folder)}"
    return StoreError(f"run {folder.name!r} exists; resume it with: {command}")


def require_leaders(connection: sqlite3.Connection, summary: Summary) -> None:
    """Require that every leader of a summary is an entry of that size and score.

    Raises:
        ValueError: One is not.
    """
    select = "SELECT n_constants, score FROM entries WHERE position = ?"
    for (n_constants, _), (score, position) in summary.leaders.items():
        if connection.execute(select, (position,)).fetchone() != (n_constants, score):
            raise ValueError(
                f"entry {position} is not one of {n_constants} constants and score {score:g}"
            )


def _require_numbers(connection: sqlite3.Connection, path: Path) -> None:
    """Require that entries are numbered from 0 on, with none left out."""
    ask = "SELECT count(*), min(position), max(position) FROM entries"
    n, first, last = connection.execute(ask).fetchone()
    if n > limits.ENTRIES:
        raise StoreError(f"{path}: has {n} entries, more than {limits.ENTRIES}")
    if n and (first, last) != (0, n - 1):
        positions = connection.execute("SELECT position FROM entries ORDER BY position")
        missing = next((i for i, (position,) in enumerate(positions) if position != i), n)
        raise StoreError(f"{path}: damaged: entry {missing} is missing")


def _migrated_copy(connection: sqlite3.Connection, where: str) -> sqlite3.Connection:
    """An old database's content under the current schema, in memory: readers change nothing."""
    copy = sqlite3.connect(":memory:", isolation_level=None)
    copy.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, limits.VALUE_BYTES)
    with contextlib.closing(connection):
        connection.backup(copy)
    migrate(copy, where)
    return copy
