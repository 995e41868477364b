"""How an input is made of a column: of texts with a number or date each, of years far from 0."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterable, Sequence

import numpy as np

from evolve.errors import Argument, Remark, TaskError
from evolve.law.faults import quoted
from evolve.tasks.cells import is_blank, is_meant, number, shown
from evolve.tasks.draft.dates import dates_in, decimal_year
from evolve.tasks.draft.expressions import (
    YEARS_OF,
    around_number,
    number_in,
    parts_thousands,
)
from evolve.tasks.draft.leave_out import leave_out
from evolve.tasks.raw import RawTable
from evolve.tasks.task import Task
from evolve.typing import Array

MOST_WORDS = 3  # in place of numbers that a condition leaves out
FAR = 50.0  # deviations between 0 and a column, of years hundreds; judgement
SAME_YEAR = 1e-6  # years, less than a minute
FEWEST_YEARS = 2.0  # from the first date to the last: those of one sweep say when it was made


def numbers_each(texts: Iterable[str]) -> dict[str, float]:
    """The one number in each text, all within the same letters, such as d512; else nothing."""
    texts = list(texts)
    by_commas = parts_thousands(texts)
    found = {text: number_in(text, by_commas=by_commas) for text in texts}
    if len({around_number(text) for text in found}) != 1:
        return {}
    known = {text: value for text, value in found.items() if value is not None}
    return known if len(known) == len(found) else {}


def years_of(raw: RawTable, name: str) -> tuple[str, ...]:
    """The argument that makes years of a column of dates, in parts of a message, if any can."""
    new = next((n for n in ("year", "years") if n not in raw.columns), None)
    if new is None:
        return ()
    return Argument("derive"), f" {shlex.quote(f'{new} = {YEARS_OF}({quoted(name)})')}"


def number_of(name: str) -> tuple[str, ...]:
    """The argument that makes numbers of a column of texts, in parts of a message."""
    made = f"{quoted(f'{name.strip()} number')} = number({quoted(name)})"
    return Argument("derive"), f" {shlex.quote(made)}"


def require_numbers(raw: RawTable, name: str) -> list[float]:
    """A column as finite numbers.

    Raises:
        TaskError: It holds something else; of dates and texts that hold a number each the
            message says how a column of numbers is made of them.
    """
    cells = enumerate(raw.column(name) if raw.finite(name) is None else [], 1)
    filled = [(row, cell) for row, cell in cells if not is_blank(cell)]
    if filled and not any(number(cell) is not None or is_meant(cell) for _, cell in filled):
        parts: tuple[str, ...] = ()
        if name in dates_in(raw):
            parts = years_of(raw, name)
        elif numbers_each(str(cell).strip() for _, cell in filled):
            parts = number_of(name)
        if parts:
            complaint = raw.complaint(name, "must hold numbers", filled[0][0], shown(filled[0][1]))
            raise TaskError(f"{complaint}; a column of numbers is made of it by ", *parts)
    return raw.numbers(name)


def rows_without(raw: RawTable, name: str, where: str | None) -> tuple[str, ...]:
    """How rows without a number in a column are left out, in parts of a message; none of others.

    They are blank or hold one of a few words, such as `diverged`, and most rows hold numbers. It
    is for the user to say: a search that had done so unasked may have lost what mattered.

    Args:
        raw: The table.
        name: The column.
        where: The condition of rows that are used already.
    """
    odd = [cell for cell in raw.column(name) if is_blank(cell) or number(cell) is None]
    texts = dict.fromkeys("" if is_blank(cell) else str(cell) for cell in odd)
    words = [text for text in texts if text]
    told = any(is_meant(cell) for cell in odd) or any(set(word) & set('"\\') for word in words)
    if told or len(words) > MOST_WORDS or 2 * sum(not is_blank(cell) for cell in odd) > raw.n_rows:
        texts = dict.fromkeys(text for text in texts if not text)
    if not texts:
        return ()
    conditions = [f'{quoted(name)} != "{text}"' for text in texts]
    n_rows = sum(("" if is_blank(cell) else str(cell)) in texts for cell in odd)
    such = f"; or leave out such rows ({n_rows} of {raw.n_rows}) by "
    return such, *leave_out(conditions, where)


def unused_dates(rows: RawTable, task: Task) -> list[str]:
    """Dates over years of which no input is made: what was best at a time may depend on it."""
    notes: list[str] = []
    for name in dates_in(rows):
        years = [decimal_year(str(cell)) for cell in rows.column(name)]
        known = [year for year in years if year is not None]
        made = any(_counts_years(rows.finite(other), years) for other in rows.columns)
        named = name in (*task.spec.groups, task.spec.folds.runs)
        if max(known) - min(known) < FEWEST_YEARS or made or named:
            continue
        if parts := years_of(rows, name):
            told = f"column {name} holds dates over {max(known) - min(known):.0f} years and is "
            notes.append(Remark(f"{told}not used: years become a feature by ", *parts))
    return notes


def _counts_years(x: Array | None, years: Sequence[float | None]) -> bool:
    """Whether a column holds the years of dates, from whatever year it counts them."""
    if x is None or None in years:
        return False
    return bool(np.ptp(x - np.array(years, dtype=float)) < SAME_YEAR)


def far_from_0(task: Task) -> list[str]:
    """Features of linear scale far from 0, such as years, and how they count from their beginning.

    In exp(a - b*year) the constant a is b times two thousand, beyond where a fit looks for it.
    """
    notes: list[str] = []
    for feature, x in zip(task.spec.features, task.train.X.T, strict=True):
        if feature.logarithmic or not abs(x.mean()) > FAR * x.std() > 0.0:
            continue
        step = 10.0 ** math.floor(math.log10(np.ptp(x)))
        begin = f"{math.floor(x.min() / step) * step:.12g}"
        since = f"{feature.name} since {begin}"
        if since in task.feature_names:
            continue
        made = f"{quoted(since)} = {quoted(feature.name)} - {begin}".replace("- -", "+ ")
        told = f"{feature.name} lies far from 0, where fits hardly find a logistic or exponential"
        way = f" {shlex.quote(made)}, named as the feature in its place"
        notes.append(
            Remark(f"{told} law of it: it counts from its beginning by ", Argument("derive"), way)
        )
    return notes
