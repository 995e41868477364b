"""A draft of a task to its folder: `task.toml` with comments, `train.csv`, `test.csv`."""

from __future__ import annotations

import csv
import io
import math
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import chain, count, islice
from pathlib import Path

from evolve.errors import Argument, EvolveError, TaskError
from evolve.files import replace_by_parts, replace_file
from evolve.tasks.declared import require_informative
from evolve.tasks.draft.draft import Draft
from evolve.tasks.folders import shipped_folders
from evolve.tasks.names import OWN_SEEDS
from evolve.tasks.raw import RawTable
from evolve.tasks.readers import ROWS_AT_ONCE
from evolve.tasks.roles import MEANING
from evolve.tasks.spec import Feature, FoldSpec, Target, TaskSpec
from evolve.tasks.table import build_table
from evolve.tasks.task import load_task
from evolve.tasks.toml import toml_value

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
MOST_LETTERS = 50  # of a name that a number is put to
MADE_BY = "# Made by: "  # begins the file of every task that is made here
_OPTIONAL = """\
# Rows to leave out, with the reason; a row stays where the comparison is true.
# [[filters]]
# column = {target}
# op = "<"
# value = 10.0
# reason = "runs that diverged"

"""


def plain_name(text: str) -> str:
    """A task's name made of a file's or a column's."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", text).lstrip("._-")[:60]


def check_name(name: str, tasks_dir: Path, taken_from: str = "") -> None:
    """Require that a task of this name can be made in a folder of tasks.

    Args:
        name: The name.
        tasks_dir: The folder.
        taken_from: What it is the name of, such as a file, where nobody gave one.

    Raises:
        EvolveError: It is no name, is taken, or belongs to a task that ships.
    """
    folder = tasks_dir / name
    is_name = NAME.fullmatch(name) is not None
    if is_name and (folder.exists() or folder.is_symlink()) and not _holds_seeds_alone(folder):
        raise EvolveError(
            f"{folder}: is there already and is not overwritten; give another ",
            *(Argument("name"), f", such as {_free_name(tasks_dir, name)}, or remove it"),
        )
    if not (rule := _why_not(name)):
        return
    free = _free_name(tasks_dir, plain_name(name) or "table")
    if not taken_from:
        raise EvolveError(Argument("name"), f": {rule}; give another, such as {free}")
    words = f"{taken_from}: no task can be called as it is: {rule}; give a name, such as "
    raise EvolveError(words, Argument("name"), f" {free}")


def _why_not(name: str) -> str:
    """Why a name cannot be a task's in any folder; nothing where it can."""
    if not NAME.fullmatch(name):
        return (
            "must be up to 60 letters, digits, '.', '_' and '-' and begin with a letter "
            f"or digit, it is {name!r}"
        )
    for shipped in (*shipped_folders("tasks"), *shipped_folders("seeds")):
        if (shipped / name).is_dir() and not _is_own(shipped / name):
            return f"{name!r} ships with the package"
    data_dir = os.environ.get("EVOLVE_DATA_DIR")
    if data_dir and (Path(data_dir).expanduser() / name).exists():
        return f"EVOLVE_DATA_DIR={data_dir} holds {name!r}, whose rows would stand in for these"
    return ""


def _is_own(folder: Path) -> bool:
    """Whether a task was made here, as in the `tasks` of a source tree beside those that ship."""
    with suppress(OSError, UnicodeDecodeError):
        return (folder / "task.toml").read_text("utf-8").startswith(MADE_BY)
    return False


def _free_name(tasks_dir: Path, name: str) -> str:
    """The first of ``name``, ``name-2``, ``name-3``, … that no task has and one may have."""
    numbered = (f"{name[:MOST_LETTERS]}-{number}" for number in count(2))
    names = (text for text in chain([name], numbered) if not (tasks_dir / text).exists())
    return next(text for text in names if not _why_not(text))


def write_task(draft: Draft, tasks_dir: Path, command: str) -> list[Path]:
    """Write a task's folder; nothing of it stays if that fails.

    Args:
        draft: The task.
        tasks_dir: The folder to make it in, made where it is missing.
        command: What made it, for its first line.

    Returns:
        The files, `task.toml` first.

    Raises:
        EvolveError: The folder is there already or cannot be written.
        TaskError: A feature repeats a target.
    """
    raw = draft.raw.take(draft.train)
    require_informative(raw, draft.spec, build_table(raw, draft.spec)[0])
    folder = tasks_dir / draft.name
    parts = {"train": draft.train, "test": draft.test}
    seeded = _holds_seeds_alone(folder)
    try:
        folder.mkdir(parents=True, exist_ok=seeded)
    except OSError as error:
        raise _unwritable(folder, error) from None
    try:
        paths = [folder / "task.toml"]
        replace_file(paths[0], format_task(draft, command))
        for split, rows in parts.items():
            if rows:
                paths.append(folder / f"{split}.csv")
                _write_csv(paths[-1], draft.raw.take(rows))
        load_task(os.path.join(tasks_dir, draft.name, ""))  # what it says is what is read
    except OSError as error:
        _remove(folder)
        raise _unwritable(folder, error) from None
    except TaskError:
        _remove(folder)
        raise
    return paths


def _holds_seeds_alone(folder: Path) -> bool:
    """Whether a folder is there and holds nothing but the user's own programs for the task."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    return os.listdir(folder) == [OWN_SEEDS] and (folder / OWN_SEEDS).is_dir()


def _remove(folder: Path) -> None:
    """Remove what was written of a task, as far as it goes; the user's own programs stay."""
    with suppress(OSError):
        for path in folder.iterdir():
            if path.name != OWN_SEEDS:
                path.unlink()
        folder.rmdir()


def _unwritable(folder: Path, error: OSError) -> EvolveError:
    return EvolveError(
        f"{folder}: cannot be written, {error.strerror or error}; name a folder that can by ",
        Argument("tasks_dir"),
    )


def _write_csv(path: Path, raw: RawTable) -> None:
    """Write cells as they were read, so that they read the same."""
    rows = iter(zip(*raw.columns.values(), strict=True))
    blocks = iter(lambda: list(islice(rows, ROWS_AT_ONCE)), [])
    replace_by_parts(path, map(_csv_text, chain([[tuple(raw.columns)]], blocks)))


def _csv_text(rows: Sequence[Sequence[object]]) -> str:
    with io.StringIO(newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
        return file.getvalue()


def format_task(draft: Draft, command: str) -> str:
    """The text of a `task.toml` with a comment on whatever was guessed."""
    spec = draft.spec
    why = {decision.what: decision.why for decision in draft.decisions}
    blocks = [
        [
            f"{MADE_BY}{_plain(command)}",
            "# Change what is wrong before the first run: a run keeps to the task it began with.",
        ],
        [
            f"title = {toml_value(spec.title)}",
            f"source = {toml_value(spec.source)}  # where the runs come from, and whom to cite",
            f"licence = {toml_value(spec.licence)}  # on what terms others may use the rows",
            f"note = {toml_value(spec.note)}",
            f"groups = {toml_value(spec.groups)}  # {_plain(why['groups'])}",
            f"max_constants = {spec.max_constants}  # for a group and target; {why['constants']}",
            *_weights(spec, why),
        ],
        *([*_feature(draft, feature)] for feature in spec.features),
        *(
            [
                "[[targets]]",
                f"name = {toml_value(target.name)}",
                *([f"bounds = {toml_value(target.bounds)}"] if target.bounds else []),
                *_role(draft, target),
            ]
            for target in spec.targets
        ),
        [
            "[folds]",
            *_runs(spec.folds),
            f"axes = {toml_value(spec.folds.axes)}  # {_plain(why['extrapolation'])}",
            f"together = {toml_value(spec.folds.together)}"
            '  # the test lies beyond on "any" of them, or on "all" at once',
            *_horizon(spec.folds, why.get("horizon", "")),
        ],
        *_schedule(spec, why),
        _physics(draft, why["physics"]),
        [_OPTIONAL.rstrip().format(target=toml_value(spec.targets[0].name))],
    ]
    return "\n\n".join("\n".join(lines) for lines in blocks) + "\n"


def _weights(spec: TaskSpec, why: Mapping[str, str]) -> list[str]:
    """The line of the column that says what rows count, if there is one."""
    columns = {"weights": spec.weights, "sigma": spec.sigma}
    return [
        f"{key} = {toml_value(column)}  # {_plain(why['weights'])}"
        for key, column in columns.items()
        if column
    ]


def _feature(draft: Draft, feature: Feature) -> Sequence[str]:
    median = draft.columns[feature.name].median
    return (
        "[[features]]",
        f"name = {toml_value(feature.name)}",
        f"unit = {_power(feature.unit)}  # a guess from the median, {median:g}: "
        "values are divided by it, so that constants are near 1",
        f"scale = {toml_value(feature.scale)}  # a guess: {_plain(draft.reasons[feature.name])}",
        *_role(draft, feature),
        '# description = ""',
    )


def _physics(draft: Draft, why: str) -> list[str]:
    """What is certain of the law; keys without a value are left for the user."""
    physics = draft.spec.physics
    lines = ["[physics]", f"# {_plain(why)}"]
    for key, value in physics.model_dump().items():
        empty = value is None or value == []
        lines.append(f"# {key} =" if empty else f"{key} = {toml_value(value)}")
    return lines


def _runs(folds: FoldSpec) -> list[str]:
    """The line of the column that names runs, if there is one."""
    why = "plain folds hold out whole runs of these"
    return [f"runs = {toml_value(folds.runs)}  # {why}"] if folds.runs else []


def _schedule(spec: TaskSpec, why: Mapping[str, str]) -> list[list[str]]:
    """The columns that sums of the learning rate were made of, if they were."""
    if not spec.schedule.rate:
        return []
    columns = [f"{key} = {toml_value(name)}" for key, name in spec.schedule.model_dump().items()]
    return [["[schedule]", f"# {_plain(why['derived'])}", *columns]]


def _horizon(folds: FoldSpec, why: str) -> list[str]:
    """The line of the horizon, left to the user where there is none."""
    if not folds.axes:
        return []
    value = f" {toml_value(folds.horizon)}" if folds.horizon else ""
    return [f"{'' if folds.horizon else '# '}horizon ={value}  # {_plain(why)}"]


def _role(draft: Draft, column: Feature | Target) -> list[str]:
    """The line of a column's role, if it has one."""
    if column.role is None:
        return []
    how = "as was said" if column.name in draft.corrected else "a guess from the name"
    return [f"role = {toml_value(column.role)}  # {how}: {MEANING[column.role]}"]


def _power(unit: float) -> str:
    """A power of ten as TOML."""
    return f"1e{round(math.log10(unit))}" if unit != 1 else "1.0"


def _plain(text: str) -> str:
    """A text that a comment can hold: one line, without control signs."""
    return "".join(sign if sign.isprintable() else "?" for sign in " ".join(text.split()))
