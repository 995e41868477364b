"""Where tasks lie: the folders that are searched, and the files of a task's tables."""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from evolve.errors import TaskError, nearest

_SUFFIXES = (".csv", ".parquet")


def find_folder(name_or_folder: str, tasks_dirs: Sequence[str | Path] = ()) -> Path:
    """Find a task's folder.

    A path is taken as it is. A name is looked for in `tasks_dirs`, then in `./tasks`, then among
    the tasks shipped with the package.

    Raises:
        TaskError: No such folder holds a `task.toml`.
    """
    try:
        given = Path(name_or_folder).expanduser()
    except RuntimeError:  # the home of nobody
        given = Path(name_or_folder)
    path = search_path(tasks_dirs)
    is_path = os.sep in name_or_folder or name_or_folder in ("", ".", "..")
    for folder in [given] if is_path else [*(place / given for place in path), given]:
        if (folder / "task.toml").is_file():
            return folder.resolve()
    if given.is_file():
        raise TaskError(f"{given}: a task must be a folder, this is a file; {_of_table(given)}")
    if is_path or given.is_dir():
        what = "it holds none" if given.is_dir() else "there is no such folder"
        raise TaskError(
            f"{given}: a task must be a folder with task.toml, {what}; {_of_table(Path('FILE'))}"
        )
    names = sorted({toml.parent.name for folder in path for toml in folder.glob("*/task.toml")})
    close = nearest(name_or_folder, names)
    raise TaskError(
        f"task must be one of {', '.join(names)}, or the path of a folder with task.toml; "
        f"got {name_or_folder!r}{close}{'' if close else _of_own()}"
    )


def _of_own() -> str:
    """Where tasks of one's own are looked for, in words."""
    if (here := Path("tasks")).is_dir():
        return f"; of your own those in {here.resolve()} are found by name"
    return f"; your own are found by name where their folder tasks lies, {Path.cwd()} has none"


def is_task(name_or_folder: str, tasks_dirs: Sequence[str | Path] = ()) -> bool:
    """Whether a name or path leads to a task's folder."""
    try:
        find_folder(name_or_folder, tasks_dirs)
    except TaskError:
        return False
    return True


def word_of(folder: Path) -> str:
    """What names a task to a command in this folder: its name where that is found, else a path.

    Args:
        folder: Of the task.
    """
    try:
        if find_folder(folder.name) == folder.resolve():
            return folder.name
    except TaskError:  # its folder lies in no place of tasks
        pass
    here = Path.cwd()
    inside = folder.resolve().is_relative_to(here)
    text = str(folder.resolve().relative_to(here) if inside else folder.resolve())
    return text if os.sep in text else os.path.join(".", text)


def _of_table(path: Path) -> str:
    """Hint: the command that creates a task from a table."""
    table = shlex.quote(str(path))
    return f"to make one of a table: python -m evolve new-task {table} --target COLUMN"


def data_file(folder: Path, split: str) -> Path:
    """Find the file of a task's split (`train` or `test`) without opening it.

    `EVOLVE_DATA_DIR/<task>/` stands in for the task's folder where it has training rows.

    Raises:
        TaskError: There is none; the message says where to put it.
    """
    places = [folder]
    if data_dir := os.environ.get("EVOLVE_DATA_DIR"):
        instead = Path(data_dir).expanduser() / folder.name
        if any((instead / f"train{suffix}").is_file() for suffix in _SUFFIXES):
            places = [instead]
    for place in places:
        for suffix in _SUFFIXES:
            if (place / f"{split}{suffix}").is_file():
                return place / f"{split}{suffix}"
    ships = folder.parent in [shipped.resolve() for shipped in shipped_folders("tasks")]
    if split == "test" and not ships:
        raise TaskError(
            f"{places[0]}: this task keeps no rows for a test; put them into test.csv, or make "
            "the task anew with: new-task … --test CONDITION"
        )
    pull = f", or try: python -m evolve data pull {folder.name}" if ships else ""
    raise TaskError(
        f"{places[0] / split}.csv is missing; put the table there, or set EVOLVE_DATA_DIR to a "
        f"folder that holds {folder.name}/train.csv{pull}"
    )


def shipped_folders(kind: str) -> list[Path]:
    """Return the package's own folders of `"tasks"` or `"seeds"`, in a wheel or source tree."""
    package = Path(__file__).resolve().parents[1]
    folders = [package / "_data" / kind, package.parent / kind]
    return [folder for folder in folders if folder.is_dir()]


def search_path(tasks_dirs: Sequence[str | Path]) -> list[Path]:
    """Folders that are searched for tasks, in order: given ones, `./tasks`, the shipped ones."""
    candidates = [*map(Path, tasks_dirs), Path("tasks"), *shipped_folders("tasks")]
    return list(dict.fromkeys(path.resolve() for path in candidates if path.is_dir()))


def digests_of(folder: Path) -> tuple[str, ...]:
    """SHA-256 of a task's two files, its spec and its training rows, which takes no parsing.

    Raises:
        TaskError: One is missing or cannot be read.
    """
    digests = []
    for path in (folder / "task.toml", data_file(folder, "train")):
        try:
            with path.open("rb") as file:
                digests.append(hashlib.file_digest(file, "sha256").hexdigest())
        except OSError as error:
            raise TaskError(f"{path}: must be a readable file, {error.strerror}") from None
    return tuple(digests)
