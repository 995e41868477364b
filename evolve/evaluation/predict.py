"""Predictions of whatever can be a champion: a law that is a graph, or a program."""

from __future__ import annotations

from typing import Final

import numpy as np

from evolve.errors import SandboxError
from evolve.evaluation.failed import ProgramFailedError
from evolve.evaluation.programs import ProgramRunner, as_returned, shared_runner
from evolve.law.graph import Law, evaluate, evaluate_rows
from evolve.law.program import Program
from evolve.law.slopes import slopes
from evolve.scoring.fold import rows_by_group
from evolve.typing import Array, Ints

Predictable = Law | Program
# How a program that is asked may leave without an answer whoever can do without one: it failed,
# or no process starts in which it could run.
UNANSWERED: Final = (ProgramFailedError, SandboxError)
# Share of a program's constant by which it is moved, the least size that is taken a share of, and
# the share of the predictions from which a change is more than rounding.
STEP, SMALL, SEEN = 1e-5, 1e-3, 1e-9
ROWS_AT_ONCE: Final = 1 << 14  # of a law, so that a copy of its constants a row stays small


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


def predict_groups(
    law: Predictable,
    x: Array,
    number: Ints,
    tables: Array,
    programs: ProgramRunner | None = None,
) -> Array:
    """Predict rows of several groups; arguments and errors otherwise as `predict`.

    Args:
        law: The law.
        x: `(n, f)` raw features.
        number: `(n,)` number of the table of each row.
        tables: `(k, t, p)` constants.
        programs: Where a program runs.
    """
    result = np.empty((len(x), tables.shape[1]))
    if isinstance(law, Law):
        for begin in range(0, len(x), ROWS_AT_ONCE):
            rows = slice(begin, begin + ROWS_AT_ONCE)
            own = tables[number[rows]]
            for t in range(tables.shape[1]):
                result[rows, t] = evaluate_rows(law.root, law.view(x[rows], t), own[:, t])
        return result
    for k, at in rows_by_group(number):
        result[at] = predict(law, x[at], tables[k], programs)
    return result


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
    return _differences(law, x, constants, target)


def _differences(law: Program, x: Array, constants: Array, target: int) -> Array:
    """Slopes of a program by central differences; arguments as `slopes_of` has them.

    A step is a share of its constant, which may be 1e-10 as a rate per token. Where that changes
    nothing that can be told from rounding, the constant is next to nothing beside the rest of the
    law, and the step that of a constant of size `SMALL`.
    """
    p, sizes = constants.shape[1], np.abs(constants[target])
    own = STEP * np.where(sizes > 0.0, sizes, SMALL)
    steps = np.array([own, STEP * np.maximum(sizes, SMALL)])
    moved = np.zeros((2, 2, p, *constants.shape))  # sizes of steps, up and down, constants
    for sign, to in enumerate((1.0, -1.0)):
        moved[:, sign, np.arange(p), target, np.arange(p)] = to * steps
    tables = (constants + moved).reshape(4 * p, *constants.shape)
    values = predict_each(law, x, tables)[:, :, target].reshape(2, 2, p, len(x))
    rise, largest = values[:, 0] - values[:, 1], np.abs(values[0]).max(initial=0.0)
    fine, coarse = rise / (2.0 * steps[..., None])
    is_seen = np.abs(rise[0]).max(axis=1, initial=0.0) > SEEN * largest
    return np.asarray(np.where(is_seen[:, None], fine, coarse).T)
