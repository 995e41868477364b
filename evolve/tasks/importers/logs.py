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

RUN = "run"
STEP = "step"


def files_of(path: Path, *patterns: str) -> list[Path]:
    """The file itself, or all files of a folder, at any depth, whose names match a pattern.

    Raises:
        TaskError: There is none.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise TaskError(f"{path}: must be a file or folder, there is none")
    logs = sorted({file for pattern in patterns for file in path.rglob(pattern)})
    files = [file for file in logs if file.is_file()]
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
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError):
        raise TaskError(f"{path}: must be JSON") from None
    except OSError as error:
        raise TaskError(f"{path}: must be a readable file, {error.strerror}") from None


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

    Raises:
        TaskError: It is none, or lacks one of the tables.
    """
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            database.row_factory = sqlite3.Row
            kinds = database.execute("select name from sqlite_master").fetchall()
            missing = set(tables) - {row["name"] for row in kinds}
            if missing:
                raise TaskError(f"{path}: must have the tables {', '.join(sorted(missing))}")
            for statement in statements:
                yield [dict(row) for row in database.execute(statement)]
    except sqlite3.DatabaseError as error:
        raise TaskError(f"{path}: must be an SQLite database, {error}") from None
