"""A wide table, a column for each value of a feature, to a long one, a row for each run."""

from __future__ import annotations

from dataclasses import replace

from evolve.errors import Argument, EvolveError
from evolve.tasks.cells import is_blank, number
from evolve.tasks.draft.roles import Wishes
from evolve.tasks.raw import RawTable


def value_columns(raw: RawTable) -> list[str]:
    """Columns whose names are numbers: budgets, sizes or steps, with results below.

    Words that a cell is read by (`nan`, `inf`, `true`) are names like any other.
    """
    return [name for name in raw.columns if _is_written(name) and number(name) is not None]


def _is_written(name: str) -> bool:
    """Whether a name holds a digit, as every number that is written out does."""
    return any(sign.isdecimal() for sign in name)


def to_long(raw: RawTable, wishes: Wishes) -> RawTable:
    """The table with a row for each cell below a number; blank cells are no runs.

    Raises:
        EvolveError: No names are numbers, or the names of feature and target are not free or one.
    """
    if wishes.wide is None:
        return raw
    names = value_columns(raw)
    if not names:
        raise EvolveError(Argument("wide"), f": {raw.path} has no columns whose names are numbers")
    if len(wishes.targets) != 1:
        raise EvolveError(Argument("wide"), ": goes with one ", Argument("target"), ", a new name")
    target, others = wishes.targets[0], [name for name in raw.columns if name not in names]
    if wishes.wide == target:
        rule = f": a column has one role, {target!r} is named by "
        raise EvolveError(Argument("wide"), rule, Argument("target"), " too")
    for name in (wishes.wide, target):
        if name in raw.columns:
            raise EvolveError(Argument("wide"), f": needs new names, there is a column {name!r}")
    filled = [
        (name, i)
        for name in names
        for i in range(raw.n_rows)
        if not is_blank(raw.columns[name][i])
    ]
    long = raw.take([i for _, i in filled])
    columns = {name: long.columns[name] for name in others}
    columns[wishes.wide] = [name for name, _ in filled]
    columns[target] = [raw.columns[name][i] for name, i in filled]
    return replace(long, columns=columns)


def hint(raw: RawTable, target: str) -> tuple[str, ...]:
    """What to do where names of columns are numbers, and the target is one or is missing."""
    names = value_columns(raw)
    if (target in raw.columns and target not in names) or len(names) < 2:
        return ()
    some = ", ".join(names[:3])
    new = (", and the target by a new name",) if target in names else ()
    return (f"; if {some}, … are values of a feature, name it by ", Argument("wide"), *new)
