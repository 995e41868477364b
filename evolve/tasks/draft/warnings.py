"""The training rows of a proposed task to what its user should look at."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Collection, Sequence
from itertools import pairwise

import numpy as np

from evolve.errors import Argument, Remark
from evolve.law.faults import quoted
from evolve.tasks.cells import is_blank, number
from evolve.tasks.draft.candidates import could_be_groups, in_words
from evolve.tasks.draft.columns import SPREAD, WIDE, Column
from evolve.tasks.draft.condition import Condition
from evolve.tasks.draft.curves import counts_steps, unnamed
from evolve.tasks.draft.far_values import far_values
from evolve.tasks.draft.images import moves_with
from evolve.tasks.draft.leave_out import leave_out
from evolve.tasks.draft.made import (
    far_from_0,
    number_of,
    numbers_each,
    unused_dates,
)
from evolve.tasks.draft.repeats import repeated_rows
from evolve.tasks.draft.unfinished import unfinished
from evolve.tasks.draft.unused import inputs_left, may_be_groups
from evolve.tasks.mixture import mixture
from evolve.tasks.name_units import unit_in_name
from evolve.tasks.raw import RawTable
from evolve.tasks.roles import BOOKKEEPING, OUTCOMES, guess_role
from evolve.tasks.schedules import ANNEALED
from evolve.tasks.task import Task
from evolve.tasks.together import advice, alongside, listed, still_in_groups

_DEVIATION = re.compile(
    r"[ _./-]?(std_?err|std_?dev|err|error|std|deviation|sd|se|sem|sigma)(?![a-z0-9])"
)
_MEAN = re.compile(r"[ _./-]?(mean|avg|average|median)$")
_MANY = "seeds|runs|replicates|replications|repeats|repetitions|trials|reps"
_COUNTS = re.compile(
    rf"((sample|row|run|obs|observation)[ _./-]?)?weights?|(n|num|number of)[ _./-]?({_MANY})"
    rf"|({_MANY})[ _./-]?counts?|counts?"
)
FEWEST_ALIKE, APART = 2, 0.5  # rows of one result, so many ranges of all others from them
SIZES = ("N", "D", "U")
PLAIN_SIZE = 1000.0  # sizes below it are hardly written out beside others in words
FEWEST_LEVELS = 3  # numbers in texts from which on they may be a feature
NO_GROUP = ("state", "time")  # roles of texts that constants of their own are no advice for
COMFORTABLE = 20  # rows of a group below which its constants are hardly known


def remarks(
    rows: RawTable,
    task: Task,
    columns: dict[str, Column],
    condition: Condition | None,
    where: str | None = None,
) -> list[str]:
    """What stands out in the training rows, one sentence each.

    Args:
        rows: The training rows.
        task: What they are in the task.
        columns: Facts of the columns.
        condition: Of the test rows.
        where: The condition that all rows meet, if any.
    """
    advice_on_runs, may_name_runs = unnamed(rows, task)
    numbers = _numbers_in_texts(rows, columns, task, may_name_runs)
    groups = could_be_groups(columns, rows.n_rows, task.spec)
    known = {*numbers, *may_name_runs, *(name for name in groups if guess_role(name) in NO_GROUP)}
    texts = [name for name in groups if name not in known]
    others = [*texts, *inputs_left(columns, task)]
    warnings: list[str] = [
        *unfinished(rows, where),
        *_images(task),
        *repeated_rows(rows, task, others),
        *advice(task),
    ]
    warnings += [*alongside(task, task.axes), *_zeros(task, where)]
    warnings += advice_on_runs
    warnings += [*_constant_in_groups(task), *_two_levels(task), *_sizes_in_words(rows, task)]
    warnings += [*_units_in_names(rows, task), *_stand_ins(task, where), *far_from_0(task)]
    warnings += far_values(task, where)
    warnings += [*_deviations(columns, task), *_weights(columns, task)]
    warnings += [*filter(None, numbers.values()), *unused_dates(rows, task)]
    warnings += may_be_groups(rows, task, texts, columns)
    counts = np.bincount(task.train.group, minlength=task.n_groups)
    if counts.min() < COMFORTABLE:
        least = int(np.argmin(counts))
        where = f"group {task.group_names[least]!r} has" if task.n_groups > 1 else "there are"
        where = "each group has" if task.n_groups > 1 and np.ptp(counts) == 0 else where
        warnings.append(
            f"{where} {counts[least]} training rows: only short laws can be told apart"
        )
    if condition is not None and condition.downward:
        names = ", ".join(condition.downward)
        warnings.append(
            f"the test lies below {names}; folds hold out the largest values, not those"
        )
    return warnings


def _images(task: Task) -> list[str]:
    """Features that rise or fall with a target in every row, beside others."""
    if len(task.feature_names) < 2:
        return []
    roles = task.roles
    return [
        f"{name} rises or falls with {target} in every row: leave it out if it is a result of "
        "the run and not an input"
        for target, y in zip(task.target_names, task.train.Y.T, strict=True)
        for name, x in zip(task.feature_names, task.train.X.T, strict=True)
        if roles[name] == "other" and moves_with(x.tolist(), y.tolist())
    ]


def _sizes_in_words(rows: RawTable, task: Task) -> list[str]:
    """How columns are read whose numbers stand in words."""
    warnings = []
    for name in (*task.feature_names, *task.target_names):
        cell = next((cell for cell in rows.column(name) if in_words(cell)), None)
        if cell is None:
            continue
        told = f"{name}: {cell} is read as {number(cell):g}"
        if (odd := _unlike(cell, rows.column(name))) is not None:
            told += f", and {odd} elsewhere as {odd}: write all alike if they are in one unit"
        warnings.append(told)
    return warnings


def _units_in_names(rows: RawTable, task: Task) -> list[Remark]:
    """Sizes that are by their names in millions or the like, in which costs then count."""
    notes = []
    for name, role in task.roles.items():
        if role not in SIZES or name not in task.feature_names:
            continue
        found = unit_in_name(name, max(rows.numbers(name)))
        if found is None or found[0] in rows.columns:
            continue
        new, scale = found
        notes.append(
            Remark(
                f"{name} is by its name in units of {scale:g}, in which formulas, costs and runs "
                "to forecast then count it too: whole numbers come by ",
                Argument("derive"),
                f" {shlex.quote(f'{quoted(new)} = {scale:.0e}*{quoted(name)}')}",
            )
        )
    return notes


def _stand_ins(task: Task, where: str | None) -> list[Remark]:
    """Results such as -999 or 0 that several rows share, far from all others: most likely none."""
    notes = []
    for name, y in zip(task.target_names, task.train.Y.T, strict=True):
        for value in (y.min(), y.max()):
            others = y[y != value]
            n_rows = len(y) - len(others)
            if n_rows < FEWEST_ALIKE or n_rows > len(others):
                continue
            if np.abs(others - value).min() > APART * np.ptp(others):
                words = f"{name} is {value:g} in {n_rows} rows, far from all others: if that "
                words += "stands for no result, leave them out by "
                notes.append(Remark(words, *leave_out([f"{quoted(name)} != {value:.15g}"], where)))
    return notes


def _unlike(cell: object, others: Sequence[object]) -> object | None:
    """A number without a unit that has most likely that of a cell with one, if there is any."""
    low, high = (1.0, math.inf) if "%" in str(cell) else (0.0, PLAIN_SIZE)
    values = ((other, number(other)) for other in others if not in_words(other))
    return next((other for other, v in values if v is not None and low < v < high), None)


def _numbers_in_texts(
    rows: RawTable, columns: dict[str, Column], task: Task, may_name_runs: Collection[str]
) -> dict[str, str]:
    """Columns of texts that are a number each, all within the same letters, such as d512.

    With what to say of each; nothing of one whose numbers are a column already.
    """
    warnings = {}
    for name, column in columns.items():
        is_named = name in (*task.spec.groups, task.spec.folds.runs, *may_name_runs)
        if column.kind != "texts" or is_named or guess_role(name) in (*OUTCOMES, *BOOKKEEPING):
            continue
        texts = {str(cell).strip() for cell in rows.column(name) if not is_blank(cell)}
        found = numbers_each(texts)
        numbers = [found.get(str(cell).strip()) for cell in rows.column(name)]
        held = (rows.finite(other) for other in {**columns, **dict.fromkeys(task.feature_names)})
        is_there = any(v is not None and numbers == v.tolist() for v in held)
        if len(set(found.values())) >= FEWEST_LEVELS and not _name_rows(numbers):
            note = Remark(
                f"column {name} holds a number in each text, such as {min(texts)}, and is not "
                "used: it becomes a feature by ",
                *number_of(name),
            )
            warnings[name] = "" if is_there else note
    return warnings


def _name_rows(numbers: Sequence[float | None]) -> bool:
    """Whether numbers only count the rows, from 0 or 1 on, but for rows that are not used."""
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers) or known[0] not in (0.0, 1.0):
        return False
    return all(0.0 < later - one <= 2.0 for one, later in pairwise(known))


def _deviations(columns: dict[str, Column], task: Task) -> list[str]:
    """Columns by whose names a target's standard deviations are given, where rows count alike."""
    if task.spec.sigma or task.spec.weights:
        return []
    alone = [""] if len(task.target_names) == 1 else []  # as sigma is, without the target's name
    return [
        Remark(
            f"{name} is by its name how uncertain {target} is in each row: as ",
            *(Argument("sigma"), " it says what each row counts"),
        )
        for name, column in columns.items()
        if column.kind == "numbers" and column.low is not None and column.low > 0
        if guess_role(name) in ("error", "outcome")  # `loss_error` may be either
        for target in task.target_names
        if name != target
        if (of := _DEVIATION.sub("", name.lower())) in (target.lower(), *alone)
        or of == _MEAN.sub("", target.lower())
    ]


def _weights(columns: dict[str, Column], task: Task) -> list[Remark]:
    """Columns by whose names rows count more or less, where rows count alike."""
    if task.spec.sigma or task.spec.weights:
        return []
    others = (*task.target_names, *task.spec.groups, task.spec.folds.runs)
    return [
        Remark(
            f"{name} is by its name what each row counts{_taken(name, task)}: it does so as ",
            Argument("weights"),
        )
        for name, column in columns.items()
        if column.kind == "numbers" and column.low is not None and column.low > 0
        if name not in others and _COUNTS.fullmatch(name.strip().lower())
    ]


def _taken(name: str, task: Task) -> str:
    return ", and is taken for a feature" if name in task.feature_names else ""


def _zeros(task: Task, where: str | None) -> list[str]:
    """Features that a few rows keep from a log scale; of a mixture, what its zeros are."""
    shares, warnings = mixture(task), []
    if shares.columns:
        warnings.append(
            f"{shares.said}: shares of a mixture, which act as they are; a 0 is a share like any "
            "other, and a forecast is of shares that sum so"
        )
    for feature, values in zip(task.spec.features, task.train.X.T, strict=True):
        if feature.name in shares.names:
            continue
        above = values[values > 0]
        n_others = len(values) - len(above)
        # Several values below 0 are no stand-ins for 0: a temperature has them, a size has none.
        few = 0 < n_others < len(above) and np.ptp(values[values <= 0]) == 0
        enough = SPREAD if counts_steps(feature.name, feature.role) else WIDE
        wide = few and above.max() / above.min() >= enough
        if feature.scale == "linear" and feature.name != ANNEALED and wide:
            told = Remark(
                f"{feature.name} spans a factor of {above.max() / above.min():.3g} but for "
                f"{n_others} row{'s' * (n_others > 1)} at 0 or below, which keeps it linear: take "
                "them out if it is a size, which acts through its logarithm: ",
                *leave_out([f"{quoted(feature.name)} > 0"], where),
            )
            warnings.append(told)
    return warnings


def _two_levels(task: Task) -> list[str]:
    """Sizes of two levels, through which any curve goes."""
    return [
        f"{feature.name} has two levels, {values.min():g} and {values.max():g}: a power of it, "
        "its amplitude and a floor cannot be told apart"
        for feature, values in zip(task.spec.features, task.train.X.T, strict=True)
        if feature.logarithmic and len(np.unique(values)) == 2
    ]


def _constant_in_groups(task: Task) -> list[str]:
    """Features that never vary within a group, so that no group shows what they do."""
    still = [task.feature_names[j] for j in still_in_groups(task)]
    never, its = ("never vary", "their") if len(still) > 1 else ("never varies", "its")
    words = f"{listed(still)} {never} within a group: no group shows {its} effect"
    return [words] if still else []
