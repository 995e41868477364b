"""A run, its task and its page in one file to send; and back, whoever made the file.

A bundle is a zip file without comment and without zip64. Its page is for readers who lack this
package; it is never unpacked, since a page may hold anything.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import stat
import tempfile
import zipfile
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import IO

from evolve.errors import Argument, EvolveError, StoreError, TaskError
from evolve.files import flush_folder, require_regular
from evolve.jsontext import json_document
from evolve.runs.bundle_check import HEAD, PAGE, TASK, checked_members
from evolve.runs.database import copy_database
from evolve.runs.folders import check_run_name
from evolve.runs.provenance import require_same_rows
from evolve.runs.results import load_results
from evolve.runs.store import STORE_NAME, Store
from evolve.search.proposers.seeds import own_seed_files
from evolve.tasks.folders import data_file
from evolve.tasks.names import OWN_SEEDS
from evolve.tasks.task import Task, load_task

FORMAT = 1
ENDING = ".evolve.zip"
CHUNK = 2**20


def pack(store: Store, task: Task, path: Path, page: str | None) -> None:
    """Write a run, its task with test rows and own seeds, and its page into one file.

    Args:
        store: The run; another process may write it meanwhile.
        task: Its task.
        path: The file; one that is there is replaced.
        page: The run's report as HTML; None for none.

    Raises:
        EvolveError: The file cannot be written, or a part of it is larger than 2 GiB.
    """
    new = path.parent / f".{secrets.token_hex(8)}.part"
    try:
        require_regular(path)
        with tempfile.TemporaryDirectory() as scratch:
            copy = Path(scratch) / STORE_NAME
            copy_database(store.path, copy)
            files = {STORE_NAME: copy, **_task_files(task)}
            head = {"format": FORMAT, "run": store.folder.resolve().name, "task": task.name}
            _write(new, json_document(head), files, page)
        with new.open("rb") as file:
            checked_members(path, file)
        os.replace(new, path)
    except zipfile.LargeZipFile:
        raise EvolveError(f"{path}: a part of the run is larger than a bundle can hold") from None
    except OSError as error:
        raise EvolveError(f"{path}: cannot be written: {error.strerror}") from None
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)
    flush_folder(path.parent)


def _task_files(task: Task) -> dict[str, Path]:
    """Files of a task by their names in a bundle."""
    files = {f"{TASK}/task.toml": task.folder / "task.toml"}
    for split in ("train", "test"):
        with suppress(TaskError) if split == "test" else nullcontext():
            table = data_file(task.folder, split)
            files[f"{TASK}/{split}{table.suffix}"] = table
    for seed in own_seed_files(task):
        files.setdefault(f"{TASK}/{OWN_SEEDS}/{seed.name}", seed)
    return files


def _write(path: Path, head: str, files: dict[str, Path], page: str | None) -> None:
    with zipfile.ZipFile(path, "x", zipfile.ZIP_DEFLATED, allowZip64=False) as bundle:
        bundle.writestr(HEAD, head)
        for name, file in files.items():
            bundle.write(file, name)
        if page is not None:
            bundle.writestr(PAGE, page)


def unpack(path: Path, runs_dir: Path, name: str | None = None) -> Path:
    """Make a run of a bundle, whoever made it, after all of it has been checked.

    Args:
        path: The bundle.
        runs_dir: The folder of runs.
        name: The run's name; the one it had if None.

    Returns:
        The run's folder, with its task in it.

    Raises:
        EvolveError: It is no bundle, holds what no bundle does, or its run or task is damaged.
        StoreError: There is a run of that name.
    """
    try:
        require_regular(path)
        with path.open("rb") as file:
            return _unpack(path, file, runs_dir, name)
    except FileNotFoundError:
        raise EvolveError(f"{path}: there is no such file") from None
    except OSError as error:
        raise EvolveError(f"{path}: cannot be unpacked: {error.strerror}") from None
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError) as error:
        raise EvolveError(f"{path}: is no bundle of a run: {error}") from None


def _unpack(path: Path, file: IO[bytes], runs_dir: Path, name: str | None) -> Path:
    members = checked_members(path, file)
    with zipfile.ZipFile(file) as bundle:
        head = _head(bundle)
        chosen = head["run"] if name is None else name
        check_run_name(chosen)
        folder = runs_dir / chosen
        if os.path.lexists(folder):
            raise StoreError(
                f"{folder}: there is a run of this name; choose another, ", Argument("run")
            )
        runs_dir.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=".unpack-", dir=runs_dir))
        try:
            for member in members:
                _extract(bundle, member, part)
            _require_run(part, head["task"])
            part.chmod(0o755)
            part.rename(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return folder


def _head(bundle: zipfile.ZipFile) -> dict[str, str]:
    """What the bundle says of itself."""
    head = json.loads(bundle.read(HEAD))
    keys = {"format", "run", "task"}
    if not isinstance(head, dict) or set(head) != keys:
        raise ValueError(f"{HEAD} must hold {', '.join(sorted(keys))}")
    if head["format"] != FORMAT:
        raise ValueError(f"its format must be {FORMAT}, it is {head['format']!r:.40}")
    for key in ("run", "task"):
        text = head[key]
        if not isinstance(text, str) or not 0 < len(text) <= 200:
            raise ValueError(f"{key} must be a name, it is {text!r:.40}")
    task = head["task"]
    if "/" in task or "\\" in task or "\0" in task or task.startswith("."):
        raise ValueError(f"task must be the name of a folder, it is {task!r:.40}")
    if task == STORE_NAME or task.startswith(f"{STORE_NAME}-"):
        raise ValueError(f"task may not be called {task!r}")
    return head


def _extract(bundle: zipfile.ZipFile, member: zipfile.ZipInfo, part: Path) -> None:
    """Write a member under a name that has been checked, never through a link."""
    if member.filename in (HEAD, PAGE):
        return
    target = part / member.filename
    target.parent.mkdir(parents=True, exist_ok=True)
    with bundle.open(member) as source, target.open("xb") as file:
        shutil.copyfileobj(source, file, CHUNK)
        file.flush()
        os.fsync(file.fileno())
        os.chmod(target, stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP | stat.S_IROTH)


def _require_run(part: Path, task_name: str) -> None:
    """Require a run and its task by the readers that trust nothing; name the task's folder."""
    (part / TASK).rename(part / task_name)
    with Store.open(part, write=False) as store:
        if store.task["name"] != task_name:
            raise StoreError(f"its run is of task {store.task['name']!r:.60}, not {task_name!r}")
        task = load_task(str(part / task_name))
        require_same_rows(store, task)
        load_results(store)
        for _ in store.each():
            pass
