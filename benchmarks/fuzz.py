"""Broken tables, task files, command lines, trackers' logs and answer frames each get a line.

Every case is made by a random generator whose seed is printed, so that one case can be had again
(`--first SEED --cases 1`). A case is wrong if it ends in a traceback, with an exit code that it
may not have, with anything but one line on stderr where the code is 2, or with an escape sequence
in what it prints.

    python benchmarks/fuzz.py [--cases 2000] [--frames 10000] [--first 0]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import frames
from fuzz_cases import OF_USERS, RUN, TOML, Case, rows, written
from fuzz_trackers import of_tracker

from evolve.cli.app import call

KINDS = (*OF_USERS, of_tracker)


def make_run(folder: Path) -> None:
    """Search a small run for the cases that look at one; it is found through the environment."""
    files = {
        "my task/task.toml": TOML.encode(),
        "my task/train.csv": written(rows(random.Random(0))),
    }
    with inside(folder, files):
        words = ["--task", "./my task", "--run", RUN, "--evaluations", "12", "--workers", "1"]
        assert call([*words, "--quiet", "--json", "--runs-dir", str(folder / "runs")]) == 0
    os.environ["EVOLVE_RUNS_DIR"] = str(folder / "runs")


@contextlib.contextmanager
def inside(folder: Path, files: dict[str, bytes]) -> Iterator[None]:
    """Stand in a folder that holds some files."""
    before = Path.cwd()
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def fault_of(case: Case) -> str:
    """What is wrong with how a case ends; nothing if it ends as it should."""
    out, err = io.StringIO(), io.StringIO()
    with tempfile.TemporaryDirectory() as folder, inside(Path(folder), case.files):
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = call(case.words)
        except BaseException:
            return f"traceback\n{traceback.format_exc()}"
    if code not in case.codes:
        return f"exit code {code}, not {case.codes}: {err.getvalue()[:300]}"
    if code == 2 and (err.getvalue().count("\n") != 1 or not err.getvalue().startswith("evolve")):
        return f"not one line: {err.getvalue()[:600]!r}"
    if "\x1b" in out.getvalue() + err.getvalue():
        return "an escape sequence is printed"
    return ""


def main() -> int:
    """Run the cases, print what went wrong, and say how many of each kind did."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="Seed of the first case.")
    chosen = parser.parse_args()
    for name in ("EVOLVE_EVALUATIONS", "EVOLVE_DATA_DIR", "EVOLVE_RUNS_DIR"):
        os.environ.pop(name, None)
    done: Counter[str] = Counter()
    faults = 0
    kept = tempfile.TemporaryDirectory()
    with contextlib.redirect_stdout(io.StringIO()):
        make_run(Path(kept.name))
    for seed in range(chosen.first, chosen.first + chosen.cases):
        make = KINDS[seed % len(KINDS)]
        case = make(random.Random(seed))
        done[make.__name__] += 1
        if fault := fault_of(case):
            faults += 1
            print(f"seed {seed}, {make.__name__}, {case.words!r}: {fault}", flush=True)
    for seed in range(chosen.first, chosen.first + chosen.frames):
        try:
            frames.read(random.Random(seed))
        except Exception:
            faults += 1
            print(f"seed {seed}, a frame: {traceback.format_exc()}", flush=True)
    kept.cleanup()
    counts = ", ".join(f"{n} {name}" for name, n in done.items())
    print(
        f"seeds {chosen.first} to {chosen.first + max(chosen.cases, chosen.frames) - 1}: {counts}"
    )
    print(f"{chosen.frames} frames; {faults} faults")
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main())
