"""Read the table `[batch]` of an `evolve.toml`: what is searched for every task of a folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evolve.errors import EvolveError, nearest
from evolve.files import read_toml
from evolve.runs.settings import DEFAULT_EVALUATIONS
from evolve.search.proposers.registry import DEFAULT

TABLES = ("batch", "models")
SETTINGS = ("evaluations", "seeds", "proposers")
KEYS = (*SETTINGS, "workers", "tasks", "task", "table")


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """What is searched for one task.

    Attributes:
        evaluations: Of each run in total.
        seeds: One run each.
        proposers: What makes candidates after the first ones.
    """

    evaluations: int = DEFAULT_EVALUATIONS
    seeds: tuple[int, ...] = (0,)
    proposers: tuple[str, ...] = DEFAULT


@dataclass(frozen=True, slots=True)
class BatchFile:
    """What an `evolve.toml` says of a folder of tasks.

    Attributes:
        common: For every task without a table of its own.
        of_task: For the others, by name.
        tasks: Names of the tasks; None for all of the folder.
        workers: Worker processes; None for one a core.
    """

    common: SearchSettings = SearchSettings()
    of_task: Mapping[str, SearchSettings] | None = None
    tasks: tuple[str, ...] | None = None
    workers: int | None = None

    def of(self, task_name: str) -> SearchSettings:
        """The settings of a task."""
        return (self.of_task or {}).get(task_name, self.common)


def read_batch_file(path: Path, task_names: tuple[str, ...]) -> BatchFile:
    """Read and check the file.

    Args:
        path: The file.
        task_names: The tasks that there are.

    Raises:
        EvolveError: It cannot be read, or a key or value of it is none that there is.
    """
    data = read_toml(path)
    _require_keys(path, "", data, TABLES)
    batch = _table(path, "[batch]", data.get("batch", {}))
    _require_keys(path, "[batch] ", batch, KEYS)
    common = _settings(path, "[batch]", batch, SearchSettings())
    of_task = {}
    for name, table in _table(path, "[batch.task]", batch.get("task", {})).items():
        where = f"[batch.task.{name}]"
        _require_task(path, where, name, task_names)
        _require_keys(path, f"{where} ", _table(path, where, table), SETTINGS)
        of_task[name] = _settings(path, where, table, common)
    tasks = None
    if "tasks" in batch:
        tasks = _texts(path, "[batch] tasks", batch["tasks"])
        for name in tasks:
            _require_task(path, "[batch] tasks", name, task_names)
    workers = batch.get("workers")
    if workers is not None:
        _whole(path, "[batch] workers", workers, 0)
    return BatchFile(common, of_task, tasks, workers)


def _settings(
    path: Path, where: str, table: Mapping[str, Any], common: SearchSettings
) -> SearchSettings:
    """The settings of a table, those that it lacks as `common` has them."""
    given: dict[str, Any] = {}
    if "evaluations" in table:
        given["evaluations"] = _whole(path, f"{where} evaluations", table["evaluations"], 1)
    if "seeds" in table:
        seeds = table["seeds"]
        if not isinstance(seeds, list) or not seeds:
            raise EvolveError(f"{path}: {where} seeds must be a list of whole numbers")
        given["seeds"] = tuple(_whole(path, f"{where} seeds", seed, 0) for seed in seeds)
        if len(set(seeds)) < len(seeds):
            raise EvolveError(f"{path}: {where} seeds must hold each seed once")
    if "proposers" in table:
        given["proposers"] = _texts(path, f"{where} proposers", table["proposers"])
    return replace(common, **given)


def _require_keys(path: Path, where: str, table: Mapping[str, Any], valid: Any) -> None:
    for key in table:
        if key not in valid:
            rule = f"no key {key[:50]!r}{nearest(key, valid)}; there are {', '.join(valid)}"
            raise EvolveError(f"{path}: {where}{rule}")


def _require_task(path: Path, where: str, name: str, valid: tuple[str, ...]) -> None:
    if name not in valid:
        rule = f"no task {name[:50]!r}{nearest(name, valid)}; there are {', '.join(valid[:12])}"
        raise EvolveError(f"{path}: {where}: {rule}")


def _table(path: Path, where: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise EvolveError(f"{path}: {where} must be a table, it is {value!r:.50}")
    return value


def _whole(path: Path, where: str, value: Any, least: int) -> int:
    if type(value) is not int or value < least:
        rule = f"must be a whole number from {least} on, it is {value!r:.50}"
        raise EvolveError(f"{path}: {where} {rule}")
    return value


def _texts(path: Path, where: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(v, str) for v in value):
        raise EvolveError(f"{path}: {where} must be a list of names, it is {value!r:.50}")
    return tuple(value)
