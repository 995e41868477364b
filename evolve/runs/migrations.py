"""Bring databases of earlier schemas to the current one."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable

from evolve.errors import StoreError

APPLICATION_ID = 0x45564C56  # "EVLV", so that other SQLite files are told apart
VERSION = 4

SCHEMA = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE programs (id TEXT PRIMARY KEY, text TEXT NOT NULL)",
    """CREATE TABLE entries (
        position INTEGER PRIMARY KEY,
        program_id TEXT NOT NULL REFERENCES programs (id),
        law TEXT, recipe TEXT, key TEXT NOT NULL,
        parents TEXT NOT NULL, operator TEXT NOT NULL,
        status TEXT NOT NULL, message TEXT NOT NULL, score REAL, stage INTEGER NOT NULL,
        folds TEXT NOT NULL, n_constants INTEGER NOT NULL, complexity REAL NOT NULL,
        seconds REAL NOT NULL, facts TEXT NOT NULL, checksum INTEGER NOT NULL DEFAULT 0,
        origin TEXT NOT NULL DEFAULT 'initial')""",
    "CREATE TABLE notes (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    """CREATE TABLE test_openings (
        position INTEGER PRIMARY KEY, at TEXT NOT NULL, what TEXT NOT NULL,
        program_id TEXT NOT NULL, command TEXT NOT NULL)""",
    """CREATE TABLE exchanges (
        number INTEGER PRIMARY KEY, batch INTEGER NOT NULL, model TEXT NOT NULL,
        mode TEXT NOT NULL, parents TEXT NOT NULL, prompt_hash TEXT NOT NULL,
        prompt TEXT NOT NULL, status TEXT, text TEXT, tokens_in INTEGER, tokens_out INTEGER,
        seconds REAL, used INTEGER, key TEXT NOT NULL)""",
)
_EXCHANGES = SCHEMA[-1]


# What each version has added to the table of entries, as it stands in its statement.
_ADDED = {
    2: ", checksum INTEGER NOT NULL DEFAULT 0",
    3: ", origin TEXT NOT NULL DEFAULT 'initial'",
}


def tables_of(version: int) -> dict[str, str]:
    """The statement that made each table of a version, spaces joined."""
    tables = {}
    for statement in SCHEMA if version > 3 else SCHEMA[:-1]:
        text = " ".join(statement.split())
        for _, added in filter(lambda item: item[0] > version, _ADDED.items()):
            text = text.replace(added, "")
        tables[text.split()[2]] = text
    return tables


def _add_checksums(connection: sqlite3.Connection) -> None:
    """From schema 1 to 2: a checksum beside every entry."""
    columns = (
        "position, program_id, law, recipe, key, parents, operator, status, message, score, "
        "stage, folds, n_constants, complexity, seconds, facts"
    )
    rows = connection.execute(f"SELECT {columns} FROM entries").fetchall()
    connection.execute("ALTER TABLE entries ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0")
    connection.executemany(
        "UPDATE entries SET checksum = ? WHERE position = ?",
        [(zlib.crc32(ascii(row).encode()), row[0]) for row in rows],
    )


def _add_origins(connection: sqlite3.Connection) -> None:
    """From schema 2 to 3: where every entry came from, by its operator and parents.

    A row that does not match its checksum keeps it, so that it is still seen to be damaged.
    """
    columns = (
        "position, program_id, law, recipe, key, parents, operator, status, message, score, "
        "stage, folds, n_constants, complexity, seconds, facts"
    )
    rows = connection.execute(
        f"SELECT checksum, {columns} FROM entries ORDER BY position"
    ).fetchall()
    connection.execute("ALTER TABLE entries ADD COLUMN origin TEXT NOT NULL DEFAULT 'initial'")
    seeds: set[str] = set()
    for before, *row in rows:
        origin = _origin_in_schema_2(operator=row[6], parents=row[5], seeds=seeds)
        whole = zlib.crc32(ascii(tuple(row)).encode()) == before
        after = zlib.crc32(ascii((*row, origin)).encode()) if whole else before
        connection.execute(
            "UPDATE entries SET origin = ?, checksum = ? WHERE position = ?",
            (origin, after, row[0]),
        )


# Names of operators and of generic laws when schema 2 was written; other generic laws have a
# space in their names, which no seed file of the package has.
_CROSSOVERS_2 = frozenset({"cross_terms", "cross_recipe"})
_MUTATIONS_2 = frozenset(
    {
        *("add_term", "drop_term", "replace_term", "add_factor", "drop_factor", "interact"),
        *("swap_variable", "tie_constants", "untie_constants", "fix_constant", "change_link"),
        *("add_floor", "power_of_sum", "wrap_variable", "unwrap", "square_variable"),
        *("root_term", "change_recipe"),
    }
)
_GENERIC_2 = frozenset({"linear", "quadratic", "rectified", "sigmoid", "bilinear", "valleys"})


def _origin_in_schema_2(operator: str, parents: str, seeds: set[str]) -> str:
    """The origin of the entry that follows; `seeds` gathers the names of literature laws.

    The first entry of a literature law has its own recipe; later ones are under others.
    """
    if operator in _CROSSOVERS_2:
        return "crossover"
    if operator in _MUTATIONS_2 or parents != "[]":
        return "mutation"
    if operator.startswith("elite of "):
        return "inherited"
    if " " in operator or operator in _GENERIC_2 or operator in seeds:
        return "initial"
    seeds.add(operator)
    return "literature"


def _add_exchanges(connection: sqlite3.Connection) -> None:
    """From schema 3 to 4: a table of what language models were asked."""
    connection.execute(_EXCHANGES)


# The step from each earlier version to the next; a step is never edited, only added.
MIGRATIONS: dict[int, Callable[[sqlite3.Connection], None]] = {
    1: _add_checksums,
    2: _add_origins,
    3: _add_exchanges,
}


def make_schema(connection: sqlite3.Connection) -> None:
    """Make the tables of the current version, inside the caller's transaction."""
    for statement in SCHEMA:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def schema_version(connection: sqlite3.Connection, where: str) -> int:
    """Read the version, refusing what is no run's store or comes from the future."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise StoreError(f"{where}: not the store of a run (another program's SQLite file)")
    if version < 1:
        raise StoreError(f"{where}: damaged: no run has schema {version}")
    if version > VERSION:
        raise StoreError(
            f"{where}: written by a newer evolve (schema {version}; this one reads up to "
            f"{VERSION}); update evolve"
        )
    return int(version)


def migrate(connection: sqlite3.Connection, where: str) -> None:
    """Bring a database to the current version in one transaction."""
    version = schema_version(connection, where)
    if version == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        _require_types(connection, where)
        for step in range(version, VERSION):
            MIGRATIONS[step](connection)
        connection.execute(f"PRAGMA user_version = {VERSION}")


def _require_types(connection: sqlite3.Connection, where: str) -> None:
    """Require that what the steps look at is of the types that they expect."""
    rows = connection.execute(
        "SELECT position FROM entries WHERE typeof(operator) != 'text' "
        "OR typeof(parents) != 'text' ORDER BY position LIMIT 1"
    )
    for (position,) in rows:
        raise StoreError(f"{where}: damaged: entry {position} has a value of the wrong type")
