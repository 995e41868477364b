"""The header of a table: names that are there and differ, and a column in front that has none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from evolve.errors import TaskError
from evolve.tasks.cells import is_blank, number
from evolve.tasks.names import why_no_name


def require_header(path: Path, header: Sequence[str], first: int = 1) -> None:
    """Require names of columns that are there, differ and can stand in a line.

    Args:
        path: The file.
        header: The names.
        first: Number of the first of these columns.

    Raises:
        TaskError: One is not.
    """
    counts = Counter(header)
    for at, name in enumerate(header):
        if not name:
            why = _why_unnamed(first + at, any(header[at + 1 :]))
            raise TaskError(
                f"{path}: columns must have names, column {first + at} has none; name it or take "
                f"it out{why}"
            )
        if reason := why_no_name(name):
            raise TaskError(f"{path}: names of columns {reason}")
        if counts[name] > 1:
            raise TaskError(
                f"{path}: columns must have different names, the header holds {name!r} "
                f"{counts[name]} times; rename or take out all but one"
            )


def _why_unnamed(position: int, others_follow: bool) -> str:
    """How a column came to have no name, most likely."""
    if position == 1:
        return " (pandas leaves its index out with to_csv(…, index=False))"
    if others_follow:
        return "; of a header of two lines one has to be taken out"
    return "; cells below it hold something"


def row_names_note(cells: Sequence[object]) -> str:
    """What is said of leaving out a first column without a name; empty where it may be more.

    pandas writes its index so unless told not to, and R the names of rows.

    Args:
        cells: The column.
    """
    if any(all(number(c) == row for row, c in enumerate(cells, start)) for start in (0, 1)):
        return "column 1 has no name and counts the rows: left out"
    if any(is_blank(cell) or number(cell) is not None for cell in cells):
        return ""
    if len(set(cells)) < len(cells):
        return ""
    return "column 1 has no name and another text in each row: left out; name it to use it"
