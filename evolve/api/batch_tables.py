"""Raw tables of an `evolve.toml`, `[batch.table.NAME]`, to tasks of its folder, once each."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from evolve.errors import EvolveError, nearest
from evolve.files import read_toml
from evolve.tasks.draft import Wishes, check_name, propose, write_task
from evolve.tasks.readers import read_table

FILE_KEY, TARGET_KEY = "file", "target"
NUMBERS = ("floor", "ceiling")
LISTS_OF_NUMBERS = ("horizon", "bounds")
TEXTS = ("test", "where", "weights", "sigma", "run_id", "step", "points", "wide")
SWITCHES = ("keep_outliers",)
NO_KEYS = ("targets", "named_by", "every_row")
KEYS = (FILE_KEY, TARGET_KEY, *(f.name for f in fields(Wishes) if f.name not in NO_KEYS))


def make_tables(folder: Path, file: Path, tell: Callable[[str], None]) -> None:
    """Make a task of every table that the file names and the folder holds no task of.

    A task that is there stays as it is, whoever has edited it.

    Args:
        folder: Of the tasks.
        file: The `evolve.toml`; paths in it start at its own folder.
        tell: Called with a line about each task: which rows are left out, and what stands out.

    Raises:
        EvolveError: A key is none that there is, or a table cannot be read or made a task of.
    """
    batch = read_toml(file).get("batch", {})
    tables = batch.get("table", {}) if isinstance(batch, dict) else {}
    if not isinstance(tables, dict):
        raise EvolveError(f"{file}: [batch.table] must be a table of tables")
    for name, table in tables.items():
        where = f"{file}: [batch.table.{name}]"
        path, wishes = _read(where, table)
        if (folder / name / "task.toml").exists():
            continue
        try:
            check_name(name, folder)
        except EvolveError as error:
            raise EvolveError(f"{where}: ", *error.args) from None
        draft = propose(read_table(file.parent / path), name, wishes)
        write_task(draft, folder, f"python -m evolve batch {shlex.quote(str(folder))}")
        for line in (*draft.left_out, *draft.notes):
            tell(f"{name}: {line}")


def _read(where: str, table: Any) -> tuple[str, Wishes]:
    """The file and the wishes of a table of the file."""
    if not isinstance(table, dict):
        raise EvolveError(f"{where} must be a table, it is {table!r:.50}")
    for key in table:
        if key not in KEYS:
            rule = f"no key {key[:50]!r}{nearest(key, KEYS)}; there are {', '.join(KEYS)}"
            raise EvolveError(f"{where} {rule}")
    for key in (FILE_KEY, TARGET_KEY):
        if key not in table:
            raise EvolveError(f"{where} needs the key {key}")
    given = {key: _value(f"{where} {key}", key, value) for key, value in table.items()}
    path, target = given.pop(FILE_KEY), given.pop(TARGET_KEY)
    return path, Wishes(targets=target, **given)


def _value(where: str, key: str, value: Any) -> Any:
    """A value as `Wishes` has it."""
    if key == "roles":
        return _roles(where, value)
    if key in SWITCHES:
        return _switch(where, value)
    if key in NUMBERS:
        return _number(where, value)
    if key in LISTS_OF_NUMBERS:
        return tuple(_number(where, one) for one in _listed(value))
    if key in (*TEXTS, FILE_KEY):
        return _text(where, value)
    return tuple(_text(where, one) for one in _listed(value))


def _listed(value: Any) -> Sequence[Any]:
    """A list; of one, where it is none."""
    return value if isinstance(value, list) else [value]


def _text(where: str, value: Any) -> str:
    if not isinstance(value, str):
        raise EvolveError(f"{where} must be a text, it is {value!r:.50}")
    return value


def _switch(where: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise EvolveError(f"{where} must be true or false, it is {value!r:.50}")
    return value


def _number(where: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise EvolveError(f"{where} must be a number, it is {value!r:.50}")
    return float(value)


def _roles(where: str, value: Any) -> Mapping[str, str]:
    if not isinstance(value, dict):
        raise EvolveError(f"{where} must be a table of roles by column, it is {value!r:.50}")
    return {column: _text(where, role) for column, role in value.items()}
