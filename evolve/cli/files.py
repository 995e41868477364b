"""Texts to files that the user names."""

from __future__ import annotations

from pathlib import Path

from evolve.errors import EvolveError


def write_file(path: Path, text: str) -> None:
    """Write a file.

    Raises:
        EvolveError: It cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise EvolveError(f"{path}: cannot be written: {error.strerror}") from None
