"""Open and check a run's SQLite database; say what to do about SQLite's errors in one line."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evolve.errors import StoreError
from evolve.files import flush_folder
from evolve.jsontext import compact_json
from evolve.runs.migrations import VERSION, make_schema, migrate, schema_version

BUSY_SECONDS = 30.0

_ADVICE = {
    "SQLITE_FULL": "the disk is full; every finished batch is kept; free some space and resume",
    "SQLITE_BUSY": f"locked by another program for {BUSY_SECONDS:.0f} s; close it and resume",
    "SQLITE_LOCKED": "locked by another program; close it and resume",
    "SQLITE_READONLY": "cannot be written; check the permissions of the file and its folder",
    "SQLITE_PERM": "cannot be opened; check the permissions of the file and its folder",
    "SQLITE_CANTOPEN": "cannot be opened; check the permissions of the file and its folder",
    "SQLITE_CORRUPT": "damaged; put a copy in its place or start a new run",
    "SQLITE_NOTADB": "damaged or not a database; put a copy in its place or start a new run",
    "SQLITE_IOERR": "the disk failed to read or write; every finished batch is kept",
}


@contextlib.contextmanager
def translated_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors about a file into a `StoreError` that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        advice = _ADVICE.get(_kind(error))
        raise StoreError(f"{path}: {f'{advice} ({error})' if advice else error}") from error
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from error


def _kind(error: sqlite3.Error) -> str:
    """Name of SQLite's error, less what is special to the place: `SQLITE_IOERR`."""
    if isinstance(error, sqlite3.OperationalError) and "decode" in str(error):
        return "SQLITE_CORRUPT"  # text that is no longer UTF-8
    return "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])


def connect(path: Path, *, write: bool) -> sqlite3.Connection:
    """Open an existing database file in autocommit mode.

    A reader of a folder that it cannot write to reads the file as it stands, if no batch waits in
    the log beside it: without a log of its own to make, SQLite would refuse.
    """
    connection = _open(path, "mode=rw" if write else "mode=ro")
    with contextlib.ExitStack() as undo:
        undo.callback(connection.close)
        try:
            connection.execute("SELECT count(*) FROM sqlite_master")
            if write:
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA foreign_keys = ON")
        except sqlite3.OperationalError as error:
            log = path.with_name(path.name + "-wal")
            waiting = log.exists() and log.stat().st_size
            if write or _kind(error) == "SQLITE_BUSY" or waiting:
                raise
            return _open(path, "mode=ro&immutable=1")
        undo.pop_all()
    return connection


def _open(path: Path, query: str) -> sqlite3.Connection:
    uri = f"{path.resolve().as_uri()}?{query}"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)


def read_meta(path: Path, connection: sqlite3.Connection) -> dict[str, dict[str, Any]]:
    """What was written when the run was made: settings, task and versions."""
    with translated_errors(path):
        rows = connection.execute("SELECT key, value FROM meta").fetchall()
    try:
        meta = {key: json.loads(value) for key, value in rows}
        return {key: dict(meta[key]) for key in ("settings", "task", "versions")}
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(f"{path}: {_ADVICE['SQLITE_CORRUPT']} (table meta)") from error


def make_file(path: Path, meta: Mapping[str, Any]) -> None:
    """Make an empty database; it appears under its name whole, or not at all."""
    new = path.with_name(path.name + ".new")
    for stem in (path, new):
        for tail in ("", "-journal", "-wal", "-shm"):
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
    os.replace(new, path)
    flush_folder(path.parent)


def open_checked(path: Path, *, write: bool) -> sqlite3.Connection:
    """Open a database, bring it to the current schema and check that it is whole."""
    connection = connect(path, write=write)
    with contextlib.ExitStack() as undo:
        undo.callback(connection.close)
        if write:
            migrate(connection, str(path))
        elif schema_version(connection, str(path)) < VERSION:
            connection = _migrated_copy(connection, str(path))
            undo.callback(connection.close)
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise StoreError(f"{path}: {_ADVICE['SQLITE_CORRUPT']} ({verdict})")
        undo.pop_all()
    return connection


def _migrated_copy(connection: sqlite3.Connection, where: str) -> sqlite3.Connection:
    """An old database's content under the current schema, in memory: readers change nothing."""
    copy = sqlite3.connect(":memory:", isolation_level=None)
    with contextlib.closing(connection):
        connection.backup(copy)
    migrate(copy, where)
    return copy
