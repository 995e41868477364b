"""Lay out tables for a terminal: no number is cut at any width, texts wrap, names shorten.

Of a table that is too wide some columns may stand below the line of their record; where that is
not enough, or none may, it is stacked: one record below the other, a line a cell.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

GAP = HANG = "  "  # between columns, and before the further lines of a text
RULE = "─"
ELLIPSIS = "…"
LEAST_WIDTH = 40
LEAST_TEXT = 26  # what a column of texts keeps of its width; with less, the records are stacked
LEAST_NAME = 16
COMFORTABLE = 48  # what a text keeps that may stand below, where it has lines of its own
PARTED = ", "  # between the parts of a name, such as a run and its group
_PARTING = re.compile(f"({PARTED}|: )")
LEAST_PART = 5  # what is kept of a part that is shortened
MOST_HEADING = 16  # longest word of a heading that is not shortened
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?: ?%)?")
# What a long word is broken between: names, numbers and exponents stay whole, signs before them.
_PLAIN = r"(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|\w+)"
_POWER = rf"\^\(?[+-]?{_PLAIN}"
_ATOM = re.compile(rf"(?:[*/(,]+[+-])?(?:{_PLAIN}|\))(?:{_POWER})?|{_POWER}|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Column:
    """One column's texts.

    Attributes:
        heading: Its heading.
        cells: A text a record.
        kind: ``number``, ``name`` or ``text``.
    """

    heading: str
    cells: tuple[str, ...]
    kind: str

    @property
    def natural(self) -> int:
        """Width at which no cell is broken."""
        lines = (line for cell in self.cells for line in cell.splitlines())
        return max(map(cell_len, lines), default=0)

    @property
    def wanted(self) -> int:
        """Width at which nothing is broken."""
        return max(self.natural, cell_len(self.heading))

    @property
    def least(self) -> int:
        """Width below which the column cannot be read."""
        most = {"number": self.natural, "name": LEAST_NAME, "text": LEAST_TEXT}[self.kind]
        words = (min(cell_len(word), MOST_HEADING) for word in self.heading.split())
        return max(min(self.natural, most), *words, 1)


def lay_out(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    width: int,
    names: Collection[str] = (),
    symbols: Mapping[str, str] | None = None,
    below: Sequence[str] = (),
) -> list[str]:
    """Lay out a table.

    Args:
        headings: One a column.
        rows: Texts of the cells.
        width: Characters of a line, at least `LEAST_WIDTH`.
        names: Headings of columns of names, which are shortened in the middle where room is short.
        symbols: Short symbols by name; where the table is too wide they stand for the names, and
            a line below says which is which.
        below: Headings of columns that may stand below the line of their record where room is
            short, those first that are asked for least.

    Returns:
        Its lines.
    """
    width = max(width, LEAST_WIDTH)
    columns = _columns(headings, rows, names)
    if symbols and _total(c.wanted for c in columns) > width:
        shorter = _columns(
            [_with_symbols(heading, symbols) for heading in headings],
            [[_with_symbols(cell, symbols) for cell in row] for row in rows],
            [_with_symbols(name, symbols) for name in names],
        )
        if shorter != columns:
            text = " ".join(c.heading + " " + " ".join(c.cells) for c in shorter)
            below = [_with_symbols(name, symbols) for name in below]
            return [*_drawn(shorter, width, below), "", *wrapped(_legend(symbols, text), width)]
    return _drawn(columns, width, below)


def wrapped(text: str, width: int, hang: str = HANG) -> list[str]:
    """Lines of a text; spaces are broken at first, then operators, and no name or number is.

    Args:
        text: What to wrap; its own line breaks stay.
        width: Characters of a line.
        hang: Stands before all lines but the first.
    """
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        lines += _filled(paragraph, width, hang)
    return lines


def shortened(name: str, width: int) -> str:
    """A name with its middle left out where it is too long; of several parts that of each."""
    pieces = _PARTING.split(name)  # parts and, between them, what parts them
    widths = [cell_len(part) for part in pieces[::2]]
    room = width - sum(map(len, pieces[1::2]))
    while sum(widths) > room and max(widths) > LEAST_PART:
        widths[widths.index(max(widths))] -= 1
    if sum(widths) > room:
        return _without_middle(name, width)
    pieces[::2] = [_without_middle(p, w) for p, w in zip(pieces[::2], widths, strict=True)]
    return "".join(pieces)


def _without_middle(name: str, width: int) -> str:
    if cell_len(name) <= width:
        return name
    head = width // 2
    tail = width - 1 - head
    while cell_len(name[:head]) + cell_len(name[len(name) - tail :]) + 1 > width:  # wide letters
        head, tail = max(head - 1, 1), max(tail - 1, 0)
        if head == 1 and tail == 0:
            break
    return name[:head] + ELLIPSIS + name[len(name) - tail :]


def _columns(
    headings: Sequence[str], rows: Sequence[Sequence[str]], names: Collection[str]
) -> list[Column]:
    columns = []
    for i, heading in enumerate(headings):
        cells = tuple(row[i] for row in rows)
        is_number = all(cell == "-" or NUMBER.fullmatch(cell) for cell in cells)
        kind = "number" if cells and is_number else "name" if heading in names else "text"
        columns.append(Column(heading, cells, kind))
    return columns


def _total(widths: Iterable[int]) -> int:
    """Characters of a line of columns of these widths."""
    listed = list(widths)
    return sum(listed) + len(GAP) * (len(listed) - 1)


def _drawn(columns: Sequence[Column], width: int, below: Sequence[str]) -> list[str]:
    """Side by side, with as few columns below as there must be; stacked if there is no way."""
    for n_below in range(len(below) + 1):
        moved, texts = below[:n_below], below[n_below:]
        beside = [column for column in columns if column.heading not in moved]
        widths = _widths(beside, width)
        if widths is None or any(
            c.kind == "text" and c.heading in texts and given < min(c.natural, COMFORTABLE)
            for c, given in zip(beside, widths, strict=True)
        ):
            continue
        under = [column for column in columns if column.heading in moved]
        n_rows = len(columns[0].cells)
        return _side_by_side(beside, widths, [_below(under, i, width) for i in range(n_rows)])
    return _stacked(columns, width)


def _below(columns: Sequence[Column], i: int, width: int) -> list[str]:
    """The lines below a record: short cells in one, with their headings, and each long text."""
    told = [c for c in columns if c.cells[i] not in ("", "-")]
    short = [f"{c.heading} {c.cells[i]}" for c in told if c.natural <= LEAST_TEXT]
    texts = [", ".join(short)] if short else []
    texts += [f"{c.heading}: {c.cells[i]}" for c in told if c.natural > LEAST_TEXT]
    return [f"{HANG}{line}" for text in texts for line in wrapped(text, width - len(HANG))]


def _widths(columns: Sequence[Column], width: int) -> list[int] | None:
    """Widths of the columns, the room shared out where not all get what they want."""
    widths = [column.least for column in columns]
    room = width - _total(widths)
    if room < 0:
        return None
    wishes = [c.wanted - least for c, least in zip(columns, widths, strict=True)]
    order = sorted(range(len(columns)), key=lambda i: wishes[i])
    for n_before, i in enumerate(order):
        given = min(wishes[i], room // (len(order) - n_before))
        widths[i] += given
        room -= given
    return widths


def _fitting(column: Column, width: int) -> list[list[str]]:
    """The lines of every cell; names that would become the same are wrapped, not shortened."""
    if column.kind == "name":
        short = {cell: shortened(cell, width) for cell in column.cells}
        if len(set(short.values())) == len(short):
            return [[short[cell]] for cell in column.cells]
    return [wrapped(cell, width) for cell in column.cells]


def _side_by_side(
    columns: Sequence[Column], widths: Sequence[int], under: Sequence[Sequence[str]]
) -> list[str]:
    """The lines of a table; `under` are those below each record."""
    pairs = list(zip(columns, widths, strict=True))
    heads = [wrapped(_heading(c.heading, w), w, "") for c, w in pairs]
    deepest = max(map(len, heads))
    heads = [[""] * (deepest - len(head)) + head for head in heads]
    right = [column.kind == "number" for column in columns]
    lines = _padded(heads, widths, right)
    lines.append(RULE * _total(widths))
    cells = [_fitting(c, w) for c, w in pairs]
    for i, further in enumerate(under):
        lines += _padded([column[i] for column in cells], widths, right)
        lines += further
    return lines


def _heading(heading: str, width: int) -> str:
    return " ".join(shortened(word, width) for word in heading.split())


def _padded(
    cells: Sequence[Sequence[str]], widths: Sequence[int], right: Sequence[bool]
) -> list[str]:
    """The lines of one record."""
    lines = []
    for k in range(max(map(len, cells))):
        parts = []
        for cell, width, to_right in zip(cells, widths, right, strict=True):
            text = cell[k] if k < len(cell) else ""
            space = " " * (width - cell_len(text))
            parts.append(space + text if to_right else text + space)
        lines.append(GAP.join(parts).rstrip())
    return lines


def _stacked(columns: Sequence[Column], width: int) -> list[str]:
    """A line a cell, its heading before it; an empty line between records."""
    most = min(max(cell_len(c.heading) for c in columns), width // 3)
    indent = " " * (most + len(GAP))
    cells = [_fitting(column, width - len(indent)) for column in columns]
    lines: list[str] = []
    for i in range(len(columns[0].cells)):
        lines += [""] if i else []
        for column, fitted in zip(columns, cells, strict=True):
            head = wrapped(_heading(column.heading, most), most, "")
            lines += _padded([head, fitted[i]], [most, width - len(indent)], [False, False])
    return lines


def _filled(text: str, width: int, hang: str) -> list[str]:
    """A paragraph's lines."""
    lines, line = [], ""
    for word in re.findall(r"\S+\s*", text) or [""]:
        for piece in _pieces(word, width - len(hang)):
            if line.strip() and cell_len((line + piece).rstrip()) > width:
                lines.append(line.rstrip())
                line = hang
            line += piece
    return [*lines, line.rstrip()]


def _pieces(word: str, width: int) -> list[str]:
    """A word, or the parts of one that is longer than a line."""
    if cell_len(word.rstrip()) <= width:
        return [word]
    pieces = [""]
    for atom in _ATOM.findall(word):
        # A name that is longer than a line is broken anywhere.
        for part in [atom] if cell_len(atom) <= width else list(atom):
            if cell_len(pieces[-1] + part) > width:
                pieces.append("")
            pieces[-1] += part
    return pieces


def _with_symbols(text: str, symbols: Mapping[str, str]) -> str:
    """A text with the symbols in place of the names."""
    if not any(name in text for name in symbols):
        return text
    longest_first = sorted(symbols, key=len, reverse=True)
    pattern = "|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in longest_first)
    return re.sub(pattern, lambda match: symbols[match[0]], text)


def _legend(symbols: Mapping[str, str], text: str) -> str:
    """Say which symbol of a text stands for which name."""
    used = {n: s for n, s in symbols.items() if re.search(rf"(?<!\w){re.escape(s)}(?!\w)", text)}
    return ", ".join(f"{symbol}: {name}" for name, symbol in used.items())
