"""Turns a run's archive into its final table: champion, best of each size, literature laws.

Every line's law is fitted on all training rows; held-out R2 comes from the run's own folds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from evolve.errors import EvolveError
from evolve.evaluation.fitted import FittedLaw, fit_rows
from evolve.evaluation.record import Entry, Evaluation
from evolve.evaluation.requests import Form, form_of
from evolve.law.candidate import Candidate
from evolve.law.printer import formula
from evolve.law.program import Program, title_of
from evolve.runs.store import Store
from evolve.search.archive import Archive
from evolve.search.champion import Choice
from evolve.search.setup import Setup, literature, program_text
from evolve.tasks.task import Task

NOTE = "ending"


@dataclass(frozen=True, slots=True)
class ResultRow:
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
        text: The whole program, with the priors it has learnt across groups.
        message: Why the law failed.
        printed: What the program of a black box printed.
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
    text: str
    message: str = ""
    printed: str = ""

    def to_data(self) -> dict[str, Any]:
        """JSON value that ``Line(**data)`` reads back."""
        return asdict(self)


def result_rows(
    setup: Setup, archive: Archive, entries: Sequence[Entry], choice: Choice | None
) -> list[ResultRow]:
    """The lines of a run's table, the champion first.

    Args:
        setup: Task and seeds.
        archive: Elites.
        entries: The run's first entries, as many as `setup` has starts, for the literature laws.
        choice: The champion and fitted finalists; without one, the best score stands first.
    """
    if not archive.cells:
        return []
    fitted = {} if choice is None else {f.entry.index: f.fitted for f in choice.finalists}
    first = archive.elites()[0].entry if choice is None else choice.champion.entry
    kinds = [(first, "champion")]
    kinds += [(elite.entry, "size") for elite in archive.front()]
    kinds += [(entry, "literature") for entry in literature(setup, entries)]
    return [row_of(setup.task, entry, kind, fitted.get(entry.index)) for entry, kind in kinds]


def row_of(task: Task, entry: Entry, kind: str, fitted: FittedLaw | None = None) -> ResultRow:
    """The line of an entry; without `fitted` its law is fitted here."""
    told, form = entry.evaluation, form_of(entry)
    if fitted is None and told.score is not None:
        fitted = fit_rows(task, form)
    text = entry.text
    if isinstance(form, Candidate) and fitted is not None and fitted.priors is not None:
        text = program_text(task, form, entry.operator, fitted.priors)
    constants = {} if fitted is None else fitted.constants
    return ResultRow(
        kind=kind,
        name=entry.operator,
        index=entry.index,
        n_constants=told.n_constants,
        score=told.score,
        held_out_r2=held_out_r2(told),
        train_r2=None if fitted is None else fitted.train_r2,
        formula=formula_of(task, form),
        constants={name: np.asarray(table).tolist() for name, table in constants.items()},
        text=text,
        message="" if told.score is not None else f"{told.status}: {told.message}",
    )


def held_out_r2(evaluation: Evaluation) -> float | None:
    """Mean R2 over the folds of an evaluation that has a score."""
    if evaluation.score is None:
        return None
    return float(np.mean([fold.r2 for fold in evaluation.folds]))


def formula_of(task: Task, form: Form) -> str:
    """Formula in the task's own names; as its first target sees the features."""
    target = task.target_names[0] if len(task.target_names) == 1 else "each target"
    if isinstance(form, Program):
        return f"{target} = black box ({title_of(form)})"
    if form.law.own_feature_first:
        names = ["own", *(f"other_{k}" for k in range(1, len(task.feature_names)))]
    else:
        names = list(task.feature_names)
    return f"{target} = {formula(form.law, names, powers=True)}"


def save_results(store: Store, lines: Sequence[ResultRow], *, chosen: bool) -> None:
    """Keep the lines in the store, for whoever shows, scores or exports the run later."""
    data = [line.to_data() for line in lines]
    store.set_note(NOTE, {"n_entries": len(store), "chosen": chosen, "lines": data})


def load_results(store: Store) -> tuple[list[ResultRow], bool]:
    """The lines kept for all of the store's entries, and whether a champion was chosen.

    Empty if none were kept or the run has gone on since.
    """
    note = store.note(NOTE)
    if note is None or note["n_entries"] != len(store):
        return [], False
    return [ResultRow(**data) for data in note["lines"]], bool(note["chosen"])


def saved_row(store: Store, size: int | None) -> ResultRow | None:
    """The line kept of the champion, or of the best law of a size."""
    wanted = "champion" if size is None else "size"
    for line in load_results(store)[0]:
        if line.kind == wanted and size in (None, line.n_constants):
            return line
    return None


def find_row(store: Store, task: Task, size: int | None) -> ResultRow:
    """The champion's line, or that of the best law of a size.

    Raises:
        EvolveError: The run has no score yet, or no law of that size.
    """
    if (line := saved_row(store, size)) is not None:
        return line
    archive = Archive()
    archive.tell(store.each())
    elites = archive.front() if size is not None else archive.elites()[:1]
    for elite in elites:
        if size in (None, elite.n_constants):
            return row_of(task, elite.entry, "champion" if size is None else "size")
    if not elites:
        raise EvolveError(f"run {store.folder.name!r}: no law has a score yet")
    sizes = ", ".join(str(e.n_constants) for e in elites)
    raise EvolveError(f"--size: must be one of {sizes} in run {store.folder.name!r}, it is {size}")
