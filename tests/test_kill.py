from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from evolve.store import Store

ROOT = Path(__file__).resolve().parent.parent
EVALUATIONS = 128


def start(runs: Path, name: str, workers: int) -> subprocess.Popen[bytes]:
    """Start a run, or resume it if it is there."""
    words = ["--task", "data_constrained", "--seed", "5", "--run", name]
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
        return store.digest()


@pytest.mark.slow
def test_a_run_killed_and_resumed_with_other_workers_ends_as_one_left_in_peace(
    tmp_path: Path,
) -> None:
    assert start(tmp_path, "peace", workers=1).wait() == 0
    for n_before, workers in ((0, 1), (32, 2), (64, 4)):
        process = start(tmp_path, "killed", workers)
        while process.poll() is None and n_entries(tmp_path / "killed") <= n_before:
            time.sleep(0.01)
        process.kill()
        process.wait()
    assert start(tmp_path, "killed", workers=4).wait() == 0
    assert digest(tmp_path / "killed") == digest(tmp_path / "peace")
