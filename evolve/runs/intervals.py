"""Constants of a fitted law and their errors to intervals, by Student's t."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from evolve.scoring.student import t_quantile

ONE = 1e-5  # relative differences below it are of one value: a stiff prior leaves smaller ones

Tables = Mapping[str, Sequence[Sequence[float]]]  # `(t, p)` by group


class ConstantRow(NamedTuple):
    """A constant of a group and of a target, with standard error and interval."""

    group: str
    target: int
    constant: str
    value: float
    error: float
    low: float
    high: float


def intervals_of(
    names: Sequence[str],
    constants: Tables,
    errors: Tables,
    freedom: Mapping[str, float],
    level: float,
    shared: Tables | None = None,
) -> list[ConstantRow]:
    """Every constant with its interval; none without errors.

    An error of which part goes by the residuals of its group and part by those of all has the
    degrees of freedom of such a sum (Satterthwaite 1946).

    Args:
        names: Of the constants.
        constants: Their values.
        errors: Their standard errors.
        freedom: Degrees of freedom of the residuals of each group. Where it says nothing, errors
            are taken to be known.
        level: Share of fits to other noise whose constant an interval is to hold.
        shared: Shares of the squares of errors that go by the residuals of all groups; those of
            constants in common do, and where nothing is told no others.
    """
    rows = [
        ConstantRow(group, target, name, value, error, value, value)
        for group, tables in errors.items()
        for target, pair in enumerate(zip(constants[group], tables, strict=True))
        for name, value, error in zip(names, *pair, strict=True)
    ]
    joint, common = _of_all(freedom, len(errors)), set(in_common(rows))
    number = {name: k for k, name in enumerate(names)}
    found = []
    for row in rows:
        share = float(row.constant in common)
        if shared and not share:
            share = shared[row.group][row.target][number[row.constant]]
        own = freedom.get(row.group, math.inf)
        found.append(_with_ends(row, _of_both(share, own, joint), level))
    return found


def _of_both(share: float, own: float, joint: float) -> float:
    """Degrees of freedom of a variance of which a share has those of all, the rest its own."""
    uncertain = (1.0 - share) ** 2 / own + share**2 / joint
    return 1.0 / uncertain if uncertain > 0.0 else math.inf


def _of_all(freedom: Mapping[str, float], n_groups: int) -> float:
    """Degrees of freedom of a variance to which all groups add, as of what they have in common.

    Groups whose errors are known add their parts, too, but nothing to what is uncertain of it
    (Welch 1947, Satterthwaite 1946); each is taken to be as large as the others are on average.
    """
    if not freedom:
        return math.inf
    return sum(freedom.values()) * (n_groups / len(freedom)) ** 2


def _with_ends(row: ConstantRow, freedom: float, level: float) -> ConstantRow:
    half = t_quantile(freedom, 0.5 + level / 2) * row.error
    return row._replace(low=row.value - half, high=row.value + half)


def in_common(rows: Sequence[ConstantRow]) -> list[str]:
    """Names of the constants that have one value in all groups, of every target."""
    values: dict[str, dict[int, list[float]]] = {}
    for row in rows:
        values.setdefault(row.constant, {}).setdefault(row.target, []).append(row.value)
    return [name for name, each in values.items() if all(map(_are_one, each.values()))]


def _are_one(values: Sequence[float]) -> bool:
    return len(values) > 1 and math.isclose(min(values), max(values), rel_tol=ONE)
