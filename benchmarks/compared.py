"""Errors on test rows beside simple-scaling-laws 0.2.0, on every shipped table that has its rows.

    python benchmarks/compared.py --python python3.12

The other package is installed into a temporary virtual environment of the interpreter that is
named (it needs Python 3.12); where one is there already, `--peers PYTHON` takes it. All see the
same training rows. The other package fits each of its laws, to each group and target by itself, as
it takes one table of one target, and chooses none; a law that refuses one of them is left out, and
why is said. Of this engine there are the forecast and the champion of a search of so many
evaluations. R2 and mean absolute error, each a mean over the targets, are of the test rows, which
nobody was given. With `--tables FOLDER` the tables are those of a folder for `bench unseen`.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
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


def of_peer(python: str, task: Any, test: Any, folder: Path) -> tuple[dict[str, Any], set[str]]:
    """What the other package's laws say of the test rows, and why others say nothing."""
    units = np.median(task.train.X, axis=0)
    units = np.where(units > 0, units, 1.0)
    places = list(parts(task, test))
    for number, (train, rows, target) in enumerate(places):
        x, z = task.train.X[train] / units, test.X[rows] / units
        np.savez(folder / f"{number}.npz", x=x, y=task.train.Y[train, target], z=z)
    words = [python, __file__, "--answer", str(folder), "--parts", str(len(places))]
    ended = subprocess.run(words, check=True, capture_output=True, text=True)
    refused = {line for line in ended.stderr.splitlines() if _REASON.match(line)}
    answers = json.loads(ended.stdout.splitlines()[-1])
    said: dict[str, Any] = {}
    for law in set.intersection(*map(set, answers)):
        said[law] = np.full(test.Y.shape, np.nan)
        for (_, rows, target), answer in zip(places, answers, strict=True):
            said[law][rows, target] = answer[law]
    return said, refused


def answer(folder: Path, n_parts: int) -> None:
    """Fit with the other package, which this process has, and print what its laws say."""
    from peers import simple_scaling_laws  # the file beside this one

    answers = []
    for number in range(n_parts):
        data = np.load(folder / f"{number}.npz")
        said = simple_scaling_laws(data["x"], data["y"], data["z"], 0.0, 0)
        answers.append({law: np.asarray(values).tolist() for law, values in said.items()})
    print(json.dumps(answers))


def of_engine(task: Any, test: Any, evaluations: int, seed: int) -> dict[str, Any]:
    """What this engine's forecast and its champion say of the test rows."""
    from evolve.scoring.combine import combine
    from evolve.search.memory import search_in_memory
    from evolve.search.problem import make_search_problem

    choice = search_in_memory(make_search_problem(task, seed), evaluations, 1)
    assert choice is not None
    names = [task.group_names[g] for g in test.group]
    values = np.array([f.fitted.predict_or_nan(test.X, names) for f in choice.finalists])
    weights = np.array([f.weight for f in choice.finalists])
    champion = choice.champion.fitted.predict_or_nan(test.X, names)
    return {"forecast": combine(values, weights)[0], "champion": champion}


def print_errors(name: str, what: str, test: Any, said: Any) -> None:
    """Print one line of R2 and mean error."""
    gap = np.asarray(said) - test.Y
    r2 = float(np.mean(1.0 - np.mean(gap**2, axis=0) / test.Y.var(axis=0)))
    error = float(np.mean(np.abs(gap)))
    print(f"{name:17} {what:26} R2 {r2:11.6f}  mean error {error:.4g}", flush=True)


def tasks_of(given: argparse.Namespace) -> Iterator[tuple[Any, Any]]:
    """The tasks with their test rows."""
    from evolve.bench.unseen import load_table, tables_in
    from evolve.errors import TaskError
    from evolve.tasks.folders import shipped_folders
    from evolve.tasks.task import load_task, load_test

    wanted = set(given.tasks.split())
    if given.tables:
        yield from (
            load_table(f) for f in tables_in(given.tables) if not wanted or f.name in wanted
        )
        return
    folders = [folder for place in shipped_folders("tasks") for folder in sorted(place.iterdir())]
    for folder in folders:
        if (folder / "task.toml").is_file() and (not wanted or folder.name in wanted):
            try:
                task = load_task(str(folder))
            except TaskError as error:  # its rows do not ship
                print(f"{folder.name:17} left out: {str(error).partition(';')[0]}")
                continue
            yield task, load_test(task)


def main() -> None:
    """Read the command line; print a line for each table and each that forecasts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--tasks", default="", help="names [default: all]")
    parser.add_argument("--tables", type=Path, help="folder of tables in place of shipped tasks")
    parser.add_argument("--evaluations", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--python", default="python3.12")
    parser.add_argument("--peers", help="an interpreter that has the other package")
    parser.add_argument("--answer", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--parts", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.answer:
        answer(given.answer, given.parts)
        return
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        python = given.peers or installed(given.python, folder / "peers")
        for task, test in tasks_of(given):
            said, refused = of_peer(python, task, test, folder)
            for law, values in said.items():
                print_errors(task.name, law, test, values)
            for why in sorted(refused):
                print(f"{task.name:17} {why}")
            for what, values in of_engine(task, test, given.evaluations, given.seed).items():
                print_errors(task.name, f"evolve: {what}", test, values)


if __name__ == "__main__":
    main()
