"""Rows that all lie to one side of a law, far more than the others scatter around it.

Noise has two sides. Runs that were tuned worse, or cut short, only lose, and a law that goes
through all rows then says less than well tuned runs reach. No law can know which they are.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evolve.evaluation.requests import form_of, law_of
from evolve.forecast.noise import gaps_of
from evolve.law.graph import Law
from evolve.runs.results import load_results
from evolve.runs.store import Store
from evolve.scoring.combine import TO_DEVIATION
from evolve.tasks.task import Task
from evolve.typing import Array

FAR = 4.0  # deviations of the middle half; of normal noise one row in 30,000 lies so far
FEWEST_ROWS = 20  # fewer tell no scatter
ROWS_A_CONSTANT = 5  # of a law that is no more than a line through its rows
FEWEST = 3  # of one side, none of the other
MOST_NAMED = 3
MOST_TOLD = 2  # of several targets, which mostly have the same rows off


def one_sided_rows(store: Store, task: Task) -> list[str]:
    """What to know of rows far to one side of a run's law, a sentence a target; none for most.

    The law is that of the run's table around which most rows lie nearest, which need not be the
    champion: held-out rows are predicted in the mean, by a law that goes through them all. Points
    of one run go together, so of these nothing is said.
    """
    train = task.train
    if train.run is not None or train.n_rows < FEWEST_ROWS:
        return []
    laws = list(_residuals(store, task))
    remarks = []
    for t, target in enumerate(task.target_names):
        columns = [(_scatter(gaps[:, t]), size, gaps[:, t]) for size, gaps in laws]
        known = [column for column in columns if column[0] > 0]
        if known:
            scatter, size, gaps = min(known, key=lambda column: column[0])
            remarks += _told(task, target, size, gaps / scatter)
    return remarks[:MOST_TOLD]


def _residuals(store: Store, task: Task) -> Iterator[tuple[int, Array]]:
    """Constants and residuals `(n, t)` of each law of a run's table that is ours to evaluate."""
    train = task.train
    for row in load_results(store).rows:
        if row.number is None or not row.constants:
            continue
        law = law_of(form_of(store.entry(row.index)))
        if not isinstance(law, Law) or row.n_constants * ROWS_A_CONSTANT > train.n_rows:
            continue
        predicted = np.full_like(train.Y, np.nan)
        for number, name in enumerate(task.group_names):
            own = train.group == number
            constants = np.asarray(row.constants[name], dtype=float)
            predicted[own] = law.predict(train.X[own], constants)
        if np.isfinite(predicted).all():
            relative = bool((train.Y > 0).all() and (predicted > 0).all())
            gaps = gaps_of(train.Y, predicted, relative=relative)
            yield row.n_constants, gaps - np.median(gaps, axis=0)


def _scatter(gaps: Array) -> float:
    """Deviation of the middle half of residuals `(n,)` around their median."""
    return TO_DEVIATION * float(np.median(np.abs(gaps)))


def _told(task: Task, target: str, size: int, gaps: Array) -> list[str]:
    """What to know of residuals `(n,)` in deviations."""
    above, below = (np.flatnonzero(sign * gaps > FAR) for sign in (1.0, -1.0))
    side, rows, others = ("above", above, below) if len(above) else ("below", below, above)
    if len(rows) < FEWEST or len(others):
        return []
    named = [
        " ".join(f"{n}={v:.4g}" for n, v in zip(task.feature_names, row, strict=True))
        for row in task.train.X[rows[:MOST_NAMED]]
    ]
    return [
        f"{len(rows)} of {len(gaps)} rows lie far {side} the law of {size} constants in {target}, "
        "around which the others scatter least, and none so far to the other side, as by noise: "
        f"such as {', '.join(named)}; if these runs were tuned worse or cut short, a search "
        "without them finds what the others reach; if not, the law misses a corner of the table"
    ]
