"""Texts to files that the user names."""

from __future__ import annotations

from pathlib import Path

from evolve.errors import EvolveError


def write_file(path: Path, text: str, more: str = "") -> None:
    """Write a file.

    Args:
        path: Where; a file that is there is replaced.
        text: What.
        more: What else to say where it cannot be written.

    Raises:
        EvolveError: It cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise EvolveError(f"{path}: cannot be written: {error.strerror}{more}") from None
