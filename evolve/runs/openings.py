"""Record openings of the test rows in a store, and read them."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import Any, Final

from evolve.runs import checks
from evolve.runs.limits import OPENINGS, PROGRAM_CHARS

_COLUMNS: Final = ("at", "what", "program_id", "command")
_INSERT: Final = f"INSERT INTO test_openings ({', '.join(_COLUMNS)}) VALUES (?, ?, ?, ?)"
_SELECT: Final = f"SELECT {', '.join(_COLUMNS)} FROM test_openings ORDER BY position LIMIT ?"


def write_opening(
    connection: sqlite3.Connection, what: str, program_id: str, command: str
) -> None:
    """Record an opening of the test rows, inside the caller's transaction."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    typed = command.encode(errors="backslashreplace").decode()[:PROGRAM_CHARS]
    connection.execute(_INSERT, (at, what, program_id, typed))


def read_openings(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Every opening of the test rows, oldest first: at, what, program_id, command.

    Raises:
        ValueError: A value is none that an opening can have, or there are too many.
    """
    rows = connection.execute(_SELECT, (OPENINGS + 1,)).fetchall()
    if len(rows) > OPENINGS:
        raise ValueError(f"it must have at most {OPENINGS} rows, it has more")
    for row in rows:
        checks.each(checks.long_text, "value", row)
    return [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
