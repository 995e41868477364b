"""Entries made from their index, and a writer process that goes on from where a store ends."""

from __future__ import annotations

import os
import subprocess
import sys
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from evolve.evaluation.record import Entry, Evaluation
from evolve.law.bounds import Bounds
from evolve.law.graph import Law, call, const, feat, law_to_data
from evolve.law.recipe import Recipe
from evolve.runs.rows import checked_entry
from evolve.runs.store import Store
from evolve.scoring.fold import FoldScore

BATCH = 5
LAWS = [
    Law(call("add", const(0), term), 2)
    for term in (
        feat(0),
        call("log", feat(0)),
        call("exp", feat(0)),
        call("mul", const(1), feat(0)),
    )
]
TESTS = Path(__file__).resolve().parent

WRITER = """
import sys
from pathlib import Path
from store_service import BATCH, entries
from evolve.runs.store import Store

with Store.open(Path(sys.argv[1]), write=True) as store:
    while True:
        store.append(entries(len(store), BATCH))
        print(len(store), flush=True)
"""


def entry(index: int, **changes: Any) -> Entry:
    """Return the entry that a run always has at this index; every third one has failed."""
    failed = index % 3 == 2
    evaluation = {
        "status": "timeout" if failed else "ok",
        "message": "killed after 10 s" if failed else "",
        "score": None if failed else -1.0 - 1.0 / (index + 1),
        "stage": 0 if failed else 1,
        "folds": () if failed else (FoldScore("peel 0", 12, 0.1 / (index + 1), 0.9),),
        "n_constants": index % 7,
        "complexity": 3.0 + index,
        "seconds": 0.01,
        "facts": {"starts_agree": index},
    }
    fields: dict[str, Any] = {
        "index": index,
        "text": f"# program {index}\n" * 20,
        "law": law_to_data(LAWS[index % len(LAWS)]),
        "recipe": Recipe().to_data(),
        "key": f"key {index}",
        "parents": () if index < 2 else (index - 2, index - 1),
        "operator": "add term",
        "origin": "mutation",
    }
    for name, value in changes.items():
        (evaluation if name in evaluation else fields)[name] = value
    return Entry(**fields, evaluation=Evaluation(**evaluation))  # type: ignore[arg-type]


def entries(start: int, n: int) -> list[Entry]:
    """Return `n` entries from index `start` on."""
    return [entry(index) for index in range(start, start + n)]


def new_store(folder: Path, n: int = 0) -> Store:
    """Return a new store with `n` entries, open for writing."""
    task = {"name": "t", "fingerprint": "0" * 16, "folder": "tasks/t"}
    store = Store.create(folder, settings={"seed": 1}, task=task, versions={"scoring": 1})
    if n:
        store.append(entries(0, n))
    return store


@dataclass
class Held:
    """How many entries that were read from stores are in memory, and how many were at most."""

    now: int = 0
    most: int = 0

    def read(self, index: int, row: Sequence[Any], bounds: Bounds) -> Entry:
        """Read an entry as a store does, and count it until it is let go."""
        found = checked_entry(index, row, bounds)
        self.now += 1
        self.most = max(self.most, self.now)
        weakref.finalize(found, self._let_go)
        return found

    def _let_go(self) -> None:
        self.now -= 1


@contextmanager
def most_held() -> Iterator[Held]:
    """Count the entries that are read and held."""
    held = Held()
    with mock.patch("evolve.runs.store.checked_entry", held.read):
        yield held


def start_python(code: str, *arguments: str, user: int | None = None) -> subprocess.Popen[str]:
    """Start Python code with the package and the tests on its path."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        user=user,
    )


def start_writer(folder: Path) -> subprocess.Popen[str]:
    """Start a process that appends batches for ever and prints the length after each."""
    return start_python(WRITER, str(folder))
