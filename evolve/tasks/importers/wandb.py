"""Weights & Biases: the CSV of a chart or of the runs' table, and histories as JSON lines."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from evolve.tasks.frames import raw_of_records
from evolve.tasks.importers.logs import RUN, files_of, run_of
from evolve.tasks.raw import RawTable
from evolve.tasks.readers import LINES_OF_JSON, read_json_lines, read_table
from evolve.tasks.sizes import counted

SEPARATOR = " - "  # between a run and a metric in the header of a chart
_BOUND = re.compile(r"__(MIN|MAX)$")


def read(path: Path) -> RawTable:
    """Read an export of W&B.

    A chart (`Step, run - metric, run - metric__MIN, …`) becomes a row for each run and step; the
    smallest and largest of smoothed points are left out. The runs' table and a history stay as
    they are; a folder of histories gets the column `run`.

    Raises:
        TaskError: It is none.
    """
    if path.is_dir() or path.suffix.lower() in LINES_OF_JSON:
        return _history(path)
    raw = read_table(path)
    return _chart(raw) if is_chart(raw) else raw


def is_chart(raw: RawTable) -> bool:
    """Whether a table is a chart as W&B exports it: every column but the first is a run's."""
    names = list(raw.columns)
    return len(names) > 1 and all(SEPARATOR in name for name in names[1:])


def _chart(raw: RawTable) -> RawTable:
    step, *names = raw.columns
    points: list[dict[str, Any]] = []
    series: dict[str, dict[str, str]] = {}
    for name in names:
        run, _, metric = name.rpartition(SEPARATOR)
        if not _BOUND.search(name):
            series.setdefault(run, {})[metric] = name
    for run, metrics in series.items():
        for k, at in enumerate(raw.columns[step]):
            cells = {metric: raw.columns[name][k] for metric, name in metrics.items()}
            if any(cell not in ("", None) for cell in cells.values()):  # the axis of other runs
                points.append({RUN: run, step: at, **cells})
    return raw_of_records(points, raw.path)


def _history(path: Path) -> RawTable:
    files = files_of(path, "*.jsonl", "*.ndjson")
    points = (
        {**run, **record}
        for file in files
        for run in [{RUN: run_of(file, path)} if len(files) > 1 else {}]
        for _, record in read_json_lines(file)
    )
    return raw_of_records(list(counted(path, points, len)), path)
