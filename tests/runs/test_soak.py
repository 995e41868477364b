"""A short soak: what a thousandth part of the long one shows must hold as well."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from evolve.sandbox import probe

SOAK = Path(__file__).resolve().parents[2] / "benchmarks" / "soak.py"
ATTACKS = ("exit_os", "kill_parent", "loop_python", "memory_numpy", "patch_numpy", "read_open")


@pytest.mark.slow
@pytest.mark.skipif(
    not sys.platform.startswith("linux") or probe().level != "strong",
    reason="needs a strong sandbox",
)
def test_a_run_between_attacks_keeps_nothing() -> None:
    words = ["--evaluations", "70", "--minutes", "0", "--json", "--beside-others"]
    words += ["--attacks", *ATTACKS]
    done = subprocess.run([sys.executable, str(SOAK), *words], capture_output=True, text=True)
    assert done.stdout, done.stderr
    told = json.loads(done.stdout)
    assert (done.returncode, told["faults"]) == (0, [])
    last = told["samples"][-1]
    assert last["evaluations"] >= 70
    assert last["hostile"] >= 7
    assert sum(told["endings"].values()) == last["hostile"]
    assert set(told["endings"]) > {"cpu", "exception"}
