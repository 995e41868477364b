"""A run that is killed, whole or in part, ends as one that was left in peace."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from evolve.runs.store import Store
from evolve.runs.summary import Summary

ROOT = Path(__file__).resolve().parents[2]
EVALUATIONS = 96


def start(
    runs: Path, name: str, workers: int, task: str = "data_constrained"
) -> subprocess.Popen[bytes]:
    """Start a run, or resume it if it is there."""
    words = ["--task", task, "--seed", "5", "--run", name]
    if (runs / name / "run.sqlite").exists():
        words = ["resume", name]
    words += ["--evaluations", str(EVALUATIONS), "--workers", str(workers), "--quiet"]
    return subprocess.Popen(
        [sys.executable, "-m", "evolve", *words, "--runs-dir", str(runs)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )


def n_entries(folder: Path) -> int:
    if not (folder / "run.sqlite").exists():
        return 0
    with Store.open(folder, write=False) as store:
        return len(store)


def digest(folder: Path) -> str:
    with Store.open(folder, write=False) as store:
        assert len(store) == EVALUATIONS
        assert store.summary() == Summary().extended(store.each())
        return store.digest()


def fitters(engine: int) -> list[int]:
    """The processes of an engine that fit candidates, and the one that forks them."""
    found = []
    for path in Path(f"/proc/{engine}/task").glob("*/children"):
        for pid in _text(path).split():
            if "evolve.fitting.service" in _text(Path(f"/proc/{pid}/cmdline")):
                found += [int(pid), *fitters(int(pid))]
    return found


def _text(path: Path) -> str:
    """What a file of a process says; nothing where the process ended since it was listed."""
    with contextlib.suppress(OSError):
        return path.read_text()
    return ""


@pytest.mark.slow
def test_a_run_killed_and_resumed_with_other_workers_ends_as_one_left_in_peace(
    tmp_path: Path,
) -> None:
    assert start(tmp_path, "peace", workers=1).wait() == 0
    for n_before, workers in ((0, 1), (32, 2)):
        process = start(tmp_path, "killed", workers)
        while process.poll() is None and n_entries(tmp_path / "killed") <= n_before:
            time.sleep(0.05)
        process.kill()
        process.wait()
    assert start(tmp_path, "killed", workers=4).wait() == 0
    assert digest(tmp_path / "killed") == digest(tmp_path / "peace")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def test_a_run_whose_workers_are_killed_at_work_ends_as_one_left_in_peace(
    tmp_path: Path,
) -> None:
    assert start(tmp_path, "peace", workers=1, task="parallel").wait() == 0
    process, killed = start(tmp_path, "run", workers=2, task="parallel"), set[int]()
    while process.poll() is None:
        time.sleep(0.02)
        n_batches = n_entries(tmp_path / "run") // 32
        if n_batches > len(killed) and (alive := set(fitters(process.pid)) - killed):
            os.kill(min(alive), signal.SIGKILL)
            killed.add(min(alive))
    assert process.returncode == 0
    assert len(killed) >= 2
    assert digest(tmp_path / "run") == digest(tmp_path / "peace")
