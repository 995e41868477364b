"""Distance of each finalist's extrapolation from the consensus of the leading laws.

Folds cannot tell laws apart that agree on every row and differ beyond them. Where most of the laws
that predict held-out rows best agree, one that does not is more likely wrong than they are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evolve.scoring.objective import (
    DISAGREEMENT_ALLOWANCE,
    DISAGREEMENT_REACH,
    DISAGREEMENT_ROWS,
    N_LEADERS,
)
from evolve.tasks.axes import axis_steps
from evolve.tasks.task import Task
from evolve.typing import Array, Ints

TINY = 1e-6
RANGE_OF_TEN = 0.5  # ranges of a linear axis that count as a factor of 10


def consensus_points(task: Task) -> tuple[Array, Ints]:
    """Points beyond the rows at which finalists are compared.

    Args:
        task: With axes, the rows of its largest scales are moved on along these, to the horizon
            that is declared if one is; without, rows are moved to the ends of one feature at a
            time.

    Returns:
        `(m, f)` features and `(m,)` group numbers.
    """
    train = task.train
    if task.axes:
        rows = task.folds[0].held
        moved = [further(task, train.X[rows], task.horizon or DISAGREEMENT_REACH)]
    else:
        rows = np.arange(0, train.n_rows, -(-train.n_rows // DISAGREEMENT_ROWS))
        ends = enumerate(task.constraints.ends)
        moved = [_put(train.X[rows], j, end) for j, both in ends for end in both]
    return np.concatenate(moved), np.tile(train.group[rows], len(moved))


def further(task: Task, x: Array, factor: float | Sequence[float]) -> Array:
    """Rows moved on by a factor along logarithmic axes, by as much of the range along others.

    Args:
        task: Gives the axes.
        x: `(n, f)` rows.
        factor: For all axes, or for each.
    """
    x = x.copy()
    for j, by in axis_steps(task.spec.folds.axes, task.feature_names, factor).items():
        if task.spec.features[j].logarithmic:
            x[:, j] *= by
        else:
            x[:, j] += np.ptp(task.train.X[:, j]) * np.log10(by) * RANGE_OF_TEN
    return x


def _put(x: Array, j: int, value: float) -> Array:
    """Rows with one feature at a value."""
    x = x.copy()
    x[:, j] = value
    return x


def consensus_distance(predictions: Array, totals: Array, errors: Array) -> Array:
    """How far each law's forecasts lie from what the leading laws agree on.

    The leaders are often relatives that agree by descent, so what they miss on held-out rows
    counts as spread, too: a forecast within that error is not evidence of disagreement.

    Args:
        predictions: `(n_laws, m, t)` predictions far out, in units of the targets' spread.
        totals: `(n_laws,)` scores; the best `N_LEADERS` whose predictions are all finite are the
            leaders.
        errors: `(n_laws,)` root mean square error of each law on held-out rows, as a share of
            the targets' spread there.

    Returns:
        `(n_laws,)` log(1 + distance to the leaders' median over the leaders' own spread and
        error), not finite where a prediction is not; zeros where nobody's are finite.
    """
    order = np.argsort(totals, kind="stable")
    leading = [i for i in order if np.isfinite(predictions[i]).all()][:N_LEADERS]
    leaders = predictions[leading]
    if not len(leaders):
        return np.zeros(len(predictions))
    with np.errstate(all="ignore"):
        centre = np.median(leaders, axis=0)
        allowed = DISAGREEMENT_ALLOWANCE * np.median(errors[leading])
        spread = np.median(np.abs(leaders - centre)) + allowed
        distance = np.sqrt(np.mean((predictions - centre) ** 2, axis=(1, 2)))
        logs = np.log1p(np.nan_to_num(distance, nan=np.inf) / (spread + TINY))
    return np.asarray(logs if np.isfinite(logs).any() else np.zeros(len(predictions)))
