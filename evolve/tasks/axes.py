"""The axes along which a task extrapolates: features, or products of them such as N·D."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evolve.errors import nearest
from evolve.typing import Array

TIMES = "*"


def factors_of(axis: str, features: Sequence[str]) -> tuple[str, ...]:
    """The features whose product an axis is; one alone where the axis is a feature.

    Args:
        axis: A feature's name, or names joined by ``*``.
        features: Names of the features; one that holds a ``*`` is meant as it is.

    Raises:
        ValueError: A factor is no feature, or is named twice.
    """
    if axis in features:
        return (axis,)
    factors = tuple(part.strip() for part in axis.split(TIMES))
    for name in factors:
        if name not in features:
            raise ValueError(
                f"must hold names among {', '.join(features)}, or products of them, holds "
                f"{name!r}{nearest(name, features)}"
            )
        if factors.count(name) > 1:
            raise ValueError(f"must hold each factor of a product once, {axis!r} names one twice")
    return factors


def axis_features(axes: Sequence[str], features: Sequence[str]) -> tuple[int, ...]:
    """Numbers of the features that any axis is made of, each once."""
    names = dict.fromkeys(name for axis in axes for name in factors_of(axis, features))
    return tuple(features.index(name) for name in names)


def axis_values(x: Array, axes: Sequence[str], features: Sequence[str]) -> Array:
    """`(n, a)` values of rows `(n, f)` along the axes; a product where an axis is one."""
    columns = [
        np.prod(x[:, [features.index(name) for name in factors_of(axis, features)]], axis=1)
        for axis in axes
    ]
    return np.stack(columns, axis=1) if columns else np.empty((len(x), 0))


def axis_steps(
    axes: Sequence[str], features: Sequence[str], factor: float | Sequence[float]
) -> dict[int, float]:
    """Factor by which each feature moves when the axes move by theirs.

    A feature that is an axis moves by the factor itself; the factors of a product share it.

    Args:
        axes: The axes.
        features: Names of the features.
        factor: Of 1 or more, for all axes or for each.
    """
    each = [factor] * len(axes) if isinstance(factor, float) else factor
    steps: dict[int, float] = {}
    for axis, by in zip(axes, each, strict=True):
        factors = factors_of(axis, features)
        for name in factors:
            j = features.index(name)
            steps[j] = max(steps.get(j, 1.0), by ** (1.0 / len(factors)))
    return steps
