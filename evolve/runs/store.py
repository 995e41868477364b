"""The store of a run, an SQLite database: the only truth about it.

Every batch is one transaction. Readers work while it is written (WAL mode, where the file system
allows it), and every commit is flushed (`synchronous = FULL`): with less, a power cut could take
back batches that were shown, or an opening of the test rows that was recorded.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from evolve.errors import StoreError
from evolve.evaluation.record import Entry
from evolve.jsontext import compact_json
from evolve.law.bounds import MOST_FEATURES
from evolve.runs.database import (
    connect,
    exists,
    make_file,
    name_taken,
    open_checked,
    read_meta,
    refused_values,
    require_leaders,
    transaction,
    translated_errors,
)
from evolve.runs.fit_notes import Context
from evolve.runs.limits import ENTRIES, bounds_of
from evolve.runs.lock import WriterLock
from evolve.runs.notes import read_note
from evolve.runs.openings import read_openings, write_opening
from evolve.runs.rows import COLUMNS, checked_entry, checksum, digest_of, entry_to_row
from evolve.runs.summary import Summary, summary_from_data

STORE_NAME = "run.sqlite"
SUMMARY = "summary"

_SELECT = (
    f"SELECT text, checksum, {', '.join(COLUMNS)} FROM entries "
    "LEFT JOIN programs ON programs.id = entries.program_id "
    "WHERE position >= ? AND position < ? ORDER BY position"
)
_INSERT = (
    f"INSERT INTO entries ({', '.join(COLUMNS)}, checksum) "
    f"VALUES ({', '.join('?' * len(COLUMNS))}, ?)"
)
_NOTE = "INSERT OR REPLACE INTO notes VALUES (?, ?)"
_LAST = 2**62


class Store:
    """The database of one run; made by `create` or `open`, closed by `close` or `with`."""

    def __init__(
        self, path: Path, connection: sqlite3.Connection, lock: WriterLock | None
    ) -> None:
        """Wrap an open connection; `lock` is there only for the writer."""
        self.path = path
        self.folder = path.parent
        self._connection = connection
        self._lock = lock
        self._summary: Summary | None = None  # the writer's own; readers look it up each time
        meta = read_meta(path, connection)
        self.settings: dict[str, Any] = meta["settings"]
        self.task: dict[str, Any] = meta["task"]
        self.versions: dict[str, Any] = meta["versions"]
        # An old run does not say how many features and targets its task has.
        n_features, n_targets = (len(self.task.get(k, ())) for k in ("features", "targets"))
        self.bounds, self.n_targets = bounds_of(n_features or MOST_FEATURES), n_targets or None

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        settings: dict[str, Any],
        task: dict[str, Any],
        versions: dict[str, Any],
    ) -> Store:
        """Make a run's folder and its empty database, and open it for writing.

        Args:
            folder: The run's folder; its last part is the run's name.
            settings: The settings of the search, as JSON values.
            task: The task's `name`, `fingerprint` and `folder`.
            versions: Versions of whatever decides the scores.

        Raises:
            StoreError: The run exists, or the folder cannot be written.
        """
        path = folder / STORE_NAME
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{folder}: cannot be made: {error.strerror}") from error
        if exists(path):
            raise name_taken(folder)
        lock = WriterLock(folder)
        with contextlib.ExitStack() as undo:
            undo.callback(lock.release)
            if exists(path):
                raise name_taken(folder)
            with translated_errors(path):
                make_file(path, {"settings": settings, "task": task, "versions": versions})
                store = cls(path, open_checked(path, write=True), lock)
            undo.pop_all()
        return store

    @classmethod
    def open(cls, folder: Path, *, write: bool) -> Store:
        """Open an existing run; its database is checked first.

        Args:
            folder: The run's folder.
            write: Take the writer's lock; without it, only `record_test_opening` writes.

        Raises:
            StoreError: No run is there, or it is damaged, too new or being written.
        """
        path = folder / STORE_NAME
        if not exists(path):
            raise StoreError(f"{folder}: no run here ({STORE_NAME} is missing)")
        lock = WriterLock(folder) if write else None
        with contextlib.ExitStack() as undo:
            if lock is not None:
                undo.callback(lock.release)
            with translated_errors(path):
                store = cls(path, open_checked(path, write=write), lock)
            undo.pop_all()
        return store

    def append(self, entries: Sequence[Entry]) -> None:
        """Add a batch of entries and sum them up in one transaction: all of it is kept, or none.

        Raises:
            ValueError: The entries' indices do not go on where the store ends.
            StoreError: The batch could not be written; the store is as it was before.
        """
        with self.transaction() as connection:
            n = len(self)
            summary = self._summary or summary_from_data(self.note(SUMMARY), n)
            indices = [entry.index for entry in entries]
            if indices != list(range(n, n + len(entries))):
                raise ValueError(f"Expected indices to go on from {n} but they were {indices}")
            connection.executemany(
                "INSERT OR IGNORE INTO programs (id, text) VALUES (?, ?)",
                [(entry.program_id, entry.text) for entry in entries],
            )
            rows = [entry_to_row(entry) for entry in entries]
            connection.executemany(_INSERT, [(*row, checksum(row)) for row in rows])
            if summary.n_entries == n:  # else an old run's, which `summary` brings up to date
                summary = summary.extended(entries)
                connection.execute(_NOTE, (SUMMARY, compact_json(summary.to_data())))
        self._summary = summary

    def __len__(self) -> int:
        """Number of entries."""
        (last,) = self.rows("SELECT max(position) FROM entries")[0]
        return 0 if last is None else int(last) + 1

    def each(self, start: int = 0, stop: int = _LAST) -> Iterator[Entry]:
        """Every entry from index `start` on and before `stop`, in order, as of one moment.

        Iterates lazily, because a long run does not fit in memory. Do not write through this store
        while iterating.
        """
        with translated_errors(self.path):
            rows = self._connection.execute(_SELECT, (start, stop))
            for index, row in enumerate(rows, start):
                yield self._entry(index, row)

    def entries(self, start: int = 0, stop: int = _LAST) -> list[Entry]:
        """What `each` gives, all at once."""
        return list(self.each(start, stop))

    def summary(self) -> Summary:
        """What the entries come to; what the summary in the store lacks is read.

        A run of an earlier version has none: it is made now, and kept if nobody else writes.
        """
        stored = summary_from_data(self.note(SUMMARY), len(self))
        with translated_errors(self.path), refused_values(self.path, "its summary"):
            require_leaders(self._connection, stored)
        summary = stored.extended(self.each(stored.n_entries))
        if summary != stored:
            self._keep_summary(summary)
        self._summary = None if self._lock is None else summary
        return summary

    def entry(self, index: int) -> Entry:
        """One entry.

        Raises:
            StoreError: There is none of that index.
        """
        rows = self.rows(_SELECT, (index, index + 1)) if 0 <= index < ENTRIES else []
        if not rows:
            raise StoreError(f"{self.path}: no entry {index}; there are {len(self)}")
        return self._entry(index, rows[0])

    def text(self, program_id: str) -> str:
        """The text of a program.

        Raises:
            StoreError: There is no such program.
        """
        for (text,) in self.rows("SELECT text FROM programs WHERE id = ?", (program_id,)):
            return str(text)
        raise StoreError(f"{self.path}: no program {program_id!r}")

    def set_note(self, key: str, value: Any) -> None:
        """Keep a small piece of JSON about the run; it replaces the note of the same key."""
        with self.transaction() as connection:
            connection.execute(_NOTE, (key, compact_json(value)))

    def note(self, key: str) -> Any:
        """The note of a key, or `None`."""
        rows = self.rows("SELECT value FROM notes WHERE key = ?", (key,))
        if not rows:
            return None
        with refused_values(self.path, f"note {key!r}"):
            return read_note(key, rows[0][0], Context(len(self), self.n_targets, self.bounds))

    def record_test_opening(self, what: str, program_id: str, command: str) -> None:
        """Record that the test rows are about to be opened; call it before; a reader may, too."""
        with self._to_write() as connection, transaction(self.path, connection):
            write_opening(connection, what, program_id, command)

    def test_openings(self) -> list[dict[str, Any]]:
        """Every opening of the test rows, oldest first: at, what, program_id, command."""
        with translated_errors(self.path), refused_values(self.path, "table test_openings"):
            return read_openings(self._connection)

    def digest(self) -> str:
        """Hash of all that must repeat; laws are not read, which programs hold too."""
        with translated_errors(self.path), refused_values(self.path):
            rows = enumerate(self._connection.execute(_SELECT, (0, _LAST)))
            return digest_of(checked_entry(i, r, self.bounds, with_law=False) for i, r in rows)

    def close(self) -> None:
        """Close the database and give the lock back; doing so twice is harmless."""
        self._connection.close()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Store:
        """Use the store in a `with` statement."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the store."""
        self.close()

    def bind(self, n_features: int, n_targets: int, max_constants: int) -> None:
        """Hold what is read from here on to what a task allows; an old run does not say it."""
        self.bounds, self.n_targets = bounds_of(n_features, max_constants), n_targets

    def _keep_summary(self, summary: Summary) -> None:
        """Write a summary beside the entries, unless somebody else writes or nobody may.

        The table of notes is the same in every schema, so that a reader migrates nothing.
        """
        with contextlib.suppress(StoreError), contextlib.ExitStack() as stack:
            if self._lock is None:
                stack.callback(WriterLock(self.folder).release)
            connection = stack.enter_context(self._to_write())
            with translated_errors(self.path):
                connection.execute(_NOTE, (SUMMARY, compact_json(summary.to_data())))

    @contextlib.contextmanager
    def _to_write(self) -> Iterator[sqlite3.Connection]:
        """The writer's connection; a reader's own for a few statements, bounded by `restrain`."""
        if self._lock is not None:
            yield self._connection
            return
        with translated_errors(self.path):
            connection = connect(self.path, write=True)
        with contextlib.closing(connection):
            yield connection

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """What a query gives, all at once."""
        with translated_errors(self.path):
            return self._connection.execute(query, values).fetchall()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One transaction: committed at the end, taken back on any error."""
        with transaction(self.path, self._connection):
            yield self._connection

    def _entry(self, index: int, row: tuple[Any, ...]) -> Entry:
        """The entry of a row of `_SELECT`, whoever wrote it."""
        with refused_values(self.path):
            return checked_entry(index, row, self.bounds)
