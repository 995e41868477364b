"""A service that does nothing, to see the walls go up around it."""

from __future__ import annotations

from typing import Any

import numpy as np


def init(meta: dict[str, Any], arrays: tuple[np.ndarray, ...]) -> None:
    """Prepare nothing."""
    del meta, arrays


def handle(
    state: object, meta: dict[str, Any], arrays: tuple[np.ndarray, ...]
) -> tuple[dict[str, Any], tuple[np.ndarray, ...]]:
    """Return what came."""
    del state
    return meta, arrays
