"""Names and folders of runs."""

from __future__ import annotations

import re
from pathlib import Path

from evolve.errors import StoreError, nearest
from evolve.runs.store import STORE_NAME

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def free_name(runs_dir: Path, task_name: str, seed: int) -> str:
    """The first of ``task-seed-1``, ``task-seed-2``, … that no run has.

    A task is a folder of any name; signs that a run's name may not hold become ``_``.
    """
    word = re.sub(r"[^A-Za-z0-9._-]+", "_", task_name).lstrip("._-")[:60] or "task"
    number = 1
    while (runs_dir / f"{word}-{seed}-{number}").exists():
        number += 1
    return f"{word}-{seed}-{number}"


def find_run(name: str, runs_dir: Path) -> Path:
    """Folder of an existing run, given by name or path.

    Raises:
        StoreError: There is none; the message names the nearest.
    """
    for folder in (runs_dir / name, Path(name)):
        if (folder / STORE_NAME).is_file():
            return folder
    names = list_runs(runs_dir)
    have = f"there are {', '.join(names[:8])}" if names else "there are no runs"
    raise StoreError(f"no run {name!r} in {runs_dir}{nearest(name, names)}; {have}")


def list_runs(runs_dir: Path) -> list[str]:
    """Names of the runs in a folder."""
    return sorted(path.parent.name for path in runs_dir.glob(f"*/{STORE_NAME}"))
