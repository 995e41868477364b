"""Where runs are unless another folder is named, and how a command names a run."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from evolve.printable import find_unsafe

RUNS = Path("runs")
REPORT = "report.html"  # in a run's folder, and in a bundle of it
LONGEST = 255  # characters of a folder's name, on most file systems


def run_words(folder: Path) -> str:
    """A run as a command in this folder takes it: its name, and where it is if not usual."""
    return f"{run_word(folder)}{elsewhere(folder)}"


def run_word(folder: Path) -> str:
    """A run's name as a command takes it; its path where the name looks like an option."""
    name = folder.resolve().name
    return shlex.quote(os.path.join(".", folder) if name.startswith("-") else name)


def is_folder_name(name: str) -> bool:
    """Whether a folder can be called so in one line."""
    return 0 < len(name) <= LONGEST and "/" not in name and not find_unsafe(name)


def elsewhere(folder: Path) -> str:
    """The option that says where a run is, with a space before it; none for the usual place."""
    place = folder.resolve().parent
    if place == RUNS.resolve():
        return ""
    return f" --runs-dir {shlex.quote(str(folder.parent if folder.name else place))}"
