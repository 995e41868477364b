"""Hugging Face: `trainer_state.json` of one run or of a folder of runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evolve.errors import TaskError
from evolve.tasks.frames import raw_of_records
from evolve.tasks.importers.logs import RUN, STEP, files_of, joined, read_json, run_of
from evolve.tasks.raw import RawTable
from evolve.tasks.sizes import counted

NAME = "trainer_state.json"
_OF_CHECKPOINT = "checkpoint-"


def read(path: Path) -> RawTable:
    """Read the log of a trainer: a row a step, training and evaluation of one step together.

    Of a run's checkpoints, whose logs repeat each other, the last alone is read. What the trainer
    writes once at the end (`train_runtime`, `train_loss`, `total_flos`) stands in the last row.

    Raises:
        TaskError: It is no such file.
    """
    last: dict[str, tuple[int, Path]] = {}
    for file in files_of(path, NAME):
        run, step = _place(file, path)
        last[run] = max(last.get(run, (-1, file)), (step, file))
    points = ({RUN: run, **point} for run, (_, file) in last.items() for point in _points(file))
    return raw_of_records(joined(counted(path, points, len), (RUN, STEP)), path)


def _place(file: Path, path: Path) -> tuple[str, int]:
    """A run, and the step of its checkpoint; a file outside checkpoints is the end."""
    folder = file.parent
    number = folder.name.removeprefix(_OF_CHECKPOINT)
    if not (folder.name.startswith(_OF_CHECKPOINT) and number.isdigit()):
        return (folder.name if file == path else run_of(file, path)), 2**62
    within = path.is_dir() and folder != path and folder.parent != path
    return (run_of(folder, path) if within else folder.parent.name), int(number)


def _points(file: Path) -> Iterator[dict[str, Any]]:
    state = read_json(file)
    log = state.get("log_history") if isinstance(state, dict) else None
    if not isinstance(log, list) or not log or not all(isinstance(p, dict) for p in log):
        raise TaskError(f"{file}: must be a trainer's state, with points in its log_history")
    yield from log
