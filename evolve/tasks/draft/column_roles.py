"""What the user said, names and cells to the role of every column of a table."""

from __future__ import annotations

import re
from collections.abc import Mapping

from evolve.tasks.draft.columns import Column
from evolve.tasks.draft.roles import Wishes
from evolve.tasks.raw import RawTable
from evolve.tasks.roles import (
    BOOKKEEPING,
    OUTCOMES,
    Facts,
    Role,
    guess_roles,
    require_roles,
    words_of,
)

# An outcome that runs go on to, or are to reach, such as `target loss` beside the steps it takes.
_AIM = re.compile(r"^(target|goal|desired|threshold|stopping) | (target|goal|threshold)$")
ROWS_PER_AIM = 3  # rows of each aim from which on they are chosen; `target loss` may be measured


def roles_of(raw: RawTable, columns: Mapping[str, Column], wishes: Wishes) -> dict[str, Role]:
    """The role of every column: what the user said, else a guess; a target is an outcome.

    Raises:
        EvolveError: The user named a column or a role that there is not.
    """
    facts = {
        name: Facts(column.numeric, column.low, column.high) for name, column in columns.items()
    }
    told = require_roles(wishes.roles, raw.columns)
    roles = guess_roles(facts, corrected=told)
    for name in {*roles} - {*told}:
        if name in wishes.targets and roles[name] in BOOKKEEPING:
            roles[name] = "outcome"
        elif name not in wishes.targets and _is_aim(columns[name], roles[name], raw.n_rows):
            roles[name] = "setting"
    return roles


def _is_aim(column: Column, role: Role, n_rows: int) -> bool:
    """Whether a column, an outcome by its name, holds what was chosen for runs to reach."""
    is_named = role in OUTCOMES and _AIM.search(words_of(column.name)) is not None
    return is_named and column.numeric and ROWS_PER_AIM * column.n_levels <= n_rows
