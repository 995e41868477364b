"""A path to a checked SQLite connection, and SQLite's errors to one clear line."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evolve.errors import StoreError
from evolve.migrations import VERSION, make_schema, migrate, schema_version

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
def told(path: Path) -> Iterator[None]:
    """Turn SQLite's errors about a file into a `StoreError` that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        kind = "_".join(name.split("_")[:2])
        told = _ADVICE.get(kind)
        raise StoreError(f"{path}: {f'{told} ({error})' if told else error}") from error


def connect(path: Path, *, write: bool) -> sqlite3.Connection:
    """Open an existing database file in autocommit mode."""
    mode = "rw" if write else "ro"
    uri = f"{path.resolve().as_uri()}?mode={mode}"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA temp_store = MEMORY")
    except BaseException:
        connection.close()
        raise
    return connection


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
        rows = [(key, json.dumps(value)) for key, value in meta.items()]
        connection.executemany("INSERT INTO meta VALUES (?, ?)", rows)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()
    os.replace(new, path)
    _flush_folder(path.parent)


def open_checked(path: Path, *, write: bool) -> sqlite3.Connection:
    """Open a database, bring it to the current schema and check that it is whole."""
    connection = connect(path, write=write)
    try:
        if write:
            migrate(connection, str(path))
        elif schema_version(connection, str(path)) < VERSION:
            connection = _migrated_copy(connection, str(path))
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except BaseException:
        connection.close()
        raise
    if found != "ok":
        connection.close()
        raise StoreError(f"{path}: {_ADVICE['SQLITE_CORRUPT']} ({found})")
    return connection


def _migrated_copy(connection: sqlite3.Connection, where: str) -> sqlite3.Connection:
    """An old database's content under the current schema, in memory: readers change nothing."""
    copy = sqlite3.connect(":memory:", isolation_level=None)
    with contextlib.closing(connection):
        connection.backup(copy)
    migrate(copy, where)
    return copy


def _flush_folder(folder: Path) -> None:
    """Make a new file's name survive a power cut, where folders can be flushed."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
