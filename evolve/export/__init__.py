"""A run's law to files that work without this package: programs, sympy, LaTeX, JSON, Markdown."""

from __future__ import annotations

from collections.abc import Callable

from evolve.errors import Argument, EvolveError, nearest
from evolve.export.documents import json_text, latex_text, markdown_text
from evolve.export.inputs import law_text, sympy_text
from evolve.export.program import program_text
from evolve.export.subject import Subject, subject_of

__all__ = ["FORMATS", "Subject", "export", "subject_of"]

FORMATS: dict[str, Callable[[Subject], str]] = {
    "program": program_text,
    "law": law_text,
    "sympy": sympy_text,
    "latex": latex_text,
    "json": json_text,
    "markdown": markdown_text,
}


def export(subject: Subject, form: str) -> str:
    """Text of a law in one of `FORMATS`.

    Raises:
        EvolveError: There is no such format.
    """
    if form not in FORMATS:
        known = ", ".join(FORMATS)
        raise EvolveError(
            Argument("format"), f": {form!r} is none of {known}{nearest(form, FORMATS)}"
        )
    return FORMATS[form](subject)
