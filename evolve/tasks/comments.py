"""Lines that begin with `#` above the header of a text table: comments, or the header itself."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from evolve.tasks.cells import is_blank, number

MARK = "#"
_OF_EXCEL = re.compile(r'"?sep=."?\s*')  # the first line, by which Excel knows a separator


@dataclass(frozen=True, slots=True)
class Opening:
    """A text table from its header on.

    Attributes:
        lines: The header and what follows.
        n_above: Lines above the header, blank ones among them.
        n_comments: Those of them that are comments.
    """

    lines: Iterator[str]
    n_above: int
    n_comments: int


def below_comments(lines: Iterator[str], separator: str) -> Opening:
    """Pass over the comments with which a text table begins, and the line of Excel's `sep=,`.

    The last line that begins with `#` is the header where it has as many cells as the line below
    it and that is no header: it holds a number or a blank cell. Else the line below is.

    Args:
        lines: Of the file, each with its end.
        separator: Of the cells.
    """
    n_above = n_comments = since = 0  # lines since the last comment, which may be the header
    last, first = "", ""
    for line in lines:
        if n_above == 0 and _OF_EXCEL.fullmatch(line):
            pass
        elif line.startswith(MARK):
            n_comments, last, since = n_comments + 1, line, 0
        elif line.strip("\r\n"):
            first = line
            break
        n_above, since = n_above + 1, since + 1
    header = last.removeprefix(f"{MARK} ")  # before it is parted: a quote begins its cell
    if not (last and first and _is_header(header, first, separator)):
        return Opening(chain([first] if first else [], lines), n_above, n_comments)
    # A blank line stands for each between header and rows, so that rows keep their numbers.
    rows = chain([header], ["\n"] * (since - 1), [first], lines)
    return Opening(rows, n_above - since, n_comments - 1)


def _is_header(line: str, below: str, separator: str) -> bool:
    names, cells = _cells(line, separator), _cells(below, separator)
    is_row = any(number(cell) is not None or is_blank(cell) for cell in cells)
    return len(names) == len(cells) and is_row


def _cells(line: str, separator: str) -> list[str]:
    """The cells of a line, none where a comment is too long to be such.

    A cell that opens a quote goes on in the next line, and has what is here.
    """
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []
