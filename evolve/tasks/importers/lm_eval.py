"""lm-evaluation-harness: results of models, one file a model and evaluation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evolve.errors import TaskError
from evolve.tasks.frames import raw_of_records
from evolve.tasks.importers.logs import files_of, read_json
from evolve.tasks.raw import RawTable

_KEPT = ("model_name", "model_source", "total_evaluation_time_seconds", "date")
_OF_CONFIG = ("model", "model_args", "model_num_parameters", "model_dtype", "num_fewshot", "limit")


def read(path: Path) -> RawTable:
    """Read results: a row a file, with a column `task/metric,filter` for each metric.

    Raises:
        TaskError: A file holds no results.
    """
    return raw_of_records([_row(file) for file in files_of(path, "results*.json")], path)


def _row(file: Path) -> dict[str, Any]:
    document = read_json(file)
    results = document.get("results") if isinstance(document, dict) else None
    if not isinstance(results, dict) or not results:
        raise TaskError(f"{file}: must hold results of lm-evaluation-harness")
    config = document.get("config") or {}
    row = {key: document[key] for key in _KEPT if key in document}
    row |= {key: config[key] for key in _OF_CONFIG if key in config}
    for task, metrics in results.items():
        if not isinstance(metrics, dict):
            raise TaskError(f"{file}: results of {task!r} must be metrics by name")
        row |= {f"{task}/{k}": _cell(v) for k, v in metrics.items() if k != "alias"}
    return row


def _cell(value: object) -> object:
    """A metric; the harness writes `N/A` for a standard error that it has not."""
    return None if value == "N/A" else value
