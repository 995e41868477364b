"""Vet the files and the schema of a database that may come from a stranger, before it is trusted.

SQLite follows what it finds: a journal may name another file to delete, a view or a trigger stand
in the place of a table, a constraint compute for hours. A run's store has none of these.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Final

from evolve.errors import StoreError
from evolve.files import require_regular
from evolve.runs.limits import FILE_BYTES, OLD_FILE_BYTES, SCHEMA_STEPS, VALUE_BYTES
from evolve.runs.migrations import VERSION, schema_version, tables_of

TAILS: Final = ("", "-journal", "-wal", "-shm")  # of the names of a database's files
# The last bytes of a journal that names a journal of several databases, which SQLite may delete.
_NAMES_ANOTHER: Final = bytes.fromhex("d9d505f920a163d7")


def require_files(path: Path, *, write: bool) -> None:
    """Require that a database and the logs beside it are regular files of bearable size.

    Args:
        path: The database.
        write: Whether it is to be written: then it may have no second name elsewhere. Its logs
            never may, which SQLite empties also for readers.

    Raises:
        OSError: One of them is something else, which `strerror` says.
        StoreError: One is too large, or names other files.
    """
    for tail in TAILS:
        file = path.with_name(path.name + tail)
        try:
            status = require_regular(file)
        except OSError as error:
            raise StoreError(f"{file}: cannot be opened: {error.strerror}") from None
        if status is None:
            continue
        if status.st_nlink > 1 and (write or tail):
            raise StoreError(f"{file}: has a second name elsewhere; put a copy in its place")
        if status.st_size > FILE_BYTES:
            raise StoreError(f"{file}: has {status.st_size} bytes, more than {FILE_BYTES}")
        if tail == "-journal" and _names_another(file):
            raise StoreError(f"{file}: is not the journal of a run, it names other files")


def _names_another(journal: Path) -> bool:
    with journal.open("rb") as file:
        file.seek(max(file.seek(0, os.SEEK_END) - len(_NAMES_ANOTHER), 0))
        return file.read() == _NAMES_ANOTHER


def restrain(connection: sqlite3.Connection, *, write: bool) -> None:
    """Bound what a statement may hold, and let the database itself run nothing.

    Reading the schema is bounded too, until `require_schema`.
    """
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, VALUE_BYTES)
    connection.set_progress_handler(lambda: 1, SCHEMA_STEPS)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    if not write:
        connection.execute("PRAGMA query_only = ON")


def require_schema(connection: sqlite3.Connection, path: Path) -> int:
    """Require that the tables are those of the version that the database states, and no more.

    Returns:
        The version.

    Raises:
        StoreError: Something is missing, different or too much; or the version is not known.
    """
    where = str(path)
    version = schema_version(connection, where)
    wanted = tables_of(version)
    rows = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
    for kind, name, sql in rows:
        if kind == "index" and sql is None:  # SQLite's own, of a primary key
            continue
        if kind != "table" or name not in wanted:
            raise StoreError(f"{where}: damaged: it holds the {kind} {name!r}, which no run has")
        if not isinstance(sql, str) or " ".join(sql.split()) != wanted.pop(name):
            raise StoreError(f"{where}: damaged: table {name!r} is not that of schema {version}")
    if wanted:
        raise StoreError(f"{where}: damaged: it has no table {min(wanted)!r}")
    connection.set_progress_handler(None, 0)
    if version < VERSION and path.stat().st_size > OLD_FILE_BYTES:
        raise StoreError(f"{where}: of an earlier schema and larger than {OLD_FILE_BYTES} bytes")
    return version
