"""Exports and logs of trackers to a `RawTable`, one file a tracker.

An importer takes a file, or a folder of many, and gives a row for every run, trial, model or point
of a curve, under the tracker's own names; curves have columns `run` and `step`. What a tracker
writes for a result that is missing or partial becomes a blank cell.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Callable
from pathlib import Path

from evolve.errors import Argument, EvolveError, TaskError, nearest
from evolve.tasks.importers import (
    keras,
    lightning,
    lm_eval,
    mlflow,
    optuna,
    ray,
    tensorboard,
    trainer_state,
    wandb,
)
from evolve.tasks.raw import RawTable

__all__ = ["IMPORTERS", "import_from"]

IMPORTERS: dict[str, Callable[[Path], RawTable]] = {
    "keras": keras.read,
    "lightning": lightning.read,
    "lm_eval": lm_eval.read,
    "mlflow": mlflow.read,
    "optuna": optuna.read,
    "ray": ray.read,
    "tensorboard": tensorboard.read,
    "trainer_state": trainer_state.read,
    "wandb": wandb.read,
}


# What reading a file that is cut off or was changed by hand may end in, wherever in it.
_FAULTS = (
    *(ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError),
    *(OSError, struct.error, sqlite3.Error),
)


def import_from(source: str, path: Path) -> RawTable:
    """Read what a tracker wrote.

    Args:
        source: A key of `IMPORTERS`.
        path: A file or folder.

    Raises:
        EvolveError: There is no such importer.
        TaskError: The path is none, or not what the tracker writes.
    """
    if source not in IMPORTERS:
        rule = f": must be one of {', '.join(IMPORTERS)}, it is {source!r}"
        raise EvolveError(Argument("from"), rule, nearest(source, IMPORTERS))
    try:
        return IMPORTERS[source](path)
    except _FAULTS as error:
        why = f"{type(error).__name__}: {error}"
        rule = f"must be what {source} writes, something in it is not ({why})"
        raise TaskError(f"{path}: {rule}") from None
