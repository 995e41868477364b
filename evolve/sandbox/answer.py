"""What a child says of its work to an `Outcome`; no field of it is taken on trust."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from evolve.sandbox.outcome import Limits, Outcome, printable
from evolve.sandbox.wire import WireError

CHILD_SAYS: Final = frozenset({"exception", "memory", "bad-answer", "answer-too-large"})
_MOST: Final = 1e15  # seconds or KiB that can be meant


def read_answer(meta: dict[str, Any], arrays: tuple[np.ndarray, ...], limits: Limits) -> Outcome:
    """Return the outcome that the fields of an answer frame describe.

    Args:
        meta: `status`; with "ok" perhaps `meta` or `report`, `cpu_s` and `rss_kib`, with any
            other a `message`.
        arrays: Those of the frame; a failure has none.
        limits: How long a message may be.

    Raises:
        WireError: A field is missing, of another kind, or out of all bounds.
    """
    status = meta.get("status")
    if not isinstance(status, str) or status not in ("ok", *CHILD_SAYS):
        raise WireError("answer: has no status that a program may have")
    if status != "ok":
        message = meta.get("message")
        if not isinstance(message, str):
            raise WireError("answer: a failure must have a text as its message")
        return Outcome(status, printable(message, limits.message_chars))
    report = meta.get("meta", meta.get("report", {}))
    if not isinstance(report, dict):
        raise WireError("answer: what it holds besides numbers must be an object")
    used, rss_kib = _amount(meta, "cpu_s"), _amount(meta, "rss_kib")
    return Outcome("ok", arrays=arrays, meta=report, cpu_s=used, max_rss_mib=rss_kib / 1024)


def _amount(meta: dict[str, Any], name: str) -> float:
    value = meta.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _MOST:
        raise WireError(f"answer: {name} must be an amount")
    return float(value)
