"""A task's folder (`task.toml` and its tables) to a `Task`; test rows stay on disk."""

from __future__ import annotations

import hashlib
import math
import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from evolve.errors import TaskError, nearest
from evolve.scoring.constraints import Constraints, ends_of
from evolve.scoring.fold import Fold
from evolve.tasks.folds import make_folds, make_selection_folds
from evolve.tasks.frame import Frame, canonical_order, frame_of
from evolve.tasks.names import why_no_name
from evolve.tasks.readers import read_table
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
from evolve.tasks.table import Table, TaskRows, build_table, require_informative
from evolve.tasks.toml import format_spec

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
    "data_file",
    "find_folder",
    "fingerprint",
    "list_tasks",
    "load_task",
    "load_test",
    "shipped_folders",
]

_SUFFIXES = (".csv", ".parquet")


@dataclass(frozen=True, eq=False)
class Task(TaskRows):
    """A table of training runs and what is asked of it, with its folds, computed once.

    Its groups and training rows stand in an order that what they hold decides, so that nothing
    depends on the order in which they were given.

    Attributes:
        given: Names of the groups and the rows as they were given.
    """

    given: tuple[tuple[str, ...], Table] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Put groups and rows in order; what was given is kept for the fingerprint."""
        given, names = self.train, self.group_names
        rows, groups = canonical_order(self.frame, given.X, given.Y, given.group)
        place = np.argsort(groups)
        run = None if given.run is None else given.run[rows]
        train = Table(given.X[rows], given.Y[rows], place[given.group[rows]], run)
        for name, value in (
            ("given", (names, given)),
            ("train", train),
            ("group_names", tuple(names[g] for g in groups)),
        ):
            object.__setattr__(self, name, value)

    @cached_property
    def frame(self) -> Frame:
        """Scales, origins and orders that the training rows give."""
        train = self.train
        return frame_of(self.spec, train.X, train.Y, train.group, self.roles)

    @cached_property
    def folds(self) -> tuple[Fold, ...]:
        """Folds on which a search scores candidates, smallest hold-out first.

        Raises:
            TaskError: No fold leaves enough rows to fit and something to predict.
        """
        return tuple(make_folds(self))

    @cached_property
    def selection_folds(self) -> tuple[Fold, ...]:
        """Further folds, which a search never uses, on which the champion is chosen."""
        return tuple(make_selection_folds(self))

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


def load_task(name_or_folder: str, tasks_dirs: Sequence[Path] = ()) -> Task:
    """Load a task's spec and training rows.

    Args:
        name_or_folder: A name to look for, or the path of a folder that holds `task.toml`.
        tasks_dirs: Folders to look in first.

    Raises:
        TaskError: There is no such task, its table is missing, or spec or table break a rule.
    """
    folder = find_folder(name_or_folder, tasks_dirs)
    if reason := why_no_name(folder.name):
        raise TaskError(f"{folder}: the name of a task {reason}; rename the folder")
    spec = read_spec(folder / "task.toml")
    raw = read_table(data_file(folder, "train"))
    train, group_names = build_table(raw, spec)
    require_informative(raw, spec, train)
    return Task(folder.name, folder, spec, group_names, train)


def load_test(task: Task) -> Table:
    """Load a task's test rows; nothing else opens them.

    Raises:
        TaskError: The table is missing or breaks a rule.
    """
    raw = read_table(data_file(task.folder, "test"))
    return build_table(raw, task.spec, task.group_names)[0]


def list_tasks(tasks_dirs: Sequence[Path] = ()) -> list[TaskListing]:
    """List the tasks of every folder that is searched; the first of a name wins."""
    folders: dict[str, Path] = {}
    for tasks_dir in _search_path(tasks_dirs):
        for toml in sorted(tasks_dir.glob("*/task.toml")):
            folders.setdefault(toml.parent.name, toml.parent)
    return [_listing(folders[name]) for name in sorted(folders)]


def fingerprint(task: Task) -> str:
    """Hash a task's spec and training rows: 16 hex digits that change when either does."""
    group_names, rows = task.given
    digest = hashlib.sha256(format_spec(task.spec).encode())
    digest.update("\0".join(group_names).encode())
    arrays = [rows.X, rows.Y, rows.group, rows.run]
    for array in (array for array in arrays if array is not None):
        digest.update(str(array.shape).encode() + array.tobytes(order="C"))
    return digest.hexdigest()[:16]


def find_folder(name_or_folder: str, tasks_dirs: Sequence[Path] = ()) -> Path:
    """Find a task's folder.

    A path is taken as it is. A name is looked for in `tasks_dirs`, then in `./tasks`, then among
    the tasks shipped with the package.

    Raises:
        TaskError: No such folder holds a `task.toml`.
    """
    try:
        given = Path(name_or_folder).expanduser()
    except RuntimeError:  # the home of nobody
        given = Path(name_or_folder)
    path = _search_path(tasks_dirs)
    is_path = os.sep in name_or_folder or name_or_folder in ("", ".", "..")
    for folder in [given] if is_path else [*(place / given for place in path), given]:
        if (folder / "task.toml").is_file():
            return folder.resolve()
    if given.is_file():
        raise TaskError(f"{given}: a task must be a folder, this is a file; {_of_table(given)}")
    if is_path or given.is_dir():
        what = "it holds none" if given.is_dir() else "there is no such folder"
        raise TaskError(
            f"{given}: a task must be a folder with task.toml, {what}; {_of_table(Path('FILE'))}"
        )
    names = sorted({toml.parent.name for folder in path for toml in folder.glob("*/task.toml")})
    raise TaskError(
        f"task must be one of {', '.join(names)}, or the path of a folder with task.toml; "
        f"got {name_or_folder!r}{nearest(name_or_folder, names)}"
    )


def _of_table(path: Path) -> str:
    """How a task is made of a table."""
    table = shlex.quote(str(path))
    return f"to make one of a table: python -m evolve new-task {table} --target COLUMN"


def data_file(folder: Path, split: str) -> Path:
    """Find the file of a task's split (`train` or `test`) without opening it.

    `EVOLVE_DATA_DIR/<task>/` stands in for the task's folder where it has training rows.

    Raises:
        TaskError: There is none; the message says where to put it.
    """
    places = [folder]
    if data_dir := os.environ.get("EVOLVE_DATA_DIR"):
        instead = Path(data_dir).expanduser() / folder.name
        if any((instead / f"train{suffix}").is_file() for suffix in _SUFFIXES):
            places = [instead]
    for place in places:
        for suffix in _SUFFIXES:
            if (place / f"{split}{suffix}").is_file():
                return place / f"{split}{suffix}"
    ships = folder.parent in [shipped.resolve() for shipped in shipped_folders("tasks")]
    if split == "test" and not ships:
        raise TaskError(
            f"{places[0]}: this task keeps no rows for a test; put them into test.csv, or make "
            "the task anew with: new-task … --test CONDITION"
        )
    pull = f", or try: evolve data pull {folder.name}" if ships else ""
    raise TaskError(
        f"{places[0] / split}.csv is missing; put the table there, or set EVOLVE_DATA_DIR to a "
        f"folder that holds {folder.name}/train.csv{pull}"
    )


def shipped_folders(kind: str) -> list[Path]:
    """Return the package's own folders of `"tasks"` or `"seeds"`, in a wheel or source tree."""
    package = Path(__file__).resolve().parents[1]
    folders = [package / "_data" / kind, package.parent / kind]
    return [folder for folder in folders if folder.is_dir()]


def _search_path(tasks_dirs: Sequence[Path]) -> list[Path]:
    candidates = [*tasks_dirs, Path("tasks"), *shipped_folders("tasks")]
    return list(dict.fromkeys(path.resolve() for path in candidates if path.is_dir()))


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
