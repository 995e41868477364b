"""Keras: the file of its CSVLogger, of one run or of a folder of runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from evolve.errors import TaskError
from evolve.tasks.cells import number
from evolve.tasks.frames import raw_of_records
from evolve.tasks.importers.logs import RUN, files_of, run_of
from evolve.tasks.raw import RawTable
from evolve.tasks.readers import read_text
from evolve.tasks.sizes import LINE_CHARS, counted

EPOCH, STEP = "epoch", "step"
_SEPARATORS = (",", ";", "\t")


def read(path: Path) -> RawTable:
    """Read the logs: a row an epoch, counted from 0 as Keras does; `NA` is a blank cell.

    What stands in a row was measured when its epoch was over: `step` says how many were by then.

    Raises:
        TaskError: A file has no column `epoch`.
    """
    return raw_of_records(list(counted(path, _points(path), len)), path)


def _points(path: Path) -> Iterator[dict[str, object]]:
    for file in files_of(path, "*.csv", "*.log"):
        raw = _table(file)
        for cells in zip(*raw.columns.values(), strict=True):
            row = dict(zip(raw.columns, cells, strict=True))
            done = number(row[EPOCH])
            yield {
                RUN: run_of(file, path),
                STEP: None if done is None else done + 1,
                **{k: None if v == "NA" else v for k, v in row.items()},
            }


def _table(file: Path) -> RawTable:
    with file.open(encoding="utf-8-sig", errors="replace") as lines:
        header = lines.readline(LINE_CHARS)
    separator = next((sign for sign in _SEPARATORS if sign in header), ",")
    raw = read_text(file, separator)
    if EPOCH not in raw.columns:
        raise TaskError(f"{file}: must be a log of Keras, with a column {EPOCH!r}")
    return raw
