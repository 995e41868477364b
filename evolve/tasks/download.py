"""A task's published table, from the Hugging Face data set of SLDBench, to CSV files."""

from __future__ import annotations

import ast
import csv
import io
import logging
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

from evolve.errors import TaskError, nearest
from evolve.files import write_file
from evolve.printable import unfiltered
from evolve.tasks.folders import find_folder
from evolve.tasks.spec import TaskSpec, read_spec

DATA_SET = "pkuHaowei/sldbench"
SPLITS = ("train", "test")

Columns = Mapping[str, Sequence[object]]

_GROUP = "group"  # SLDBench's column of group labels


def pull(task_name: str, target_dir: Path, tasks_dirs: Sequence[Path] = ()) -> list[Path]:
    """Download a task's rows into `target_dir/<task>/{train,test}.csv`.

    Set `EVOLVE_DATA_DIR` to `target_dir` to use them.

    Args:
        task_name: A known task.
        target_dir: Folder to put the task's folder in.
        tasks_dirs: Folders to look for the task in first.

    Returns:
        The files written.

    Raises:
        TaskError: The task is unknown; the extra `data`, the network or a column is missing; or a
            file is there already. The message says where to put the files instead.
    """
    folder = find_folder(task_name, tasks_dirs)
    spec = read_spec(folder / "task.toml")
    target = target_dir / folder.name
    for split in SPLITS:
        path = target / f"{split}.csv"
        if path.exists():
            raise TaskError(f"{path}: is there already; remove it to get it anew")
    instead = _instead(spec, target)
    tables = _download(folder.name, spec, instead)
    cells = {split: _arrange(tables, split, spec, instead) for split in SPLITS}
    target.mkdir(parents=True, exist_ok=True)
    return [_write(target / f"{split}.csv", cells[split]) for split in SPLITS]


def _instead(spec: TaskSpec, target: Path) -> str:
    return (
        f"instead, put train.csv and test.csv with the columns {','.join(_needed(spec))} "
        f"into {target} and set EVOLVE_DATA_DIR={target.parent}"
    )


def _needed(spec: TaskSpec) -> list[str]:
    """Return the columns of the CSV files: groups, features, targets, then filters' columns."""
    names = [*spec.groups, *(f.name for f in spec.features), *(t.name for t in spec.targets)]
    return list(dict.fromkeys([*names, *(rule.column for rule in spec.filters)]))


def _download(name: str, spec: TaskSpec, instead: str) -> Mapping[str, Columns]:
    """Load every split of a task's configuration."""
    try:
        import datasets
    except ImportError:
        raise TaskError(
            f"data pull {name}: needs the extra 'data', which is not installed; {instead}, or "
            "run: pip install 'evolve-laws[data]'"
        ) from None
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # its retries are not news
    try:
        with redirect_stderr(unfiltered(sys.stderr)):  # its progress is drawn over itself
            configs = list(datasets.get_dataset_config_names(DATA_SET))
            config = _choose_config(name, spec, configs, instead)
            loaded: Any = datasets.load_dataset(DATA_SET, name=config)
        return {split: table.to_dict() for split, table in loaded.items()}
    except (OSError, ValueError, RuntimeError) as error:  # what `datasets` raises without network
        why = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise TaskError(
            f"data pull {name}: {DATA_SET} cannot be reached ({why[:120]}); {instead}"
        ) from None


def _choose_config(name: str, spec: TaskSpec, configs: list[str], instead: str) -> str:
    wanted = [spec.sldbench.config, name, f"{name}_scaling_law"]
    for config in wanted:
        if config in configs:
            return config
    asked = wanted[0] or name
    raise TaskError(
        f"data pull {name}: {DATA_SET} must have the configuration {asked!r}"
        f"{nearest(asked, configs)}, it has {', '.join(configs)}; {instead}"
    )


def _arrange(tables: Mapping[str, Columns], split: str, spec: TaskSpec, instead: str) -> Columns:
    """Return the needed columns of a split; group columns are taken out of SLDBench's labels."""
    if split not in tables:
        raise TaskError(
            f"{DATA_SET}: must have the split {split!r}, it has {', '.join(tables)}; {instead}"
        )
    columns = dict(tables[split])
    if spec.groups and not set(spec.groups) <= columns.keys() and _GROUP in columns:
        columns |= _split_labels(columns[_GROUP], spec)
    for name in _needed(spec):
        if name not in columns:
            raise TaskError(
                f"{DATA_SET}: column {name!r} is missing from {split}{nearest(name, columns)}, "
                f"it has {', '.join(columns)}; {instead}"
            )
    return {name: columns[name] for name in _needed(spec)}


def _split_labels(labels: Sequence[object], spec: TaskSpec) -> dict[str, list[object]]:
    """Turn labels such as `"('gpt2', 'flan')"` into group columns, under this project's names."""
    rows = [_label_values(str(label), len(spec.groups)) for label in labels]
    columns: dict[str, list[object]] = {}
    for column, values in zip(spec.groups, zip(*rows, strict=True), strict=True):
        ours = {theirs: own for own, theirs in spec.sldbench.values.get(column, {}).items()}
        columns[column] = [ours.get(value, value) for value in values]
    return columns


def _label_values(label: str, n_columns: int) -> tuple[str, ...]:
    if n_columns == 1:
        return (label,)
    try:
        values = ast.literal_eval(label)
    except (ValueError, SyntaxError):
        values = None
    if not isinstance(values, tuple) or len(values) != n_columns:
        raise TaskError(
            f"{DATA_SET}: column {_GROUP!r} must hold tuples of {n_columns} names, "
            f"a row holds {label!r}"
        )
    return tuple(str(value) for value in values)


def _write(path: Path, columns: Columns) -> Path:
    with io.StringIO(newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
        write_file(path, file.getvalue())
    return path
