"""How long a user waits for verbs and the live page of a large run.

    python -m evolve --task parallel --evaluations 20000 --run big
    python benchmarks/waits.py big --at num_params=1e10 parallel_size=8

Each verb runs in a process of its own as from a shell, so often, and its best is printed: wall
time and the processor time of it and its children, which a busy machine changes least. Of the live
page it is the time until the whole answer is there, in a server that is warm, and its size.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def verbs(run: str, runs_dir: str, at: list[str], page: Path) -> dict[str, list[str]]:
    """The words of each verb."""
    named = [run, "--runs-dir", runs_dir]
    return {
        "runs": ["runs", "--runs-dir", runs_dir],
        "show": ["show", *named],
        "query": ["query", *named, "--status", "ok"],
        "predict": ["predict", *named, "--at", *at],
        "report": ["report", *named, "--output", str(page)],
    }


def timed(words: list[str]) -> tuple[float, float]:
    """Wall and processor time of a verb."""
    before, began = os.times(), time.monotonic()
    command = [sys.executable, "-m", "evolve", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    wall, after = time.monotonic() - began, os.times()
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: {done.stderr.strip()}")
    used = after.children_user + after.children_system
    return wall, used - before.children_user - before.children_system


@contextmanager
def live_page(runs_dir: str) -> Iterator[str]:
    """The address of a dashboard of a folder of runs."""
    command = [sys.executable, "-u", "-m", "evolve", "dashboard", runs_dir, "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        found = next(filter(None, (re.search(r"http://[\w.:]+", x) for x in process.stdout)))
        yield found[0]
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Read the command line; print a line for each verb and each page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("run")
    parser.add_argument("--runs-dir", default="runs")
    parser.add_argument("--at", nargs="+", required=True, help="a value of every feature")
    parser.add_argument("--times", type=int, default=3)
    given = parser.parse_args()
    runs_dir = str(Path(given.runs_dir).resolve())
    with tempfile.TemporaryDirectory() as folder:
        words_of = verbs(given.run, runs_dir, given.at, Path(folder) / "page.html")
        for verb, words in words_of.items():
            taken = [timed(words) for _ in range(given.times)]
            wall, used = (min(column) for column in zip(*taken, strict=True))
            print(f"{verb:10} {wall:6.2f} s wall  {used:6.2f} s processor", flush=True)
    with live_page(runs_dir) as url:
        for place in ("/", f"/runs/{given.run}"):
            taken_s = []
            for _ in range(given.times + 1):
                began = time.monotonic()
                with urllib.request.urlopen(url + place) as answer:
                    n_bytes = len(answer.read())
                taken_s.append(time.monotonic() - began)
            print(f"page {place:16} {min(taken_s):6.2f} s wall  {n_bytes / 1024:8.0f} KiB, "
                  f"the first time {taken_s[0]:.2f} s")  # fmt: skip


if __name__ == "__main__":
    main()
