"""A wide table, a column for each value of a feature, to a long one, a row for each run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from evolve.errors import Argument, EvolveError
from evolve.tasks.cells import is_blank, number
from evolve.tasks.draft.roles import Wishes
from evolve.tasks.raw import RawTable

SHOWN = 3  # columns that are named in a line


def value_columns(raw: RawTable) -> list[str]:
    """Columns whose names are numbers: budgets, sizes or steps, with results below.

    Words that a cell is read by (`nan`, `inf`, `true`) are names like any other.
    """
    return [name for name in raw.columns if _is_written(name) and number(name) is not None]


def _by_prefix(raw: RawTable) -> dict[str, dict[str, str]]:
    """Columns called by one prefix and a number each, as `pass@1` and `pass@4`, and the numbers.

    They are given by prefix, of those that several columns have.
    """
    found: dict[str, dict[str, str]] = {}
    for name in raw.columns:
        begins = (i for i in range(1, len(name)) if _begins_number(name, i))
        if (begin := next(begins, None)) is not None:
            found.setdefault(name[:begin], {})[name] = name[begin:]
    return {prefix: names for prefix, names in found.items() if len(names) > 1}


def _begins_number(name: str, i: int) -> bool:
    """Whether a number is written from a place of a name to its end, and no part of one."""
    is_first = name[i].isdecimal() and not (name[i - 1].isdecimal() or name[i - 1] in ".,^")
    return is_first and number(name[i:]) is not None


def _values(raw: RawTable, target: str) -> tuple[dict[str, str], str]:
    """The columns with results below, the number that each is called by, and what precedes it.

    Those behind a prefix that is the target's name come first, then names that are numbers. One
    such name beside numbers behind a prefix is none of the values, as a year is not.

    Raises:
        EvolveError: There are none, or several prefixes, none of which is the target's name.
    """
    several, names = _by_prefix(raw), value_columns(raw)
    own = {p: called for p, called in several.items() if _bare_word(p) == _bare_word(target)}
    if names and len(own) != 1 and (len(names) > 1 or not several):
        return {name: name for name in names}, ""
    chosen = own if len(own) == 1 else several
    if not chosen:
        rule = "has no columns whose names are numbers, or numbers behind one prefix as in pass@4"
        raise EvolveError(Argument("wide"), f": {raw.path} {rule}")
    if len(chosen) > 1:
        rule = f": {raw.path} has numbers behind several prefixes: {', '.join(chosen)}; call "
        raise EvolveError(Argument("wide"), rule, Argument("target"), " as one of them")
    ((prefix, numbers),) = chosen.items()
    return numbers, prefix


def _bare_word(text: str) -> str:
    """A name or prefix in small letters, without the signs at its ends."""
    return text.lower().strip(" @_-=:/.([")


def _is_written(name: str) -> bool:
    """Whether a name holds a digit, as every number that is written out does."""
    return any(sign.isdecimal() for sign in name)


def to_long(raw: RawTable, wishes: Wishes) -> RawTable:
    """The table with a row for each cell below a number; blank cells are no runs.

    Raises:
        EvolveError: No names end in numbers, or those of feature and target are not free or one.
    """
    if wishes.wide is None:
        return raw
    if len(wishes.targets) != 1:
        raise EvolveError(Argument("wide"), ": goes with one ", Argument("target"), ", a new name")
    names, prefix = _values(raw, wishes.targets[0])
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
    columns[wishes.wide] = [names[name] for name, _ in filled]
    columns[target] = [raw.columns[name][i] for name, i in filled]
    told = f"{wishes.wide} is the number behind {prefix!r} of {_some(names)}"
    return replace(long, columns=columns, notes=(*long.notes, *([told] if prefix else [])))


def _most_alike(raw: RawTable) -> list[str]:
    """The columns of the prefix that most have, of more than two columns, which may be layers."""
    several = [list(names) for names in _by_prefix(raw).values() if len(names) > 2]
    return max(several, key=len, default=[])


def _some(names: Iterable[str]) -> str:
    """Names in a line; of many the first."""
    first = list(names)
    return ", ".join(first[:SHOWN]) + (", …" if len(first) > SHOWN else "")


def hint(raw: RawTable, target: str) -> tuple[str, ...]:
    """What to do where names of columns are numbers, and the target is one or is missing."""
    names = value_columns(raw)
    names = names if len(names) > 1 else _most_alike(raw)
    if (target in raw.columns and target not in names) or len(names) < 2:
        return ()
    new = (", and the target by a new name",) if target in names else ()
    return (
        f"; if {', '.join(names[:SHOWN])}, … are values of a feature, name it by ",
        Argument("wide"),
        *new,
    )
