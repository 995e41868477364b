"""Two builds side by side: what the same searches take, alternating in one run.

    python benchmarks/pace.py --against REV

A revision is laid out in a temporary folder; it and this checkout then run the same commands in
turn with this interpreter, a fresh process each, after one run each that warms the caches. The
machine's load changes meanwhile, so ratios of neighbouring runs are what counts, and those of
processor time (user and system, of all processes) before those of wall time. What a run has
stored says how much of it went into evaluations, added up over its workers, and how many of them
a worker makes a second; the rest is start, proposals, cross-check, choice and forecast. What a
run makes a second is read off the wall time of a search three times as long less that of the
short one, in which start, choice and forecast cancel. Memory is that of one search of each build;
it is seen by psutil, which the extra `dev` brings.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
TASKS = ("data_constrained", "parallel", "sft")
IMPORT = ("-c", "import evolve")
LOOKED_EVERY_S = 0.05
LONGER = 3  # times as many evaluations of the search by which a run's pace is measured


def laid_out(revision: str, folder: Path) -> Path:
    """Write a revision's files into a folder."""
    archive = subprocess.run(
        ["git", "archive", revision], cwd=ROOT, check=True, capture_output=True
    ).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    return folder


@dataclass(frozen=True, slots=True)
class Cost:
    """What one command took: seconds by the clock, of processors, and in evaluations.

    Attributes:
        wall: Seconds by the clock.
        processor: Of all its processes, user's and system's.
        evaluating: In evaluations, by the clock.
        per_worker: Evaluations in a second of a worker that evaluates.
        per_run: Evaluations in a second of the search.
        memory: MiB resident at the peak, summed over all its processes, of the search that warms
            the caches: to look at memory takes time.
    """

    wall: float
    processor: float
    evaluating: float = math.nan
    per_worker: float = math.nan
    per_run: float = math.nan
    memory: float = math.nan


STAGES = {
    "wall s": lambda cost: cost.wall,
    "processor s": lambda cost: cost.processor,
    "evaluating s": lambda cost: cost.evaluating,
    "the rest, wall s": lambda cost: cost.wall - cost.evaluating,
    "of a worker, 1/s": lambda cost: cost.per_worker,
    "of a run, 1/s": lambda cost: cost.per_run,
    "memory, MiB": lambda cost: cost.memory,
}


def cost_of(build: Path, words: Sequence[str]) -> Cost:
    """What one command takes under a build.

    Raises:
        CalledProcessError: It failed.
    """
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(
        [sys.executable, *words],
        cwd=build,
        env={**os.environ, "PYTHONPATH": str(build)},
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Cost(time.monotonic() - began, spent)


def search_cost(build: Path, task: str, given: argparse.Namespace, runs: Path) -> Cost:
    """What one search takes under a build, with what its store says of its evaluations."""
    folder = Path(tempfile.mkdtemp(dir=runs))
    cost = cost_of(build, search_words(task, given.evaluations, given.workers, folder))
    (store,) = folder.rglob("run.sqlite")
    with contextlib.closing(sqlite3.connect(store)) as connection:
        n, seconds = connection.execute("SELECT count(*), sum(seconds) FROM entries").fetchone()
    folder, n_long = Path(tempfile.mkdtemp(dir=runs)), LONGER * given.evaluations
    longer = cost_of(build, search_words(task, n_long, given.workers, folder))
    per_run = (n_long - given.evaluations) / (longer.wall - cost.wall)
    return replace(
        cost, evaluating=seconds / given.workers, per_worker=n / seconds, per_run=per_run
    )


def peak_memory(build: Path, task: str, given: argparse.Namespace, runs: Path) -> float:
    """MiB resident at the peak of one search, summed over its processes."""
    folder = Path(tempfile.mkdtemp(dir=runs))
    words = search_words(task, given.evaluations, given.workers, folder)
    quiet, peak = subprocess.DEVNULL, 0
    env = {**os.environ, "PYTHONPATH": str(build)}
    command = [sys.executable, *words]
    with psutil.Popen(command, cwd=build, env=env, stdout=quiet, stderr=quiet) as process:
        while process.poll() is None:
            held = 0
            with contextlib.suppress(psutil.Error):  # one has ended, so that another look is due
                held = sum(
                    each.memory_info().rss for each in (process, *process.children(recursive=True))
                )
            peak = max(peak, held)
            time.sleep(LOOKED_EVERY_S)
    return peak / 2**20


def search_words(task: str, evaluations: int, workers: int, runs_dir: Path) -> list[str]:
    """Words of one search."""
    return [
        *("-m", "evolve", "--task", task, "--seed", "7", "--evaluations", str(evaluations)),
        *("--workers", str(workers), "--runs-dir", str(runs_dir), "--quiet"),
    ]


def compared(before: Path, after: Path, given: argparse.Namespace, runs: Path) -> None:
    """Print what every task takes, and the ratios."""
    print(f"{'command':<22}{'stage':<18}{'before':>10}{'after':>10}{'after / before':>22}")
    for task in given.tasks:
        pairs = []
        for turn in range(given.rounds + 1):
            order = (before, after) if turn % 2 else (after, before)
            if not turn:  # the first of two searches each warms the caches
                for _ in range(2):
                    held = {build: peak_memory(build, task, given, runs) for build in order}
                continue
            costs = {build: search_cost(build, task, given, runs) for build in order}
            pairs.append(tuple(replace(costs[b], memory=held[b]) for b in (before, after)))
        show(task, pairs, STAGES)
    builds = (before, after)
    imports = [tuple(cost_of(b, IMPORT) for b in builds) for _ in range(given.rounds)]
    show("import evolve", imports, ["wall s", "processor s"])


def show(name: str, pairs: Sequence[tuple[Cost, ...]], stages: Iterable[str]) -> None:
    """Print medians of both builds by stage, and the median and range of the ratios."""
    for stage in stages:
        values = [[STAGES[stage](cost) for cost in pair] for pair in pairs]
        ratios = sorted(after / before for before, after in values)
        medians = [statistics.median(each) for each in zip(*values, strict=True)]
        spread = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        numbers = f"{medians[0]:>10.2f}{medians[1]:>10.2f}{spread:>22}"
        print(f"{name:<22}{stage:<18}{numbers}", flush=True)
        name = ""


def main() -> None:
    """Lay out the other build and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", required=True, metavar="REV", help="the build before")
    parser.add_argument("--tasks", nargs="+", default=list(TASKS))
    parser.add_argument("--evaluations", type=int, default=300)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as runs:
        before = laid_out(given.against, Path(one))
        compared(before, ROOT, given, Path(runs))


if __name__ == "__main__":
    main()
