"""Decimal commas of a table whose columns stand between semicolons or tabs, as points.

Where a comma is the decimal sign, programs write these between columns. Each column is read by
what its own numbers show; what may be read two ways is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from evolve.errors import TaskError
from evolve.tasks.cells import number
from evolve.tasks.raw import RawTable

_TOKEN = re.compile(r"\d[\d.,]*")
COMMA, POINT, EITHER_COMMA, EITHER_POINT = "comma", "point", "either comma", "either point"
BY_COMMAS, BY_POINTS = "thousands parted by commas", "thousands parted by points"
THOUSANDS_BY_COMMAS = re.compile(r"\d{1,3}(,\d{3}){2,}(\.\d*)?|\d{1,3}(,\d{3})+\.\d*")
# In this order: the first that fits is what a number shows.
_KINDS = {
    BY_COMMAS: THOUSANDS_BY_COMMAS,
    BY_POINTS: re.compile(r"\d{1,3}(\.\d{3}){2,}(,\d*)?|\d{1,3}(\.\d{3})+,\d*"),
    EITHER_COMMA: re.compile(r"[1-9]\d{0,2},\d{3}"),
    EITHER_POINT: re.compile(r"[1-9]\d{0,2}\.\d{3}"),
    COMMA: re.compile(r"\d+,\d*"),
    POINT: re.compile(r"\d+\.\d*"),
}
Shown = dict[str, tuple[int, str]]  # of each kind in a column, the first row and its cell


def with_points(raw: RawTable) -> RawTable:
    """The table with points for decimal commas, and a note on what was made of it.

    Raises:
        TaskError: A column mixes decimal commas and points, or a number may be read two ways.
    """
    shown = {name: _shown(cells) for name, cells in raw.columns.items()}
    in_file = _in_any(shown)
    raw, changed = _changed(raw, shown)
    note = "columns separated by semicolons"
    if changed:
        note += f", {changed}"
    elif in_file and in_file <= {EITHER_POINT}:
        (name, kinds), *_ = ((name, kinds) for name, kinds in shown.items() if kinds)
        cell = kinds[EITHER_POINT][1]
        note += f", no number shows whether points part thousands: {cell} of {name} is read as "
        note += f"{number(cell):g}"
    return replace(raw, notes=(*raw.notes, note))


def with_points_of_tabs(raw: RawTable) -> RawTable:
    """As `with_points`, of a table with tabs, which stand beside either decimal sign.

    So it stays as it is unless its numbers show decimal commas, and none a decimal point.

    Raises:
        TaskError: A number may be read two ways.
    """
    shown = {name: _shown(cells) for name, cells in raw.columns.items()}
    in_file = _in_any(shown)
    if not in_file & {COMMA, BY_POINTS} or in_file & {POINT, BY_COMMAS}:
        return raw
    raw, changed = _changed(raw, shown)
    return replace(raw, notes=(*raw.notes, changed))


def _in_any(shown: dict[str, Shown]) -> set[str]:
    """What the numbers of all columns show."""
    return {kind for kinds in shown.values() for kind in kinds}


def _changed(raw: RawTable, shown: dict[str, Shown]) -> tuple[RawTable, str]:
    """The table with points in columns that have decimal commas, and words on these, if any."""
    in_file = _in_any(shown)
    changed = [name for name, kinds in shown.items() if _has_commas(raw, name, kinds, in_file)]
    columns = {
        name: [as_point(str(cell)) for cell in cells] if name in changed else cells
        for name, cells in raw.columns.items()
    }
    words = f"numbers of {', '.join(changed)} read with decimal commas" if changed else ""
    return replace(raw, columns=columns), words


def _shown(cells: Sequence[object]) -> Shown:
    """What the numbers of a column show, each kind with where it first stands."""
    found: Shown = {}
    for row, kind, cell in _kinds(cells):
        found.setdefault(kind, (row, cell))
    return found


def _kinds(cells: Sequence[object]) -> Iterator[tuple[int, str, str]]:
    for row, cell in enumerate(map(str, cells), 1):
        if "," not in cell and "." not in cell:
            continue
        token = _TOKEN.search(cell)
        kinds = (k for k, of in _KINDS.items() if token and of.fullmatch(token[0]))
        kind = next(kinds, "")
        plain = cell if kind in (POINT, EITHER_POINT) else as_point(cell)
        if kind == BY_COMMAS:
            plain = cell.replace(",", "")
        if kind and number(plain) is not None:
            yield row, kind, cell


def _has_commas(raw: RawTable, name: str, kinds: Shown, in_file: set[str]) -> bool:
    """Whether the numbers of a column have decimal commas.

    Args:
        raw: The table.
        name: Of the column.
        kinds: What its numbers show.
        in_file: What the numbers of all columns show.

    Raises:
        TaskError: They have both, or may be read two ways.
    """
    commas = next((kinds[k] for k in (COMMA, BY_POINTS) if k in kinds), None)
    points = next((kinds[k] for k in (POINT, BY_COMMAS) if k in kinds), None)
    if commas and points:
        told = [f"{cell!r}{raw.line(row)}" for row, cell in (commas, points)]
        raise TaskError(
            f"{raw.path}: column {name!r} holds {told[0]} with a decimal comma and {told[1]} with "
            "a decimal point; write all numbers one way"
        )
    elsewhere = bool(in_file & {COMMA, BY_POINTS}) and BY_COMMAS not in in_file
    if EITHER_COMMA in kinds and not (commas or points or elsewhere):
        raise _two_ways(raw, name, kinds[EITHER_COMMA])
    has_commas = bool(commas) or (EITHER_COMMA in kinds and not points)
    is_open = EITHER_POINT in kinds and BY_POINTS not in kinds and not points
    if is_open and (has_commas or elsewhere):
        raise _two_ways(raw, name, kinds[EITHER_POINT])
    return has_commas


def _two_ways(raw: RawTable, name: str, at: tuple[int, str]) -> TaskError:
    """The complaint about a number of three digits behind its only sign."""
    row, cell = at
    first, second = re.sub("[.,]", "", cell), cell.replace(",", ".")
    return TaskError(
        f"{raw.path}: column {name!r} holds {cell!r}{raw.line(row)}, which may be {first} or "
        f"{second}; write decimal points, and nothing between thousands"
    )


def as_point(cell: str) -> str:
    """A cell with its decimal comma as a point; one that is then no number stays."""
    token = _TOKEN.search(cell)
    if token is None:
        return cell
    plain = token[0].replace(".", "").replace(",", ".")
    text = cell[: token.start()] + plain + cell[token.end() :]
    return text if number(text) is not None else cell
