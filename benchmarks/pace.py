"""Two builds side by side: how long the same searches take, alternating in one run.

    python benchmarks/pace.py --against REV

A revision is laid out in a temporary folder; it and this checkout then run the same commands in
turn with this interpreter, a fresh process each, after one run each that warms the caches. The
machine's load changes meanwhile, so ratios of neighbouring runs are what counts.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TASKS = ("data_constrained", "parallel", "sft")


def laid_out(revision: str, folder: Path) -> Path:
    """Write a revision's files into a folder."""
    archive = subprocess.run(
        ["git", "archive", revision], cwd=ROOT, check=True, capture_output=True
    ).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    return folder


def seconds_of(build: Path, words: Sequence[str]) -> float:
    """Wall seconds of one command under a build.

    Raises:
        CalledProcessError: It failed.
    """
    began = time.monotonic()
    subprocess.run(
        [sys.executable, *words],
        cwd=build,
        env={**os.environ, "PYTHONPATH": str(build)},
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.monotonic() - began


def search_words(task: str, evaluations: int, workers: int, runs_dir: Path) -> list[str]:
    """Words of one search, into a folder of its own."""
    run = tempfile.mkdtemp(dir=runs_dir)
    return [
        *("-m", "evolve", "--task", task, "--seed", "7", "--evaluations", str(evaluations)),
        *("--workers", str(workers), "--runs-dir", run, "--quiet"),
    ]


def compared(before: Path, after: Path, given: argparse.Namespace, runs: Path) -> None:
    """Print seconds and ratios of every task."""
    print(f"{'command':<22}{'before s':>10}{'after s':>10}{'after / before':>22}")
    for task in given.tasks:
        pairs = []
        for turn in range(given.rounds + 1):
            order = (before, after) if turn % 2 else (after, before)
            times = {
                build: seconds_of(
                    build, search_words(task, given.evaluations, given.workers, runs)
                )
                for build in order
            }
            if turn:  # the first warms the caches
                pairs.append((times[before], times[after]))
        show(task, pairs)
    show("import evolve", [_imports(before, after) for _ in range(given.rounds)])


def _imports(before: Path, after: Path) -> tuple[float, float]:
    words = ("-c", "import evolve")
    return seconds_of(before, words), seconds_of(after, words)


def show(name: str, pairs: Sequence[tuple[float, float]]) -> None:
    """Print medians of both builds, and the median and range of the ratios."""
    ratios = sorted(after / before for before, after in pairs)
    medians = [statistics.median(times) for times in zip(*pairs, strict=True)]
    spread = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    print(f"{name:<22}{medians[0]:>10.2f}{medians[1]:>10.2f}{spread:>22}", flush=True)


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
