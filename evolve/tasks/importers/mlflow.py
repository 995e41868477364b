"""MLflow: its SQLite database, or the folders of its file store."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from evolve.errors import TaskError
from evolve.tasks.frames import raw_of_records
from evolve.tasks.importers.logs import query
from evolve.tasks.raw import MOST, RawTable
from evolve.tasks.sizes import files_below, text_of

_RUNS = "select run_uuid, name, status, lifecycle_stage, start_time, end_time from runs"
_PARAMS = "select run_uuid, key, value from params"
_METRICS = "select run_uuid, key, value, is_nan, step from latest_metrics"
DELETED, TRASH = "deleted", ".trash"  # a stage of runs, and the folder of deleted experiments
_STATES = {"1": "RUNNING", "2": "SCHEDULED", "3": "FINISHED", "4": "FAILED", "5": "KILLED"}


def read(path: Path) -> RawTable:
    """Read runs: a row a run, with its parameters and the last value of each metric.

    Runs that were deleted are left out, with a note. MLflow writes the largest number there is for
    an infinite metric and 0 for one that is nan; both are blank cells.

    Raises:
        TaskError: It is neither a database nor a folder of MLflow, or all its runs were deleted.
    """
    runs = list(_of_folder(path) if path.is_dir() else _of_database(path))
    rows = [row for row in runs if row["lifecycle_stage"] != DELETED]
    n_deleted = len(runs) - len(rows)
    if runs and not rows:
        raise TaskError(f"{path}: must hold a run that was not deleted, all {n_deleted} were")
    raw = raw_of_records(rows, path)
    if not n_deleted:
        return raw
    told = f"{n_deleted} run{'s' * (n_deleted > 1)} left out that MLflow holds as deleted"
    return replace(raw, notes=(*raw.notes, told))


def _of_database(path: Path) -> Iterator[dict[str, Any]]:
    if not path.is_file():
        raise TaskError(f"{path}: must be a file or folder, there is none")
    tables = ("runs", "params", "latest_metrics")
    runs, params, metrics = query(path, tables, _RUNS, _PARAMS, _METRICS)
    rows = {run["run_uuid"]: {"run_id": run.pop("run_uuid"), **run} for run in runs}
    for param in params:
        rows[param["run_uuid"]][f"params.{param['key']}"] = param["value"]
    for metric in metrics:
        row = rows[metric["run_uuid"]]
        row[f"metrics.{metric['key']}"] = None if metric["is_nan"] else _finite(metric["value"])
        row["step"] = max(row.get("step", 0), metric["step"])
    yield from rows.values()


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) and abs(value) <= MOST else None


def _of_folder(path: Path) -> Iterator[dict[str, Any]]:
    runs = sorted(meta.parent for meta in files_below(path, "meta.yaml") if _is_run(meta.parent))
    if not runs:
        raise TaskError(f"{path}: must be a folder of MLflow, it holds no runs")
    for run in runs:
        meta = dict(_lines(run / "meta.yaml", ": "))
        row: dict[str, Any] = {"run_id": run.name, "name": meta.get("run_name")}
        row["status"] = _STATES.get(meta.get("status", ""), meta.get("status"))
        row |= {key: meta.get(key) for key in ("lifecycle_stage", "start_time", "end_time")}
        if TRASH in run.relative_to(path).parts:
            row["lifecycle_stage"] = DELETED
        for file in _files(run / "params"):
            row[f"params.{_name(file, run / 'params')}"] = text_of(file).strip()
        for file in _files(run / "metrics"):
            _, value, step = text_of(file).split("\n")[-2].split()[:3]
            row[f"metrics.{_name(file, run / 'metrics')}"] = _finite(float(value))
            row["step"] = max(row.get("step", 0), int(step))
        yield row


def _is_run(folder: Path) -> bool:
    return (folder / "metrics").is_dir() or (folder / "params").is_dir()


def _files(folder: Path) -> list[Path]:
    return files_below(folder, "*")


def _name(file: Path, folder: Path) -> str:
    return file.relative_to(folder).as_posix()


def _lines(path: Path, sign: str) -> Iterator[tuple[str, str]]:
    for line in text_of(path).splitlines():
        key, sep, value = line.partition(sign)
        if sep:
            yield key.strip(), value.strip().strip("'\"")
