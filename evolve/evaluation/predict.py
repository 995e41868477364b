"""Predictions of whatever can be a champion: a law that is a graph, or a program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from evolve.errors import SandboxError
from evolve.evaluation.programs import (
    ProgramFailedError,
    ProgramRunner,
    as_returned,
    shared_runner,
)
from evolve.law.graph import SMALL, STEP, Law, evaluate, slopes
from evolve.law.program import Program
from evolve.typing import Array, Ints

Predictable = Law | Program
# How a program that is asked may leave without an answer whoever can do without one: it failed,
# or no process starts in which it could run.
UNANSWERED: Final = (ProgramFailedError, SandboxError)


def predict(
    law: Predictable, x: Array, constants: Array, programs: ProgramRunner | None = None
) -> Array:
    """Predict rows of one group.

    Args:
        law: The law.
        x: `(n, f)` raw features.
        constants: `(t, p)` of the group.
        programs: Where a program runs; the runner of this process if None.

    Returns:
        `(n, t)` predictions.

    Raises:
        ProgramFailedError: A program failed.
        SandboxError: No process can be started for a program, or programs may not run here.
    """
    if isinstance(law, Law):
        return law.predict(x, constants)
    return np.asarray(predict_each(law, x, constants[None], programs)[0])


def predict_each(
    law: Predictable, x: Array, tables: Array, programs: ProgramRunner | None = None
) -> Array:
    """Predict the same rows under several sets of constants; arguments as `predict`.

    Args:
        law: The law.
        x: `(n, f)` raw features.
        tables: `(k, t, p)` constants.
        programs: Where a program runs.

    Returns:
        `(k, n, t)` predictions.
    """
    if isinstance(law, Law):
        n_targets = tables.shape[1]
        views = [law.view(x, t) for t in range(n_targets)]
        values = [evaluate(law.root, views[t], tables[:, t]) for t in range(n_targets)]
        return np.stack([np.broadcast_to(v, (len(tables), len(x))) for v in values], axis=2)
    runner = programs or shared_runner()
    given = [as_returned(table) for table in tables]
    outcome = runner.predict(law.text, [x] * len(tables), given, check=False)
    return np.array([values.reshape(len(x), -1) for values in outcome.arrays])


def slopes_of(law: Predictable, x: Array, constants: Array, target: int) -> Array:
    """Derivatives of one target's predictions by its constants.

    Args:
        law: The law.
        x: `(n, f)` raw features.
        constants: `(t, p)` constants.
        target: Number of the target.

    Returns:
        `(n, p)` derivatives; not finite where the law is not defined nearby.
    """
    if isinstance(law, Law):
        return slopes(law.root, law.view(x, target), constants[target])
    p = constants.shape[1]
    steps = STEP * np.maximum(np.abs(constants[target]), SMALL)
    moved = np.zeros((2 * p, *constants.shape))
    moved[np.arange(p), target, np.arange(p)] = steps
    moved[p + np.arange(p), target, np.arange(p)] = -steps
    values = predict_each(law, x, constants + moved)[:, :, target]
    return np.asarray((values[:p] - values[p:]).T / (2.0 * steps))


def by_group(
    group: Ints, n_targets: int, numbers: Sequence[int], predict_rows: Callable[[int, Ints], Array]
) -> Array:
    """Predict rows group by group.

    Args:
        group: `(n,)` group number of each row.
        n_targets: Number of targets.
        numbers: Groups that can be predicted; rows of others are nan.
        predict_rows: Group number and rows `(m,)` to predictions `(m, t)`.

    Returns:
        `(n, t)` predictions in the order of the rows.
    """
    result = np.full((len(group), n_targets), np.nan)
    for number in numbers:
        rows = np.flatnonzero(group == number)
        if len(rows):
            result[rows] = predict_rows(number, rows)
    return result
