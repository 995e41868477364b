"""Turns a run's archive into its final table: champion, best of each size, literature laws.

Every line's law is fitted on all training rows; held-out R2 comes from the run's own folds.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from evolve.archive import Archive, Elite
from evolve.errors import ProgramError
from evolve.fit_server import Rows, fit_folds
from evolve.fold import Fold
from evolve.law.candidate import Candidate, candidate_from_data
from evolve.law.graph import Array
from evolve.law.printer import formula
from evolve.record import Entry, Evaluation
from evolve.run import Setup
from evolve.scoring import r2
from evolve.task import Task


@dataclass(frozen=True, slots=True)
class Line:
    """A law of a run, fitted on all training rows.

    Attributes:
        kind: ``champion``, ``size`` or ``literature``.
        name: Where the law comes from: an operator or a seed.
        index: Its entry in the store.
        n_constants: Constants for each group and target.
        score: Lower is better; None for a law that failed.
        held_out_r2: Mean over folds; None for a law that failed.
        train_r2: None where the fit failed.
        formula: In the task's own variable names; c0, c1, … are the constants.
        constants: `(t, p)` nested lists by group.
        message: Why the law failed.
    """

    kind: str
    name: str
    index: int
    n_constants: int
    score: float | None
    held_out_r2: float | None
    train_r2: float | None
    formula: str
    constants: dict[str, list[list[float]]]
    message: str = ""

    def to_data(self) -> dict[str, Any]:
        """JSON value that ``Line(**data)`` reads back."""
        return asdict(self)


def held_out_r2(evaluation: Evaluation) -> float | None:
    """Mean R2 over the folds of an evaluation that has a score."""
    if evaluation.score is None:
        return None
    return float(np.mean([fold.r2 for fold in evaluation.folds]))


def refit(task: Task, candidate: Candidate) -> tuple[dict[str, Array], float | None]:
    """Fit a candidate on all training rows.

    Returns:
        `(t, p)` constants of each group, and R2 on the training rows (None if not finite).
    """
    train, n_targets = task.train, len(task.target_names)
    axes = tuple(task.feature_names.index(a) for a in task.spec.folds.axes)
    rows = np.arange(train.n_rows)
    result = fit_folds(
        Rows(train.X, train.Y, train.group.astype(np.float64), axes),
        [Fold("all", rows, rows)],
        candidate.law,
        candidate.recipe,
    )[0]
    tables = np.array([f.constants for f in result.fits]).reshape(
        len(result.groups), n_targets, -1
    )
    constants = {task.group_names[g]: tables[i] for i, g in enumerate(result.groups)}
    try:
        return constants, r2(train.Y, result.predictions)
    except ProgramError:
        return constants, None


def formula_of(task: Task, candidate: Candidate) -> str:
    """Formula of a candidate in the task's own names; a rolled law shows its first target's."""
    target = task.target_names[0] if len(task.target_names) == 1 else "each target"
    if candidate.law.rolled:
        names = ["own", *(f"other_{k}" for k in range(1, len(task.feature_names)))]
    else:
        names = list(task.feature_names)
    return f"{target} = {formula(candidate.law, names, powers=True)}"


def line_of(task: Task, entry: Entry, kind: str) -> Line:
    """The line of an entry."""
    told = entry.evaluation
    constants: dict[str, list[list[float]]] = {}
    train_r2, text = None, ""
    if entry.law is not None and entry.recipe is not None:
        candidate = candidate_from_data(entry.law, entry.recipe)
        text = formula_of(task, candidate)
        if told.score is not None:
            tables, train_r2 = refit(task, candidate)
            constants = {name: table.tolist() for name, table in tables.items()}
    return Line(
        kind=kind,
        name=entry.operator,
        index=entry.index,
        n_constants=told.n_constants,
        score=told.score,
        held_out_r2=held_out_r2(told),
        train_r2=train_r2,
        formula=text,
        constants=constants,
        message="" if told.score is not None else f"{told.status}: {told.message}",
    )


def leaders(archive: Archive) -> list[Elite]:
    """The best elite of each size, without sizes that a smaller one beats."""
    kept: list[Elite] = []
    for elite in archive.front():
        if not kept or elite.score < kept[-1].score:
            kept.append(elite)
    return kept


def summarise(
    setup: Setup, archive: Archive, entries: list[Entry], champion: Entry | None
) -> list[Line]:
    """The lines of a run's table.

    Args:
        setup: Task and seeds.
        archive: Elites.
        entries: All entries of the run, for the literature laws.
        champion: The chosen entry; the best score without one.
    """
    task, best = setup.task, archive.elites()
    if not best:
        return []
    lines = [line_of(task, champion or best[0].entry, "champion")]
    lines += [line_of(task, elite.entry, "size") for elite in archive.front()]
    names = {seed.name for seed in setup.seeds}
    shown: set[str] = set()
    for entry in entries[: len(setup.starts)]:
        if entry.operator in names - shown and not entry.parents:
            shown.add(entry.operator)
            lines.append(line_of(task, entry, "literature"))
    return lines
