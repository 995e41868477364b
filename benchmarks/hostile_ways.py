"""Ways to make a stored run hostile; each is done to a copy, with checksums that are right again.

A way gets the run's folder and a folder of files elsewhere that nothing may touch.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from evolve.runs.rows import COLUMNS, checksum
from evolve.runs.store import STORE_NAME

Way = Callable[[Path, Path], None]
PAGE = 4096
ESCAPES = "\x1b[2J\x1b]0;owned\x07<script>alert(1)</script>\n|`$(touch mark)"
DEEP = "[" * 100_000 + "]" * 100_000
BOMB = (
    "import os\n"
    "os.system('touch {mark}')\n"
    "# EVOLVE-BLOCK-START\n"
    "def scaling_law_func(X, params):\n"
    "    open('{mark}', 'w')\n"
    "    return X[:, 0]\n"
    "def fit_scaling_law(X, y):\n"
    "    open('{mark}', 'w')\n"
    "    return [1.0]\n"
    "# EVOLVE-BLOCK-END\n"
)


@contextlib.contextmanager
def opened(run: Path) -> Iterator[sqlite3.Connection]:
    """The run's database, without the care that the package takes."""
    connection = sqlite3.connect(run / STORE_NAME)
    try:
        connection.execute("PRAGMA synchronous = OFF")
        yield connection
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def sql(*statements: str) -> Way:
    """Run statements on the database."""

    def way(run: Path, _: Path) -> None:
        with opened(run) as connection:
            for statement in statements:
                connection.execute(statement)

    return way


def schema(change: str) -> Way:
    """Change the stored statements of the schema."""
    return sql("PRAGMA writable_schema = ON", f"UPDATE sqlite_master SET {change}")


def cells(position: int = 2, **values: Any) -> Way:
    """Put values into the row of an entry; what is no text or number becomes JSON."""

    def way(run: Path, _: Path) -> None:
        with opened(run) as connection:
            put(connection, position, values)

    return way


def put(connection: sqlite3.Connection, position: int, values: dict[str, Any]) -> None:
    """Set values of a row and its checksum."""
    for name, value in values.items():
        given = json.dumps(value) if isinstance(value, list | dict) else value
        connection.execute(f"UPDATE entries SET {name} = ? WHERE position = ?", (given, position))
    (row,) = connection.execute(
        f"SELECT {', '.join(COLUMNS)} FROM entries WHERE position = ?", (position,)
    ).fetchall()
    connection.execute(
        "UPDATE entries SET checksum = ? WHERE position = ?", (checksum(row), position)
    )


def law(root: Any, n_constants: Any = 1, **more: Any) -> Way:
    """Put a law into every entry that has one."""
    value = {"root": root, "n_constants": n_constants, "own_feature_first": False, **more}
    text = root if isinstance(root, str) else json.dumps(value)
    return everywhere(law=text)


def everywhere(**values: Any) -> Way:
    """Put values into every entry that has a law."""

    def way(run: Path, _: Path) -> None:
        with opened(run) as connection:
            rows = connection.execute("SELECT position FROM entries WHERE law IS NOT NULL")
            for (position,) in rows.fetchall():
                put(connection, position, values)

    return way


def program(text: str, *, traced: bool) -> Way:
    """Put another program into every entry, under its right id."""

    def way(run: Path, elsewhere: Path) -> None:
        import hashlib

        whole = text.replace("{mark}", str(elsewhere / "mark"))
        key = hashlib.sha256(whole.encode(errors="surrogatepass")).hexdigest()[:16]
        with opened(run) as connection:
            connection.execute("INSERT OR REPLACE INTO programs VALUES (?, ?)", (key, whole))
            for (position,) in connection.execute("SELECT position FROM entries").fetchall():
                values = {"program_id": key}
                put(connection, position, values if traced else {**values, "law": None})
            connection.execute("DELETE FROM notes")

    return way


def stored(table: str, key: str, value: Any) -> Way:
    """Put a value under a key of the table of notes or of meta."""

    def way(run: Path, _: Path) -> None:
        text = value if isinstance(value, str | bytes) else json.dumps(value)
        with opened(run) as connection:
            connection.execute(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", (key, text))

    return way


def edited(table: str, key: str, change: Callable[[Any], Any]) -> Way:
    """Change the value under a key; one that was made anew gets its checksum."""

    def way(run: Path, elsewhere: Path) -> None:
        with opened(run) as connection:
            found = connection.execute(f"SELECT value FROM {table} WHERE key = ?", (key,))
            value = json.loads(found.fetchone()[0])
        new = change(value)
        value = value if new is None else new
        if key == "summary":
            value.pop("checksum", None)
            text = json.dumps(value, separators=(",", ":"))
            value["checksum"] = zlib.crc32(text.encode())
        stored(table, key, value)(run, elsewhere)

    return way


def setting(**values: Any) -> Way:
    """Change settings of the run."""
    return edited("meta", "settings", lambda old: old | values)


def task(**values: Any) -> Way:
    """Change what the run says of its task."""
    return edited("meta", "task", lambda old: old | values)


def row(number: int = 0, **values: Any) -> Way:
    """Change a row of the table of fitted laws."""
    return edited("notes", "ending", lambda note: note["lines"][number].update(values))


def forecast_model(**values: Any) -> Way:
    """Change what forecasts are made from."""
    return edited("notes", "forecast", lambda note: note["basis"].update(values))


def member(**values: Any) -> Way:
    """Change the champion that forecasts are made from."""
    return edited("notes", "forecast", lambda note: note["basis"]["members"][0].update(values))


def linked(name: str, make: Callable[[Path, Path], None] = os.symlink) -> Way:
    """Put a link to a file elsewhere in the place of a file of the run."""

    def way(run: Path, elsewhere: Path) -> None:
        path = run / name
        path.unlink(missing_ok=True)
        make(elsewhere / "precious.txt", path)

    return way


def database_elsewhere(run: Path, elsewhere: Path) -> None:
    """The database is a link to one elsewhere."""
    os.replace(run / STORE_NAME, elsewhere / "other.sqlite")
    (run / STORE_NAME).symlink_to(elsewhere / "other.sqlite")


def journal_of_others(run: Path, elsewhere: Path) -> None:
    """A journal that is to be played back and says which other file is to be deleted then."""
    name = str(elsewhere / "precious.txt").encode()
    number = (run / STORE_NAME).stat().st_size // PAGE
    head = bytes.fromhex("d9d505f920a163d7") + b"".join(
        value.to_bytes(4, "big") for value in (0, 1, number, 512, PAGE)
    )
    end = (0x40000000 // PAGE + 1).to_bytes(4, "big") + name
    end += len(name).to_bytes(4, "big") + sum(name).to_bytes(4, "big")
    data = head.ljust(512, b"\0") + end + bytes.fromhex("d9d505f920a163d7")
    with opened(run) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    (run / f"{STORE_NAME}-journal").write_bytes(data)


def looped(table: str) -> Way:
    """Make the root page of a table one that names itself hundreds of times."""

    def way(run: Path, _: Path) -> None:
        with opened(run) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
            found = connection.execute(
                "SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)
            ).fetchone()
            last = connection.execute("PRAGMA page_count").fetchone()[0]
        root = 1 if found is None else int(found[0])
        path = run / STORE_NAME
        data = bytearray(path.read_bytes())
        chain = [root, *range(last + 1, last + 19)]
        data += bytes(PAGE * (len(chain) - 1))
        for page, child in zip(chain, [*chain[1:], root], strict=True):
            data[PAGE * (page - 1) : PAGE * page] = _interior(data, page, child)
        data[28:32] = (len(data) // PAGE).to_bytes(4, "big")
        path.write_bytes(data)

    return way


def _interior(data: bytearray, page: int, child: int, n: int = 300) -> bytes:
    """An interior page of a table of which every cell names the same child."""
    start = 100 if page == 1 else 0
    made = bytearray(PAGE)
    made[:start] = data[:start]
    content = PAGE - 6 * n
    head = b"\x05\0\0" + n.to_bytes(2, "big") + content.to_bytes(2, "big") + b"\0"
    made[start : start + 12] = head + child.to_bytes(4, "big")
    for k in range(n):
        at = content + 6 * k
        made[start + 12 + 2 * k : start + 14 + 2 * k] = at.to_bytes(2, "big")
        number = bytes([0x80 | (k >> 7), k & 0x7F])
        made[at : at + 6] = child.to_bytes(4, "big") + number
    return bytes(made)


def grown(name: str, size: int) -> Way:
    """Make a file of the run large, without using the disk for it."""

    def way(run: Path, _: Path) -> None:
        with (run / name).open("ab") as file:
            file.truncate(size)

    return way


def written(name: str, data: bytes) -> Way:
    """Write a file of the run."""

    def way(run: Path, _: Path) -> None:
        (run / name).write_bytes(data)

    return way


def piped(name: str) -> Way:
    """Put a pipe that nobody writes to in the place of a file of the run."""

    def way(run: Path, _: Path) -> None:
        (run / name).unlink(missing_ok=True)
        os.mkfifo(run / name)

    return way


def folder(name: str) -> Way:
    """Put a folder in the place of a file of the run."""

    def way(run: Path, _: Path) -> None:
        (run / name).unlink(missing_ok=True)
        (run / name).mkdir()

    return way
