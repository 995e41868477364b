"""Names the rows that lie to one side of a run's laws, as badly tuned runs do."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evolve.evaluation.requests import form_of, law_of
from evolve.forecast.leaning import Lean, leans_of, scatter
from evolve.forecast.words import counted
from evolve.law.graph import Law
from evolve.runs.results import load_results
from evolve.runs.store import Store
from evolve.scoring.noise_kind import gaps_of, is_one_signed
from evolve.tasks.task import Task
from evolve.typing import Array

ROWS_A_CONSTANT = 5  # of a law that is no more than a line through its rows
MOST_NAMED = 12  # each of which has to be found in the table
MOST_TOLD = 2  # of several targets, which mostly have the same rows off


def one_sided_rows(store: Store, task: Task) -> list[str]:
    """What to know of rows to one side of a run's law, a sentence a target; none for most.

    The law is that of the run's table around which most rows lie nearest, which need not be the
    champion: held-out rows are predicted in the mean, by a law that goes through them all.
    """
    train, relative = task.train, is_one_signed(task.train.Y)
    laws = list(_residuals(store, task, relative=relative))
    remarks = []
    for t, target in enumerate(task.target_names if laws else ()):
        nearest = int(np.argmin([scatter(gaps[:, t]) for _, _, gaps in laws]))
        size, predicted, _ = laws[nearest]
        lean = leans_of(train, predicted, relative=relative)[t]
        if lean is not None:
            remarks.append(_told(task, target, size, lean))
    return remarks[:MOST_TOLD]


def _residuals(store: Store, task: Task, *, relative: bool) -> Iterator[tuple[int, Array, Array]]:
    """Constants, predictions and residuals `(n, t)` of each law of a table that is a graph."""
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
        gaps = gaps_of(train.Y, predicted, relative=relative)
        if np.isfinite(gaps).all():
            yield row.n_constants, predicted, gaps


def _told(task: Task, target: str, size: int, lean: Lean) -> str:
    """What to know of rows to one side of the law of `size` constants."""
    side, other = ("above", "below") if lean.above else ("below", "above")
    named = [
        " ".join(f"{n}={v:.4g}" for n, v in zip(task.feature_names, row, strict=True))
        for row in task.train.X[lean.rows[:MOST_NAMED]]
    ]
    law = f"the law of {counted(size, 'constant')}"
    which = ": " if len(named) == len(lean.rows) else f", the farthest {MOST_NAMED} of them: "
    return (
        f"{len(lean.rows)} of {task.train.n_rows} rows lie far {side} {law} in {target}, "
        f"around which the others scatter least, and none nearly so far {other}"
        f"{which}{', '.join(named)}; if these runs were tuned worse or cut short, a search "
        "without them finds what the others reach"
    )
