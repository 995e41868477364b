"""Where runs are unless another folder is named, and how a command names a run."""

from __future__ import annotations

import shlex
from pathlib import Path

RUNS = Path("runs")


def run_words(folder: Path) -> str:
    """A run as a command in this folder takes it: its name, and where it is if not usual."""
    return f"{shlex.quote(folder.resolve().name)}{elsewhere(folder)}"


def elsewhere(folder: Path) -> str:
    """The option that says where a run is, with a space before it; none for the usual place."""
    place = folder.resolve().parent
    if place == RUNS.resolve():
        return ""
    return f" --runs-dir {shlex.quote(str(folder.parent if folder.name else place))}"
