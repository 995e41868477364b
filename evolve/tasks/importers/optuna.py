"""Optuna: the trials of an SQLite storage."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evolve.errors import TaskError
from evolve.tasks.frames import raw_of_records
from evolve.tasks.importers.logs import query
from evolve.tasks.raw import RawTable

_TRIALS = """
select trial_id, number, state, study_name, datetime_start, datetime_complete
from trials join studies on trials.study_id = studies.study_id order by trials.study_id, number
"""
_PARAMS = "select trial_id, param_name, param_value, distribution_json from trial_params"
_VALUES = "select trial_id, objective, value, value_type from trial_values"
COMPLETE = "COMPLETE"


def read(path: Path) -> RawTable:
    """Read trials: a row a trial, with its parameters, its state and its value or values.

    A trial that was pruned keeps the last value that it reported, of less training than others
    have had: that stands in `partial_value` and the value is blank.

    Raises:
        TaskError: It is no storage of Optuna.
    """
    if not path.is_file():
        raise TaskError(f"{path}: must be an SQLite storage, there is none")
    tables = ("trials", "studies", "trial_params", "trial_values")
    trials, params, values = query(path, tables, _TRIALS, _PARAMS, _VALUES)
    rows = {trial["trial_id"]: dict(trial) for trial in trials}
    for row in rows.values():
        del row["trial_id"]
        row["study"] = row.pop("study_name")
    for param in params:
        rows[param["trial_id"]][param["param_name"]] = _value_of(param)
    several = any(value["objective"] for value in values)
    for value in values:
        row = rows[value["trial_id"]]
        name = f"value_{value['objective']}" if several else "value"
        row[name if row["state"] == COMPLETE else f"partial_{name}"] = _number(value)
    return raw_of_records(list(rows.values()), path)


def _value_of(param: Mapping[str, Any]) -> object:
    """A parameter as the user knows it; of a choice, the storage holds its number."""
    distribution = json.loads(param["distribution_json"])
    if distribution["name"] == "CategoricalDistribution":
        return distribution["attributes"]["choices"][int(param["param_value"])]
    whole = distribution["name"].startswith("Int")
    return int(param["param_value"]) if whole else param["param_value"]


def _number(value: Mapping[str, Any]) -> float | None:
    """A trial's value; an infinite one has a type of its own and no number."""
    return value["value"] if value["value_type"] == "FINITE" else None
