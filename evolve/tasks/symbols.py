"""Short symbols for features, for narrow tables and for formulas: the letters of the field."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evolve.tasks.roles import Role, guess_role

OF_ROLE: dict[Role, str] = {"N": "N", "D": "D", "U": "U", "C": "C", "batch": "B", "lr": "lr"}
_READ_AS_ELSE = {"E", "C"}  # as e and as a constant


def symbols_of(names: Sequence[str]) -> dict[str, str]:
    """A symbol for each name that is longer than one: the letter of its role, else one of its own.

    Args:
        names: Names of the features.

    Returns:
        Symbols by name, no two alike and none that is a name.
    """
    symbols: dict[str, str] = {}
    for name in names:
        symbol = OF_ROLE.get(guess_role(name), "")
        if not symbol or symbol in (*symbols.values(), *names):
            symbol = _own(name, {*symbols.values(), *names})
        if len(symbol) < len(name) and re.match(r"\w", name):
            symbols[name] = symbol
    return symbols


def _own(name: str, taken: set[str]) -> str:
    """A capital letter of the name that is still free, initials of its words first, else x1."""
    words = re.findall(r"[A-Za-z]+", name)
    letters = [word[0].upper() for word in words] + [letter.upper() for letter in "".join(words)]
    free: list[str] = [x for x in letters if x not in taken | _READ_AS_ELSE]
    if free:
        return free[0]
    return next(f"x{k}" for k in range(1, len(taken) + 2) if f"x{k}" not in taken)
