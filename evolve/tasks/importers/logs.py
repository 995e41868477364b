"""What importers share: files of a folder, JSON, databases, and points of curves by step."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from evolve.errors import TaskError
from evolve.tasks.cells import is_blank
from evolve.tasks.sizes import LINE_CHARS, counted, files_below, require_table_bytes, text_of

RUN = "run"
STEP = "step"
EACH = 100_000  # steps of SQLite's machine between looks at how many there were
MOST_STEPS = 30_000  # of these: some minutes, a million runs of hundreds of metrics


def files_of(path: Path, *patterns: str) -> list[Path]:
    """The file itself, or all files of a folder, at any depth, whose names match a pattern.

    Raises:
        TaskError: There is none.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise TaskError(f"{path}: must be a file or folder, there is none")
    files = sorted({file for pattern in patterns for file in files_below(path, pattern)})
    if not files:
        raise TaskError(f"{path}: must hold files called {' or '.join(patterns)}, there are none")
    return files


def run_of(file: Path, path: Path) -> str:
    """What the run of a file is called: its folder below the one given, else the file's stem."""
    if file == path:
        return file.stem
    folder = file.parent.relative_to(path)
    return folder.as_posix() if folder.parts else file.stem


def read_json(path: Path) -> Any:
    """The value of a JSON file.

    Raises:
        TaskError: It is no JSON.
    """
    try:
        return json.loads(text_of(path))
    except (ValueError, RecursionError):
        raise TaskError(f"{path}: must be JSON") from None


def joined(points: Iterable[Mapping[str, Any]], keys: Sequence[str]) -> list[dict[str, Any]]:
    """Points of one run and step as one row, as loggers write training and evaluation apart.

    A blank cell takes no other's place; of two values the later stays.
    """
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for point in points:
        place = tuple(repr(point.get(key)) for key in keys)
        row = rows.setdefault(place, {})
        row.update({k: v for k, v in point.items() if k not in row or not is_blank(v)})
    return list(rows.values())


def query(path: Path, tables: Sequence[str], *statements: str) -> Iterator[list[dict[str, Any]]]:
    """The rows of statements on an SQLite database that is opened for reading alone.

    Views and triggers of it are not run, and nothing is read without end.

    Raises:
        TaskError: It is none, lacks one of the tables, or holds too much.
    """
    require_table_bytes(path)
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            database.row_factory = sqlite3.Row
            database.execute("pragma trusted_schema = off")
            database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LINE_CHARS)
            steps = iter(range(MOST_STEPS))
            database.set_progress_handler(lambda: next(steps, None) is None, EACH)
            kinds = database.execute(
                "select name from sqlite_master where type = 'table'"
            ).fetchall()
            missing = set(tables) - {row["name"] for row in kinds}
            if missing:
                raise TaskError(f"{path}: must have the tables {', '.join(sorted(missing))}")
            for statement in statements:
                yield [dict(row) for row in counted(path, database.execute(statement), len)]
    except sqlite3.DatabaseError as error:
        raise TaskError(f"{path}: must be an SQLite database, {error}") from None
