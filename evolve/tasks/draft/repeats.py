"""Columns that number the repeats of each setting, such as `trial`, which are no inputs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from evolve.tasks.draft.roles import Wishes
from evolve.tasks.raw import RawTable
from evolve.tasks.roles import Role, words_of

_MAY_COUNT = re.compile(
    r"(run|trial|try|attempt|measurement|replica|sample|round)( (no|nr|number))?"
)
FEWEST_REPEATS = 2.0  # rows of a setting, in the mean


def repeats_of_settings(
    raw: RawTable, names: Sequence[str], roles: Mapping[str, Role], wishes: Wishes
) -> dict[str, str]:
    """Why columns are left out that number the rows of each setting 1, 2, … or 0, 1, ….

    By its name alone a trial may be an input, as practice is: here each setting of the other
    columns has to have its first, its second and so on.

    Args:
        raw: The whole table.
        names: Columns that may be features.
        roles: Roles of all columns.
        wishes: What was asked for.
    """
    may = [n for n in names if roles[n] == "other" and _MAY_COUNT.fullmatch(words_of(n))]
    reasons: dict[str, str] = {}
    for name in [n for n in may if n not in {*wishes.axes, *wishes.roles}]:
        others = [n for n in names if n != name and n not in reasons]
        if others and _numbers_repeats(raw, name, [*others, *wishes.groups]):
            reasons[name] = "numbers the repeats of each setting"
    return reasons


def _numbers_repeats(raw: RawTable, name: str, others: Sequence[str]) -> bool:
    """Whether a column counts from its least value on in the rows that are alike in others."""
    numbers = raw.values(name).tolist()
    settings: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for value, *key in zip(numbers, *(map(str, raw.column(n)) for n in others), strict=True):
        settings[tuple(key)].append(value)
    low = min(numbers)
    if low not in (0.0, 1.0) or len(numbers) < FEWEST_REPEATS * len(settings):
        return False
    return all(sorted(v) == [low + k for k in range(len(v))] for v in settings.values())
