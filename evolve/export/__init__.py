"""A run's law to files that work without this package: programs, sympy, LaTeX, JSON, Markdown."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from evolve.errors import Argument, EvolveError, nearest
from evolve.evaluation.requests import form_of
from evolve.export.black_box import BLACK_BOX_FORMATS, BlackBox, export_black_box
from evolve.export.documents import json_text, latex_text, markdown_text
from evolve.export.inputs import law_text, sympy_text
from evolve.export.program import program_text
from evolve.export.subject import Subject
from evolve.law.candidate import Candidate
from evolve.law.program import Program
from evolve.runs.picks import CHAMPION, Pick, picked
from evolve.runs.store import Store
from evolve.tasks.task import Task

__all__ = ["BLACK_BOX_FORMATS", "FORMATS", "BlackBox", "Subject", "export", "subject_of"]

FORMATS: dict[str, Callable[[Subject], str]] = {
    "program": program_text,
    "law": law_text,
    "sympy": sympy_text,
    "latex": latex_text,
    "json": json_text,
    "markdown": markdown_text,
}


def subject_of(store: Store, task: Task, pick: Pick = CHAMPION) -> Subject | BlackBox:
    """The champion of a run, or the law that is asked for.

    Raises:
        EvolveError: The run has no score yet, or its constants are not those of the law.
    """
    line, entry = picked(store, task, pick)
    form = form_of(entry)
    constants = {name: np.asarray(table, dtype=float) for name, table in line.constants.items()}
    n_constants = form.law.n_constants if isinstance(form, Candidate) else line.n_constants
    shape = (len(task.target_names), n_constants)
    for name, table in constants.items():
        if table.shape != shape or not np.isfinite(table).all():
            raise EvolveError(
                f"run {store.folder.name!r}: the constants of {name!r} in entry {line.index} must "
                f"be {shape[0]} x {shape[1]} finite numbers"
            )
    if isinstance(form, Program):
        return BlackBox(store.folder.name, task, line, entry, form, constants)
    return Subject(store.folder.name, task, line, entry, form, constants)


def export(subject: Subject | BlackBox, form: str) -> str:
    """Text of a law in one of `FORMATS`; of a program in one of `BLACK_BOX_FORMATS`.

    Raises:
        EvolveError: There is no such format, or a black box cannot be written so.
    """
    if form not in FORMATS:
        valid = ", ".join(FORMATS)
        raise EvolveError(
            Argument("format"), f": {form!r} is none of {valid}{nearest(form, FORMATS)}"
        )
    if isinstance(subject, BlackBox):
        return export_black_box(subject, form)
    return FORMATS[form](subject)
