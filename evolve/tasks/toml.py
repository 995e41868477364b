"""A checked `TaskSpec` to the text of a `task.toml`."""

from __future__ import annotations

import json
import math
from typing import Any

from evolve.tasks.spec import TaskSpec


def format_spec(spec: TaskSpec) -> str:
    """Write a spec as the text of a `task.toml` that `parse_spec` reads back as the same spec."""
    values = spec.model_dump(exclude_defaults=True)
    lines: list[str] = []
    _format_table(values, "", lines)
    return "\n".join(lines).strip() + "\n"


def _format_table(values: dict[str, Any], prefix: str, lines: list[str]) -> None:
    """Append a table's plain keys, then its sub-tables and arrays of tables."""
    deep = [key for key, value in values.items() if _is_deep(value)]
    lines += [f"{_key(key)} = {toml_value(values[key])}" for key in values if key not in deep]
    for key in deep:
        name = f"{prefix}{_key(key)}"
        tables = [values[key]] if isinstance(values[key], dict) else values[key]
        for table in tables:
            lines += ["", f"[{name}]" if isinstance(values[key], dict) else f"[[{name}]]"]
            _format_table(table, f"{name}.", lines)


def _is_deep(value: object) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and bool(value) and isinstance(value[0], dict)
    )


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if bare else toml_value(name)


def toml_value(value: object) -> str:
    """Write a text, number, truth value or list as TOML, on one line."""
    if isinstance(value, list):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return json.dumps(value)
