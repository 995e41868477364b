"""Columns that may be features: what speaks against each, from its cells, name and company."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from evolve.errors import Argument, EvolveError, TaskError
from evolve.tasks.cells import is_meant, number, size_in_words
from evolve.tasks.draft.columns import Column
from evolve.tasks.draft.expressions import derived_names
from evolve.tasks.draft.images import images_of_targets
from evolve.tasks.draft.made import require_numbers, rows_without
from evolve.tasks.draft.nothing_left import nothing_left
from evolve.tasks.draft.repeats import repeats_of_settings
from evolve.tasks.draft.roles import Wishes
from evolve.tasks.raw import RawTable
from evolve.tasks.roles import (
    BOOKKEEPING,
    MEANING,
    OUTCOMES,
    Role,
)
from evolve.tasks.spec import TaskSpec
from evolve.typing import Array

FEW_TEXTS = 0.5  # a column of texts with fewer levels than this share of the rows names groups
SAME_RATIO = 0.01  # by which the ratio of two columns varies where one is a copy of the other
FEW_ROWS = 8  # by which most columns are seen to be no copies
COUNTS = "counts the rows"
UNNAMED = "not among the features named"
MOST_GUESSED = 500  # columns that are taken for features where none are named


def choose_features(
    raw: RawTable, columns: dict[str, Column], roles: dict[str, Role], wishes: Wishes
) -> tuple[list[str], dict[str, str]]:
    """The features, and why each other column is none.

    Args:
        raw: The whole table.
        columns: Facts of the training rows.
        roles: Roles of all columns.
        wishes: What was asked for.

    Raises:
        EvolveError: No column is left that could be one, or one that was named is constant.
        TaskError: A cell of one that was named is no number.
    """
    taken = {*wishes.targets, *wishes.groups}
    left = [c for name, c in columns.items() if name not in taken]
    if wishes.features:
        for name in wishes.features:
            _require_varying(raw, name, wishes)
        others = [c.name for c in left if c.name not in wishes.features]
        return list(wishes.features), {name: wishes.use_of(name) or UNNAMED for name in others}
    for name in wishes.axes:
        _require_varying(raw, name, wishes, "extrapolate")
    reasons = {c.name: why_not(raw, c, roles[c.name], wishes) for c in left}
    names = [name for name, why in reasons.items() if name in wishes.axes or not why]
    if not names:  # a rank or a day may count the rows, and be what the target depends on
        names = [name for name, why in reasons.items() if why == COUNTS]
        reasons |= dict.fromkeys(names, "")
    _require_few(raw, names)
    for rule in (_copies, repeats_of_settings, _told_by_steps, images_of_targets):
        reasons |= rule(raw, names, roles, wishes)
        names = [name for name in names if name in wishes.axes or not reasons[name]]
    if not names:
        raise nothing_left(raw, left, reasons)
    return names, {name: why for name, why in reasons.items() if name not in names}


def _require_few(raw: RawTable, names: Sequence[str]) -> None:
    """Require that no more columns are taken for features than somebody can have meant.

    All of them would be searched, and what they have to do with each other takes their square.
    """
    if len(names) > MOST_GUESSED:
        raise EvolveError(
            f"{raw.path}: has {len(names)} columns that could be features, more than "
            f"{MOST_GUESSED}; name those that are inputs by ",
            Argument("features"),
        )


def _require_varying(raw: RawTable, name: str, wishes: Wishes, argument: str = "features") -> None:
    try:
        values = require_numbers(raw, name)
    except TaskError as error:
        raise TaskError(*error.args, *rows_without(raw, name, wishes.where)) from None
    if min(values) == max(values):
        raise EvolveError(
            f"{raw.path}: feature {name!r} must vary, all {raw.n_rows} rows hold "
            f"{values[0]:g}; leave it out of ",
            Argument(wishes.named_by.get(name, argument)),
        )


def _require_no_odd_cell(raw: RawTable, name: str, wishes: Wishes) -> None:
    """Require that a column of numbers, by most of its cells, holds nothing else.

    So is one of texts that mean numbers, such as `10,000,000`.

    Left out in silence, it would be missed; as the user named no features, it may be one.
    """
    try:
        raw.numbers(name)
    except TaskError as error:
        cells = raw.column(name)
        n_numbers = sum(number(cell) is not None or is_meant(cell) for cell in cells)
        if 2 * n_numbers <= len(cells):
            return
        raise TaskError(
            *error.args,
            "; or name the inputs by ",
            Argument("features"),
            ", without it",
            *rows_without(raw, name, wishes.where),
        ) from None


def why_not(raw: RawTable, column: Column, role: Role, wishes: Wishes) -> str:
    """Why a column is not proposed as a feature; empty where nothing speaks against it.

    Raises:
        TaskError: Most of it are numbers, and one cell is none.
    """
    if column.name != wishes.step and (use := wishes.use_of(column.name)):
        return use
    if role in OUTCOMES or role in BOOKKEEPING:
        given = "was given the role" if column.name in wishes.roles else "is by its name"
        return f"{given} {role}, no input: {MEANING[role]}"
    if column.n_blank and column.n_levels < 2:
        return "is constant where it is filled" if column.n_levels else "holds nothing"
    _require_no_odd_cell(raw, column.name, wishes)
    if column.kind != "numbers":
        blank = "has blank cells" if column.n_blank else "holds texts too"
        return {"texts": "holds texts", "empty": "holds nothing"}.get(column.kind, blank)
    if column.n_levels < 2:
        return "is constant"
    # Epochs of one run that are logged one by one count the rows, too, and are an input by name.
    return COUNTS if role == "other" and counts_rows(raw, column.name) else ""


def counts_rows(raw: RawTable, name: str) -> bool:
    """Whether a column of numbers holds 0, 1, 2, … or 1, 2, 3, … row by row."""
    if number(raw.column(name)[0]) not in (0.0, 1.0):
        return False
    values = raw.values(name)
    starts = (0, 1) if len(values) > 2 else ()
    return any(np.array_equal(values, np.arange(len(values)) + start) for start in starts)


def _copies(
    raw: RawTable, names: Sequence[str], roles: dict[str, Role], wishes: Wishes
) -> dict[str, str]:
    """Why columns are left out that are another one, up to a factor and rounding.

    Only of columns that play the same part, or of which one plays none: tokens that are always
    20 times the parameters are still asked for by themselves.
    """
    worded = {name: any(in_words(cell) for cell in raw.column(name)) for name in names}
    asked = {*wishes.axes, *derived_names(wishes.derive)}
    order = sorted(names, key=lambda name: (name not in asked, worded[name]))
    reasons: dict[str, str] = {}
    for name, firsts in zip(order, _near_copies(raw, order), strict=True):
        for first in firsts:
            parts = {roles[name], roles[first]}
            alike = len(parts) == 1 or parts & {"other", "step"}
            if alike and first not in reasons and _is_copy(raw.numbers(name), raw.numbers(first)):
                reasons[name] = f"is {first}, up to a factor and rounding"
                break
    return reasons | _products(raw, [n for n in names if n not in reasons], roles, wishes)


def _told_by_steps(
    raw: RawTable, names: Sequence[str], roles: dict[str, Role], wishes: Wishes
) -> dict[str, str]:
    """Why columns are left out that say how far training has come where another says it better.

    Epochs counted from 0 beside steps are no copy of them, and yet another name for one axis. The
    column that stays has a logarithm, or else more levels.
    """
    numbers = {name: raw.values(name) for name in names if roles[name] == "step"}
    named = (*wishes.axes, wishes.step)
    order = sorted(
        numbers,
        key=lambda n: (n not in named, numbers[n].min() <= 0, -len(np.unique(numbers[n]))),
    )
    reasons: dict[str, str] = {}
    for k, name in enumerate(order):
        firsts = [n for n in order[:k] if n not in reasons]
        told = (first for first in firsts if _follows(numbers[name], numbers[first]))
        if name not in named and (first := next(told, None)):
            reasons[name] = f"never falls where {first} rises: both say how far training has come"
    return reasons


def _follows(a: Array, b: Array) -> bool:
    """Whether one column has one value for each of another, and never falls where that rises."""
    _, first, place = np.unique(b, return_index=True, return_inverse=True)
    return bool((a == a[first][place]).all() and (np.diff(a[first]) >= 0).all())


def _near_copies(raw: RawTable, names: Sequence[str]) -> Iterator[list[str]]:
    """For each column the earlier ones that a few rows do not tell from copies of it.

    Pairs grow with the square of the columns, so that not all rows of each are looked at.
    """
    if not names:
        return
    values = np.array([raw.values(name) for name in names])
    positive = values.min(axis=1) > 0
    some = values[:, :: -(-values.shape[1] // FEW_ROWS)]
    logs = np.log(np.where(positive[:, None], some, 1.0))
    for k in range(len(names)):
        gaps = np.ptp(logs[:k] - logs[k], axis=1)
        near = positive[:k] & positive[k] & (gaps <= 2.0 * SAME_RATIO)
        yield [names[int(i)] for i in np.flatnonzero(near)]


def _products(
    raw: RawTable, names: Sequence[str], roles: dict[str, Role], wishes: Wishes
) -> dict[str, str]:
    """Why compute is left out that is parameters times data, which are there themselves."""
    sizes, data, compute = ([n for n in names if roles[n] == part] for part in "NDC")
    reasons = {}
    for name in compute:
        for size, amount in product(sizes, data):
            times = [a * b for a, b in zip(raw.numbers(size), raw.numbers(amount), strict=True)]
            if name not in wishes.axes and _is_copy(raw.numbers(name), times):
                reasons[name] = f"is {size} times {amount}, up to a factor and rounding"
    return reasons


def in_words(cell: object) -> bool:
    """Whether a cell is a number in words, such as 125M."""
    if not isinstance(cell, str):
        return False
    try:
        float(cell)
    except ValueError:
        return size_in_words(cell) is not None
    return False


def _is_copy(a: Sequence[float], b: Sequence[float]) -> bool:
    if min(*a, *b) <= 0:
        return False
    ratio = np.array(a) / np.array(b)
    return bool(np.ptp(ratio) <= SAME_RATIO * ratio.min()) and len(set(a)) > 1


def could_be_groups(columns: dict[str, Column], n_rows: int, spec: TaskSpec) -> list[str]:
    """Columns of texts that are not used and that name groups, by the look of them."""
    return [
        name
        for name, column in columns.items()
        if name not in (*spec.groups, spec.folds.runs)
        and column.kind == "texts"
        and 1 < column.n_levels < FEW_TEXTS * n_rows
    ]
