"""Search one table as several people might have written it down; all must find one law.

A relation changes units, names, orders or the sign of a table and says what that does to a
forecast. Equal searches have equal operators, keys and scores; equal champions equal forecasts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from evolve.evaluation.record import Entry
from evolve.search.champion import Choice
from evolve.search.memory import MemoryJournal, search_in_memory
from evolve.search.problem import make_search_problem
from evolve.tasks.labels import GROUP_JOIN
from evolve.tasks.spec import PhysicsSpec, TaskSpec
from evolve.tasks.table import Table
from evolve.tasks.task import Task
from evolve.typing import Array

FACTORS = (1e-6, 1.0 / 3e9, 7.0)  # features in other units
TARGET_FACTOR = 7.3
NO_SEEDS = "(no literature)"  # for a name and a folder that no task has
FORECAST_FACTOR = 10.0  # factor beyond the largest scale at which forecasts are compared


@dataclass(frozen=True)
class Variant:
    """A table written down in another way.

    Attributes:
        task: The table.
        rows: Features of the first table to those of this one.
        group: Name of a group of the first table to that of this one.
        forecast: Forecasts of the first table to those of this one.
    """

    task: Task
    rows: Callable[[Array], Array] = lambda x: x
    group: Callable[[str], str] = lambda name: name
    forecast: Callable[[Array], Array] = lambda y: y


@dataclass(frozen=True, slots=True)
class Relation:
    """How a search of a variant differs from that of the table itself.

    Attributes:
        case: The task.
        relation: What was changed.
        entries: Share of the entries with the same operator, key and status.
        score: Largest difference of two scores.
        champion: Whether the same entry is the champion.
        forecast: Largest difference of the champions' forecasts, over the largest of them.
    """

    case: str
    relation: str
    entries: float
    score: float
    champion: bool
    forecast: float

    @property
    def holds(self) -> bool:
        """Whether the search is the same to 1e-9, its forecasts to 1e-6."""
        same = self.entries == 1.0 and self.champion
        return same and self.score <= 1e-9 and self.forecast <= 1e-6

    def to_data(self) -> dict[str, Any]:
        """JSON value."""
        return asdict(self) | {"holds": self.holds}


def scaled(task: Task) -> Variant:
    """Features in other units; one that is a part of another stays in the unit of that."""
    factors = np.array([FACTORS[j % len(FACTORS)] for j in range(len(task.feature_names))])
    for together in task.frame.parts:
        factors[list(together)] = factors[together[0]]
    if task.spec.own:
        factors[:] = FACTORS[-1]
    table = _table(task, X=task.train.X * factors)
    return Variant(_task_with(task, task.spec, table), rows=lambda x: x * factors)


def with_units(task: Task) -> Variant:
    """Other declared units."""
    features = [f.model_copy(update={"unit": 3.0 * f.unit}) for f in task.spec.features]
    return Variant(_task_with(task, task.spec.model_copy(update={"features": features})))


def shuffled(task: Task) -> Variant:
    """Rows in another order."""
    order = np.random.default_rng(0).permutation(task.train.n_rows)
    return Variant(_task_with(task, task.spec, task.train.at(order)))


def regrouped(task: Task) -> Variant:
    """Groups under other names, in another order."""
    n = task.n_groups
    labels = [[f"group {n - g}"] * max(len(task.spec.groups), 1) for g in range(n)]
    names = dict(zip(task.group_names, map(GROUP_JOIN.join, labels), strict=True))
    table = _table(task, group=n - 1 - task.train.group)
    renamed = Task(task.name, task.folder, task.spec, tuple(names.values())[::-1], table)
    return Variant(renamed, group=names.__getitem__)


def reordered(task: Task) -> Variant:
    """Columns under other names, in another order."""
    spec, n = task.spec, len(task.feature_names)
    if spec.own or any("*" in axis for axis in spec.folds.axes):
        return Variant(task)
    names = {name: f"column_{n - j}" for j, name in enumerate(task.feature_names)}
    physics = spec.physics
    changed = spec.model_copy(
        update={
            "features": [
                f.model_copy(update={"name": names[f.name], "role": task.roles[f.name]})
                for f in spec.features[::-1]
            ],
            "folds": spec.folds.model_copy(update={"axes": [names[a] for a in spec.folds.axes]}),
            "physics": physics.model_copy(
                update={
                    "decreasing_in": [names[a] for a in physics.decreasing_in],
                    "increasing_in": [names[a] for a in physics.increasing_in],
                }
            ),
        }
    )
    table = _table(task, X=task.train.X[:, ::-1])
    return Variant(_task_with(task, changed, table), rows=lambda x: x[:, ::-1])


def rescaled(task: Task) -> Variant:
    """Targets in another unit."""
    spec, factor = task.spec, TARGET_FACTOR
    bounded = {
        name: None if (value := getattr(spec.physics, name)) is None else factor * value
        for name in ("floor", "ceiling")
    }
    targets = [
        t.model_copy(update={"bounds": t.bounds and [factor * b for b in t.bounds]})
        for t in spec.targets
    ]
    physics = spec.physics.model_copy(update=bounded)
    changed = spec.model_copy(update={"physics": physics, "targets": targets})
    table = _table(task, Y=factor * task.train.Y)
    return Variant(_task_with(task, changed, table), forecast=lambda y: factor * y)


def unseeded(task: Task) -> Task:
    """The task without its literature, whose programs speak of the table's own names and units."""
    return replace(task, name=f"{task.name} {NO_SEEDS}", folder=task.folder / NO_SEEDS)


def open_ended(task: Task) -> Task:
    """The task without declared physics and bounds, so that its targets may be mirrored."""
    targets = [t.model_copy(update={"bounds": None}) for t in task.spec.targets]
    changed = {"physics": PhysicsSpec(), "targets": targets}
    return replace(task, spec=task.spec.model_copy(update=changed))


def mirrored(task: Task) -> Variant:
    """Targets that rise where they fell."""
    return Variant(
        _task_with(task, task.spec, _table(task, Y=-task.train.Y)), forecast=lambda y: -y
    )


def turned_over(task: Task) -> Variant:
    """A number less the targets."""
    whole = float(task.train.Y.max() + np.ptp(task.train.Y))
    table = _table(task, Y=whole - task.train.Y)
    return Variant(_task_with(task, task.spec, table), forecast=lambda y: whole - y)


RELATIONS: dict[str, Callable[[Task], Variant]] = {
    "features scaled": scaled,
    "other units": with_units,
    "rows shuffled": shuffled,
    "groups renamed": regrouped,
    "columns renamed": reordered,
    "targets scaled": rescaled,
}
MIRRORS: dict[str, Callable[[Task], Variant]] = {
    "minus the targets": mirrored,
    "a less the targets": turned_over,
}


def mirrors_of(task: Task) -> dict[str, Callable[[Task], Variant]]:
    """The mirror images of a task that are the same question.

    A number less the targets has no natural zero, so that it is another where the targets have.
    """
    if not task.frame.natural_zero:
        return MIRRORS
    return {name: way for name, way in MIRRORS.items() if way is not turned_over}


def relations(task: Task, evaluations: int, workers: int = 0, seed: int = 0) -> list[Relation]:
    """Search a task and all its variants, and say how these searches differ.

    Args:
        task: Its training rows only are read.
        evaluations: Budget of each search.
        workers: Processes; nothing depends on their number.
        seed: Of each search.
    """
    results = []
    plain = unseeded(task)
    free = open_ended(plain)
    for base, ways in ((plain, RELATIONS), (free, mirrors_of(free))):
        first = _search(base, evaluations, workers, seed)
        for name, way in ways.items():
            variant = way(base)
            other = _search(variant.task, evaluations, workers, seed)
            results.append(_compared(base, name, variant, first, other))
    return results


Searched = tuple[list[Entry], Choice]


def _search(task: Task, evaluations: int, workers: int, seed: int) -> Searched:
    journal = MemoryJournal()
    problem = make_search_problem(task, seed)
    choice = search_in_memory(problem, evaluations, workers, journal)
    assert choice is not None
    return journal.entries, choice


def _compared(
    task: Task, name: str, variant: Variant, first: Searched, other: Searched
) -> Relation:
    pairs = list(zip(first[0], other[0], strict=False))
    most = max(len(first[0]), len(other[0]))
    same = sum(_facts(one) == _facts(two) for one, two in pairs)
    gaps = [
        abs(one.evaluation.score - two.evaluation.score)
        for one, two in pairs
        if one.evaluation.score is not None and two.evaluation.score is not None
    ]
    champions = [choice.champion for _, choice in (first, other)]
    x, groups = _beyond(task)
    expected = variant.forecast(champions[0].fitted.predict(x, groups))
    predicted = champions[1].fitted.predict(variant.rows(x), [variant.group(g) for g in groups])
    return Relation(
        case=task.name,
        relation=name,
        entries=same / most,
        score=max(gaps, default=0.0),
        champion=champions[0].entry.index == champions[1].entry.index,
        forecast=float(np.max(np.abs(predicted - expected)) / np.max(np.abs(expected))),
    )


def _facts(entry: Entry) -> tuple[str, str, str]:
    return entry.operator, entry.key, entry.evaluation.status


def _beyond(task: Task) -> tuple[Array, Sequence[str]]:
    """Training rows moved on along the axes, and their groups."""
    x = task.train.X.copy()
    for j in task.axes:
        if task.spec.features[j].logarithmic:
            x[:, j] *= FORECAST_FACTOR
    return x, [task.group_names[g] for g in task.train.group]


def _task_with(task: Task, spec: TaskSpec, table: Table | None = None) -> Task:
    return Task(task.name, task.folder, spec, task.group_names, table or task.train)


def _table(task: Task, **changes: Any) -> Table:
    return replace(task.train, **changes)
