"""Print tables, texts or one JSON document."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evolve.jsontext import json_document
from evolve.printable import printable

if TYPE_CHECKING:
    from evolve.tasks.raw import RawTable

COMMAND = re.compile(r"python -m evolve|pip install '")
WIDE = 160  # of a pipe or a file, where COLUMNS says nothing


def print_json(value: Any) -> None:
    """Print one JSON document; numbers that are not finite become null."""
    print(json_document(value))


def print_table(
    headings: Sequence[str],
    rows: Sequence[Sequence[object]],
    title: str = "",
    *,
    names: Collection[str] = (),
    symbols: Mapping[str, str] | None = None,
    below: Sequence[str] = (),
) -> None:
    """Print a table as wide as the terminal; columns of numbers stand right.

    Args:
        headings: One a column.
        rows: Cells; None is shown as a dash.
        title: Line above.
        names: Headings of columns of names, shortened in the middle where room is short.
        symbols: Short symbols by name, which stand for the names where room is short.
        below: Headings of columns that may stand below their record where room is short, those
            first that are asked for least.
    """
    from evolve.cli.table import lay_out, wrapped

    if title:
        print("\n".join(wrapped(printable(title), line_width())))
    texts = [[" ".join(shown(cell).split("\t")) for cell in row] for row in rows]
    safe, safe_names = ([printable(text) for text in part] for part in (headings, names))
    lines = lay_out(safe, texts, line_width(), safe_names, symbols, below)
    print("\n" + _encodable("\n".join(lines)) + "\n")


def print_text(text: str) -> None:
    """Print a text that may be longer than a line, such as a formula."""
    print(_broken(text, line_width()))


def print_note(text: str) -> None:
    """Say something beside the answer, which may be a document: on stderr, as wide as that is."""
    width = note_width()
    print(text if width is None else _broken(text, width), file=sys.stderr, flush=True)


def noted_table(path: Path, verb: str) -> RawTable:
    """A table of a file, with a note of what was passed over in it.

    Args:
        path: The file.
        verb: That reads it.

    Raises:
        TaskError: As `read_table`.
    """
    from evolve.tasks.readers import read_table

    raw = read_table(path)
    for line in raw.remarks():
        print_note(f"{verb}: {line}")
    return raw


def _broken(text: str, width: int) -> str:
    """A text in lines of a width; a command in it has a line of its own, to be copied whole."""
    from evolve.cli.table import HANG, wrapped

    text = printable(text)
    lines, found = wrapped(text, width), COMMAND.search(text)
    if found and len(lines) > 1:
        at = found.start()
        lines = [*wrapped(text[:at].rstrip(), width), f"{HANG}{text[at:]}"]
    return "\n".join(lines)


def _encodable(text: str) -> str:
    """A table without lines and dots that the encoding of stdout lacks."""
    from evolve.cli.table import ELLIPSIS, RULE

    try:
        (RULE + ELLIPSIS).encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return text.replace(RULE, "-").replace(ELLIPSIS, "~")
    return text


def line_width() -> int:
    """Characters of a line: ``COLUMNS``, else those of the terminal, else `WIDE`."""
    return shutil.get_terminal_size((WIDE, 24)).columns


def note_width() -> int | None:
    """Characters of a line of stderr: ``COLUMNS``, else its terminal's; None for a log."""
    if (width := os.environ.get("COLUMNS", "")).isdecimal() and int(width):
        return int(width)
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or None
    except (OSError, ValueError):  # no terminal, or no file at all
        return None


def shown(cell: object) -> str:
    """A cell's text, printable: 4 decimals for a float, 3 digits for a tiny or a huge one.

    One that is no number is told as none.
    """
    if cell is None or cell != cell:  # such as the R2 of targets that are all equal
        return "-"
    if isinstance(cell, float):
        return f"{cell:.4f}" if 1e-3 <= abs(cell) < 1e5 or cell == 0 else f"{cell:.3g}"
    return printable(str(cell))
