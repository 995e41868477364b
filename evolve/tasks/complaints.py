"""What pydantic complains of in a `task.toml`, worded as place, rule and value."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ValidationError

from evolve.errors import nearest


def explain(
    error: ValidationError, whole: type[BaseModel], parts: Mapping[str, type[BaseModel]]
) -> str:
    """Turn pydantic's first complaint, misspelt keys before others, into place, rule, value.

    Args:
        error: What pydantic complains of.
        whole: The model of the whole file.
        parts: The models of its tables, by key.
    """
    complaints = error.errors(include_url=False)
    first = min(complaints, key=lambda complaint: complaint["type"] != "extra_forbidden")
    place = _place(first["loc"])
    if first["type"] == "extra_forbidden":
        part = parts.get(str(first["loc"][0]), whole) if len(first["loc"]) > 1 else whole
        return f"unknown key {place!r}{nearest(str(first['loc'][-1]), part.model_fields)}"
    if first["type"] == "missing":
        return f"key {place!r} is missing"
    if how := _how_written(first["type"], first["loc"], parts):
        return f"{place!r} must be {how}, holds {first['input']!r}"
    rule = lower(first["msg"].removeprefix("Value error, ").removeprefix("Input "))
    if first["type"] == "value_error":
        return f"{place}: {rule}" if place else rule
    return f"{place!r} {rule}, holds {first['input']!r}"


def _how_written(
    kind: str, loc: tuple[int | str, ...], parts: Mapping[str, type[BaseModel]]
) -> str:
    """How TOML writes what a key holds, where a value has another form; else nothing."""
    if not loc or kind not in ("model_type", "list_type", "too_short"):
        return ""
    key, part = str(loc[0]), parts.get(str(loc[0]))
    if part is None or len([word for word in loc if isinstance(word, str)]) > 1:
        return 'a list of names, like ["params", "tokens"]'
    if "name" in part.model_fields:
        return f"written [[{key}]] with its name below, once for each"
    return f"written {'[[filters]]' if key == 'filters' else f'[{key}]'} with its keys below"


def _place(loc: tuple[int | str, ...]) -> str:
    """Write a path of keys as `features[2].unit`, counted from 1."""
    text = ""
    for part in loc:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        elif part not in ("float", "str"):  # pydantic's names for the members of a union
            text += f".{part}" if text else part
    return text


def lower(text: str) -> str:
    """A text that begins with a small letter."""
    return text[:1].lower() + text[1:]
