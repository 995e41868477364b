"""Ray Tune: the folders of an experiment's trials."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evolve.tasks.frames import raw_of_records
from evolve.tasks.importers.logs import RUN, files_of, run_of
from evolve.tasks.raw import RawTable
from evolve.tasks.readers import read_json_lines
from evolve.tasks.sizes import counted

NAME = "result.json"


def read(path: Path) -> RawTable:
    """Read the results of trials: a row for each time that one reported, config in columns.

    Raises:
        TaskError: There are no results, or a line of them is no object.
    """
    return raw_of_records(list(counted(path, _points(path), len)), path)


def _points(path: Path) -> Iterator[dict[str, Any]]:
    for file in files_of(path, NAME):
        for _, record in read_json_lines(file):
            run = record.get("trial_id") or run_of(file, path)
            yield {RUN: run, **{k: v for k, v in record.items() if k != "trial_id"}}
