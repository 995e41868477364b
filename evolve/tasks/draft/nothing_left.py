"""A table without a column to predict from to what its user can do."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from evolve.errors import Argument, EvolveError
from evolve.tasks.draft.columns import Column
from evolve.tasks.draft.dates import dates_in
from evolve.tasks.draft.made import years_of
from evolve.tasks.raw import RawTable


def nothing_left(raw: RawTable, left: Sequence[Column], reasons: Mapping[str, str]) -> EvolveError:
    """Say why no column is an input, and how one becomes it.

    Args:
        raw: The whole table.
        left: Columns that are neither target nor group.
        reasons: Why each of them is no input.
    """
    words = "; ".join(f"{name} {why}" for name, why in reasons.items())
    return EvolveError(
        f"{raw.path}: no column is left to predict from{': ' + words if words else ''}",
        *(_of_dates(raw) or _of_named(left)),
    )


def _of_dates(raw: RawTable) -> tuple[str, ...]:
    """How dates become an input, in parts of a message; none of a table without dates."""
    dates = dates_in(raw)
    made = years_of(raw, dates[0]) if dates else ()
    return ("; dates become an input by ", *made) if made else ()


def _of_named(left: Sequence[Column]) -> tuple[str, ...]:
    """How a column is an input all the same, in parts of a message; none where none can be one."""
    names = [c.name for c in left if c.kind == "numbers" and c.n_levels > 1]
    told = "; what is an input all the same is named by "
    return (told, Argument("features"), f" {shlex.quote(names[0])}") if names else ()
