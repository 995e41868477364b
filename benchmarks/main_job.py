"""The main job, measured: time, first champion, test R2 of every seed and of the other tasks.

    python benchmarks/main_job.py [--seeds 0 1 2] [--tasks ...] [--evaluations N] [--workers N]

Runs the commands that a user would, each in processes of its own, in a temporary folder. The
champion is chosen without the test rows; `score --split test` opens them afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAIN = "data_constrained"
OTHERS = ("domain_mixture", "lr_bsz", "sft", "parallel")
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Result:
    """One run from the command to the score of its champion.

    Attributes:
        name: Task and seed.
        seconds: Of the whole command.
        first_s: Until the first line with a law on screen.
        per_second: Evaluations over the whole time.
        n_constants: Of the champion.
        held_out_r2: Of the champion, on the run's folds.
        train_r2: Of the champion.
        test_r2: Of the champion.
        best_literature: Test R2 of the task's literature law with the best held-out R2.
        repeats: Whether the champion's file, fitted in a new process, gives the same train R2.
    """

    name: str
    seconds: float
    first_s: float
    per_second: float
    n_constants: int
    held_out_r2: float
    train_r2: float
    test_r2: float
    best_literature: float
    repeats: bool


def evolve(folder: Path, *words: str) -> Any:
    """JSON document of a command."""
    command = [sys.executable, "-m", "evolve", *words, "--json"]
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, check=True)
    return json.loads(done.stdout)


def environment() -> dict[str, str]:
    """The user's environment, with this checkout first."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PYTHONPATH": path}


def timed_run(folder: Path, words: list[str]) -> tuple[float, float]:
    """Seconds of a run and seconds until its first law; its lines are passed on."""
    began, first = time.monotonic(), float("nan")
    process = subprocess.Popen(
        [sys.executable, "-m", "evolve", *words],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if first != first and "held-out R2 0." in line:
            first = time.monotonic() - began
        print(f"    {line[:150].rstrip()}", flush=True)
    if process.wait() != 0:
        raise SystemExit(f"evolve {' '.join(words)}: exit code {process.returncode}")
    return time.monotonic() - began, first


def measure(folder: Path, task: str, seed: int, more: list[str]) -> Result:
    """Run a task and score its champion."""
    name = f"{task}-{seed}"
    words = ["--task", task, "--seed", str(seed), "--run", name, *more]
    seconds, first_s = timed_run(folder, words)
    champion = evolve(folder, "show", name)
    n_done = next(r["evaluations"] for r in evolve(folder, "runs") if r["run"] == name)
    again = evolve(folder, "score", f"runs/{name}/champion.py", "--task", task)
    return Result(
        name=name,
        seconds=seconds,
        first_s=first_s,
        per_second=n_done / seconds,
        n_constants=champion["n_constants"],
        held_out_r2=champion["held_out_r2"],
        train_r2=champion["train_r2"],
        test_r2=evolve(folder, "score", name, "--split", "test")["overall"]["r2"],
        best_literature=literature(folder, name, task),
        repeats=abs(again["overall"]["r2"] - champion["train_r2"]) < 1e-9,
    )


def literature(folder: Path, name: str, task: str) -> float:
    """Test R2 of the literature law that the run's folds like best."""
    ending = evolve(folder, "resume", name)
    lines = [line for line in ending["literature"] if line["held_out_r2"] is not None]
    best = max(lines, key=lambda line: line["held_out_r2"])
    program = ROOT / "seeds" / task / f"{best['name']}.py"
    told = evolve(folder, "score", str(program), "--task", task, "--split", "test")
    return float(told["overall"]["r2"])


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--tasks", nargs="*", default=list(OTHERS), help="further tasks, seed 0")
    parser.add_argument("--evaluations", type=int)
    parser.add_argument("--workers", type=int)
    args = parser.parse_args()
    more = [] if args.evaluations is None else ["--evaluations", str(args.evaluations)]
    more += [] if args.workers is None else ["--workers", str(args.workers)]
    jobs = [(MAIN, seed) for seed in args.seeds] + [(task, 0) for task in args.tasks]
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for task, seed in jobs:
            print(f"{task}, seed {seed}", flush=True)
            results.append(measure(Path(folder), task, seed, more))
    print(
        f"{'run':22} {'seconds':>8} {'first law':>9} {'a second':>8} {'constants':>9} "
        f"{'held-out':>8} {'train':>7} {'test R2':>8} {'literature':>10} repeats"
    )
    for r in results:
        print(
            f"{r.name:22} {r.seconds:8.1f} {r.first_s:9.1f} {r.per_second:8.1f} "
            f"{r.n_constants:9} {r.held_out_r2:8.4f} {r.train_r2:7.4f} {r.test_r2:8.4f} "
            f"{r.best_literature:10.4f} {'yes' if r.repeats else 'NO'}"
        )


if __name__ == "__main__":
    main()
