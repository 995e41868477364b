"""Names and folders of runs; a new run's folder goes again where no run came of it."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

from evolve.errors import Argument, EvolveError, Kept, StoreError, nearest
from evolve.runs.lock import LOCK_NAME, unlocked
from evolve.runs.notes import RUN_NAME
from evolve.runs.store import STORE_NAME, Store
from evolve.runs.vetting import TAILS
from evolve.tasks.folders import is_task

NAME = RUN_NAME
_NUMBERS = re.compile(r"-\d+-\d+$")  # seed and number of a run's name
BEGUN = (LOCK_NAME, *(f"{STORE_NAME}.new{tail}" for tail in TAILS))  # before there is a run
CUT_SHORT = (
    "{} is of a run that is being made, or whose making was cut short, and holds nothing of it; "
    "remove the folder, or make the run anew under its name"
)


def check_run_name(name: str) -> None:
    """Require that a run's name is a plain folder's name.

    Raises:
        StoreError: It is not.
    """
    if not NAME.fullmatch(name):
        raise StoreError(
            Argument("run"), f": a name must be letters, digits, '.', '_' and '-', it is {name!r}"
        )


@contextlib.contextmanager
def new_folder(runs_dir: Path, name: str | None, task_name: str, seed: int) -> Iterator[Path]:
    """Make the folder of a new run; take it away again where it ends before an entry is there.

    Args:
        runs_dir: The folder of runs.
        name: The run's name; if None, the first of `free_name` that nobody else takes.
        task_name: Of the task, for `free_name`.
        seed: Of the run, for `free_name`.

    Raises:
        StoreError: The name is not a folder's name, or the folder cannot be made.
    """
    if name is not None:
        check_run_name(name)
    missing = [path for path in (runs_dir, *runs_dir.parents) if not path.exists()]
    folder, made = _make(runs_dir, name, task_name, seed)
    ours = made or not (folder / STORE_NAME).exists()
    try:
        yield folder
    except (EvolveError, OSError, KeyboardInterrupt) as error:
        with contextlib.suppress(StoreError, OSError):
            if ours and not _has_entries(folder):
                _take_away(folder, made)
                error.args = tuple(
                    "; no run was made" if isinstance(part, Kept) else part for part in error.args
                )
                for path in missing:
                    path.rmdir()
        raise


def _make(runs_dir: Path, name: str | None, task_name: str, seed: int) -> tuple[Path, bool]:
    """A run's folder, and whether it is new: making a folder is what only one process can do."""
    while True:
        folder = runs_dir / (name or free_name(runs_dir, task_name, seed))
        try:
            folder.mkdir(parents=True)
        except FileExistsError as error:
            if name is None:
                continue
            if not folder.is_dir():
                raise StoreError(f"{folder}: cannot be made: {error.strerror}") from error
            return folder, False
        except OSError as error:
            raise StoreError(f"{folder}: cannot be made: {error.strerror}") from error
        return folder, True


def _has_entries(folder: Path) -> bool:
    if not (folder / STORE_NAME).exists():
        return False
    with Store.open(folder, write=False) as store:
        return len(store) > 0


def _take_away(folder: Path, made: bool) -> None:
    """Remove what was written for a run of which nothing came, unless another process has it."""
    with unlocked(folder):
        if made:
            shutil.rmtree(folder)
            return
        for name in (STORE_NAME, f"{STORE_NAME}.new"):
            for tail in TAILS:
                (folder / f"{name}{tail}").unlink(missing_ok=True)
        (folder / LOCK_NAME).unlink(missing_ok=True)


def free_name(runs_dir: Path, task_name: str, seed: int) -> str:
    """The first of ``task-seed-1``, ``task-seed-2``, … that no run has."""
    name, number = name_of(task_name, seed), 1
    while (runs_dir / f"{name}-{number}").exists():
        number += 1
    return f"{name}-{number}"


def name_of(task_name: str, seed: int) -> str:
    """How the names of a task's runs under a seed begin: ``task-seed``.

    A task is a folder of any name; signs that a run's name may not hold become ``_``.
    """
    word = re.sub(r"[^A-Za-z0-9._-]+", "_", task_name).lstrip("._-")[:60] or "task"
    return f"{word}-{seed}"


def find_run(name: str, runs_dir: Path) -> Path:
    """Folder of an existing run.

    A path is taken as it is, from the working folder. A name is looked for in `runs_dir`, then in
    the working folder.

    Raises:
        StoreError: There is none; the message names the nearest.
    """
    given = Path(name)
    places = [runs_dir / given, given]
    if os.sep in name or name in (".", ".."):
        places, runs_dir, name = [given], given.parent, given.name or name
    for folder in places:
        if (folder / STORE_NAME).is_file():
            return folder
    if cut := next(filter(was_cut_short, places), None):
        raise StoreError(f"no run {name!r}: {CUT_SHORT.format(cut)}")
    names = list_runs(runs_dir)
    if not names:
        raise StoreError(*_without_runs(name, runs_dir))
    have = f"there are {', '.join(names[:8])}{', …' if len(names) > 8 else ''}"
    raise StoreError(f"no run {name!r} in {runs_dir}{nearest(name, names)}; {have}")


def _without_runs(name: str, runs_dir: Path) -> tuple[str, ...]:
    """What to say of a run where there are none: where was looked, and how one is made."""
    task = _NUMBERS.sub("", name)
    word = shlex.quote(task) if task != name and is_task(task) else "TASK"
    return (
        f"no run {name!r} in {runs_dir}; there are no runs in {runs_dir.resolve()}; runs that are "
        "elsewhere are found by ",
        *(Argument("runs_dir"), f", and a search makes one: python -m evolve --task {word}"),
    )


def list_runs(runs_dir: Path) -> list[str]:
    """Names of the runs in a folder."""
    return sorted(path.parent.name for path in runs_dir.glob(f"*/{STORE_NAME}"))


def was_cut_short(folder: Path) -> bool:
    """Whether a folder holds nothing but what a run begins with.

    That is left of one that was killed while it was made. A folder that is called as runs are may
    be empty, or hold the task that a caller in Python gave.
    """
    is_called_so = bool(_NUMBERS.search(folder.name))
    try:
        found = list(folder.iterdir())
    except OSError:  # none, or not for this user
        return False
    others = [path for path in found if path.name not in BEGUN]
    return bool(found or is_called_so) and all(is_called_so and is_task(str(p)) for p in others)


def list_cut_short(runs_dir: Path) -> list[str]:
    """Names of the folders that are left of runs whose making was cut short."""
    return sorted(path.name for path in runs_dir.glob("*") if was_cut_short(path))
