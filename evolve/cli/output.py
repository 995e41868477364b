"""Print tables or one JSON document."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from evolve.jsontext import json_document
from evolve.printable import printable, unfiltered

if TYPE_CHECKING:
    from rich.console import JustifyMethod

WIDE = 160


def print_json(value: Any) -> None:
    """Print one JSON document; numbers that are not finite become null."""
    print(json_document(value))


def print_table(
    headings: Sequence[str],
    rows: Sequence[Sequence[object]],
    title: str = "",
    *,
    cut: bool = False,
) -> None:
    """Print a table; columns of numbers stand right.

    Args:
        headings: One a column.
        rows: Cells; None is shown as a dash.
        title: Line above.
        cut: Cut long text in the last column off instead of folding it.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if title:
        print(title)
    width = None if sys.stdout.isatty() else WIDE
    console = Console(file=unfiltered(sys.stdout), highlight=False, width=width)
    texts = [[shown(cell) for cell in row] for row in rows]
    room = _room(headings, texts, console.width) if cut else None
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    last = len(headings) - 1
    for i, heading in enumerate(headings):
        numeric = all(isinstance(row[i], int | float | None) for row in rows)
        is_text = i == last and not numeric
        justify: JustifyMethod = "right" if numeric else "left"
        table.add_column(
            Text(printable(heading)), justify=justify, no_wrap=not is_text, overflow="fold"
        )
    for row in texts:
        table.add_row(*(Text(cell) for cell in [*row[:-1], shortened(row[-1], room)]))
    if sys.stdout.isatty():
        console.print(table)
        return
    with console.capture() as drawn:
        console.print(table)
    print("\n".join(line.rstrip() for line in drawn.get().splitlines()))


def shortened(text: str, room: int | None) -> str:
    """A text cut to some characters, the last of them an ellipsis."""
    return text if room is None or len(text) <= room else text[: room - 1] + "…"


def _room(headings: Sequence[str], texts: Sequence[Sequence[str]], width: int) -> int:
    """Characters left for the last column, of which some are always left."""
    taken = 0
    for i in range(len(headings) - 1):
        taken += 3 + max(len(headings[i]), *(len(row[i]) for row in texts), 0)
    return max(width - taken - 2, 20)


def shown(cell: object) -> str:
    """A cell's text, printable: 4 decimals for a float."""
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return f"{cell:.4f}" if abs(cell) < 1e5 else f"{cell:.3g}"
    return printable(str(cell))
