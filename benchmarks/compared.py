"""Errors on test rows beside simple-scaling-laws 0.2.0, on tables that have such rows.

    python benchmarks/compared.py --python python3.12
    python benchmarks/compared.py --peers PEERS/bin/python --folder MY_TABLES

Without `--folder` the tables are the shipped ones; a folder is a task, a table as `bench unseen`
takes it (`train.csv` and `test.csv`), or holds several of either. The other package is installed
into a temporary virtual environment of the interpreter that is named (it needs Python 3.12); where
one is there already, `--peers PYTHON` takes it. All see the same training rows. The other package
fits each of its laws, to each group and target by itself, as it takes one table of one target, and
chooses none; a law that refuses one of them is left out, and why is said. Where it refuses all, as
it takes no feature with values of 0 or below, it is asked again without those features. Its
forecast is the median of its draws; with `--draws 0` its constants forecast without any draw, for
tables on which the draws take hours. Of this engine there are the forecast and the champion of a
search of so many evaluations, with 0 of them nothing. All errors, each a mean over the targets,
are of the test rows, which nobody was given.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
PEER = "simple-scaling-laws==0.2.0"
_REASON = re.compile(r"[a-z-]+: ")  # a law's name and what it says; warnings begin with a path


def installed(python: str, folder: Path) -> str:
    """The interpreter of a new environment that has the other package."""
    subprocess.run([python, "-m", "venv", str(folder)], check=True)
    new = str(folder / "bin" / "python")
    subprocess.run([new, "-m", "pip", "install", "--quiet", PEER], check=True)
    return new


def parts(task: Any, test: Any) -> Iterator[tuple[Any, Any, int]]:
    """Masks of the training and test rows of each group, with each target's number."""
    for g in range(task.n_groups):
        for target in range(len(task.target_names)):
            yield task.train.group == g, test.group == g, target


def of_peer(
    python: str, task: Any, test: Any, draws: int, folder: Path
) -> tuple[dict[str, Any], set[str]]:
    """What the other package's laws say of the test rows, and why others say nothing."""
    everything = np.arange(len(task.feature_names))
    said, refused = asked(python, task, test, everything, draws, folder)
    some = everything[(task.train.X > 0).all(axis=0) & (test.X > 0).all(axis=0)]
    if said or not 0 < len(some) < len(everything):
        return said, refused
    again, why = asked(python, task, test, some, draws, folder)
    words = f"without {', '.join(np.delete(task.feature_names, some))}"
    return {f"{law} {words}": values for law, values in again.items()}, refused | why


def asked(
    python: str, task: Any, test: Any, features: Any, draws: int, folder: Path
) -> tuple[dict[str, Any], set[str]]:
    """The same, of laws of some features."""
    from evolve.tasks.roles import guess_role

    units = np.median(task.train.X[:, features], axis=0)
    units = np.where(units > 0, units, 1.0)
    places = list(parts(task, test))
    for number, (train, rows, target) in enumerate(places):
        x, z = task.train.X[train][:, features] / units, test.X[rows][:, features] / units
        spec = task.spec.targets[target]
        role, bounds = spec.role or guess_role(spec.name), spec.bounds
        y = task.train.Y[train, target]
        np.savez(folder / f"{number}.npz", x=x, y=y, z=z, role=role, bounds=bounds)
    words = [python, __file__, "--answer", str(folder), "--parts", str(len(places))]
    words += ["--draws", str(draws)]
    ended = subprocess.run(words, check=True, capture_output=True, text=True)
    refused = {line for line in ended.stderr.splitlines() if _REASON.match(line)}
    answers = json.loads(ended.stdout.splitlines()[-1])
    said: dict[str, Any] = {}
    for law in set.intersection(*map(set, answers)):
        said[law] = np.full(test.Y.shape, np.nan)
        for (_, rows, target), answer in zip(places, answers, strict=True):
            said[law][rows, target] = answer[law]
    return dict(sorted(said.items())), refused


def answer(folder: Path, n_parts: int, draws: int) -> None:
    """Fit with the other package, which this process has, and print what its laws say."""
    from peers import simple_scaling_law  # the file beside this one
    from simple_scaling_laws import available_laws

    answers: list[dict[str, Any]] = []
    refused: set[str] = set()
    for number in range(n_parts):
        data = np.load(folder / f"{number}.npz")
        rows, role, bounds = (data["x"], data["y"], data["z"]), str(data["role"]), data["bounds"]
        answers.append({})
        for law in sorted(set(available_laws()) - refused):
            try:
                values = simple_scaling_law(law, rows, role, bounds, draws, 0)
            except ValueError as error:  # a law of one feature, or of two
                print(f"{law}: {error}", file=sys.stderr)
                refused.add(law)
                continue
            answers[-1][law] = np.asarray(values).tolist()
    print(json.dumps(answers))


def of_engine(task: Any, test: Any, evaluations: int, seed: int) -> dict[str, Any]:
    """What this engine's forecast and its champion say of the test rows."""
    if not evaluations:
        return {}
    from evolve.bench.unseen import ask

    said = ask(task, test, seed, evaluations, 1)
    constants = said.choice.champion.fitted.n_constants
    return {"forecast": said.point, f"champion, {constants} constants": said.champion}


def print_errors(name: str, what: str, test: Any, said: Any) -> None:
    """Print one line of R2, mean error and mean error as a share of the target."""
    gap = np.asarray(said) - test.Y
    r2 = float(np.mean(1.0 - np.mean(gap**2, axis=0) / test.Y.var(axis=0)))
    error, share = float(np.mean(np.abs(gap))), float(np.mean(np.abs(gap / test.Y)))
    numbers = f"R2 {r2:11.6f}  mean error {error:9.4g}  relative {share:8.3%}"
    print(f"{name:17} {what:32} {numbers}", flush=True)


def tasks_of(given: argparse.Namespace) -> Iterator[tuple[Any, Any]]:
    """The tasks with their test rows."""
    from evolve.bench.unseen import load_table
    from evolve.errors import TaskError
    from evolve.tasks.folders import shipped_folders
    from evolve.tasks.task import load_task, load_test

    wanted = set(given.tasks.split())
    for place in [given.folder] if given.folder else shipped_folders("tasks"):
        for folder in [place, *sorted(place.iterdir())]:
            drafted, declared = (folder / "train.csv").is_file(), (folder / "task.toml").is_file()
            if not (drafted or declared) or (wanted and folder.name not in wanted):
                continue
            if not declared:
                yield load_table(folder)
                continue
            try:
                task = load_task(str(folder))
            except TaskError as error:  # its rows do not ship
                print(f"{folder.name:17} left out: {str(error).partition(';')[0]}")
                continue
            yield task, load_test(task)


def allowed(task: Any, constants: int | None) -> Any:
    """The task with another number of constants that a law may have."""
    if constants is None:
        return task
    return replace(task, spec=task.spec.model_copy(update={"max_constants": constants}))


def main() -> None:
    """Read the command line; print a line for each table and each that forecasts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--tasks", default="", help="names [default: all]")
    parser.add_argument("--folder", type=Path, help="a task, a table, or what holds several")
    parser.add_argument(
        "--constants", type=int, help="of a law of this engine [default: the task's]"
    )
    parser.add_argument("--draws", type=int, default=50, help="of the other's bootstrap")
    parser.add_argument("--evaluations", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--python", default="python3.12")
    parser.add_argument("--peers", help="an interpreter that has the other package")
    parser.add_argument("--answer", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--parts", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.answer:
        answer(given.answer, given.parts, given.draws)
        return
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        python = given.peers or installed(given.python, folder / "peers")
        for task, test in tasks_of(given):
            said, refused = of_peer(python, task, test, given.draws, folder)
            for law, values in said.items():
                print_errors(task.name, law, test, values)
            for why in sorted(refused):
                print(f"{task.name:17} {why}")
            ours = allowed(task, given.constants)
            for what, values in of_engine(ours, test, given.evaluations, given.seed).items():
                print_errors(task.name, f"evolve: {what}", test, values)


if __name__ == "__main__":
    main()
