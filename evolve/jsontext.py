"""Values to JSON text, in one way for stores and one for readers.

Both turn numpy's scalars and arrays, tuples and paths into JSON values and refuse what has none.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from typing import Any

from evolve.printable import printable


def compact_json(value: Any) -> str:
    """One line for a store; ``NaN`` and ``Infinity`` stay, as `json.loads` reads them back.

    Raises:
        TypeError: Something in it has no JSON value.
    """
    return _COMPACT.encode(value)


def json_document(value: Any) -> str:
    """An indented document for any reader; numbers that are not finite become null.

    What no terminal may get is escaped, and so read back as it was.

    Raises:
        TypeError: Something in it has no JSON value.
    """
    text = json.dumps(_finite(value), indent=2, ensure_ascii=False)
    return "".join(map(_escaped, text)) if printable(text) != text else text


def _converted(value: Any) -> Any:
    """The JSON value of something that `json` does not know."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise TypeError(f"Expected JSON values but one was a {type(value).__name__}: {value!r}")


def _finite(value: Any) -> Any:
    """The JSON value of anything, with null for numbers that are not finite."""
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if value is None or isinstance(value, str | int):
        return value
    return _finite(_converted(value))


def _escaped(sign: str) -> str:
    return sign if printable(sign) == sign else f"\\u{ord(sign):04x}"


_COMPACT = json.JSONEncoder(default=_converted, separators=(",", ":"))
