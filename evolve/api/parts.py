"""Answers of several parts, shown part by part where Python shows a value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from html import escape
from typing import Any


class Parts:
    """A dataclass whose parts stand below each other, each under its name; empty ones do not."""

    def __repr__(self) -> str:
        """Name and parts, tables as wide as pandas is set to show."""
        shown = (f"{name}:{_text(part)}" for name, part in _held(self))
        return "\n".join([f"<{type(self).__name__}>", *shown])

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        shown = (
            f"<p><strong>{name}</strong></p>{_table(part)}"
            if hasattr(part, "to_frame") or hasattr(part, "to_html")
            else f"<p><strong>{name}</strong>: {escape(str(part))}</p>"
            for name, part in _held(self)
        )
        return f"<div>{''.join(shown)}</div>"


def _held(answer: Any) -> Iterator[tuple[str, Any]]:
    """The parts that hold something, by name; those that only code reads begin with a line."""
    for field in fields(answer):
        part = getattr(answer, field.name)
        is_empty = part is None or hasattr(part, "__len__") and not len(part)
        if field.repr and not is_empty:
            yield field.name, part


def _text(part: Any) -> str:
    if hasattr(part, "to_frame"):
        return f"\n{part.to_string()}\n"
    return f"\n{part!r}\n" if hasattr(part, "to_html") else f" {part}"


def _table(part: Any) -> str:
    """A data frame as it shows itself, a series as one row."""
    frame = part.to_frame("").T if hasattr(part, "to_frame") else part
    return str(frame._repr_html_() or "")
