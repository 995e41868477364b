"""A table and what is to be predicted to everything that a `task.toml` says, with reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from evolve.printable import printable
from evolve.scoring.constraints import shares_of
from evolve.tasks.draft.axes import choose_axes, choose_horizon, horizon_text, with_folds
from evolve.tasks.draft.candidates import choose_features, counts_rows
from evolve.tasks.draft.column_roles import roles_of
from evolve.tasks.draft.columns import Column, guess_scale, guess_unit, inspect_columns
from evolve.tasks.draft.condition import Condition, parse_condition
from evolve.tasks.draft.curves import choose_points
from evolve.tasks.draft.decisions import (
    Decision,
    axes_text,
    most_constants,
    of_folds,
    of_groups,
    of_test,
    of_weights,
)
from evolve.tasks.draft.expressions import derive, sources_of
from evolve.tasks.draft.outliers import left_out_as_outliers, outliers_of
from evolve.tasks.draft.physics import declare
from evolve.tasks.draft.roles import (
    Wishes,
    require_differing,
    require_known_groups,
    require_names,
    require_one_use,
    require_roles,
    require_unbiased,
    require_varied,
)
from evolve.tasks.draft.rows import choose_rows
from evolve.tasks.draft.schedules import derive_sums, without_rate
from evolve.tasks.draft.warnings import remarks
from evolve.tasks.draft.wide import to_long
from evolve.tasks.folds import require_rows
from evolve.tasks.raw import RawTable
from evolve.tasks.roles import Role
from evolve.tasks.schedules import ANNEALED
from evolve.tasks.spec import ScheduleSpec, TaskSpec
from evolve.tasks.table import build_table
from evolve.tasks.task import Task

NAMED = "named by the user"
GUESSED = "not given: the other columns of numbers that may be inputs; name those that are"
COUNTER = "not given: it counts the rows, but no other column may be an input"
MOST_LISTED = 40  # names in a line


@dataclass(frozen=True)
class Draft:
    """A task that is not written yet.

    Attributes:
        name: Its name.
        raw: The whole table.
        spec: What its `task.toml` will say.
        train: Indices of the training rows.
        test: Indices of the test rows; none without a condition.
        columns: Facts of every column, of the training rows.
        reasons: Why a feature has its scale, and why another column has no role.
        decisions: What else was decided.
        notes: What the user should look at.
        corrected: Columns whose roles the user gave.
        sources: What each derived column is made of.
    """

    name: str
    raw: RawTable
    spec: TaskSpec
    train: tuple[int, ...]
    test: tuple[int, ...]
    columns: dict[str, Column]
    reasons: dict[str, str]
    decisions: tuple[Decision, ...]
    notes: tuple[str, ...]
    corrected: frozenset[str] = frozenset()
    sources: dict[str, frozenset[str]] = field(default_factory=dict)

    @cached_property
    def _roles(self) -> dict[str, str]:
        roles = {f.name: "feature" for f in self.spec.features}
        roles |= {t.name: "target" for t in self.spec.targets}
        return roles | dict.fromkeys(self.spec.groups, "group")

    def role(self, name: str) -> str:
        """What a column is in the task."""
        return self._roles.get(name, "not used")

    @property
    def unused(self) -> list[str]:
        """Columns without a role, which no column with a role is made of, in order."""
        used = {name for name in self.columns if self.role(name) != "not used"}
        for name in reversed(self.sources):  # each is made of columns before it
            used |= self.sources[name] if name in used else frozenset()
        return [name for name in self.columns if name not in used]

    @property
    def left_out(self) -> list[str]:
        """What rows are left out that nobody asked to leave out, and why, one line each."""
        of_rows = [d for d in self.decisions if d.what in ("rows", "points")]
        return [f"{d.what}: {d.chosen}, {d.why}" for d in of_rows if "left out" in d.chosen]


def listed(names: Sequence[str]) -> str:
    """Names in one line; of very many the first, and how many others there are."""
    if len(names) <= MOST_LISTED:
        return ", ".join(names)
    return f"{', '.join(names[:MOST_LISTED])} and {len(names) - MOST_LISTED} more"


def propose(raw: RawTable, name: str, wishes: Wishes) -> Draft:
    """Propose a task of a table.

    Args:
        raw: The table.
        name: The task's name.
        wishes: What the user asked for.

    Returns:
        A draft whose rows its spec accepts and which a search can be made on.

    Raises:
        EvolveError: A name is unknown or has two roles, the condition cannot be read, or a
            column, cell or group breaks a rule.
    """
    require_one_use(wishes)
    raw = derive(to_long(raw, wishes), wishes.derive)
    raw, schedule, of_rates = derive_sums(raw, wishes)
    require_roles(raw, wishes)
    raw, of_rows = choose_rows(raw, wishes)
    raw, of_points = choose_points(raw, wishes)
    require_differing(raw, wishes)
    first = {"rows": of_rows, "points": of_points, "derived": of_rates}
    draft, task = _of_rows(raw, name, wishes, first, schedule)
    times = {} if wishes.keep_outliers or wishes.every_row else outliers_of(task)
    if not times:
        return draft
    numbers = {draft.train[row]: far for row, far in times.items()}
    why, remark = left_out_as_outliers(raw, wishes.targets, numbers)
    kept = raw.take([row for row in range(raw.n_rows) if row not in numbers])
    draft, _ = _of_rows(kept, name, wishes, first | {"rows": [*of_rows, why]}, schedule)
    return replace(draft, notes=(remark, *draft.notes))


def _of_rows(
    raw: RawTable,
    name: str,
    wishes: Wishes,
    first: dict[str, list[tuple[str, str]]],
    schedule: ScheduleSpec,
) -> tuple[Draft, Task]:
    """Propose a task of all rows of a table; what was decided of them before comes first.

    Returns:
        The draft, and its task as it was checked, the rows in their order.
    """
    condition = None if wishes.test is None else parse_condition(wishes.test, raw)
    require_unbiased(wishes, condition)
    held = np.zeros(raw.n_rows, dtype=bool) if condition is None else condition.rows
    train, test = np.flatnonzero(~held).tolist(), np.flatnonzero(held).tolist()
    rows = raw.take(train)
    columns = inspect_columns(rows)
    roles = roles_of(raw, columns, wishes)
    chosen = choose_features(raw, columns, roles, wishes)
    names, why_not = without_rate(*chosen, schedule, wishes)
    require_names(raw, [*names, *wishes.targets])
    features, reasons = _features(raw, rows, names, roles)
    left_out = [f"{chosen}, {why}" for chosen, why in first["rows"]]
    spec = _spec(raw, wishes, features, roles, condition, left_out)
    checked = _checked(raw, rows, spec.model_copy(update={"schedule": schedule}))
    require_known_groups(raw, test, checked)
    task, decided = _decided(checked, wishes, condition)
    draft = Draft(
        name=name,
        raw=raw,
        spec=task.spec,
        train=tuple(train),
        test=tuple(test),
        columns=columns,
        reasons=reasons | why_not,
        decisions=(
            *(Decision(what, *told) for what, every in first.items() for told in every),
            Decision("features", listed(names), _why_features(raw, names, wishes)),
            *decided,
        ),
        notes=(*raw.remarks(), *remarks(rows, task, columns, condition, wishes.where)),
        corrected=frozenset(wishes.roles),
        sources=sources_of(wishes.derive),
    )
    return draft, checked


def _why_features(raw: RawTable, names: Sequence[str], wishes: Wishes) -> str:
    """Why these columns are features."""
    if wishes.features:
        return NAMED
    return COUNTER if all(counts_rows(raw, name) for name in names) else GUESSED


def _decided(
    task: Task, wishes: Wishes, condition: Condition | None
) -> tuple[Task, list[Decision]]:
    """The task with axes and a number of constants, and what was decided."""
    folds, why_axes = choose_axes(task, wishes, condition)
    task = with_folds(task, folds)
    folds, why_horizon = choose_horizon(task, wishes, condition)
    most, why_most = most_constants(task)
    spec = task.spec.model_copy(update={"folds": folds, "max_constants": most})
    task, physics, why_physics = declare(replace(task, spec=spec), wishes)
    return task, [
        of_groups(task),
        Decision("extrapolation", axes_text(task), why_axes),
        *([Decision("horizon", horizon_text(task), why_horizon)] if folds.axes else []),
        of_test(condition),
        *of_weights(task),
        Decision("constants", f"at most {most}", why_most),
        Decision("physics", physics, why_physics),
        of_folds(task),
    ]


def _features(
    raw: RawTable, rows: RawTable, names: list[str], roles: Mapping[str, Role]
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Scales and units of the features, guessed from the training rows, and why.

    A logarithm must exist of every row, so that signs are taken from the whole table.
    """
    features, reasons = [], {}
    shares, sum_to = shares_of(np.array([rows.values(name) for name in names]).T)
    for name, is_share in zip(names, shares, strict=True):
        whole, values = raw.values(name), rows.values(name)
        scale, why = guess_scale(values, sum_to if is_share else None, roles.get(name))
        if name == ANNEALED:
            scale, why = "linear", "it is 0 until the rate falls"
        elif whole.min() <= 0:
            row = int(np.argmin(whole)) + 1
            place = f"row {raw.row_number(row)}{raw.line(row)}"
            scale, why = "linear", f"{place} holds {whole.min():g}: no logarithm"
        features.append({"name": name, "unit": guess_unit(values, scale), "scale": scale})
        reasons[name] = why
    return features, reasons


def _spec(
    raw: RawTable,
    wishes: Wishes,
    features: list[dict[str, Any]],
    roles: Mapping[str, Role],
    condition: Condition | None,
    left_out: Sequence[str],
) -> TaskSpec:
    """The spec, without axes and a number of constants."""
    inputs = listed([feature["name"] for feature in features])
    whole = " of" if left_out else ", all of"
    note = f"{raw.n_rows} training rows{whole} {printable(raw.path.name)}."
    if condition is not None:
        n, text = int(condition.rows.sum()), printable(condition.text)
        note = f"{raw.n_rows - n} training rows and {n} for the test, with {text}."
    note += "".join(f" Rows: {printable(line)}." for line in left_out)
    return TaskSpec.model_validate(
        {
            "title": f"{', '.join(wishes.targets)} from {inputs}",
            "source": printable(raw.path.name),
            "licence": "not stated",
            "note": note,
            "groups": list(wishes.groups),
            "weights": wishes.weights or "",
            "sigma": wishes.sigma or "",
            "folds": {} if wishes.run_id is None else {"runs": wishes.run_id},
            "features": [feature | _role(feature["name"], roles) for feature in features],
            "targets": [{"name": name} | _role(name, roles) for name in wishes.targets],
        }
    )


def _role(name: str, roles: Mapping[str, Role]) -> dict[str, Role]:
    """The key of a column's role, where it has one."""
    return {} if roles[name] == "other" else {"role": roles[name]}


def _checked(raw: RawTable, rows: RawTable, spec: TaskSpec) -> Task:
    """The training rows as a task; errors name the table, for there is no folder yet."""
    build_table(raw, spec)  # the whole of it, so that an error names the row in the user's file
    table, group_names = build_table(rows, spec)
    task = Task(raw.path.stem, raw.path, spec, group_names, table)
    require_rows(task)
    require_varied(task, raw.path)
    return task
