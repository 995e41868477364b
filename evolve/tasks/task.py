"""A task's folder (`task.toml` and its tables) to a `Task`; test rows stay on disk."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from evolve.arguments import checked
from evolve.errors import TaskError
from evolve.scoring.constraints import Constraints, ends_of
from evolve.scoring.fold import Fold
from evolve.scoring.objective import SEARCH_ROWS
from evolve.tasks.costs import costs_above_0
from evolve.tasks.declared import require_informative
from evolve.tasks.folders import data_file, digests_of, find_folder, search_path
from evolve.tasks.folds import make_folds, make_selection_folds
from evolve.tasks.frame import Frame, canonical_order, frame_of
from evolve.tasks.names import why_no_name
from evolve.tasks.readers import read_table
from evolve.tasks.sample import sample_rows
from evolve.tasks.spec import (
    Feature,
    Filter,
    FoldSpec,
    PhysicsSpec,
    SLDBench,
    Target,
    TaskSpec,
    read_spec,
    target_bounds,
)
from evolve.tasks.table import Table, TaskRows, build_table
from evolve.tasks.toml import format_spec
from evolve.typing import Array, Ints

__all__ = [
    "Feature",
    "Filter",
    "FoldSpec",
    "PhysicsSpec",
    "SLDBench",
    "Table",
    "Target",
    "Task",
    "TaskListing",
    "TaskSpec",
    "fingerprint",
    "list_tasks",
    "load_task",
    "load_test",
]


@dataclass(frozen=True, eq=False)
class Task(TaskRows):
    """A table of training runs and what is asked of it, with its folds, computed once.

    Its groups and training rows stand in an order that what they hold decides, so that nothing
    depends on the order in which they were given.

    Attributes:
        search_rows: Rows that a search works on; of a larger table, it works on a sample.
        digests: Of its files as they were read, as `digests_of` gives them; none of no files.
        given: Names of the groups and the rows as they were given.
    """

    search_rows: int = SEARCH_ROWS
    digests: tuple[str, ...] = ()
    given: tuple[tuple[str, ...], Table] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Put groups and rows in order; what was given is kept for the fingerprint."""
        given, names = self.train, self.group_names
        rows, groups = canonical_order(self.frame, given.X, given.Y, given.group)
        place = np.argsort(groups)
        train = replace(given.at(rows), group=place[given.group[rows]])
        for name, value in (
            ("given", (names, given)),
            ("train", train),
            ("group_names", tuple(names[g] for g in groups)),
        ):
            object.__setattr__(self, name, value)

    def numbered(self, table: Table) -> Table:
        """Rows beside the training rows, their groups numbered as here.

        Args:
            table: Rows whose groups are numbered in the order in which the task was given them.
        """
        number = np.array([self.group_names.index(name) for name in self.given[0]])
        return replace(table, group=number[table.group])

    @cached_property
    def frame(self) -> Frame:
        """Scales, origins and orders that the training rows give."""
        train = self.train
        return frame_of(self.spec, train.X, train.Y, train.group, self.roles)

    def searched_on(self, search_rows: int) -> Task:
        """The same task, of which a search works on so many rows."""
        if search_rows == self.search_rows:
            return self
        return Task(self.name, self.folder, self.spec, *self.given, search_rows)

    @cached_property
    def sample(self) -> Ints:
        """Numbers of the training rows that a search works on, ascending."""
        foremost = self.frame.seen(self.train.X)[:, list(self.frame.columns)]
        return sample_rows(foremost, self.train.group, self.search_rows)

    @property
    def is_sampled(self) -> bool:
        """Whether a search works on some of the training rows alone."""
        return len(self.sample) < self.train.n_rows

    @property
    def _searched(self) -> TaskRows:
        """The task with the rows that a search works on."""
        if not self.is_sampled:
            return self
        rows = self.train.at(self.sample)
        return TaskRows(self.name, self.folder, self.spec, self.group_names, rows)

    def _of_all_rows(self, folds: Sequence[Fold]) -> tuple[Fold, ...]:
        """Folds of the rows that a search works on, as folds of the training rows."""
        return (
            tuple(fold.among(self.sample) for fold in folds) if self.is_sampled else tuple(folds)
        )

    @cached_property
    def folds(self) -> tuple[Fold, ...]:
        """Folds on which a search scores candidates, smallest hold-out first.

        Raises:
            TaskError: No fold leaves enough rows to fit and something to predict.
        """
        return self._of_all_rows(make_folds(self._searched))

    @cached_property
    def selection_folds(self) -> tuple[Fold, ...]:
        """Further folds, which a search never uses, on which the champion is chosen."""
        return self._of_all_rows(make_selection_folds(self._searched))

    @cached_property
    def bounds(self) -> Array:
        """`(t, 2)` what each target can be: what is declared, on its side of 0 if that means any.

        A target of one sign can be of the other where its 0 is any number, as that of a
        temperature or of a logarithm is.
        """
        low, high = np.array(target_bounds(self.spec)).T
        if self.frame.natural_zero:
            low = np.where((self.train.Y > 0).all(axis=0), np.maximum(low, 0.0), low)
            high = np.where((self.train.Y < 0).all(axis=0), np.minimum(high, 0.0), high)
        return np.stack([low, high], axis=1)

    @cached_property
    def forecast_bounds(self) -> Array:
        """`(t, 2)` where intervals end: at `bounds`, those of costs by their names at 0, too.

        That guess is kept from searches, whose forms and prices go by what is declared.
        """
        low, high = self.bounds.T
        return np.stack([np.where(costs_above_0(self), np.maximum(low, 0.0), low), high], axis=1)

    @cached_property
    def constraints(self) -> Constraints:
        """Declared physics and the ends of the features, by feature number."""
        declared, names = self.spec.physics, self.feature_names
        floor, ceiling = _common(target_bounds(self.spec))
        logarithmic = tuple(f.logarithmic for f in self.spec.features)
        return Constraints(
            logarithmic=logarithmic,
            falling=tuple(names.index(n) for n in declared.decreasing_in),
            rising=tuple(names.index(n) for n in declared.increasing_in),
            floor=floor,
            ceiling=ceiling,
            ends=tuple(ends_of(self.train.X, logarithmic)),
        )


def _common(bounds: Sequence[tuple[float, float]]) -> tuple[float | None, float | None]:
    """What bounds every target: the lowest floor and the highest ceiling, if they are finite."""
    low, high = min(b[0] for b in bounds), max(b[1] for b in bounds)
    return low if math.isfinite(low) else None, high if math.isfinite(high) else None


@dataclass(frozen=True)
class TaskListing:
    """A task as `evolve tasks` lists it; `problem` says in one line why it cannot be loaded."""

    name: str
    folder: Path
    title: str
    n_rows: int | None
    n_groups: int | None
    has_train: bool
    has_test: bool
    problem: str


@checked
def load_task(name_or_folder: str | Path, tasks_dirs: Sequence[str | Path] = ()) -> Task:
    """Load a task's spec and training rows.

    Args:
        name_or_folder: A name to look for, or the path of a folder that holds `task.toml`.
        tasks_dirs: Folders to look in first.

    Raises:
        TaskError: There is no such task, its table is missing, or spec or table break a rule.
    """
    folder = find_folder(str(name_or_folder), tasks_dirs)
    if reason := why_no_name(folder.name):
        raise TaskError(f"{folder}: the name of a task {reason}; rename the folder")
    spec, digests = read_spec(folder / "task.toml"), digests_of(folder)
    raw = read_table(data_file(folder, "train"))
    train, group_names = build_table(raw, spec)
    require_informative(raw, spec, train)
    return Task(folder.name, folder, spec, group_names, train, digests=digests)


def load_test(task: Task) -> Table:
    """Load a task's test rows; nothing else opens them.

    Raises:
        TaskError: The table is missing or breaks a rule.
    """
    raw = read_table(data_file(task.folder, "test"))
    return build_table(raw, task.spec, task.group_names)[0]


def list_tasks(tasks_dirs: Sequence[str | Path] = ()) -> list[TaskListing]:
    """List the tasks of every folder that is searched; the first of a name wins."""
    folders: dict[str, Path] = {}
    for tasks_dir in search_path(tasks_dirs):
        for toml in sorted(tasks_dir.glob("*/task.toml")):
            folders.setdefault(toml.parent.name, toml.parent)
    return [_listing(folders[name]) for name in sorted(folders)]


def fingerprint(task: Task) -> str:
    """Hash a task's spec and training rows: 16 hex digits that change when either does."""
    group_names, rows = task.given
    digest = hashlib.sha256(format_spec(task.spec).encode())
    digest.update("\0".join(group_names).encode())
    arrays = [rows.X, rows.Y, rows.group, rows.run, rows.weights and rows.weights.content]
    for array in (a for a in arrays if isinstance(a, np.ndarray)):
        digest.update(str(array.shape).encode() + array.tobytes(order="C"))
    return digest.hexdigest()[:16]


def _listing(folder: Path) -> TaskListing:
    """List one folder; a broken task is listed with its problem."""
    has_train, has_test = _has(folder, "train"), _has(folder, "test")
    title = ""
    try:
        title = read_spec(folder / "task.toml").title
        task = load_task(str(folder)) if has_train else None
        problem = "" if has_train else "no table here"
    except TaskError as error:
        task, problem = None, str(error)
    return TaskListing(
        name=folder.name,
        folder=folder,
        title=title,
        n_rows=task.train.n_rows if task else None,
        n_groups=task.n_groups if task else None,
        has_train=has_train,
        has_test=has_test,
        problem=problem,
    )


def _has(folder: Path, split: str) -> bool:
    try:
        data_file(folder, split)
    except TaskError:
        return False
    return True
