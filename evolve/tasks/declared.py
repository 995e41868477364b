"""Training rows against what their task declares of features and targets."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from evolve.errors import TaskError
from evolve.tasks.raw import RawTable
from evolve.tasks.spec import Target, TaskSpec
from evolve.tasks.table import Table


def require_informative(raw: RawTable, spec: TaskSpec, table: Table) -> None:
    """Require training rows whose targets no feature repeats and that keep what is declared.

    Raises:
        TaskError: They do not.
    """
    require_declared(raw, spec, table)
    for target, y in zip(spec.targets, table.Y.T, strict=True):
        for feature, x in zip(spec.features, table.X.T, strict=True):
            if len(y) > 1 and np.array_equal(x, y):
                raise TaskError(
                    f"{raw.path}: feature {feature.name!r} must not be the target, it equals "
                    f"{target.name!r} in all {len(y)} rows; leave it out"
                )


def require_declared(raw: RawTable, spec: TaskSpec, table: Table) -> None:
    """Require training rows that floor, ceiling and bounds do not exclude.

    Raises:
        TaskError: They do.
    """
    for target, y in zip(spec.targets, table.Y.T, strict=True):
        floor, ceiling = spec.physics.floor, spec.physics.ceiling
        if floor is not None and floor > y.max():
            raise TaskError(
                f"{raw.path}: physics.floor must be below the target, {floor:g} is above all "
                f"values of {target.name!r}, the largest is {y.max():g}"
            )
        if ceiling is not None and ceiling < y.min():
            raise TaskError(
                f"{raw.path}: physics.ceiling must be above the target, {ceiling:g} is below all "
                f"values of {target.name!r}, the least is {y.min():g}"
            )
        _require_inside(raw, target, y)


def _require_inside(raw: RawTable, target: Target, y: NDArray[np.float64]) -> None:
    """Require that no training row lies outside a target's declared bounds."""
    if target.bounds and (y.min() < target.bounds[0] or y.max() > target.bounds[1]):
        far = y.min() if y.min() < target.bounds[0] else y.max()
        low, high = target.bounds
        raise TaskError(
            f"{raw.path}: bounds of {target.name!r} must hold every row, one holds {far:g}, "
            f"outside {low:g} to {high:g}"
        )


def between_text(low: float, high: float) -> str:
    """Two bounds in words, of which one may be infinite."""
    if math.isinf(high):
        return f"above {low:g}" if math.isfinite(low) else "any number"
    return f"below {high:g}" if math.isinf(low) else f"between {low:g} and {high:g}"
